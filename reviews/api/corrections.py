"""Corrections and the signatures under them."""

from datetime import datetime
from typing import Any, Literal, TypedDict

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import past, workflow
from reviews.models import Action, Correction, CorrectionState, LabelStatus, SignOff, Verdict
from reviews.permissions import Member

from . import items
from .flags import SignOffJSON, render_signoff
from .items import ItemJSON
from .pagination import paginate
from .schema import PAGING, operation, page_of
from .session import UserJSON, render_user
from .throttles import limit_failures
from .values import LabelValue
from .views import View, read, read_query


class LabelJSON(TypedDict):
    value: LabelValue
    status: LabelStatus


class CorrectionJSON(TypedDict):
    id: int
    dataset: int
    flag: int
    item: ItemJSON
    before: LabelJSON
    after: LabelJSON
    action: Action
    reason: str
    rule: str
    author: UserJSON
    state: CorrectionState
    created_at: datetime
    signoffs: list[SignOffJSON]
    abilities: list[Literal["approve", "reject"]]


class CorrectionQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(CorrectionState.choices, required=False, allow_blank=True)


class Sign(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(Verdict.choices)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    meaning = serializers.CharField(max_length=200)
    comment = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")


def for_display() -> QuerySet[Correction]:
    return Correction.objects.select_related(
        "author", "base", "decision", "flag", "flag__item", "item__media", "item__current_revision"
    ).prefetch_related(Prefetch("signoffs", SignOff.objects.select_related("signer").order_by("id")))


def render_all(found: list[Correction], member: Member) -> list[CorrectionJSON]:
    past.read([correction.flag for correction in found])
    return [render(correction, member) for correction in found]


def render(correction: Correction, member: Member) -> CorrectionJSON:
    return {
        "id": correction.pk,
        "dataset": correction.dataset_id,
        "flag": correction.flag_id,
        "item": items.render_loaded(correction.item, member.dataset.media),
        "before": {"value": correction.base.value, "status": LabelStatus(correction.base.status)},
        "after": {"value": correction.value, "status": LabelStatus(correction.status)},
        "action": Action(correction.decision.action),
        "reason": correction.decision.reason,
        "rule": correction.decision.rule,
        "author": render_user(correction.author),
        "state": CorrectionState(correction.state),
        "created_at": correction.created_at,
        "signoffs": [render_signoff(signoff) for signoff in correction.signoffs.all()],
        "abilities": _abilities(correction, member),
    }


def _abilities(correction: Correction, member: Member) -> list[Any]:
    if correction.state != CorrectionState.PROPOSED:
        return []
    return [
        able
        for able in workflow.abilities(correction.flag, member)
        if able in (Action.APPROVE, Action.REJECT)
    ]


class CorrectionsView(View):
    @operation(
        "corrections_list",
        page_of(CorrectionJSON),
        parameters=[CorrectionQuery, *PAGING],
        refuses=(400, 401, 404),
    )
    def get(self, request: Request, dataset: int) -> Response:
        member = self.member(dataset)
        rows = for_display().filter(dataset=member.dataset)
        if state := read_query(CorrectionQuery, request).get("state"):
            rows = rows.filter(state=state)
        page = paginate(
            request=request,
            rows=rows,
            order=["-id"],
            render=lambda found: render_all(found, member),
        )
        return Response(page)


class CorrectionView(View):
    @operation("corrections_read", CorrectionJSON, refuses=(401, 404))
    def get(self, request: Request, correction: int) -> Response:
        return Response(render(*self.seen(for_display(), correction)))


class SignView(View):
    @operation("corrections_sign", CorrectionJSON, request=Sign, refuses=(400, 401, 403, 404, 409, 429))
    def post(self, request: Request, correction: int) -> Response:
        found, member = self.seen(for_display(), correction)
        given = read(Sign, request)
        given["verdict"] = Verdict(given["verdict"])
        with limit_failures("sign", str(member.user.pk)):
            workflow.sign(correction=found, member=member, **given)
        return Response(render(for_display().get(pk=found.pk), member))
