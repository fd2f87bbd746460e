"""Who is signed in, in two plain statements.

Every request of the browser asks for its session and its user. Django's own lookups compose both queries anew
each time, which is more work than all the rest of a small answer.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.db import DEFAULT_DB_ALIAS, connection

SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > now()"
FIELDS = [field.attname for field in User._meta.concrete_fields]
USER = f"SELECT {', '.join(FIELDS)} FROM auth_user WHERE id = %s AND is_active"


def _row(statement: str, parameter: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return cursor.fetchone()


class SessionStore(db.SessionStore):
    """Sessions in the database, as Django keeps them."""

    def load(self) -> dict[str, Any]:
        row = _row(SESSION, self.session_key)
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])


class Backend(ModelBackend):
    """Names and passwords, as Django checks them."""

    def get_user(self, user_id: int) -> User | None:
        row = _row(USER, user_id)
        return None if row is None else User.from_db(DEFAULT_DB_ALIAS, FIELDS, row)
