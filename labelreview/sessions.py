"""Who is signed in, in one plain statement.

Every request of the browser asks for its session and its user. Django's own lookups are two queries, composed
anew each time, which is more work than all the rest of a small answer.
"""

from contextvars import ContextVar
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import DEFAULT_DB_ALIAS, connection

FIELDS = [field.attname for field in User._meta.concrete_fields]
COLUMNS = ", ".join(f"u.{name}" for name in FIELDS)
SESSION = f"""
    SELECT s.session_data, {COLUMNS} FROM labelreview_session s
    LEFT JOIN auth_user u ON u.id = s.user_id AND u.is_active
    WHERE s.session_key = %s AND s.expire_date > now()
"""
USER = f"SELECT {COLUMNS} FROM auth_user u WHERE u.id = %s AND u.is_active"

# Django asks the backend for the user just after it read the session, and has no way to hand it on.
_read_along: ContextVar[User | None] = ContextVar("_read_along", default=None)


class SessionStore(db.SessionStore):
    """Sessions in the database, as Django keeps them, each beside its user."""

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        from .models import Session  # the models are not there yet when this module is imported

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        made: Any = super().create_model_instance(data)
        made.user_id = data.get(SESSION_KEY)
        return made

    def _validate_session_key(self, key: Any) -> bool:
        """Whether it may be one of ours: a cookie can say anything, NUL too, which Postgres does not take."""
        long_enough = super()._validate_session_key(key)  # type: ignore[misc]  # the stubs leave it out
        return bool(long_enough) and key.isascii() and key.isalnum()

    def load(self) -> dict[str, Any]:
        row = _row(SESSION, self.session_key)
        _read_along.set(None if row is None else _user(row[1:]))
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])


class Backend(ModelBackend):
    """Names and passwords, as Django checks them."""

    def get_user(self, user_id: int) -> User | None:
        found = _read_along.get()
        _read_along.set(None)
        if found is not None and found.pk == user_id:
            return found
        row = _row(USER, user_id)
        return None if row is None else _user(row)


def _row(statement: str, parameter: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return cursor.fetchone()


def _user(row: tuple[Any, ...]) -> User | None:
    """The user of these columns, None where they are those of nobody."""
    return None if row[0] is None else User.from_db(DEFAULT_DB_ALIAS, FIELDS, row)
