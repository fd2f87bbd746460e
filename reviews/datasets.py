"""Datasets and their members, changed: each change with its line in the audit log, in one transaction."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from . import ledger
from .errors import DomainError, NotAllowedNow, NotPermitted, NotVisible
from .models import Dataset, Membership, Role
from .permissions import Member, may_create_datasets
from .tasktypes.registry import TASK_TYPES

# What raises ValueError where the value of a setting does not fit; `detection` adds its own.
SETTING_CHECKS: dict[str, Callable[[Any], object]] = {}


def create(*, creator: User, members: Iterable[tuple[str, Role]] = (), **values: Any) -> Member:
    """The owner of a new dataset; raises `NotPermitted` where `creator` may not create any."""
    if not may_create_datasets(creator):
        raise NotPermitted("Creating datasets is for those who have been given the right to.")
    _check_classes(values["task_type"], values.get("classes", ()))
    with transaction.atomic():
        dataset = Dataset.objects.create(created_by=creator, **values)
        ledger.share(dataset_id=dataset.pk)
        Membership.objects.create(dataset=dataset, user=creator, role=Role.OWNER)
        ledger.record(
            dataset_id=dataset.pk,
            actor=creator,
            action="dataset.create",
            subject=dataset,
            payload={name: values[name] for name in sorted(values)},
        )
        owner = Member(user=creator, dataset=dataset, role=Role.OWNER)
        for username, role in members:
            if username != creator.get_username():
                set_role(owner=owner, username=username, role=role)
    return owner


def change(*, owner: Member, changes: dict[str, Any]) -> Dataset:
    """The dataset with its name, classes, settings or sign-off policy changed; classes are only added."""
    with transaction.atomic():
        ledger.share(dataset_id=owner.dataset.pk)
        dataset = Dataset.objects.select_for_update().get(pk=owner.dataset.pk)
        _check_classes(dataset.task_type, changes.get("classes", ()))
        before = {name: getattr(dataset, name) for name in changes if getattr(dataset, name) != changes[name]}
        if missing := [name for name in before.get("classes", ()) if name not in changes["classes"]]:
            raise NotAllowedNow(f"Classes can be added, not removed: “{missing[0]}” is missing.")
        if not before:
            return dataset
        for name in before:
            setattr(dataset, name, changes[name])
        dataset.save(update_fields=list(before))
        after = {name: changes[name] for name in before}
        ledger.record(
            dataset_id=dataset.pk,
            actor=owner.user,
            action="dataset.change",
            subject=dataset,
            payload={"before": before, "after": after},
        )
    return dataset


def set_role(*, owner: Member, username: str, role: Role) -> tuple[Membership, bool]:
    """The membership of a user in the owner's dataset, and whether it is new."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise DomainError(f"There is no user “{username}”.", fields={"username": ["no such user"]})
    with transaction.atomic():
        ledger.share(dataset_id=owner.dataset.pk)
        _keep_an_owner(dataset_id=owner.dataset.pk, without=user.pk if role != Role.OWNER else None)
        before = Membership.objects.filter(dataset=owner.dataset, user=user).first()
        membership, created = Membership.objects.update_or_create(
            dataset=owner.dataset, user=user, defaults={"role": role}
        )
        if before is None or before.role != role:
            _record(owner, "member.set", user, before=before.role if before else None, after=role)
    return membership, created


def remove_member(*, owner: Member, user_id: int) -> None:
    """Take the user's membership away; what they did stays under their name."""
    with transaction.atomic():
        ledger.share(dataset_id=owner.dataset.pk)
        _keep_an_owner(dataset_id=owner.dataset.pk, without=user_id)
        membership = (
            Membership.objects.filter(dataset=owner.dataset, user_id=user_id).select_related("user").first()
        )
        if membership is None:
            raise NotVisible("There is no such member.")
        membership.delete()
        _record(owner, "member.remove", membership.user, before=membership.role, after=None)


def _check_classes(task_type: str, classes: Iterable[str]) -> None:
    for name in TASK_TYPES[task_type].reserved & set(classes):
        said = f"No class of {task_type} can be called “{name}”, which means something else there."
        raise DomainError(said, fields={"classes": [said]})


def _keep_an_owner(*, dataset_id: int, without: int | None) -> None:
    """Hold the owners until the transaction ends, so that two cannot remove each other at once."""
    owners = (
        Membership.objects.select_for_update().filter(dataset_id=dataset_id, role=Role.OWNER).order_by("id")
    )
    if list(owners.values_list("user_id", flat=True)) == [without]:
        raise NotAllowedNow("A dataset keeps at least one owner: make somebody else one first.")


def _record(owner: Member, action: str, user: User, *, before: str | None, after: str | None) -> None:
    payload = {"user": user.pk, "username": user.username, "before": before, "after": after}
    ledger.record(
        dataset_id=owner.dataset.pk, actor=owner.user, action=action, subject=owner.dataset, payload=payload
    )
