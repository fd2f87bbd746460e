"""The queue: everybody gets different flags, in order, and nothing stays with somebody who went away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from reviews import flags, queue, workflow
from reviews.errors import NotAllowedNow, NotPermitted, StaleFlag
from reviews.models import Action, Flag, FlagKind, FlagState, Role, SignoffPolicy, Verdict
from reviews.queue import Queue
from reviews.rows import fetch
from reviews.workflow import Answer
from tests import builders


@pytest.fixture
def scene(db):
    """Six flags of falling priority, and two annotators."""
    dataset = builders.dataset(policy=SignoffPolicy.SECOND_REVIEWER)
    raised = [
        builders.flag(item, priority=0.9 - number / 10)
        for number, item in enumerate(builders.items(dataset, *["cat"] * 6))
    ]
    return (
        [f.pk for f in raised],
        builders.member(dataset, Role.ANNOTATOR),
        builders.member(dataset, Role.ANNOTATOR),
    )


def lease(member, size=2, name=Queue.PRIORITY):
    return queue.lease(member=member, queue=name, size=size)


def decide(pk, member, action=Action.CORRECT):
    flag = flags.for_display().get(pk=pk)
    return workflow.decide(flag=flag, member=member, answer=Answer(action), seen_version=flag.version)


def test_flags_come_in_order_of_priority_and_to_one_person_each(scene):
    ids, ann, bo = scene
    assert lease(ann) == ids[:2]
    assert lease(bo) == ids[2:4]


def test_a_reload_gives_the_same_flags_again_and_asking_for_more_adds_to_them(scene):
    ids, ann, _ = scene
    assert lease(ann) == lease(ann) == ids[:2]
    assert lease(ann, size=3) == ids[:3]


def test_a_lease_that_ran_out_gives_the_flag_back(scene):
    ids, ann, bo = scene
    lease(ann)
    Flag.objects.filter(leased_to=ann.user.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert lease(bo) == ids[:2]


def test_releasing_gives_everything_back(scene):
    ids, ann, bo = scene
    lease(ann)
    queue.release(member=ann)
    assert lease(bo) == ids[:2]


def test_a_decided_flag_leaves_the_queue(scene):
    ids, ann, _ = scene
    decide(lease(ann)[0], ann, Action.KEEP)
    assert lease(ann) == ids[1:3]


def test_the_signoff_queue_has_what_others_proposed(scene):
    ids, ann, bo = scene
    decide(ids[0], ann)
    assert lease(ann, name=Queue.SIGNOFF) == []
    assert lease(bo, name=Queue.SIGNOFF) == [ids[0]]
    assert queue.remaining(member=bo, queue=Queue.SIGNOFF) == 1


def test_the_signoff_queue_is_for_those_who_may_sign(db):
    dataset = builders.dataset(policy=SignoffPolicy.EXPERT)
    with pytest.raises(NotPermitted):
        lease(builders.member(dataset, Role.ANNOTATOR), name=Queue.SIGNOFF)


def test_the_unsure_queue_has_what_was_escalated(scene):
    ids, ann, bo = scene
    decide(ids[3], ann, Action.ESCALATE)
    assert lease(bo, name=Queue.UNSURE) == [ids[3]]


def test_a_rejected_correction_comes_back_to_its_author_first_and_to_nobody_else(scene):
    ids, ann, bo = scene
    decide(ids[5], ann)
    correction = Flag.objects.get(pk=ids[5]).corrections.get()
    correction.flag = flags.for_display().get(pk=ids[5])
    workflow.sign(
        correction=correction,
        member=bo,
        verdict=Verdict.REJECT,
        password=builders.PASSWORD,
        meaning="reviewed",
        comment="look at rule 3.2",
    )
    assert ids[5] not in lease(bo, size=10)
    queue.release(member=bo)
    assert lease(ann) == [ids[5], ids[0]]
    assert Flag.objects.get(pk=ids[5]).state == FlagState.RETURNED


def test_the_random_queue_gives_open_flags(scene):
    ids, ann, _ = scene
    assert set(lease(ann, size=10, name=Queue.RANDOM)) == set(ids)


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_never_share_a_flag():
    dataset = builders.dataset()
    for item in builders.items(dataset, *["cat"] * 40):
        builders.flag(item)
    people = [builders.member(dataset, Role.ANNOTATOR) for _ in range(8)]

    def take(member):
        try:
            return lease(member, size=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, people))

    assert len({pk for ids in taken for pk in ids}) == sum(len(ids) for ids in taken)
    # Whoever asked while others held the front locked may have got fewer; asking again fills up.
    assert sum(len(take(member)) for member in people) == 40


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_wins():
    dataset = builders.dataset()
    (item,) = builders.items(dataset, "cat")
    raised = builders.flag(item)
    people = [builders.member(dataset, Role.ANNOTATOR) for _ in range(6)]
    seen = [flags.for_display().get(pk=raised.pk) for _ in people]

    def answer(pair):
        member, flag = pair
        try:
            workflow.decide(
                flag=flag, member=member, answer=Answer(Action.CORRECT, value="dog"), seen_version=1
            )
        except workflow.StaleFlag:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(answer, zip(people, seen, strict=True)))

    assert won.count(True) == 1
    assert item.revisions.count() == 2
    assert raised.decisions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_flags_of_one_item_answered_at_once_one_wins_and_nobody_waits_for_ever():
    dataset = builders.dataset()
    people = [builders.member(dataset, Role.ANNOTATOR) for _ in range(2)]
    for item in builders.items(dataset, *["cat"] * 10):
        pair = [builders.flag(item), builders.flag(item, kind=FlagKind.ANNOTATOR_DISAGREEMENT)]
        seen = [flags.for_display().get(pk=raised.pk) for raised in pair]

        def answer(member, flag):
            try:
                workflow.decide(
                    flag=flag, member=member, answer=Answer(Action.CORRECT, value="dog"), seen_version=1
                )
            except (StaleFlag, NotAllowedNow):
                return False
            else:
                return True
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            won = list(pool.map(answer, people, seen))

        assert won.count(True) == 1
        assert item.revisions.count() == 2


@pytest.mark.django_db(transaction=True)
def test_only_the_lease_itself_does_not_wait_for_the_disk():
    dataset = builders.dataset()
    (item,) = builders.items(dataset, "cat")
    raised = builders.flag(item)
    member = builders.member(dataset, Role.ANNOTATOR)
    fetch("SELECT set_config('synchronous_commit', 'on', false)", [])
    assert queue.lease(member=member, queue=Queue.PRIORITY, size=1) == [raised.pk]
    assert fetch("SHOW synchronous_commit", []) == [("on",)]
    connection.close()  # the next test has a session of its own
