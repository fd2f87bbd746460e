"""Against guessing passwords: failures are counted, successes are free."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from reviews.errors import DomainError

FAILURES = frozenset({"invalid_credentials", "wrong_password"})


class _Rate(SimpleRateThrottle):
    """The limit that the settings give a scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        allowed, seconds = self.parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
        self.allowed, self.seconds = allowed or 0, seconds or 1


@contextmanager
def limit_failures(scope: str, *keys: str) -> Iterator[None]:
    """Run the body unless one of `keys` has failed too often within the scope's period; then 429.

    Only what is over is counted: as many more as run at that moment slip through, and people who are quick
    or sign in together never wait.
    """
    rate, names = _Rate(scope), [_name(scope, key) for key in keys]
    if any(count >= rate.allowed for count in cache.get_many(names).values()):
        raise Throttled(detail="Too many failed attempts. Wait a little.")
    try:
        yield
    except DomainError as error:
        if error.code in FAILURES:
            for name in names:
                _count(name, rate.seconds)
        raise


def _name(scope: str, key: str) -> str:
    """Hashed: what people type as a name may hold anything, and need not be kept readable."""
    return f"failures:{scope}:{hashlib.sha256(key.encode()).hexdigest()}"


def _count(name: str, seconds: int) -> None:
    cache.add(name, 0, seconds)
    try:
        cache.incr(name)
    except ValueError:  # the period ended between the two
        cache.set(name, 1, seconds)
