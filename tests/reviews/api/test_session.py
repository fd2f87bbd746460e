"""Signing in and out, as a browser does it."""

import pytest
from django.conf import settings
from django.core.cache import cache
from rest_framework.test import APIClient

from tests import builders

AT = "/api/session/"


@pytest.fixture
def browser(db):
    """A browser: it keeps cookies, and CSRF is checked."""
    return APIClient(enforce_csrf_checks=True)


def sign_in(browser, username, password=builders.PASSWORD, **more):
    token = browser.get(AT).json()["csrf_token"]
    return browser.post(AT, {"username": username, "password": password}, HTTP_X_CSRFTOKEN=token, **more)


def test_nobody_is_signed_in_at_first(browser):
    session = browser.get(AT).json()
    assert (session["user"], session["can_create_datasets"]) == (None, False)
    assert session["csrf_token"]


def test_signing_in_and_out(browser):
    user = builders.user("ada")
    session = sign_in(browser, "ada").json()
    assert session["user"] == {"id": user.pk, "username": "ada"}
    assert browser.get("/api/datasets/").status_code == 200
    assert browser.delete(AT, HTTP_X_CSRFTOKEN=session["csrf_token"]).status_code == 204
    assert browser.get("/api/datasets/").status_code == 401


def test_signing_in_needs_the_csrf_token(browser):
    builders.user("ada")
    answer = browser.post(AT, {"username": "ada", "password": builders.PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_a_change_needs_the_csrf_token_of_the_session(browser):
    builders.user("ada")
    before = browser.get(AT).json()["csrf_token"]
    session = sign_in(browser, "ada").json()
    body = {"name": "x", "task_type": "classification", "media": "text"}
    for token, code in ((None, "csrf_failed"), (before, "csrf_failed"), (session["csrf_token"], "forbidden")):
        headers = {"HTTP_X_CSRFTOKEN": token} if token else {}
        answer = browser.post("/api/datasets/", body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_a_session_from_before_signing_in_is_worth_nothing_after(browser):
    builders.user("ada")
    browser.get(AT)
    session = browser.session
    session["planted"] = True
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = planted = session.session_key
    sign_in(browser, "ada")
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != planted
    thief = APIClient()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert thief.get(AT).json()["user"] is None


@pytest.mark.parametrize(
    ("username", "password"),
    [("ada", "wrong"), ("nobody", builders.PASSWORD), ("gone", builders.PASSWORD)],
    ids=["wrong password", "unknown user", "inactive user"],
)
def test_every_refusal_reads_the_same(browser, username, password):
    builders.user("ada")
    gone = builders.user("gone")
    gone.is_active = False
    gone.save()
    answer = sign_in(browser, username, password)
    assert answer.status_code == 401
    refusal = {"code": "invalid_credentials", "detail": "The name or the password is not right."}
    assert answer.json() == refusal


def test_guessing_a_password_is_slowed_down(browser):
    builders.user("ada")
    answers = [sign_in(browser, "ada", f"guess {i}").status_code for i in range(10)]
    assert answers == [401] * 10
    answer = sign_in(browser, "ada")
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")


def test_guessing_from_many_addresses_is_slowed_down_too(browser):
    builders.user("ada")
    for i in range(10):
        sign_in(browser, "ada", f"guess {i}", REMOTE_ADDR=f"10.0.0.{i}")
    assert sign_in(browser, "ada", REMOTE_ADDR="10.0.1.1").status_code == 429
    builders.user("bo")
    assert sign_in(browser, "bo", REMOTE_ADDR="10.0.1.1").status_code == 200


def test_signing_in_often_is_not_guessing(browser):
    builders.user("ada")
    for _ in range(15):
        assert sign_in(browser, "ada").status_code == 200
        browser.logout()


def test_failures_are_forgotten_after_a_while(browser):
    builders.user("ada")
    for i in range(10):
        sign_in(browser, "ada", f"guess {i}")
    cache.clear()  # what the clock does
    assert sign_in(browser, "ada").status_code == 200
