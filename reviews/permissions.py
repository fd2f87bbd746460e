"""Who may do what in a dataset: the whole policy on one screen.

What may be done with one flag depends on its state too: that table is in `reviews.workflow`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, Model, QuerySet

from .errors import NotPermitted, NotVisible
from .models import Dataset, Role, SignoffPolicy
from .rows import Columns, fetch_one

A, L, E, O = Role.ANNOTATOR, Role.LEAD, Role.EXPERT, Role.OWNER  # noqa: E741


class Ability(StrEnum):
    VIEW = "view"
    REVIEW = "review"
    COMMENT = "comment"
    SIGN = "sign"
    IMPORT = "import"
    RUN = "run"
    VERSION = "version"
    EXPORT = "export"
    AUDIT = "audit"
    BULK = "bulk"
    MANAGE = "manage"


ROLES_FOR: dict[Ability, frozenset[Role]] = {
    Ability.VIEW: frozenset({A, L, E, O}),
    Ability.REVIEW: frozenset({A, L, E, O}),
    Ability.COMMENT: frozenset({A, L, E, O}),
    Ability.EXPORT: frozenset({A, L, E, O}),
    Ability.AUDIT: frozenset({A, L, E, O}),
    Ability.IMPORT: frozenset({L, O}),
    Ability.RUN: frozenset({L, O}),
    Ability.VERSION: frozenset({L, O}),
    Ability.BULK: frozenset({L, O}),
    Ability.MANAGE: frozenset({O}),
}

# Whose signature satisfies the policy. Nobody signs their own correction, whatever the role; under `none`
# there is nothing to sign but what was proposed before the policy was relaxed.
SIGNERS: dict[str, frozenset[Role]] = {
    SignoffPolicy.NONE: frozenset({A, L, E, O}),
    SignoffPolicy.SECOND_REVIEWER: frozenset({A, L, E, O}),
    SignoffPolicy.EXPERT: frozenset({E}),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One user as seen from one dataset."""

    user: User
    dataset: Dataset
    role: Role

    @property
    def abilities(self) -> list[Ability]:
        return [ability for ability in Ability if self.may(ability)]

    def may(self, ability: Ability) -> bool:
        if ability is Ability.SIGN:
            return self.role in SIGNERS[self.dataset.signoff_policy]
        return self.role in ROLES_FOR[ability]

    def require(self, ability: Ability) -> None:
        if not self.may(ability):
            raise NotPermitted(f"Your role here, {self.role}, does not include “{ability}”.")


DATASET = Columns(Dataset, "d")
MEMBER = f"""
    SELECT {DATASET.sql}, m.role FROM reviews_membership m JOIN reviews_dataset d ON d.id = m.dataset_id
    WHERE m.user_id = %s AND m.dataset_id = %s
"""


def member_of(*, user: User | AnonymousUser, dataset_id: int) -> Member:
    """The member that `user` is of the dataset; `NotVisible` where there is no such dataset for them."""
    row = fetch_one(MEMBER, [user.pk, dataset_id])
    if row is None or not isinstance(user, User):
        raise NotVisible("There is no such dataset, or you are not a member of it.")
    return Member(user=user, dataset=DATASET.build(row), role=Role(row[-1]))


M = TypeVar("M", bound=Model)


def visible(objects: QuerySet[M], *, to: User | AnonymousUser) -> QuerySet[M]:
    """Those of `objects` whose dataset `to` is a member of, each with its dataset and the role in it."""
    mine = objects.filter(dataset__memberships__user=to.pk).select_related("dataset")
    return mine.annotate(role=F("dataset__memberships__role"))  # type: ignore[return-value]


def member_for(*, user: User | AnonymousUser, seen: Any) -> Member:
    """The member that `user` is of the dataset of an object that `visible` gave."""
    if not isinstance(user, User):
        raise NotVisible("There is no such thing here.")
    return Member(user=user, dataset=seen.dataset, role=Role(seen.role))


def may_create_datasets(user: User | AnonymousUser) -> bool:
    return bool(user.has_perm("reviews.add_dataset"))
