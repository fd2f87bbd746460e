"""The audit log, newest first."""

from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews.models import AuditEvent
from reviews.permissions import Ability

from .pagination import paginate
from .schema import PAGING, operation, page_of
from .views import View, read_query


class SubjectJSON(TypedDict):
    """What the event is about: a noun of the product, and its id."""

    type: str
    id: int


class AuditEventJSON(TypedDict):
    """One line of the log. `position` and `hash`: its place in the sealed chain, given in seconds."""

    id: int
    position: int | None
    hash: str | None
    actor: str | None
    action: str
    subject: SubjectJSON
    payload: dict[str, Any]
    at: datetime


class AuditQuery(serializers.Serializer[Any]):
    action = serializers.CharField(max_length=40, required=False, allow_blank=True)
    actor = serializers.CharField(max_length=150, required=False, allow_blank=True)


def render(event: AuditEvent) -> AuditEventJSON:
    seal = getattr(event, "seal", None)
    return {
        "id": event.pk,
        "position": seal.position if seal else None,
        "hash": seal.hash if seal else None,
        "actor": event.actor.get_username() if event.actor else None,
        "action": event.action,
        "subject": {"type": event.subject_type, "id": event.subject_id},
        "payload": event.payload,
        "at": event.created_at,
    }


class AuditView(View):
    @operation(
        "audit_list",
        page_of(AuditEventJSON),
        parameters=[AuditQuery, *PAGING],
        refuses=(400, 401, 404),
    )
    def get(self, request: Request, dataset: int) -> Response:
        seen = self.member(dataset, Ability.AUDIT).dataset
        query = read_query(AuditQuery, request)
        rows = AuditEvent.objects.filter(dataset=seen).select_related("actor", "seal")
        if query.get("action"):
            rows = rows.filter(action=query["action"])
        if query.get("actor"):
            rows = rows.filter(actor__username=query["actor"])
        page = paginate(
            request=request, rows=rows, order=["-id"], render=lambda found: [render(event) for event in found]
        )
        return Response(page)
