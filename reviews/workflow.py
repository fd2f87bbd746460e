"""The review state machine: one table of transitions, one writer.

A label changes only through here, and only once the dataset's sign-off policy is satisfied. Every move is a
compare-and-swap on the flag's version: of two reviewers, two tabs or a stale screen, one wins and the others
get `StaleFlag`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from . import ledger
from .errors import BadValue, NotAllowedNow, NotPermitted, NotVisible, StaleFlag, WrongPassword
from .models import (
    Action,
    Cause,
    Correction,
    CorrectionState,
    Decision,
    Flag,
    FlagState,
    LabelRevision,
    LabelStatus,
    Role,
    SignOff,
    SignoffPolicy,
    Verdict,
)
from .permissions import SIGNERS, Member
from .tasktypes.base import BadValue as BadLabel
from .tasktypes.registry import TASK_TYPES

S, A = FlagState, Action

PREVIOUS = "previous"  # the state that the undone decision was made in

TRANSITIONS: dict[tuple[str, str], str] = {
    (S.OPEN, A.KEEP): S.KEPT,
    (S.OPEN, A.CORRECT): S.PROPOSED,
    (S.OPEN, A.AMBIGUOUS): S.PROPOSED,
    (S.OPEN, A.EXCLUDE): S.PROPOSED,
    (S.OPEN, A.ESCALATE): S.ESCALATED,
    (S.OPEN, A.SUPERSEDE): S.SUPERSEDED,
    (S.ESCALATED, A.KEEP): S.KEPT,
    (S.ESCALATED, A.CORRECT): S.PROPOSED,
    (S.ESCALATED, A.AMBIGUOUS): S.PROPOSED,
    (S.ESCALATED, A.EXCLUDE): S.PROPOSED,
    (S.ESCALATED, A.UNDO): PREVIOUS,
    (S.RETURNED, A.KEEP): S.KEPT,
    (S.RETURNED, A.CORRECT): S.PROPOSED,
    (S.RETURNED, A.AMBIGUOUS): S.PROPOSED,
    (S.RETURNED, A.EXCLUDE): S.PROPOSED,
    (S.RETURNED, A.ESCALATE): S.ESCALATED,
    (S.PROPOSED, A.APPROVE): S.APPLIED,
    (S.PROPOSED, A.REJECT): S.RETURNED,
    (S.PROPOSED, A.UNDO): PREVIOUS,
    (S.KEPT, A.UNDO): PREVIOUS,
    (S.APPLIED, A.UNDO): PREVIOUS,
}

CHANGES = {
    A.CORRECT: LabelStatus.LABELLED,
    A.AMBIGUOUS: LabelStatus.AMBIGUOUS,
    A.EXCLUDE: LabelStatus.EXCLUDED,
}
DECISIONS = (A.KEEP, A.CORRECT, A.AMBIGUOUS, A.EXCLUDE, A.ESCALATE)

ANYONE = frozenset(Role)
SENIOR = frozenset({Role.LEAD, Role.EXPERT, Role.OWNER})
IN_CHARGE = frozenset({Role.LEAD, Role.OWNER})


# Who may walk an edge: predicates over the flag and the member, named so that the table below reads.


def anyone(flag: Flag, member: Member) -> bool:
    return member.role in ANYONE


def senior(flag: Flag, member: Member) -> bool:
    return member.role in SENIOR


def author_or_in_charge(flag: Flag, member: Member) -> bool:
    correction = latest_correction(flag)
    return member.role in IN_CHARGE or (correction is not None and correction.author_id == member.user.pk)


def reviewer_or_in_charge(flag: Flag, member: Member) -> bool:
    decision = standing_decision(flag)
    return decision is not None and (member.role in IN_CHARGE or decision.reviewer_id == member.user.pk)


def undoer_of_unsigned(flag: Flag, member: Member) -> bool:
    """An applied label is taken back freely only where nobody had to sign for it, then and now."""
    correction = latest_correction(flag)
    return (
        member.dataset.signoff_policy == SignoffPolicy.NONE
        and correction is not None
        and not correction.signoffs.all()
        and reviewer_or_in_charge(flag, member)
    )


def signer(flag: Flag, member: Member) -> bool:
    """Nobody signs off their own correction, whatever the policy and the role."""
    correction = latest_correction(flag)
    allowed = member.role in SIGNERS[member.dataset.signoff_policy]
    return allowed and correction is not None and correction.author_id != member.user.pk


Predicate = Callable[[Flag, Member], bool]

WHO: dict[str, dict[str, Predicate]] = {
    S.OPEN: dict.fromkeys(DECISIONS, anyone),
    S.ESCALATED: {**dict.fromkeys(DECISIONS, senior), A.UNDO: reviewer_or_in_charge},
    S.RETURNED: dict.fromkeys(DECISIONS, author_or_in_charge),
    S.PROPOSED: {A.APPROVE: signer, A.REJECT: signer, A.UNDO: reviewer_or_in_charge},
    S.KEPT: {A.UNDO: reviewer_or_in_charge},
    S.APPLIED: {A.UNDO: undoer_of_unsigned},
}


def abilities(flag: Flag, member: Member) -> list[str]:
    """What `member` may do with `flag` now; the screen shows these and knows no policy of its own."""
    who = WHO.get(flag.state, {})
    return [
        action
        for action in Action
        if (flag.state, action) in TRANSITIONS and action in who and who[action](flag, member)
    ]


def latest_correction(flag: Flag) -> Correction | None:
    return max(flag.corrections.all(), key=lambda c: c.pk, default=None)


def standing_decision(flag: Flag) -> Decision | None:
    """The newest decision that has not been undone."""
    decisions = flag.decisions.all()
    undone = {d.undoes_id for d in decisions}
    standing = (d for d in decisions if d.action != A.UNDO and d.pk not in undone)
    return max(standing, key=lambda d: d.pk, default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reviewer said of a flag."""

    action: Action
    value: Any = None
    reason: str = ""
    rule: str = ""


def decide(*, flag: Flag, member: Member, answer: Answer, seen_version: int) -> Flag:
    """Move `flag` along the edge of the answer and record who did it, or change nothing.

    Raises `StaleFlag` where the flag is no longer as `seen_version` showed it, `NotAllowedNow` where its
    state has no such edge, `NotPermitted` where the member may not walk it, `BadValue` where the label will
    not do.
    """
    if answer.action not in DECISIONS:
        raise BadValue(
            f"“{answer.action}” is not a decision.", fields={"action": [f"one of {', '.join(DECISIONS)}"]}
        )
    _check_edge(flag, answer.action, member, seen_version)
    value = _proposed_value(flag, member, answer)
    to = TRANSITIONS[flag.state, answer.action]
    if to == S.PROPOSED and member.dataset.signoff_policy == SignoffPolicy.NONE:
        to = S.APPLIED
    with transaction.atomic():
        ledger.share(dataset_id=flag.dataset_id)
        decision = _move(flag, to=to, action=answer.action, member=member, answer=answer, value=value)
        if to == S.PROPOSED:
            _propose(flag, decision=decision, member=member, value=value)
        elif to == S.APPLIED:
            _correct_at_once(flag, decision=decision, member=member, value=value)
        else:
            _log(flag, decision=decision, member=member)
    return flag


def undo(*, flag: Flag, member: Member, seen_version: int) -> Flag:
    """Take the newest standing decision back, by a new event; an applied label returns by a new revision."""
    _check_edge(flag, A.UNDO, member, seen_version)
    undone = standing_decision(flag)
    if undone is None:
        raise NotAllowedNow("There is no decision to undo.")
    correction = Correction.objects.select_related("base").filter(decision=undone).first()
    with transaction.atomic():
        ledger.share(dataset_id=flag.dataset_id)
        was_applied = flag.state == S.APPLIED
        decision = _move(flag, to=undone.from_state, action=A.UNDO, member=member, undoes=undone)
        if was_applied and correction is not None:
            _revert(flag, correction=correction, decision=decision, member=member)
        else:
            _log(flag, decision=decision, member=member)
        if correction is not None:
            Correction.objects.filter(pk=correction.pk).update(state=CorrectionState.WITHDRAWN)
    return flag


def sign(
    *,
    correction: Correction,
    member: Member,
    verdict: Verdict,
    password: str,
    meaning: str,
    comment: str = "",
) -> SignOff:
    """The signature of `member` under a verdict; an approval applies the correction in the same transaction.

    Raises `WrongPassword`, `NotPermitted` (one's own correction, or a role that the policy does not accept),
    or `NotAllowedNow` (not waiting any more, or the label moved since).
    """
    flag = correction.flag
    action = A.APPROVE if verdict == Verdict.APPROVE else A.REJECT
    if correction.state != CorrectionState.PROPOSED:
        raise NotAllowedNow(f"This correction is {correction.state}; it does not wait for a signature.")
    _check_edge(flag, action, member, flag.version)
    if verdict == Verdict.REJECT and not comment.strip():
        raise BadValue(
            "Say why, so that the author can act on it.", fields={"comment": ["required to reject"]}
        )
    if not member.user.check_password(password):
        raise WrongPassword(
            "The password is not right, so nothing was signed.", fields={"password": ["not right"]}
        )
    with transaction.atomic():
        ledger.share(dataset_id=flag.dataset_id)
        _swap(flag, to=TRANSITIONS[flag.state, action])
        signoff = SignOff.objects.create(
            correction=correction, signer_id=member.user.pk, verdict=verdict, meaning=meaning, comment=comment
        )
        signature = {
            "signoff": signoff.pk,
            "correction": correction.pk,
            "verdict": verdict,
            "meaning": meaning,
            "comment": comment,
        }
        if verdict == Verdict.APPROVE:
            _apply(flag, correction=correction, member=member, payload=signature)
        else:
            Correction.objects.filter(pk=correction.pk).update(state=CorrectionState.REJECTED)
            _record(flag, member=member, action="flag.reject", subject=flag, payload=signature)
    return signoff


# Checks before a move


def _check_edge(flag: Flag, action: str, member: Member, seen_version: int) -> None:
    if flag.dataset_id != member.dataset.pk:
        raise NotVisible("There is no such flag.")
    if flag.version != seen_version:
        raise StaleFlag("This flag has changed since you saw it. Here is how it stands now.")
    if (flag.state, action) not in TRANSITIONS or action not in WHO.get(flag.state, {}):
        raise NotAllowedNow(f"A flag that is {flag.state} cannot be answered with “{action}”.")
    if not WHO[flag.state][action](flag, member):
        raise NotPermitted(_why_not(flag, action, member))


def _why_not(flag: Flag, action: str, member: Member) -> str:
    correction = latest_correction(flag)
    if action in (A.APPROVE, A.REJECT) and correction and correction.author_id == member.user.pk:
        return "Nobody signs off their own correction; a second person has to."
    return f"“{action}” on a flag that is {flag.state} is for somebody else here: your role is {member.role}."


def _proposed_value(flag: Flag, member: Member, answer: Answer) -> Any:
    """The label that the answer proposes; for a correction without a value, the suggested one."""
    current = flag.item.current_revision.value if flag.item.current_revision else None
    if answer.action != A.CORRECT:
        return current
    value = flag.suggested if answer.value is None else answer.value
    if value is None:
        raise BadValue("Say which label is right.", fields={"value": ["required: nothing was suggested"]})
    task = TASK_TYPES[member.dataset.task_type]
    try:
        value = task.check(value, member.dataset.classes)
    except BadLabel as error:
        raise BadValue(error.detail, fields={"value": [error.detail]}) from error
    revision = flag.item.current_revision
    if revision and revision.status == LabelStatus.LABELLED and task.same(value, current):
        raise BadValue("That is the label it has: keep it instead.", fields={"value": ["same as given"]})
    return value


# Moves, inside the caller's transaction


def _swap(flag: Flag, *, to: str) -> None:
    """The compare-and-swap itself; the flag in memory follows the row."""
    moved = Flag.objects.filter(pk=flag.pk, version=flag.version, state=flag.state).update(
        state=to, version=F("version") + 1, leased_to=None, leased_until=None
    )
    if moved != 1:
        raise StaleFlag("Somebody else was first. Here is how the flag stands now.")
    flag.state, flag.version = to, flag.version + 1
    flag.leased_to, flag.leased_until = None, None


def _move(
    flag: Flag,
    *,
    to: str,
    action: Action,
    member: Member,
    answer: Answer | None = None,
    value: Any = None,
    undoes: Decision | None = None,
) -> Decision:
    from_state = flag.state
    _swap(flag, to=to)
    return Decision.objects.create(
        flag=flag,
        action=action,
        value=value if action in CHANGES else None,
        reason=answer.reason if answer else "",
        rule=answer.rule if answer else "",
        reviewer_id=member.user.pk,
        from_state=from_state,
        to_state=to,
        undoes=undoes,
    )


def _propose(flag: Flag, *, decision: Decision, member: Member, value: Any) -> None:
    """A correction that waits for its signature."""
    correction = _correction(flag, decision=decision, value=value)
    try:
        correction.save(force_insert=True)
    except IntegrityError as error:
        raise NotAllowedNow("Another correction of this item is waiting for its sign-off.") from error
    _log(flag, decision=decision, member=member, correction=correction)


def _correct_at_once(flag: Flag, *, decision: Decision, member: Member, value: Any) -> None:
    """A correction that nobody has to sign: the label and the correction are written together."""
    correction = _correction(flag, decision=decision, value=value)
    correction.state = CorrectionState.APPLIED
    correction.revision = _relabel(flag, correction=correction, member=member, payload=_said(decision))
    correction.save(force_insert=True)


def _correction(flag: Flag, *, decision: Decision, value: Any) -> Correction:
    if flag.item.current_revision is None:
        raise NotAllowedNow("This item has no official label to correct.")
    return Correction(
        dataset_id=flag.dataset_id,
        item=flag.item,
        flag=flag,
        decision=decision,
        author_id=decision.reviewer_id,
        base=flag.item.current_revision,
        value=value,
        status=CHANGES[Action(decision.action)],
    )


def _apply(flag: Flag, *, correction: Correction, member: Member, payload: dict[str, Any]) -> None:
    """Make a correction that was signed the official label."""
    revision = _relabel(flag, correction=correction, member=member, payload=payload)
    applied = Correction.objects.filter(pk=correction.pk, state=CorrectionState.PROPOSED).update(
        state=CorrectionState.APPLIED, revision=revision
    )
    if applied != 1:
        raise NotAllowedNow("This correction does not wait for a signature any more.")


def _relabel(flag: Flag, *, correction: Correction, member: Member, payload: dict[str, Any]) -> LabelRevision:
    """Append the correction to the ledger, and retire what machines said of the label before it."""
    revision = ledger.append_revision(
        item=flag.item,
        base=correction.base,
        value=correction.value,
        status=correction.status,
        cause=Cause.CORRECTION,
        actor=member.user,
        subject=flag,
        payload={**payload, "correction": correction.pk, "author": correction.author_id},
    )
    others = Flag.objects.filter(item_id=flag.item_id, state=S.OPEN, run__isnull=False).exclude(pk=flag.pk)
    others.update(state=TRANSITIONS[S.OPEN, A.SUPERSEDE], version=F("version") + 1)
    return revision


def _revert(flag: Flag, *, correction: Correction, decision: Decision, member: Member) -> None:
    if correction.revision is None:
        raise NotAllowedNow("This correction was never applied.")
    ledger.append_revision(
        item=flag.item,
        base=correction.revision,
        value=correction.base.value,
        status=correction.base.status,
        cause=Cause.UNDO,
        actor=member.user,
        subject=flag,
        payload={**_said(decision), "correction": correction.pk},
    )


def _said(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.pk,
        "action": decision.action,
        "value": decision.value,
        "reason": decision.reason,
        "rule": decision.rule,
        "from": decision.from_state,
        "to": decision.to_state,
    }


def _log(flag: Flag, *, decision: Decision, member: Member, correction: Correction | None = None) -> None:
    payload = _said(decision)
    if correction:
        payload["correction"] = correction.pk
    _record(flag, member=member, action=f"flag.{decision.action}", subject=flag, payload=payload)


def _record(flag: Flag, *, member: Member, action: str, subject: Any, payload: dict[str, Any]) -> None:
    ledger.record(
        dataset_id=flag.dataset_id,
        actor=member.user,
        action=action,
        subject=subject,
        payload={"item": flag.item.external_id, **payload},
    )
