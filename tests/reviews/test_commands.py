"""What an administrator types: a token for a program, and the proof of the ledger."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from knox.models import AuthToken
from rest_framework.test import APIClient

from reviews import ledger, versions
from tests import builders


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_token_is_printed_once_and_lets_a_program_in():
    dataset = builders.dataset()
    token = run("token", dataset.created_by.username).splitlines()[-1]
    assert AuthToken.objects.get().digest != token
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get(f"/api/datasets/{dataset.pk}/").status_code == 200


@pytest.mark.django_db
def test_each_token_is_another_and_all_of_them_hold():
    user = builders.user("bot")
    tokens = {run("token", "bot").strip() for _ in range(3)}
    assert len(tokens) == 3
    user.is_active = False
    user.save()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {tokens.pop()}")
    assert client.get("/api/datasets/").status_code == 401


@pytest.mark.django_db
def test_there_is_no_token_for_nobody():
    with pytest.raises(CommandError, match="no user “nobody”"):
        run("token", "nobody")


@pytest.mark.django_db
def test_a_whole_ledger_is_said_to_be_whole():
    dataset = builders.dataset()
    builders.items(dataset, "cat", "dog")
    versions.freeze(dataset=dataset, tag="1.0", note="", actor=dataset.created_by)
    ledger.seal(dataset_id=dataset.pk)
    assert "whole: 2 events, 2 revisions, 1 versions" in run("verify_ledger", str(dataset.pk))


@pytest.mark.django_db
def test_a_broken_ledger_is_named_and_the_others_are_still_looked_at():
    broken, whole = builders.dataset(), builders.dataset()
    for dataset in (broken, whole):
        builders.items(dataset, "cat")
        ledger.seal(dataset_id=dataset.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE reviews_auditevent SET action = 'forged' WHERE dataset_id = %s", [broken.pk])
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", stdout=out)
    assert ended.value.code == 1
    first, second = out.getvalue().splitlines()
    assert "BROKEN: position 1: event" in first
    assert "whole" in second


@pytest.mark.django_db
def test_a_dataset_that_there_is_not_is_no_whole_one():
    with pytest.raises(CommandError, match="no dataset 12345"):
        run("verify_ledger", "12345")
