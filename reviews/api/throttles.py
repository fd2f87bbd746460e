"""Against guessing passwords: failures are counted, successes are free."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from reviews.errors import WrongPassword


@contextmanager
def limit_failures(scope: str, *keys: str) -> Iterator[None]:
    """Run the body unless one of `keys` has failed too often within the scope's period; then 429.

    An attempt is counted before it is made and given back when it succeeds, so that many at once cannot slip through.
    Failing means raising an error whose status is 401, or a wrong password.
    """
    allowed, seconds = SimpleRateThrottle.parse_rate(None, api_settings.DEFAULT_THROTTLE_RATES[scope])  # type: ignore
    names = [_name(scope, key) for key in keys]
    if max(_count(name, seconds) for name in names) > allowed:
        raise Throttled(wait=seconds, detail="Too many failed attempts.")
    try:
        yield
    except Exception as error:
        if getattr(error, "status", None) != 401 and not isinstance(error, WrongPassword):
            _give_back(names)
        raise
    _give_back(names)


def _name(scope: str, key: str) -> str:
    """Hashed: what people type as a name may hold anything, and need not be kept readable."""
    return f"failures:{scope}:{hashlib.sha256(key.encode()).hexdigest()}"


def _count(name: str, seconds: int) -> int:
    cache.add(name, 0, seconds)
    try:
        return cache.incr(name)
    except ValueError:  # the period ended between the two
        return 1


def _give_back(names: list[str]) -> None:
    for name in names:
        try:
            cache.decr(name)
        except ValueError:  # the period ended meanwhile
            continue
