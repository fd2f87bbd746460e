"""Datasets: their list, one of them with its figures, a new one."""

from datetime import datetime
from typing import Any, TypedDict

from django.db.models import F, OuterRef, Subquery
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import datasets, statistics
from reviews.models import Dataset, FlagState, Media, Role, SignoffPolicy, TaskType
from reviews.permissions import Ability, Member
from reviews.tasktypes.registry import TASK_TYPES

from .pagination import paginate
from .schema import PAGING, operation, page_of
from .values import LabelValue, ObjectField
from .views import View, read

MOST_CLASSES = 1000


class DatasetRowJSON(TypedDict):
    id: int
    name: str
    task_type: TaskType
    media: Media
    signoff_policy: SignoffPolicy
    role: Role
    item_count: int
    open_flags: int
    created_at: datetime


class FlagCountsJSON(TypedDict):
    """How many flags there are in each state, and how many open ones of each kind."""

    by_state: dict[str, int]
    by_kind: dict[str, int]


class CountsJSON(TypedDict):
    items: int
    labelled: int
    annotations: int
    annotators: int
    flags: FlagCountsJSON
    corrections: dict[str, int]
    versions: int


class HealthJSON(TypedDict):
    """What the last finished detection run estimated of the whole dataset."""

    grade: str
    error_rate: float
    low: float
    high: float
    run: int
    at: str


class ProgressJSON(TypedDict):
    """How much of the review is done; of the decided flags, the share where the label was indeed wrong."""

    decided: int
    total: int
    flags_right: float | None


class DatasetJSON(DatasetRowJSON):
    classes: list[str]
    settings: dict[str, Any]
    counts: CountsJSON
    health: HealthJSON | None
    progress: ProgressJSON
    note: str
    abilities: list[Ability]


class CellJSON(TypedDict):
    given: LabelValue
    suggested: LabelValue
    count: int


class ConfusionJSON(TypedDict):
    """How often what was given as one class is suggested to be another."""

    classes: list[str]
    cells: list[CellJSON]


class ClassName(serializers.CharField):
    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=200, **more)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("A class is named by text.")
        return str(super().to_internal_value(data))


class Settings(ObjectField):
    """Any object; of the keys that are ours, the values have to fit."""

    def to_internal_value(self, data: Any) -> Any:
        settings = super().to_internal_value(data)
        names = settings.get("annotators", [])
        if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
            raise serializers.ValidationError("`annotators` is a list of names.")
        for key, check in datasets.SETTING_CHECKS.items():
            try:
                if settings.get(key) is not None:
                    check(settings[key])
            except ValueError as error:
                raise serializers.ValidationError(f"`{key}`: {error}") from None
        return settings


class Changes(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False)
    classes = serializers.ListField(child=ClassName(), max_length=MOST_CLASSES, required=False)
    signoff_policy = serializers.ChoiceField(SignoffPolicy.choices, required=False)
    settings = Settings(required=False)

    def validate_classes(self, classes: list[str]) -> list[str]:
        if len(set(classes)) != len(classes):
            raise serializers.ValidationError("Each class is named once.")
        return classes


class NewMember(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(Role.choices)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and "user" in data and "username" not in data:
            data = {**data, "username": data["user"]}
        return super().to_internal_value(data)


class NewDataset(Changes):
    name = serializers.CharField(max_length=200)
    task_type = serializers.ChoiceField(list(TASK_TYPES))
    media = serializers.ChoiceField(Media.choices)
    members = serializers.ListField(child=NewMember(), required=False, max_length=1000)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        task_type, media = values["task_type"], values["media"]
        if media not in TASK_TYPES[task_type].media:
            possible = " or ".join(sorted(TASK_TYPES[task_type].media))
            raise serializers.ValidationError({"media": f"Labels of type {task_type} need {possible} items."})
        return values


def render_rows(found: list[Any]) -> list[DatasetRowJSON]:
    """Datasets with the user's `role` in them and the `newest` event."""
    counts = statistics.open_flags(newest={dataset.pk: dataset.newest for dataset in found})
    for dataset in found:
        dataset.open_flags = counts[dataset.pk]
    return [render_row(dataset) for dataset in found]


def render_row(dataset: Any) -> DatasetRowJSON:
    """A dataset with the user's `role` in it and its `open_flags`."""
    return {
        "id": dataset.pk,
        "name": dataset.name,
        "task_type": dataset.task_type,
        "media": dataset.media,
        "signoff_policy": dataset.signoff_policy,
        "role": dataset.role,
        "item_count": dataset.item_count,
        "open_flags": dataset.open_flags,
        "created_at": dataset.created_at,
    }


def render(member: Member) -> DatasetJSON:
    dataset: Any = member.dataset
    flags = statistics.flag_counts(dataset=dataset)
    dataset.role, dataset.open_flags = member.role, flags.by_state[FlagState.OPEN]
    progress = statistics.progress(flags)
    return {
        **render_row(dataset),
        "classes": dataset.classes,
        "settings": dataset.settings,
        "counts": {
            "items": dataset.item_count,
            **statistics.label_counts(dataset=dataset),  # type: ignore[typeddict-item]
            "flags": {"by_state": dict(flags.by_state), "by_kind": dict(flags.by_kind)},
            "corrections": statistics.correction_counts(dataset=dataset),
        },
        "health": dataset.health,
        "progress": {
            "decided": progress.decided,
            "total": progress.total,
            "flags_right": progress.flags_right,
        },
        "note": dataset.note,
        "abilities": member.abilities,
    }


class DatasetsView(View):
    @operation("datasets_list", page_of(DatasetRowJSON), parameters=PAGING, refuses=(400, 401))
    def get(self, request: Request) -> Response:
        mine = Dataset.objects.filter(memberships__user=self.user().pk).annotate(
            role=F("memberships__role"), newest=Subquery(statistics.newest_event(dataset=OuterRef("pk")))
        )
        return Response(paginate(request=request, rows=mine, order=["-id"], render=render_rows))

    @operation("datasets_create", DatasetJSON, status=201, request=NewDataset, refuses=(400, 401, 403))
    def post(self, request: Request) -> Response:
        given = read(NewDataset, request)
        members = [(member["username"], Role(member["role"])) for member in given.pop("members", [])]
        owner = datasets.create(creator=self.user(), members=members, **given)
        return Response(render(owner), status=201)


class DatasetView(View):
    @operation("datasets_read", DatasetJSON, refuses=(401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        return Response(render(self.member(dataset)))

    @operation("datasets_change", DatasetJSON, request=Changes, refuses=(400, 401, 403, 404, 409))
    def patch(self, request: Request, dataset: int) -> Response:
        owner = self.member(dataset, Ability.MANAGE)
        changed = datasets.change(owner=owner, changes=read(Changes, request))
        return Response(render(Member(user=owner.user, dataset=changed, role=owner.role)))


class ConfusionView(View):
    @operation("datasets_confusion", ConfusionJSON, refuses=(401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        seen = self.member(dataset).dataset
        return Response({"classes": seen.classes, "cells": statistics.confusion(dataset=seen)})
