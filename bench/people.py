"""Who sends the requests: an engineer with a token, reviewers with a session as in the browser."""

from itertools import count

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.utils.crypto import get_random_string
from knox.models import AuthToken

from bench.client import Connection
from labelreview.sessions import SessionStore

_numbers = count(1)


def user() -> User:
    return User.objects.create(username=f"bench{next(_numbers)}")


def with_token(port: int, someone: User) -> Connection:
    """A program's connection."""
    _, token = AuthToken.objects.create(someone)
    return Connection(port, {"Authorization": f"Token {token}"})


def with_session(port: int, someone: User) -> Connection:
    """A connection of the browser in which `someone` is signed in."""
    cookies = session_cookies(someone)
    return Connection(
        port,
        {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": cookies[settings.CSRF_COOKIE_NAME],
        },
    )


def session_cookies(someone: User) -> dict[str, str]:
    """What the browser holds once `someone` has signed in."""
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(someone.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = someone.get_session_auth_hash()
    session.create()
    assert session.session_key
    return {
        settings.SESSION_COOKIE_NAME: session.session_key,
        settings.CSRF_COOKIE_NAME: get_random_string(32),
    }
