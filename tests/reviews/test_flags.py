"""Flags that machines raise give way to people's work, and newer runs to none of it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from reviews import flags, workflow
from reviews.flags import Suspicion
from reviews.models import Action, AuditEvent, Comment, Flag, FlagKind, FlagState, Role
from reviews.workflow import Answer
from tests import builders


@pytest.fixture
def scene(db):
    dataset = builders.dataset()
    return dataset, builders.items(dataset, "cat", "cat", "dog"), builders.member(dataset, Role.ANNOTATOR)


def suspicion(item, **more):
    values = {"given": "cat", "suggested": "dog", "score": 0.8, "priority": 0.8, "kind": FlagKind.WRONG_CLASS}
    return Suspicion(item_id=item.pk, **values | more)


def replace(dataset, run, *suspicions):
    return flags.replace_flags(dataset=dataset, run_id=run, suspicions=suspicions)


def decide(flag, member, action, **answer):
    flag = flags.for_display().get(pk=flag.pk)
    return workflow.decide(
        flag=flag, member=member, answer=Answer(action, **answer), seen_version=flag.version
    )


def states(dataset):
    return list(Flag.objects.filter(dataset=dataset).order_by("id").values_list("run", "state"))


def test_a_run_raises_its_suspicions_and_retires_those_of_the_run_before(scene):
    dataset, (one, two, _), _ = scene
    replace(dataset, 1, suspicion(one))
    assert replace(dataset, 2, suspicion(one), suspicion(two)) == {"wrong_class": 2}
    assert states(dataset) == [(1, "superseded"), (2, "open"), (2, "open")]


def test_all_that_a_suspicion_says_is_kept(scene):
    dataset, (one, *_), _ = scene
    said = [{"detector": "neighbours", "text": "5 of 5 say *dog*", "data": {"neighbours": [1, 2]}}]
    replace(dataset, 1, suspicion(one, evidence=said, score=0.25, priority=0.5))
    flag = Flag.objects.get()
    assert (flag.given, flag.suggested, flag.score, flag.priority) == ("cat", "dog", 0.25, 0.5)
    assert (flag.evidence, flag.part, flag.version, flag.kind) == (said, None, 1, "wrong_class")


@pytest.mark.parametrize("action", [Action.KEEP, Action.CORRECT, Action.ESCALATE])
def test_what_people_decided_is_not_asked_again(scene, action):
    dataset, (one, *_), ann = scene
    replace(dataset, 1, suspicion(one))
    decide(Flag.objects.get(), ann, action)
    assert replace(dataset, 2, suspicion(one)) == {}


def test_a_kept_label_that_changed_since_may_be_asked_about(scene):
    dataset, (one, *_), ann = scene
    replace(dataset, 1, suspicion(one))
    decide(Flag.objects.get(), ann, Action.KEEP)
    assert replace(dataset, 2, suspicion(one, given="owl")) == {"wrong_class": 1}


def test_a_flag_in_somebodys_hands_or_under_discussion_stays(scene):
    dataset, (one, two, _), ann = scene
    replace(dataset, 1, suspicion(one), suspicion(two))
    held, discussed = Flag.objects.order_by("id")
    Flag.objects.filter(pk=held.pk).update(
        leased_to=ann.user.pk, leased_until=timezone.now() + timedelta(minutes=5)
    )
    Comment.objects.create(flag=discussed, author_id=ann.user.pk, text="is this a cat?")
    assert replace(dataset, 2, suspicion(one), suspicion(two)) == {}
    assert states(dataset) == [(1, "open"), (1, "open")]


def test_what_a_person_reported_stays_when_a_run_ends(scene):
    dataset, (one, *_), ann = scene
    reported = flags.report(item=one, reporter=ann.user, reason="odd colour")
    replace(dataset, 1, suspicion(one))
    reported.refresh_from_db()
    assert reported.state == FlagState.OPEN
    assert AuditEvent.objects.filter(action="flag.report", payload__reason="odd colour").exists()


@pytest.mark.django_db(transaction=True)
def test_a_run_does_not_wait_for_whoever_is_answering_a_flag(scene):
    dataset, (one, *_), _ = scene
    replace(dataset, 1, suspicion(one), suspicion(one, kind=FlagKind.AMBIGUOUS))
    answered = Flag.objects.earliest("id")
    answering, over = threading.Event(), threading.Event()

    def answer():
        with transaction.atomic():
            Flag.objects.filter(pk=answered.pk).update(priority=0.1)
            answering.set()
            over.wait()
        connection.close()

    reviewer = threading.Thread(target=answer)
    reviewer.start()
    assert answering.wait(10)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        replace(dataset, 2, suspicion(one), suspicion(one, kind=FlagKind.AMBIGUOUS))
    finally:
        over.set()
        reviewer.join()
        connection.close()
    assert states(dataset) == [(1, "open"), (1, "superseded"), (2, "open")]
