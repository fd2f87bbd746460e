from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from labelreview.sessions import SessionStore
from labelreview.tasks import clear_sessions


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
