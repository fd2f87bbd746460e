"""Typed reading of environment variables, and of the service addresses that they hold.

No Django in here: the supervisor reads the same variables before Django can start.
"""

import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import conninfo_to_dict

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


def text(name: str, default: str = "") -> str:
    """The variable's text; a variable set to nothing counts as unset."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name)
    return value.lower() in TRUE_WORDS if value else default


def number(name: str, default: int) -> int:
    return int(text(name, str(default)))


def words(name: str, default: str = "") -> list[str]:
    """The variable's comma-separated parts."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def django_database(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for a libpq connection URI such as DATABASE_URL holds."""
    parts = conninfo_to_dict(url)
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    entry: dict[str, Any] = {django: parts.pop(libpq, "") for libpq, django in names.items()}
    return entry | {"ENGINE": "labelreview.postgres", "OPTIONS": dict(parts)}


class RedisAddress:
    """One Redis server seen by its three users, each in a logical database of its own.

    They are apart because Django empties a cache with FLUSHDB, which must not take the task queue along.
    The first database is the one that REDIS_URL names (0 when it names none).
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        named = parse_qs(self._parts.query).get("db", [""])[0] or self._parts.path.lstrip("/")
        self._first = int(named) if named.isdigit() else 0

    @property
    def broker(self) -> str:
        return self._for_celery(self._first)

    @property
    def results(self) -> str:
        return self._for_celery(self._first + 1)

    @property
    def cache(self) -> str:
        return self._for_redis(self._first + 2)

    def _for_celery(self, database: int) -> str:
        if self._parts.scheme == "unix":
            return f"redis+socket://{self._parts.path}?virtual_host={database}"
        return self._for_redis(database)

    def _for_redis(self, database: int) -> str:
        if self._parts.scheme == "unix":
            return f"unix://{self._parts.path}?db={database}"
        return self._parts._replace(path=f"/{database}").geturl()
