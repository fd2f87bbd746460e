"""Corrections: what a decision proposes for an official label, from the proposal to the ledger.

`reviews.workflow` decides when; everything here runs inside its transaction.
"""

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError

from . import ledger
from .errors import BadValue, NotAllowedNow
from .ledger import Relabelling
from .models import (
    Action,
    Cause,
    Correction,
    CorrectionState,
    Dataset,
    Decision,
    Flag,
    FlagKind,
    Item,
    LabelRevision,
    LabelStatus,
    TaskType,
)
from .permissions import Member
from .rows import fetch, insert
from .tasktypes.base import BadValue as BadLabel
from .tasktypes.registry import TASK_TYPES

# The decisions that change a label, and what the label then is.
CHANGES = {
    Action.CORRECT: LabelStatus.LABELLED,
    Action.AMBIGUOUS: LabelStatus.AMBIGUOUS,
    Action.EXCLUDE: LabelStatus.EXCLUDED,
}

# Of these the part may be taken out, and nothing put in its place.
REMOVABLE = (FlagKind.SPURIOUS_LABEL, FlagKind.DUPLICATE_ANNOTATION)
WAITING = (
    "Another correction of this item is waiting for its sign-off. This one has to wait until that is signed "
    "or taken back, since a signature is for the item's whole label as it would then stand."
)


def proposed_value(*, flag: Flag, member: Member, action: Action, value: Any) -> Any:
    """The label that an answer proposes; for a correction without a value, the suggested one.

    Raises `BadValue` where there is none, it is not one of the dataset's, or it is the label already.
    """
    current = _current(flag)
    if action != Action.CORRECT:
        return current.value
    value = _asked_for(flag, value)
    if flag.part is not None:
        value = _with_part(flag, member.dataset, current.value, value)
    value = check_label(dataset=member.dataset, value=value, field="value")
    _check_within(flag.item, member.dataset.task_type, value)
    same = TASK_TYPES[member.dataset.task_type].same
    if current.status == LabelStatus.LABELLED and same(value, current.value):
        raise BadValue("That is the label it has: keep it instead.", fields={"value": ["same as given"]})
    return value


def _asked_for(flag: Flag, value: Any) -> Any:
    """What should stand in place of what was given: the value of the answer, or the suggested one."""
    value = flag.suggested if value is None else value
    if value is None and flag.kind not in REMOVABLE:
        raise BadValue("Say which label is right.", fields={"value": ["required: nothing was suggested"]})
    return value


def _with_part(flag: Flag, dataset: Dataset, current: Any, new: Any) -> Any:
    """The item's label as it stands with the flagged part replaced, which must still be there."""
    try:
        return TASK_TYPES[dataset.task_type].replaced(current, flag.part, flag.given, new)
    except BadLabel as error:
        if error.code == "stale_part":
            said = (
                f"What this flag is about is no longer so: {error.detail}. Look at the item as it stands now."
            )
            raise NotAllowedNow(said) from error
        raise BadValue(error.detail, fields={"value": [error.detail]}) from error


def _check_within(item: Item, task_type: str, value: Any) -> None:
    """Raise `BadValue` where a span or box leaves its text or picture."""
    task = TASK_TYPES[task_type]
    if task.check_within is None:
        return
    try:
        if "text" in task.media and item.text is not None:
            task.check_within(value, len(item.text))
        elif "image" in task.media and item.media is not None:
            task.check_within(value, item.media.width, item.media.height)
    except BadLabel as error:
        raise BadValue(error.detail, fields={"value": [error.detail]}) from error


# The item's other flags that a machine raised and nobody has answered.
OTHERS = "item_id = %(item)s AND id <> %(flag)s AND state = 'open' AND run IS NOT NULL"


def voids_all(*, status: str, task_type: str) -> bool:
    """Whether a new label voids whatever machines said of the old one, and not of a part of it only."""
    return task_type == TaskType.CLASSIFICATION or status != LabelStatus.LABELLED


def voided(*, correction: Correction, task_type: str) -> list[int]:
    """Ids of the item's other flags that say nothing of its new label any more.

    Flags about parts that the correction left as they were still hold.
    """
    asked = {"item": correction.item_id, "flag": correction.flag_id}
    others = [id for (id,) in fetch(f"SELECT id FROM reviews_flag WHERE {OTHERS}", asked)]
    if not others or voids_all(status=correction.status, task_type=task_type):
        return others
    stands, decided = TASK_TYPES[task_type].stands, correction.flag.part
    return [
        other.pk
        for other in Flag.objects.filter(pk__in=others).only("part", "given", "suggested")
        if other.part is None
        or other.part == decided
        or not stands(correction.value, other.part, other.given, other.suggested)
    ]


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
        raise NotAllowedNow(WAITING) from error
    return correction


# Behind the statement that makes the decision: its label, and the correction that nobody has to sign.
AT_ONCE = f"""
    {ledger.APPENDED.format(source="|| jsonb_build_object('decision', decided.id) FROM decided")},
    corrected AS (
        INSERT INTO reviews_correction (dataset_id, item_id, flag_id, decision_id, author_id, base_id, value,
                                        status, state, revision_id, created_at)
        SELECT %(dataset)s, %(item)s, %(flag)s, d.id, %(reviewer)s, %(base)s, %(value)s::jsonb,
               %(status)s, 'applied', r.id, clock_timestamp()
        FROM decided d, revision r RETURNING id
    )
"""
AT_ONCE_ROW = (
    f"SELECT d.id, d.created_at, c.id, label.* FROM decided d, corrected c, ({ledger.APPENDED_ROW}) label"
)


def at_once(*, decision: Decision, actor: User, payload: dict[str, Any]) -> tuple[Correction, Relabelling]:
    """The correction that a decision makes where nobody has to sign, and its label; `AT_ONCE` writes both."""
    correction = _correction(decision)
    correction.state = CorrectionState.APPLIED
    return correction, _relabelling(correction, actor=actor, payload=payload)


def apply(*, correction: Correction, actor: User, payload: dict[str, Any]) -> None:
    """Make a correction that was signed the official label."""
    revision = ledger.append_revision(_relabelling(correction, actor=actor, payload=payload))
    _leave_proposed(correction, state=CorrectionState.APPLIED, revision=revision)


def reject(*, correction: Correction) -> None:
    _leave_proposed(correction, state=CorrectionState.REJECTED)


def withdraw(*, decision: Decision) -> None:
    """The decision was undone, and with it what it proposed, where it proposed anything."""
    Correction.objects.filter(decision=decision).update(state=CorrectionState.WITHDRAWN)


def revert(*, decision: Decision, actor: User, payload: dict[str, Any]) -> None:
    """Give the item the label again that it had before the decision, by one more revision."""
    correction = Correction.objects.select_related("item__current_revision", "base", "revision").get(
        decision=decision
    )
    if correction.revision is None:
        raise NotAllowedNow("This correction was never applied.")
    newest, value = correction.revision, correction.base.value
    if decision.flag.part is not None and correction.item.current_revision_id != newest.pk:
        newest, value = _without(correction, task_type=decision.flag.dataset.task_type)
    ledger.append_revision(
        Relabelling(
            item=correction.item,
            base=newest,
            value=value,
            status=correction.base.status,
            cause=Cause.UNDO,
            actor=actor,
            subject=decision.flag,
            payload={**payload, "correction": correction.pk},
        )
    )
    withdraw(decision=decision)


def _without(correction: Correction, *, task_type: str) -> tuple[LabelRevision, Any]:
    """The item's newest revision, and its label without this correction but with what came after it."""
    newest = correction.item.current_revision
    statuses = {correction.base.status, correction.status}
    if newest is None or statuses | {newest.status} != {LabelStatus.LABELLED}:
        raise NotAllowedNow(ledger.MOVED_ON)
    try:
        before = correction.base.value
        return newest, TASK_TYPES[task_type].taken_back(newest.value, before, correction.value)
    except BadLabel as error:
        raise NotAllowedNow(ledger.MOVED_ON) from error


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


def _relabelling(correction: Correction, *, actor: User, payload: dict[str, Any]) -> Relabelling:
    return Relabelling(
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
