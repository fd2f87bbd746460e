"""Flags: their list, one of them, and a new one out of a person's hands."""

from datetime import datetime
from functools import partial
from typing import Any, TypedDict

import orjson
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import flags, past, screen, search, workflow
from reviews.errors import NotVisible
from reviews.models import (
    Action,
    Annotation,
    Correction,
    CorrectionState,
    Flag,
    FlagKind,
    FlagState,
    Item,
    LabelStatus,
    SignOff,
    Verdict,
)
from reviews.permissions import Ability, Member
from reviews.screen import Shown

from . import items
from .comments import CommentJSON
from .items import ItemJSON
from .pagination import paginate_ids
from .schema import PAGING, operation, page_of
from .session import UserJSON, render_user
from .values import LabelValue, LabelValueField
from .views import View, read, read_query


class EvidenceJSON(TypedDict):
    """One detector's reason, in a sentence and in figures."""

    detector: str
    text: str
    data: dict[str, Any]


class VoteJSON(TypedDict):
    """One annotator's opinion on the item."""

    annotator: str
    value: LabelValue
    at: datetime | None


class SignOffJSON(TypedDict):
    id: int
    signer: UserJSON
    verdict: Verdict
    meaning: str
    comment: str
    at: datetime


class FlagCorrectionJSON(TypedDict):
    """The change of the official label that the flag's standing decision made."""

    id: int
    state: CorrectionState
    value: LabelValue
    status: LabelStatus
    author: UserJSON
    reason: str
    signoffs: list[SignOffJSON]


class LeaseJSON(TypedDict):
    """Who is looking at the flag now, and how long it is kept for them."""

    user: UserJSON
    until: datetime


class FlagJSON(TypedDict):
    id: int
    dataset: int
    item: ItemJSON
    kind: FlagKind
    part: LabelValue
    given: LabelValue
    suggested: LabelValue
    score: float
    priority: float
    state: FlagState
    version: int
    evidence: list[EvidenceJSON]
    votes: list[VoteJSON]
    correction: FlagCorrectionJSON | None
    lease: LeaseJSON | None
    abilities: list[str]
    comment_count: int
    created_at: datetime


HistoryEntryJSON = TypedDict(
    "HistoryEntryJSON",
    {
        "at": datetime,
        "by": str,
        "action": Action,
        "value": LabelValue,
        "reason": str,
        "rule": str,
        "from": FlagState,
        "to": FlagState,
        "comment": str,
        "meaning": str,
    },
)


class SimilarJSON(TypedDict):
    """An item that looks like the flagged one, with its official label."""

    item_id: int
    external_id: str
    thumbnail_url: str | None
    text: str | None
    label: LabelValue
    similarity: float


class FlagDetailJSON(FlagJSON):
    history: list[HistoryEntryJSON]
    comments: list[CommentJSON]
    similar: list[SimilarJSON]


# What the list can be ordered by, as columns of which the last is unique. Ids rise as flags are created.
ORDERINGS = {
    "-priority": ["-priority", "-id"],
    "priority": ["priority", "id"],
    "-score": ["-score", "-id"],
    "score": ["score", "id"],
    "-created_at": ["-id"],
    "created_at": ["id"],
}


class FlagFilter(serializers.Serializer[Any]):
    """Which flags: all of what is said must hold."""

    state = serializers.ChoiceField(FlagState.choices, required=False, allow_blank=True)
    kind = serializers.ChoiceField(FlagKind.choices, required=False, allow_blank=True)
    given = LabelValueField(required=False, help_text="The given value is this one.")
    suggested = LabelValueField(required=False, help_text="The suggested value is this one.")
    annotator = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="They gave an opinion on the item.",
    )
    min_score = serializers.FloatField(required=False, min_value=0, max_value=1)
    search = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if value not in ("", None)}
        return super().to_internal_value(data)


class FlagQuery(FlagFilter):
    ordering = serializers.ChoiceField(list(ORDERINGS), required=False, default="-priority")


class Report(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=5000)
    suggested = LabelValueField(required=False, default=None, allow_null=True)
    kind = serializers.ChoiceField([FlagKind.REPORTED.value], required=False)


def matching(found: QuerySet[Flag], dataset: Any, wanted: dict[str, Any]) -> QuerySet[Flag]:
    """Those of the flags that are the dataset's and that a checked `FlagFilter` describes."""
    found = found.filter(dataset=dataset)
    for name in ("state", "kind"):
        if name in wanted:
            found = found.filter(**{name: wanted[name]})
    for name in ("given", "suggested"):
        if name in wanted:
            found = found.filter(_says(name, wanted[name]))
    if "min_score" in wanted:
        found = found.filter(score__gte=wanted["min_score"])
    if "annotator" in wanted:
        by = Annotation.objects.filter(annotator__dataset=dataset, annotator__name=wanted["annotator"])
        found = found.filter(item__in=by.values("item"))
    if "search" in wanted:
        found = search.matching(found, dataset_id=dataset.pk, text=wanted["search"], item="item")
    return found


def _says(name: str, value: Any) -> Q:
    """Whether the given or suggested value is this one; a class also finds parts and lists of it."""
    if not isinstance(value, str):
        return Q(**{name: value})
    of_class = Q(**{f"{name}__label": value}) | Q(**{f"{name}__contains": [value]})
    try:
        in_json = orjson.loads(value)
    except orjson.JSONDecodeError:
        in_json = None
    whole = Q(**{name: in_json}) if isinstance(in_json, dict | list) else Q(**{name: value})
    return whole | of_class


def render(found: list[Shown], member: Member) -> list[FlagJSON]:
    """Flags of the member's dataset."""
    now = timezone.now()
    return [_render_one(shown, member, now) for shown in found]


def render_in_full(found: list[Shown], member: Member) -> list[FlagDetailJSON]:
    """The same with all that a screen shows of each."""
    now = timezone.now()
    return [
        {
            **_render_one(shown, member, now),
            "history": _history(shown.flag),
            "comments": shown.comments,  # type: ignore[typeddict-item]
            "similar": [_similar(item) for item in shown.similar],
        }
        for shown in found
    ]


def _render_one(shown: Shown, member: Member, now: datetime) -> FlagJSON:
    flag = shown.flag
    abilities: list[str] = list(workflow.abilities(flag, member))
    if member.may(Ability.COMMENT):
        abilities.append(Ability.COMMENT)
    return {
        "id": flag.pk,
        "dataset": flag.dataset_id,
        "item": items.render(flag.item, member.dataset.media, shown.width, shown.height),
        "kind": flag.kind,  # type: ignore[typeddict-item]
        "part": flag.part,
        "given": flag.given,
        "suggested": flag.suggested,
        "score": flag.score,
        "priority": flag.priority,
        "state": flag.state,  # type: ignore[typeddict-item]
        "version": flag.version,
        "evidence": flag.evidence,
        "votes": shown.votes,  # type: ignore[typeddict-item]
        "correction": _correction(flag),
        "lease": _lease(shown, now),
        "abilities": abilities,
        "comment_count": shown.comment_count,
        "created_at": flag.created_at,
    }


def _lease(shown: Shown, now: datetime) -> LeaseJSON | None:
    holder, until = shown.flag.leased_to_id, shown.flag.leased_until
    if holder is None or shown.leased_to is None or until is None or until <= now:
        return None
    return {"user": {"id": holder, "username": shown.leased_to}, "until": until}


def _correction(flag: Flag) -> FlagCorrectionJSON | None:
    correction = workflow.latest_correction(flag)
    if correction is None or correction.state == CorrectionState.WITHDRAWN:
        return None
    return {
        "id": correction.pk,
        "state": CorrectionState(correction.state),
        "value": correction.value,
        "status": LabelStatus(correction.status),
        "author": render_user(correction.author),
        "reason": correction.decision.reason,
        "signoffs": [render_signoff(signoff) for signoff in past.of(flag).under(correction)],
    }


def render_signoff(signoff: SignOff) -> SignOffJSON:
    return {
        "id": signoff.pk,
        "signer": render_user(signoff.signer),
        "verdict": Verdict(signoff.verdict),
        "meaning": signoff.meaning,
        "comment": signoff.comment,
        "at": signoff.created_at,
    }


def _history(flag: Flag) -> list[HistoryEntryJSON]:
    """Decisions and signatures, the oldest first."""
    entries: list[HistoryEntryJSON] = [
        {
            "at": decision.created_at,
            "by": decision.reviewer.get_username(),
            "action": Action(decision.action),
            "value": decision.value,
            "reason": decision.reason,
            "rule": decision.rule,
            "from": FlagState(decision.from_state),
            "to": FlagState(decision.to_state),
            "comment": "",
            "meaning": "",
        }
        for decision in past.of(flag).decisions
    ]
    known = past.of(flag)
    for correction in known.corrections:
        entries += [_signature(signoff, correction) for signoff in known.under(correction)]
    return sorted(entries, key=lambda entry: entry["at"])


def _signature(signoff: SignOff, correction: Correction) -> HistoryEntryJSON:
    approved = signoff.verdict == Verdict.APPROVE
    return {
        "at": signoff.created_at,
        "by": signoff.signer.get_username(),
        "action": Action(signoff.verdict),
        "value": correction.value,
        "reason": "",
        "rule": "",
        "from": FlagState.PROPOSED,
        "to": FlagState.APPLIED if approved else FlagState.RETURNED,
        "comment": signoff.comment,
        "meaning": signoff.meaning,
    }


def _similar(item: dict[str, Any]) -> SimilarJSON:
    has_picture = item.pop("has_picture")
    item["thumbnail_url"] = items.thumbnail_url(item["item_id"]) if has_picture else None
    return item  # type: ignore[return-value]


def see(user: User, flag_id: int) -> tuple[Shown, Member]:
    """The flag and the member that the user is of its dataset; 404 where they are none."""
    found = screen.seen(flag_id=flag_id, user=user)
    if found is None:
        raise NotVisible("There is nothing here by this id, or you may not see it.")
    return found


def fresh(flag_id: int, member: Member) -> FlagDetailJSON:
    """The flag as it stands now."""
    return render_in_full(screen.full([flag_id]), member)[0]


class FlagsView(View):
    @operation("flags_list", page_of(FlagJSON), parameters=[FlagQuery, *PAGING], refuses=(400, 401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        member = self.member(dataset)
        query = read_query(FlagQuery, request)
        ordering = query.pop("ordering")
        page = paginate_ids(
            request=request,
            model=Flag,
            dataset_id=member.dataset.pk,
            narrow=partial(matching, dataset=member.dataset, wanted=query) if query else None,
            order=ORDERINGS[ordering],
            render=lambda ids: render(screen.brief(ids), member),
        )
        return Response(page)


class FlagView(View):
    @operation("flags_read", FlagDetailJSON, refuses=(401, 404))
    def get(self, request: Request, flag: int) -> Response:
        shown, member = see(self.user(), flag)
        return Response(render_in_full([shown], member)[0])


class ReportView(View):
    @operation("items_report", FlagDetailJSON, status=201, request=Report, refuses=(400, 401, 403, 404, 409))
    def post(self, request: Request, item: int) -> Response:
        """Raise a flag by hand."""
        found, member = self.seen(items.for_display(Item.objects.all()), item, Ability.REVIEW)
        given = read(Report, request)
        flag = flags.report(
            item=found, reporter=member.user, reason=given["reason"], suggested=given["suggested"]
        )
        return Response(fresh(flag.pk, member), status=201)
