"""Versions: frozen, compared, downloaded."""

from datetime import datetime
from typing import Any, TypedDict

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import exporting, versions
from reviews.errors import DomainError
from reviews.models import Cause, Version
from reviews.permissions import Ability

from .corrections import LabelJSON
from .pagination import BadCursor, link_to, page_size, paginate, read_cursor
from .schema import FILE, PAGING, operation, page_of
from .session import UserJSON, render_user
from .views import View, read, read_query


class VersionJSON(TypedDict):
    """A named state of the dataset. `sha256` is that of the bytes of its JSONL export."""

    id: int
    dataset: int
    tag: str
    note: str
    position: int
    sha256: str
    item_count: int
    created_by: UserJSON
    created_at: datetime


class ItemRefJSON(TypedDict):
    """An item by its names; with its text where the label is spans of it, which mean nothing without."""

    id: int
    external_id: str
    text: str | None


class DifferenceJSON(TypedDict):
    """One item whose official label differs; `before` is null where the item is new."""

    item: ItemRefJSON
    before: LabelJSON | None
    after: LabelJSON
    cause: Cause
    author: str | None
    reason: str
    at: datetime


class DiffCountsJSON(TypedDict):
    """Labels changed and added; of both, those of items that are excluded now."""

    changed: int
    added: int
    excluded: int


class DiffJSON(TypedDict):
    """What changed in a version since another one; `against` is null for what was there before any."""

    version: VersionJSON
    against: VersionJSON | None
    counts: DiffCountsJSON
    next: str | None
    previous: str | None
    results: list[DifferenceJSON]


class Freeze(serializers.Serializer[Any]):
    tag = serializers.RegexField(
        r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,49}\Z",
        error_messages={
            "invalid": "1 to 50 letters, digits, dots, dashes and underscores, the first no sign."
        },
    )
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


def render(version: Version) -> VersionJSON:
    return {
        "id": version.pk,
        "dataset": version.dataset_id,
        "tag": version.tag,
        "note": version.note,
        "position": version.position,
        "sha256": version.sha256,
        "item_count": version.item_count,
        "created_by": render_user(version.created_by),
        "created_at": version.created_at,
    }


class ExportQuery(serializers.Serializer[Any]):
    format = serializers.ChoiceField(exporting.EXPORTED, required=False, default="jsonl")
    guard = serializers.BooleanField(
        required=False, default=True, help_text="Keep spreadsheets from running cells of a CSV as formulas."
    )


class VersionsView(View):
    @operation("versions_list", page_of(VersionJSON), parameters=PAGING, refuses=(400, 401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        rows = Version.objects.filter(dataset=self.member(dataset).dataset).select_related("created_by")
        page = paginate(
            request=request, rows=rows, order=["-id"], render=lambda found: [render(row) for row in found]
        )
        return Response(page)

    @operation("versions_create", VersionJSON, status=201, request=Freeze, refuses=(400, 401, 403, 404, 409))
    def post(self, request: Request, dataset: int) -> Response:
        member = self.member(dataset, Ability.VERSION)
        version = versions.freeze(dataset=member.dataset, actor=member.user, **read(Freeze, request))
        return Response(render(version), status=201)


class VersionView(View):
    @operation("versions_read", VersionJSON, refuses=(401, 404))
    def get(self, request: Request, version: int) -> Response:
        found, _ = self.seen(Version.objects.select_related("created_by"), version)
        return Response(render(found))


class ExportView(View):
    @operation(
        "versions_export",
        FILE,
        content_type="application/octet-stream",
        parameters=[ExportQuery],
        refuses=(400, 401, 403, 404),
    )
    def get(self, request: Request, version: int) -> StreamingHttpResponse:
        """The whole version, streamed; of JSONL the SHA-256 is the version's. Excluded items are left out."""
        found, _ = self.seen(Version.objects.all(), version, Ability.EXPORT)
        file = exporting.export(version=found, **read_query(ExportQuery, request))
        response = StreamingHttpResponse(file.blocks, content_type=file.mime_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{file.file_name}"'
        return response


class DiffView(View):
    @operation(
        "versions_diff",
        DiffJSON,
        parameters=[
            OpenApiParameter("against", str, description="Id or tag of an earlier version; the one before."),
            *PAGING,
        ],
        refuses=(400, 401, 404),
    )
    def get(self, request: Request, version: int) -> Response:
        newer, _ = self.seen(Version.objects.select_related("created_by"), version)
        older, after_item, size = _older(request, newer), _after_item(request), page_size(request)
        found = versions.diff(older=older, newer=newer, after_item=after_item, limit=size + 1)
        return Response(
            {
                "version": render(newer),
                "against": render(older) if older.pk else None,
                "counts": versions.diff_counts(older=older, newer=newer),
                "next": link_to(request, [found[size - 1]["item"]["id"]]) if len(found) > size else None,
                "previous": None,
                "results": found[:size],
            }
        )


def _older(request: Request, newer: Version) -> Version:
    """The version that `against` names by its id or tag, which must not be a later one."""
    name = request.query_params.get("against", "")
    if not name:
        return versions.previous(version=newer)
    older = versions.named(dataset=newer.dataset, name=name)
    if older.position > newer.position:
        detail = f"{older.tag} is later than {newer.tag}: ask for its difference against {newer.tag} instead."
        raise DomainError(detail, fields={"against": [detail]})
    return older


def _after_item(request: Request) -> int:
    cursor = read_cursor(request)
    if cursor is None:
        return 0
    if len(cursor) != 1 or type(cursor[0]) is not int or not 0 <= cursor[0] < 2**63:
        raise BadCursor
    return cursor[0]
