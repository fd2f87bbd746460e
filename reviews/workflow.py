"""The review state machine: one table of transitions, one writer.

A label changes only through here, and only once the dataset's sign-off policy is satisfied. Every move is a
compare-and-swap on the flag's version: of two reviewers, two tabs or a stale screen, one wins and the others
get `StaleFlag`.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from . import corrections, ledger, past
from .corrections import CHANGES, proposed_value
from .errors import BadValue, NotAllowedNow, NotPermitted, NotVisible, StaleFlag, WrongPassword
from .models import (
    Action,
    AuditEvent,
    Correction,
    CorrectionState,
    Decision,
    Flag,
    FlagState,
    Role,
    SignOff,
    SignoffPolicy,
    Verdict,
)
from .permissions import SIGNERS, Member
from .rows import as_json, fetch_one, insert

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
        and not past.of(flag).under(correction)
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


# The same by state, in the order of the actions: what `abilities` asks of every flag on a page.
EDGES = {
    state: [(action, who[action]) for action in Action if action in who and (state, action) in TRANSITIONS]
    for state, who in WHO.items()
}


def abilities(flag: Flag, member: Member) -> list[str]:
    """What `member` may do with `flag` now; the screen shows these and knows no policy of its own."""
    return [action for action, allows in EDGES.get(flag.state, ()) if allows(flag, member)]


def latest_correction(flag: Flag) -> Correction | None:
    if flag.version == 1:
        return None  # nothing became of it yet
    return max(past.of(flag).corrections, key=lambda c: c.pk, default=None)


def standing_decision(flag: Flag) -> Decision | None:
    """The newest decision that has not been undone."""
    decisions = past.of(flag).decisions
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
    value = None
    if answer.action in CHANGES:
        value = proposed_value(flag=flag, member=member, action=answer.action, value=answer.value)
    to = TRANSITIONS[flag.state, answer.action]
    if to == S.PROPOSED and member.dataset.signoff_policy == SignoffPolicy.NONE:
        to = S.APPLIED
    decision = _decision(flag, to=to, answer=replace(answer, value=value), member=member)
    # One statement is a transaction of its own; inside another one it needs a savepoint.
    single = _is_one_statement(decision, member) and not connection.in_atomic_block
    with nullcontext() if single else transaction.atomic():
        _carry_out(decision, member)
    return flag


def _is_one_statement(decision: Decision, member: Member) -> bool:
    if decision.to_state == S.APPLIED:
        return corrections.voids_all(status=CHANGES[A(decision.action)], task_type=member.dataset.task_type)
    return decision.to_state in (S.KEPT, S.ESCALATED)


def _carry_out(decision: Decision, member: Member) -> None:
    flag = decision.flag
    if decision.to_state == S.APPLIED:
        _correct_at_once(decision, member)
    elif decision.to_state == S.PROPOSED:
        _move(decision)
        correction = corrections.propose(decision=decision)
        past.of(flag).corrections.append(correction)
        _log(flag, member, decision.action, _said(decision) | {"correction": correction.pk})
    else:
        logged = _event(flag, member, decision.action, _said(decision))
        _move(decision, MOVE_AND_LOG, ledger.event_columns(logged))


def _correct_at_once(decision: Decision, member: Member) -> None:
    flag = decision.flag
    correction, label = corrections.at_once(decision=decision, actor=member.user, payload=_said(decision))
    all_void = _is_one_statement(decision, member)
    statement = MOVE_CORRECT_AND_RETIRE if all_void else MOVE_AND_CORRECT
    correction.pk, *row = _move(decision, statement, label.columns())
    correction.revision = label.written(row)
    past.of(flag).corrections.append(correction)
    if not all_void:
        _retire(correction, member)


def undo(*, flag: Flag, member: Member, seen_version: int) -> Flag:
    """Take the newest standing decision back, by a new event; an applied label returns by a new revision."""
    _check_edge(flag, A.UNDO, member, seen_version)
    undone = standing_decision(flag)
    if undone is None:
        raise NotAllowedNow("There is no decision to undo.")
    with transaction.atomic():
        decision = _decision(flag, to=undone.from_state, answer=Answer(A.UNDO), member=member, undoes=undone)
        _move(decision)
        if undone.to_state == S.APPLIED:
            corrections.revert(decision=undone, actor=member.user, payload=_said(decision))
        else:
            corrections.withdraw(decision=undone)
            _log(flag, member, A.UNDO, _said(decision))
    past.forget(flag)
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
        ledger.share(dataset_id=flag.dataset_id, item_id=flag.item_id)
        _swap(flag, to=TRANSITIONS[flag.state, action], statement=SWAP.format(source=""), more={})
        signoff = SignOff.objects.create(
            correction=correction, signer=member.user, verdict=verdict, meaning=meaning, comment=comment
        )
        if verdict == Verdict.APPROVE:
            corrections.apply(correction=correction, actor=member.user, payload=_signed(signoff))
            _retire(correction, member)
        else:
            corrections.reject(correction=correction)
            _log(flag, member, A.REJECT, _signed(signoff))
    past.forget(flag)
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


# Moves, inside the caller's transaction


SWAP = """
    UPDATE reviews_flag SET state = %(to)s, version = version + 1, leased_to_id = NULL, leased_until = NULL
    {source} WHERE id = %(flag)s AND version = %(version)s AND state = %(from)s RETURNING id
"""
# The lock, the swap, the decision, and the audit event where it needs no more: one statement, for that is
# what most of a reviewer's answers are. The update waits for the lock, for its rows come out of it.
DECIDE = f"""
    WITH locked AS MATERIALIZED ({ledger.SHARED}),
    moved AS ({SWAP.format(source="FROM locked")}),
    decided AS (
        INSERT INTO reviews_decision
            (flag_id, action, value, reason, rule, reviewer_id, from_state, to_state, undoes_id, created_at)
        SELECT id, %(action)s, %(value)s::jsonb, %(reason)s, %(rule)s, %(reviewer)s, %(from)s, %(to)s,
               %(undoes)s::bigint, clock_timestamp()
        FROM moved RETURNING id, created_at
    )
"""
MOVE = f"{DECIDE} SELECT id, created_at FROM decided"
MOVE_AND_LOG = f"""
    {DECIDE}, logged AS ({ledger.EVENT} || jsonb_build_object('decision', decided.id) FROM decided)
    SELECT id, created_at FROM decided
"""
MOVE_AND_CORRECT = f"{DECIDE}, {corrections.AT_ONCE} {corrections.AT_ONCE_ROW}"
MOVE_CORRECT_AND_RETIRE = f"""
    {DECIDE}, {corrections.AT_ONCE},
    retired AS (
        UPDATE reviews_flag SET state = '{TRANSITIONS[S.OPEN, A.SUPERSEDE]}', version = version + 1
        WHERE {corrections.OTHERS} AND EXISTS (SELECT FROM decided)
    )
    {corrections.AT_ONCE_ROW}
"""

NEWER_FLAG = "Meanwhile a newer flag asks the same of this item."
TAKEN = {"revision_number_once": ledger.MOVED_ON}


def _violated(error: IntegrityError) -> str:
    """The constraint that a statement violated."""
    cause = error.__cause__
    return (cause.diag.constraint_name or "") if isinstance(cause, psycopg.Error) else ""


def _swap(flag: Flag, *, to: str, statement: str, more: dict[str, Any]) -> tuple[Any, ...]:
    """The compare-and-swap itself; the flag in memory follows the row."""
    columns = {"to": to, "flag": flag.pk, "version": flag.version, "from": flag.state}
    try:
        row = fetch_one(statement, columns | more)
    except IntegrityError as error:
        raise NotAllowedNow(TAKEN.get(_violated(error), NEWER_FLAG)) from error
    if row is None:
        raise StaleFlag("Somebody else was first. Here is how the flag stands now.")
    flag.state, flag.version = to, flag.version + 1
    flag.leased_to, flag.leased_until = None, None
    return row


def _decision(
    flag: Flag, *, to: str, answer: Answer, member: Member, undoes: Decision | None = None
) -> Decision:
    """What is about to be said of the flag, not written yet."""
    return Decision(
        flag=flag,
        action=answer.action,
        value=answer.value,
        reason=answer.reason,
        rule=answer.rule,
        reviewer=member.user,
        from_state=flag.state,
        to_state=to,
        undoes=undoes,
    )


def _move(decision: Decision, statement: str = MOVE, more: dict[str, Any] | None = None) -> list[Any]:
    """Take the ledger's locks and walk the decision's edge; what the statement says beyond id and time."""
    flag = decision.flag
    known = past.of(flag)
    columns = ledger.locks(dataset_id=flag.dataset_id, item_id=flag.item_id) | {
        "action": decision.action,
        "value": as_json(decision.value),
        "reason": decision.reason,
        "rule": decision.rule,
        "reviewer": decision.reviewer_id,
        "undoes": decision.undoes_id,
    }
    row = _swap(flag, to=decision.to_state, statement=statement, more=columns | (more or {}))
    decision.pk, decision.created_at, *rest = row
    known.decisions.append(decision)
    return rest


def supersede(open_flags: QuerySet[Flag]) -> int:
    """How many of these flags were retired: the open ones that no person raised."""
    machines = open_flags.filter(state=S.OPEN, run__isnull=False)
    return machines.update(state=TRANSITIONS[S.OPEN, A.SUPERSEDE], version=F("version") + 1)


def _retire(correction: Correction, member: Member) -> None:
    """The label is another one now, so what machines said of the old one is void."""
    if void := corrections.voided(correction=correction, task_type=member.dataset.task_type):
        supersede(Flag.objects.filter(pk__in=void))


# What the log keeps of a move


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


def _signed(signoff: SignOff) -> dict[str, Any]:
    return {
        "signoff": signoff.pk,
        "correction": signoff.correction_id,
        "verdict": signoff.verdict,
        "meaning": signoff.meaning,
        "comment": signoff.comment,
    }


def _log(flag: Flag, member: Member, action: str, payload: dict[str, Any]) -> None:
    insert(_event(flag, member, action, payload))


def _event(flag: Flag, member: Member, action: str, payload: dict[str, Any]) -> AuditEvent:
    return ledger.event(
        dataset_id=flag.dataset_id,
        actor=member.user,
        action=f"flag.{action}",
        subject=flag,
        payload={"item": flag.item.external_id, **payload},
    )
