from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelreview.models import Session
from labelreview.sessions import SessionStore
from labelreview.tasks import clear_sessions
from tests import builders


@pytest.mark.django_db
def test_expired_sessions_are_forgotten_and_others_kept() -> None:
    kept, expired = SessionStore(), SessionStore()
    for session in (kept, expired):
        session["said"] = "hello"
        session.create()
    Session.objects.filter(pk=expired.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))

    clear_sessions()

    assert list(Session.objects.values_list("pk", flat=True)) == [kept.session_key]
    assert SessionStore(kept.session_key)["said"] == "hello"


def browser_of(name: str) -> tuple[User, Client]:
    someone, browser = builders.user(name), Client()
    assert browser.login(username=name, password=builders.PASSWORD)
    return someone, browser


@pytest.mark.django_db
def test_one_statement_says_who_is_signed_in() -> None:
    someone, browser = browser_of("ann")
    with CaptureQueriesContext(connection) as queries:
        assert browser.get("/api/session/").json()["user"]["id"] == someone.pk
    asked = [
        query["sql"] for query in queries if "_session" in query["sql"] or "FROM auth_user" in query["sql"]
    ]
    assert len(asked) == 1


@pytest.mark.django_db
def test_two_browsers_in_turn_are_two_people() -> None:
    (ann, first), (bo, second) = browser_of("ann"), browser_of("bo")
    for browser, someone in ((first, ann), (second, bo), (first, ann)):
        assert browser.get("/api/session/").json()["user"]["id"] == someone.pk


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["deactivated", "password", "deleted", "signed out"])
def test_a_session_ends_at_once_with_what_it_rests_on(change: str) -> None:
    someone, browser = browser_of("ann")
    if change == "deactivated":
        User.objects.filter(pk=someone.pk).update(is_active=False)
    elif change == "password":
        someone.set_password("another one, longer")
        someone.save()
    elif change == "deleted":
        someone.delete()
    else:
        browser.logout()
    assert browser.get("/api/session/").json()["user"] is None


@pytest.mark.django_db
@pytest.mark.parametrize("key", ['"\\000aaaaaaaaaaa"', "é" * 32, "'" * 32, "%00aaaaaaaaaaaa", "a" * 5000])
def test_a_cookie_that_is_no_key_of_ours_is_nobodys(key: str) -> None:
    answer = Client(headers={"cookie": f"{settings.SESSION_COOKIE_NAME}={key}"}).get("/api/session/")
    assert answer.status_code == 200
    assert answer.json()["user"] is None
