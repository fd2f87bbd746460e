"""What a screen shows of flags, against what the ORM says of the same rows."""

import pytest

from reviews import discussion, flags, screen, workflow
from reviews.models import Action, Role
from reviews.workflow import Answer
from tests import builders


@pytest.fixture
def scene(db):
    dataset = builders.dataset()
    items = builders.items(dataset, *["cat"] * 22)
    for item in items:
        builders.flag(item)
        builders.annotation(item, "ann", "dog")
        builders.annotation(item, "bo", "cat")
    return dataset, [flag.pk for flag in dataset.flags.order_by("-id")]


def values(instance):
    return {field.attname: getattr(instance, field.attname) for field in instance._meta.concrete_fields}


def test_a_flag_is_read_as_the_orm_reads_it(scene):
    dataset, (pk, *_) = scene
    shown, member = screen.seen(flag_id=pk, user=dataset.created_by)
    flag = flags.for_display().select_related("dataset").get(pk=pk)
    assert values(shown.flag) == values(flag)
    assert values(shown.flag.item) == values(flag.item)
    assert values(shown.flag.item.current_revision) == values(flag.item.current_revision)
    assert values(member.dataset) == values(flag.dataset)
    assert (member.user, member.role) == (dataset.created_by, Role.OWNER)


def test_flags_come_in_the_order_asked_for(scene):
    _, ids = scene
    backwards = ids[::-1]
    assert [shown.flag.pk for shown in screen.brief(backwards)] == backwards
    assert [shown.flag.pk for shown in screen.full(ids)] == ids


def test_votes_comments_and_similar_items_come_along(scene):
    dataset, (pk, other, *_) = scene
    owner = builders.member(dataset, Role.OWNER)
    flag, near = flags.for_display().get(pk=pk), flags.for_display().get(pk=other)
    neighbours = [{"item": near.item_id, "similarity": 0.75}, {"item": 10**12, "similarity": 0.5}]
    flag.evidence = [{"detector": "neighbours", "text": "", "data": {"neighbours": neighbours}}]
    flag.save()
    discussion.add(flag=flag, member=owner, text="a dog, I think", rule="3.2")
    (shown,) = screen.full([pk])
    assert [(vote["annotator"], vote["value"]) for vote in shown.votes] == [("ann", "dog"), ("bo", "cat")]
    assert [(comment["text"], comment["author"]["id"]) for comment in shown.comments] == [
        ("a dog, I think", owner.user.pk)
    ]
    assert [(item["item_id"], item["similarity"], item["label"]) for item in shown.similar] == [
        (near.item_id, 0.75, "cat")
    ]
    assert screen.brief([pk])[0].comment_count == 1


def test_a_stranger_sees_no_flag(scene):
    _, (pk, *_) = scene
    assert screen.seen(flag_id=pk, user=builders.user()) is None


def test_any_number_of_flags_is_one_statement_and_two_more_where_some_have_moved(
    scene, django_assert_num_queries
):
    dataset, ids = scene
    for size in (2, 20):
        with django_assert_num_queries(1):
            screen.full(ids[:size])
    owner = builders.member(dataset, Role.OWNER)
    for pk in ids[:10]:
        flag = flags.for_display().get(pk=pk)
        workflow.decide(flag=flag, member=owner, answer=Answer(Action.KEEP), seen_version=1)
    for size in (2, 20):
        with django_assert_num_queries(3):
            screen.full(ids[:size])
