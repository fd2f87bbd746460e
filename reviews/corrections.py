"""Corrections: what a decision proposes for an official label, from the proposal to the ledger.

`reviews.workflow` decides when; everything here runs inside its transaction.
"""

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError

from . import ledger
from .errors import BadValue, NotAllowedNow
from .models import (
    Action,
    Cause,
    Correction,
    CorrectionState,
    Dataset,
    Decision,
    Flag,
    LabelRevision,
    LabelStatus,
)
from .permissions import Member
from .rows import insert
from .tasktypes.base import BadValue as BadLabel
from .tasktypes.registry import TASK_TYPES

# The decisions that change a label, and what the label then is.
CHANGES = {
    Action.CORRECT: LabelStatus.LABELLED,
    Action.AMBIGUOUS: LabelStatus.AMBIGUOUS,
    Action.EXCLUDE: LabelStatus.EXCLUDED,
}


def proposed_value(*, flag: Flag, member: Member, action: Action, value: Any) -> Any:
    """The label that an answer proposes; for a correction without a value, the suggested one.

    Raises `BadValue` where there is none, it is not one of the dataset's, or it is the label already.
    """
    current = _current(flag)
    if action != Action.CORRECT:
        return current.value
    value = flag.suggested if value is None else value
    if value is None:
        raise BadValue("Say which label is right.", fields={"value": ["required: nothing was suggested"]})
    value = check_label(dataset=member.dataset, value=value, field="value")
    same = TASK_TYPES[member.dataset.task_type].same
    if current.status == LabelStatus.LABELLED and same(value, current.value):
        raise BadValue("That is the label it has: keep it instead.", fields={"value": ["same as given"]})
    return value


def check_label(*, dataset: Dataset, value: Any, field: str) -> Any:
    """The label as it is stored, one of the dataset's; raises `BadValue` about the field that it came in."""
    try:
        return TASK_TYPES[dataset.task_type].check(value, dataset.classes)
    except BadLabel as error:
        raise BadValue(error.detail, fields={field: [error.detail]}) from error


def propose(*, decision: Decision) -> Correction:
    """A correction that waits for its signature; one item has one of them at a time."""
    correction = _correction(decision)
    try:
        insert(correction)
    except IntegrityError as error:
        raise NotAllowedNow("Another correction of this item is waiting for its sign-off.") from error
    return correction


def correct_at_once(*, decision: Decision, actor: User, payload: dict[str, Any]) -> Correction:
    """A correction that nobody has to sign, written together with its label."""
    correction = _correction(decision)
    correction.state = CorrectionState.APPLIED
    correction.revision = _relabel(correction, actor=actor, payload=payload)
    insert(correction)
    return correction


def apply(*, correction: Correction, actor: User, payload: dict[str, Any]) -> None:
    """Make a correction that was signed the official label."""
    revision = _relabel(correction, actor=actor, payload=payload)
    _leave_proposed(correction, state=CorrectionState.APPLIED, revision=revision)


def reject(*, correction: Correction) -> None:
    _leave_proposed(correction, state=CorrectionState.REJECTED)


def withdraw(*, decision: Decision) -> None:
    """The decision was undone, and with it what it proposed, where it proposed anything."""
    Correction.objects.filter(decision=decision).update(state=CorrectionState.WITHDRAWN)


def revert(*, decision: Decision, actor: User, payload: dict[str, Any]) -> None:
    """Give the item the label again that it had before the decision, by one more revision."""
    correction = Correction.objects.select_related("item", "base", "revision").get(decision=decision)
    if correction.revision is None:
        raise NotAllowedNow("This correction was never applied.")
    ledger.append_revision(
        item=correction.item,
        base=correction.revision,
        value=correction.base.value,
        status=correction.base.status,
        cause=Cause.UNDO,
        actor=actor,
        subject=decision.flag,
        payload={**payload, "correction": correction.pk},
    )
    withdraw(decision=decision)


def _correction(decision: Decision) -> Correction:
    flag = decision.flag
    return Correction(
        dataset_id=flag.dataset_id,
        item=flag.item,
        flag=flag,
        decision=decision,
        author=decision.reviewer,
        base=_current(flag),
        value=decision.value,
        status=CHANGES[Action(decision.action)],
    )


def _current(flag: Flag) -> LabelRevision:
    if flag.item.current_revision is None:
        raise NotAllowedNow("This item has no official label to correct.")
    return flag.item.current_revision


def _relabel(correction: Correction, *, actor: User, payload: dict[str, Any]) -> LabelRevision:
    return ledger.append_revision(
        item=correction.item,
        base=correction.base,
        value=correction.value,
        status=correction.status,
        cause=Cause.CORRECTION,
        actor=actor,
        subject=correction.flag,
        payload={**payload, "author": correction.author_id},
    )


def _leave_proposed(correction: Correction, **change: Any) -> None:
    waiting = Correction.objects.filter(pk=correction.pk, state=CorrectionState.PROPOSED)
    if waiting.update(**change) != 1:
        raise NotAllowedNow("This correction does not wait for a signature any more.")
