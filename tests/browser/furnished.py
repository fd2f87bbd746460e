"""Every screen and its address, for what must hold on each of them."""

from dataclasses import dataclass

from django.db import transaction

from reviews import versions, workflow
from reviews.models import Action, Dataset, ImportJob, JobStatus, Role, SignoffPolicy
from reviews.permissions import member_of
from tests import builders

from .steps import flagged


@dataclass(frozen=True)
class World:
    """A dataset with something on every screen; `owner` and `second` are its people."""

    dataset: Dataset
    owner: str
    second: str
    screens: dict[str, str]


def furnished() -> World:
    made = builders.dataset(policy=SignoffPolicy.SECOND_REVIEWER, name="Animals")
    owner = member_of(user=made.created_by, dataset_id=made.pk)
    second = builders.member(made, Role.LEAD)
    flags = flagged(made, "cat", "cat", "owl", "owl")
    builders.annotation(flags[1].item, "ann", "cat")
    answer = workflow.Answer(Action.CORRECT, "dog", "Its ears are a dog's.")
    workflow.decide(flag=flags[0], member=owner, answer=answer, seen_version=1)
    first = versions.freeze(dataset=made, actor=owner.user, tag="1.0", note="As imported")
    second_version = versions.freeze(dataset=made, actor=owner.user, tag="1.1", note="")
    _failed_import(made)
    at = f"/datasets/{made.pk}"
    screens = {
        "datasets": "/",
        "new dataset": "/datasets/new",
        "overview": at,
        "review": f"{at}/review",
        "flags": f"{at}/flags",
        "sign-off": f"{at}/signoff",
        "versions": f"{at}/versions",
        "comparison": f"{at}/versions/{second_version.pk}?against={first.pk}",
        "import": f"{at}/import",
        "detection": f"{at}/detection",
        "audit log": f"{at}/audit",
        "members": f"{at}/members",
        "nothing there": "/datasets/9999999",
    }
    return World(
        dataset=made, owner=owner.user.get_username(), second=second.user.get_username(), screens=screens
    )


def _failed_import(made: Dataset) -> None:
    with transaction.atomic():
        ImportJob.objects.create(
            dataset=made,
            created_by=made.created_by,
            file_name="more.csv",
            format="csv",
            status=JobStatus.FAILED,
            errors=[
                {"line": 3, "column": "label", "code": "unknown_label", "detail": "“elk” is not a class"}
            ],
            counts={"rows": 3, "errors": 1},
        )
