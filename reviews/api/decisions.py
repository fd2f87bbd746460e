"""Deciding on flags: one, many at once, and taking a decision back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NotRequired, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import bulk, workflow
from reviews.errors import DomainError, NotAllowedNow, StaleFlag
from reviews.models import Action, Flag
from reviews.permissions import Ability, Member
from reviews.workflow import DECISIONS, Answer

from .flags import FlagDetailJSON, FlagFilter, fresh, matching, render_in_full, see
from .pagination import LARGEST_ID
from .schema import ErrorJSON, operation
from .values import LabelValueField
from .views import View, read


class ConflictJSON(ErrorJSON):
    """The flag is not as the client saw it (`stale_flag`), or cannot be answered so now; as it stands now."""

    flag: NotRequired[FlagDetailJSON]


class OutcomeJSON(TypedDict):
    id: int
    ok: bool
    code: NotRequired[str]
    detail: NotRequired[str]


class BulkOutcomeJSON(TypedDict):
    """What became of each flag; `more` where the filter matches more than one call decides."""

    results: list[OutcomeJSON]
    decided: int
    refused: int
    more: bool


class Decide(serializers.Serializer[Any]):
    action = serializers.ChoiceField([action.value for action in DECISIONS])
    value = LabelValueField(
        required=False,
        default=None,
        allow_null=True,
        help_text="The right label, or the suggested one. Of a flag with a `part`, what should stand there: "
        "a span or box, a list of them, [] for none; for lists of classes, the whole list.",
    )
    reason = serializers.CharField(max_length=5000, required=False, allow_blank=True, default="")
    rule = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class DecideOne(Decide):
    seen_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class DecideMany(Decide):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=bulk.MOST,
    )
    filter = FlagFilter(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Say either `ids` or `filter`.")
        return attrs


class Undo(serializers.Serializer[Any]):
    seen_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


def _answer(given: dict[str, Any]) -> Answer:
    return Answer(
        action=Action(given["action"]), value=given["value"], reason=given["reason"], rule=given["rule"]
    )


@contextmanager
def _conflicts_show(flag: Flag, member: Member) -> Iterator[None]:
    """A refusal because of how things stand carries the flag as it stands."""
    try:
        yield
    except (StaleFlag, NotAllowedNow) as error:
        error.extra["flag"] = fresh(flag.pk, member)
        raise


class DecideView(View):
    @operation(
        "flags_decide",
        FlagDetailJSON,
        request=DecideOne,
        refuses=(400, 401, 403, 404),
        also={409: ConflictJSON},
    )
    def post(self, request: Request, flag: int) -> Response:
        shown, member = see(self.user(), flag)
        member.require(Ability.REVIEW)
        given = read(DecideOne, request)
        with _conflicts_show(shown.flag, member):
            workflow.decide(
                flag=shown.flag, member=member, answer=_answer(given), seen_version=given["seen_version"]
            )
        return Response(render_in_full([shown], member)[0])


class UndoView(View):
    @operation(
        "flags_undo", FlagDetailJSON, request=Undo, refuses=(400, 401, 403, 404), also={409: ConflictJSON}
    )
    def post(self, request: Request, flag: int) -> Response:
        shown, member = see(self.user(), flag)
        member.require(Ability.REVIEW)
        given = read(Undo, request)
        with _conflicts_show(shown.flag, member):
            workflow.undo(flag=shown.flag, member=member, seen_version=given["seen_version"])
        return Response(fresh(flag, member))


class BulkDecideView(View):
    @operation("flags_decide_many", BulkOutcomeJSON, request=DecideMany, refuses=(400, 401, 403, 404))
    def post(self, request: Request, dataset: int) -> Response:
        """One decision over many flags, each on its own: one that is refused does not hold up the others."""
        member = self.member(dataset, Ability.BULK)
        given = read(DecideMany, request)
        if "ids" in given:
            chosen = Flag.objects.filter(dataset=member.dataset, pk__in=given["ids"])
        else:
            chosen = matching(Flag.objects.all(), member.dataset, given["filter"])
        outcomes, more = bulk.decide(
            member=member, chosen=chosen, named=given.get("ids", ()), answer=_answer(given)
        )
        results = [_render(flag_id, refusal) for flag_id, refusal in outcomes.items()]
        decided = sum(result["ok"] for result in results)
        return Response(
            {"results": results, "decided": decided, "refused": len(results) - decided, "more": more}
        )


def _render(flag_id: int, refusal: DomainError | None) -> OutcomeJSON:
    if refusal is None:
        return {"id": flag_id, "ok": True}
    return {"id": flag_id, "ok": False, "code": refusal.code, "detail": refusal.detail}
