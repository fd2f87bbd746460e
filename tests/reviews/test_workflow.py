"""The state machine: every (state, action, role) cell, and the rules that hold whatever the policy."""

import itertools

import pytest

from reviews import flags, ledger, workflow
from reviews.errors import BadValue, NotAllowedNow, NotPermitted, NotVisible, StaleFlag, WrongPassword
from reviews.models import (
    Action,
    AuditEvent,
    Correction,
    Decision,
    Flag,
    FlagState,
    LabelStatus,
    Role,
    SignoffPolicy,
    Verdict,
)
from reviews.permissions import Member
from reviews.workflow import Answer
from tests import builders

pytestmark = pytest.mark.django_db

A, S = Action, FlagState


class NothingToSign(Exception):
    """The flag has no correction at all."""


def load(flag: Flag) -> Flag:
    return flags.for_display().get(pk=flag.pk)


def decide(flag: Flag, member: Member, action: str, **answer: object) -> Flag:
    flag = load(flag)
    said = Answer(action=A(action), **answer)  # type: ignore[arg-type]
    return workflow.decide(flag=flag, member=member, answer=said, seen_version=flag.version)


def undo(flag: Flag, member: Member) -> Flag:
    flag = load(flag)
    return workflow.undo(flag=flag, member=member, seen_version=flag.version)


def sign(flag: Flag, member: Member, verdict: Verdict = Verdict.APPROVE, **more: str) -> None:
    flag = load(flag)
    correction = workflow.latest_correction(flag)
    if correction is None:
        raise NothingToSign
    correction.flag = flag
    said = {
        "password": builders.PASSWORD,
        "meaning": "I reviewed this",
        "comment": "see the guideline",
    } | more
    workflow.sign(correction=correction, member=member, verdict=verdict, **said)


def attempt(flag: Flag, member: Member, action: str) -> None:
    if action in (A.APPROVE, A.REJECT):
        sign(flag, member, Verdict(action))
    elif action == A.UNDO:
        undo(flag, member)
    else:
        decide(flag, member, action)


def label_of(flag: Flag) -> tuple[object, str]:
    revision = load(flag).item.current_revision
    assert revision is not None
    return revision.value, revision.status


@pytest.fixture
def scene():
    """A flag on a cat that may be a dog, and one member of each role, under a policy."""

    def make(policy: str) -> tuple[Flag, dict[str, Member]]:
        dataset = builders.dataset(policy=policy)
        (item,) = builders.items(dataset, "cat")
        members = {role: builders.member(dataset, role) for role in Role}
        members["author"] = builders.member(dataset, Role.ANNOTATOR)
        return builders.flag(item), members

    return make


def bring(flag: Flag, state: str, members: dict[str, Member]) -> None:
    """Walk `flag` to `state`, with decisions by "author" and signatures by the expert."""
    author, expert = members["author"], members[Role.EXPERT]
    if state in (S.PROPOSED, S.APPLIED, S.RETURNED):
        decide(flag, author, A.CORRECT)
    if state == S.APPLIED and load(flag).state == S.PROPOSED:
        sign(flag, expert)
    elif state == S.RETURNED:
        sign(flag, expert, Verdict.REJECT)
    elif state == S.KEPT:
        decide(flag, author, A.KEEP)
    elif state == S.ESCALATED:
        decide(flag, author, A.ESCALATE)
    elif state == S.SUPERSEDED:
        Flag.objects.filter(pk=flag.pk).update(state=S.SUPERSEDED)
    assert load(flag).state == state


DECIDE = {A.KEEP, A.CORRECT, A.AMBIGUOUS, A.EXCLUDE, A.ESCALATE}
SETTLE = DECIDE - {A.ESCALATE}
SIGN = {A.APPROVE, A.REJECT}
EVERYONE = {*Role, "author"}

# (policy, state) → who may do what; whoever is missing may do nothing. Written out by hand from the design,
# so that the code's table is checked against another one.
ALLOWED = {
    (SignoffPolicy.NONE, S.OPEN): dict.fromkeys(EVERYONE, DECIDE),
    (SignoffPolicy.SECOND_REVIEWER, S.OPEN): dict.fromkeys(EVERYONE, DECIDE),
    (SignoffPolicy.EXPERT, S.OPEN): dict.fromkeys(EVERYONE, DECIDE),
    # Unsure cases are for seniors; whoever escalated may take that back, as may those in charge.
    (SignoffPolicy.EXPERT, S.ESCALATED): {
        Role.LEAD: SETTLE | {A.UNDO},
        Role.OWNER: SETTLE | {A.UNDO},
        Role.EXPERT: SETTLE,
        "author": {A.UNDO},
    },
    # A second person: anyone but the author.
    (SignoffPolicy.SECOND_REVIEWER, S.PROPOSED): {
        Role.ANNOTATOR: SIGN,
        Role.EXPERT: SIGN,
        Role.LEAD: SIGN | {A.UNDO},
        Role.OWNER: SIGN | {A.UNDO},
        "author": {A.UNDO},
    },
    (SignoffPolicy.EXPERT, S.PROPOSED): {
        Role.EXPERT: SIGN,
        Role.LEAD: {A.UNDO},
        Role.OWNER: {A.UNDO},
        "author": {A.UNDO},
    },
    # A rejected correction goes back to its author.
    (SignoffPolicy.EXPERT, S.RETURNED): {"author": DECIDE, Role.LEAD: DECIDE, Role.OWNER: DECIDE},
    (SignoffPolicy.EXPERT, S.KEPT): {"author": {A.UNDO}, Role.LEAD: {A.UNDO}, Role.OWNER: {A.UNDO}},
    # A label that nobody had to sign for is taken back freely; a signed one is not.
    (SignoffPolicy.NONE, S.APPLIED): {"author": {A.UNDO}, Role.LEAD: {A.UNDO}, Role.OWNER: {A.UNDO}},
    (SignoffPolicy.EXPERT, S.APPLIED): {},
    (SignoffPolicy.EXPERT, S.SUPERSEDED): {},
}


@pytest.mark.parametrize(("policy", "state"), ALLOWED, ids=lambda v: str(v))
def test_each_role_may_do_what_the_table_says_and_nothing_else(scene, policy, state):
    flag, members = scene(policy)
    bring(flag, state, members)
    allowed = ALLOWED[policy, state]

    found = {who: set(workflow.abilities(load(flag), member)) for who, member in members.items()}

    assert found == {who: allowed.get(who, set()) for who in members}


@pytest.mark.parametrize(("policy", "state"), ALLOWED, ids=lambda v: str(v))
def test_what_the_table_forbids_is_refused_and_changes_nothing(scene, policy, state):
    flag, members = scene(policy)
    bring(flag, state, members)
    before = (load(flag).state, load(flag).version, label_of(flag), AuditEvent.objects.count())

    for (who, member), action in itertools.product(members.items(), [*DECIDE, *SIGN, A.UNDO]):
        if action in ALLOWED[policy, state].get(who, set()):
            continue
        with pytest.raises((NotAllowedNow, NotPermitted, NothingToSign)):
            attempt(flag, member, action)

    assert (load(flag).state, load(flag).version, label_of(flag), AuditEvent.objects.count()) == before


@pytest.mark.parametrize(("policy", "state"), [(p, s) for p, s in ALLOWED if s == S.OPEN], ids=str)
@pytest.mark.parametrize("action", sorted(DECIDE))
def test_a_decision_lands_where_the_policy_says(scene, policy, state, action):
    flag, members = scene(policy)

    decide(flag, members["author"], action, reason="because")

    changed = S.APPLIED if policy == SignoffPolicy.NONE else S.PROPOSED
    expected = {A.KEEP: S.KEPT, A.ESCALATE: S.ESCALATED}.get(action, changed)
    assert load(flag).state == expected
    decision = Decision.objects.get(flag=flag)
    assert (decision.action, decision.reason, decision.from_state, decision.to_state) == (
        action,
        "because",
        S.OPEN,
        expected,
    )


def test_without_a_policy_a_correction_is_the_label_at_once(scene):
    flag, members = scene(SignoffPolicy.NONE)
    decide(flag, members["author"], A.CORRECT, value="owl")
    assert label_of(flag) == ("owl", LabelStatus.LABELLED)


def test_with_a_policy_the_label_waits_for_the_signature(scene):
    flag, members = scene(SignoffPolicy.EXPERT)
    decide(flag, members["author"], A.CORRECT)
    assert label_of(flag) == ("cat", LabelStatus.LABELLED)

    sign(flag, members[Role.EXPERT])

    assert label_of(flag) == ("dog", LabelStatus.LABELLED)
    assert Correction.objects.get().revision == load(flag).item.current_revision


@pytest.mark.parametrize(
    ("action", "expected"),
    [(A.AMBIGUOUS, ("cat", LabelStatus.AMBIGUOUS)), (A.EXCLUDE, ("cat", LabelStatus.EXCLUDED))],
)
def test_ambiguous_and_excluded_keep_the_value_and_say_so(scene, action, expected):
    flag, members = scene(SignoffPolicy.NONE)
    decide(flag, members["author"], action)
    assert label_of(flag) == expected


def test_a_correction_without_a_value_takes_the_suggestion(scene):
    flag, members = scene(SignoffPolicy.NONE)
    decide(flag, members["author"], A.CORRECT)
    assert label_of(flag) == ("dog", LabelStatus.LABELLED)


@pytest.mark.parametrize("value", ["cat", "unicorn", 7.5, "", {"label": "dog"}])
def test_a_label_that_will_not_do_changes_nothing(scene, value):
    flag, members = scene(SignoffPolicy.NONE)
    with pytest.raises(BadValue):
        decide(flag, members["author"], A.CORRECT, value=value)
    assert (load(flag).state, load(flag).version) == (S.OPEN, 1)


def test_a_stale_screen_loses(scene):
    flag, members = scene(SignoffPolicy.NONE)
    stale = load(flag)
    decide(flag, members["author"], A.KEEP)
    with pytest.raises(StaleFlag):
        workflow.decide(
            flag=stale, member=members[Role.LEAD], answer=Answer(A.CORRECT), seen_version=stale.version
        )
    assert label_of(flag) == ("cat", LabelStatus.LABELLED)


def test_a_member_of_another_dataset_does_not_see_the_flag(scene):
    flag, _ = scene(SignoffPolicy.NONE)
    _, others = scene(SignoffPolicy.NONE)
    with pytest.raises(NotVisible):
        decide(flag, others[Role.OWNER], A.KEEP)


def test_a_wrong_password_signs_nothing(scene):
    flag, members = scene(SignoffPolicy.EXPERT)
    decide(flag, members["author"], A.CORRECT)
    with pytest.raises(WrongPassword):
        sign(flag, members[Role.EXPERT], password="guess")
    assert load(flag).state == S.PROPOSED
    assert not Correction.objects.get().signoffs.exists()


def test_an_expert_does_not_sign_what_they_corrected_themselves(scene):
    flag, members = scene(SignoffPolicy.EXPERT)
    decide(flag, members[Role.EXPERT], A.CORRECT)
    with pytest.raises(NotPermitted, match="own correction"):
        sign(flag, members[Role.EXPERT])


def test_a_rejection_needs_a_reason_and_goes_back_to_the_author(scene):
    flag, members = scene(SignoffPolicy.EXPERT)
    decide(flag, members["author"], A.CORRECT)
    with pytest.raises(BadValue):
        sign(flag, members[Role.EXPERT], Verdict.REJECT, comment=" ")

    sign(flag, members[Role.EXPERT], Verdict.REJECT, comment="the tail says cat")

    assert load(flag).state == S.RETURNED
    assert label_of(flag) == ("cat", LabelStatus.LABELLED)
    decide(flag, members["author"], A.CORRECT, value="owl")
    sign(flag, members[Role.EXPERT])
    assert label_of(flag) == ("owl", LabelStatus.LABELLED)


def test_undo_is_a_new_event_and_returns_the_label_by_a_new_revision(scene):
    flag, members = scene(SignoffPolicy.NONE)
    decide(flag, members["author"], A.CORRECT)

    undo(flag, members["author"])

    assert load(flag).state == S.OPEN
    assert label_of(flag) == ("cat", LabelStatus.LABELLED)
    revisions = load(flag).item.revisions.order_by("number")
    assert [(r.number, r.value, r.cause) for r in revisions] == [
        (1, "cat", "import"),
        (2, "dog", "correction"),
        (3, "cat", "undo"),
    ]
    assert [d.action for d in Decision.objects.order_by("id")] == [A.CORRECT, A.UNDO]


def test_undo_goes_back_step_by_step(scene):
    flag, members = scene(SignoffPolicy.NONE)
    decide(flag, members["author"], A.ESCALATE)
    decide(flag, members[Role.LEAD], A.KEEP)
    assert undo(flag, members[Role.LEAD]).state == S.ESCALATED
    assert undo(flag, members["author"]).state == S.OPEN
    with pytest.raises(NotAllowedNow):
        undo(flag, members["author"])


def test_an_undone_proposal_is_withdrawn_and_another_may_follow(scene):
    flag, members = scene(SignoffPolicy.EXPERT)
    decide(flag, members["author"], A.CORRECT)
    undo(flag, members["author"])
    decide(flag, members["author"], A.CORRECT, value="owl")
    states = Correction.objects.order_by("id").values_list("value", "state")
    assert list(states) == [("dog", "withdrawn"), ("owl", "proposed")]


def test_two_corrections_of_one_item_do_not_wait_side_by_side(scene):
    flag, members = scene(SignoffPolicy.EXPERT)
    other = flags.report(item=flag.item, reporter=members[Role.LEAD].user, reason="odd", suggested="owl")
    decide(flag, members["author"], A.CORRECT)
    with pytest.raises(NotAllowedNow, match="waiting"):
        decide(other, members[Role.LEAD], A.CORRECT)
    assert load(other).state == S.OPEN


def test_a_changed_label_retires_what_machines_said_of_the_old_one_but_not_what_people_said(scene):
    flag, members = scene(SignoffPolicy.NONE)
    machine = builders.flag(flag.item, kind="ambiguous")
    person = flags.report(item=flag.item, reporter=members[Role.LEAD].user, reason="odd")
    decide(flag, members["author"], A.CORRECT)
    assert load(machine).state == S.SUPERSEDED
    assert load(person).state == S.OPEN


def test_every_move_leaves_one_audit_event_that_names_actor_and_item(scene):
    flag, members = scene(SignoffPolicy.SECOND_REVIEWER)
    start = AuditEvent.objects.count()
    decide(flag, members["author"], A.ESCALATE, reason="blurred")
    decide(flag, members[Role.LEAD], A.CORRECT, rule="3.2")
    sign(flag, members[Role.EXPERT])
    events = AuditEvent.objects.order_by("id")[start:]
    assert [(e.action, e.actor_id) for e in events] == [
        ("flag.escalate", members["author"].user.pk),
        ("flag.correct", members[Role.LEAD].user.pk),
        ("label.correction", members[Role.EXPERT].user.pk),
    ]
    assert {e.payload["item"] for e in events} == {flag.item.external_id}
    assert events[0].payload["reason"] == "blurred"
    assert events[1].payload["rule"] == "3.2"
    assert events[2].payload["meaning"] == "I reviewed this"
    ledger.seal(dataset_id=flag.dataset_id)
