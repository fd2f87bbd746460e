"""Who reviews what next. A flag in somebody's hands is leased, so that two people do not work on the same
one; a lease that runs out gives it back."""

from datetime import timedelta
from enum import StrEnum
from functools import partial

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from .models import Flag
from .permissions import Ability, Member
from .rows import fetch

LARGEST = 100
COUNT_KEPT_FOR = 5  # seconds; the count is for a progress bar and need not be exact


class Queue(StrEnum):
    PRIORITY = "priority"
    UNSURE = "unsure"
    RANDOM = "random"
    SIGNOFF = "signoff"


# Which flags of the dataset a queue gives to whom, in which order (each served by an index from its front),
# and the states in which somebody may hold one that came out of it.
IN_TURN = "f.priority DESC, f.id DESC"
WAITING = {
    Queue.PRIORITY: "f.state = 'open'",
    Queue.UNSURE: "f.state = 'escalated'",
    Queue.RANDOM: "f.state = 'open'",
    Queue.SIGNOFF: """f.state = 'proposed' AND EXISTS (
        SELECT FROM reviews_correction c
        WHERE c.flag_id = f.id AND c.state = 'proposed' AND c.author_id <> %(member)s
    )""",
}
ORDER = dict.fromkeys(Queue, IN_TURN) | {Queue.RANDOM: "f.shuffle"}
HELD = {Queue.UNSURE: ["escalated"], Queue.SIGNOFF: ["proposed"]}
# Corrections that were rejected are their author's to answer again, with the reason.
RETURNED = """f.state = 'returned' AND %(member)s = (
    SELECT c.author_id FROM reviews_correction c WHERE c.flag_id = f.id ORDER BY c.id DESC LIMIT 1
)"""


def _lease_statement(queue: Queue) -> str:
    """What the member holds, then what was returned to them, then the front past whatever others hold.

    The disk is not waited for: a lease that a crash of the server forgets is one that runs out early.
    """
    columns, order = "f.id, f.priority, f.shuffle", ORDER[queue]
    free = "(f.leased_until IS NULL OR f.leased_until < %(now)s)"
    returned = RETURNED if queue is Queue.PRIORITY else "false"
    return f"""
        WITH held AS (
            SELECT 1 AS turn, {columns} FROM reviews_flag f
            WHERE f.leased_to_id = %(member)s AND f.dataset_id = %(dataset)s AND f.leased_until > %(now)s
              AND f.state = ANY(%(held)s) ORDER BY {order} LIMIT %(size)s
        ), returned AS (
            SELECT 2 AS turn, {columns} FROM reviews_flag f
            WHERE f.dataset_id = %(dataset)s AND {returned} AND {free}
            ORDER BY f.id LIMIT %(size)s FOR UPDATE SKIP LOCKED
        ), free AS (
            SELECT 3 AS turn, {columns} FROM reviews_flag f
            WHERE f.dataset_id = %(dataset)s AND {WAITING[queue]} AND {free}
            ORDER BY {order} LIMIT %(size)s FOR UPDATE SKIP LOCKED
        ), chosen AS (
            SELECT * FROM (TABLE held UNION ALL TABLE returned UNION ALL TABLE free) f
            ORDER BY turn, {order} LIMIT %(size)s
        ), leased AS (
            UPDATE reviews_flag SET leased_to_id = %(member)s, leased_until = %(until)s
            WHERE id IN (SELECT id FROM chosen)
        ), unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
        SELECT id FROM chosen f CROSS JOIN unhurried ORDER BY turn, {order}
    """


LEASE = {queue: _lease_statement(queue) for queue in Queue}


def lease(*, member: Member, queue: Queue, size: int) -> list[int]:
    """Ids of up to `size` flags that are now the member's for a while, in the order to review them.

    Those that the member already holds come first and are renewed, so that a reload changes nothing; then
    what was returned to them; then the front of the queue, past whatever others hold.
    """
    if queue is Queue.SIGNOFF:
        member.require(Ability.SIGN)
    now = timezone.now()
    said = {
        "member": member.user.pk,
        "dataset": member.dataset.pk,
        "held": HELD.get(queue, ["open", "returned"]),
        "size": size,
        "now": now,
        "until": now + timedelta(seconds=settings.LEASE_SECONDS),
    }
    return [id for (id,) in fetch(LEASE[queue], said)]


def remaining(*, member: Member, queue: Queue) -> int:
    """About how many flags the queue still has, at most `COUNT_KEPT_FOR` seconds old."""
    mine = member.user.pk if queue is Queue.SIGNOFF else "all"
    key = f"remaining:{member.dataset.pk}:{queue}:{mine}"
    return caches["process"].get_or_set(key, partial(_count, member, queue), COUNT_KEPT_FOR) or 0


def _count(member: Member, queue: Queue) -> int:
    statement = f"SELECT count(*) FROM reviews_flag f WHERE f.dataset_id = %(dataset)s AND {WAITING[queue]}"
    [(count,)] = fetch(statement, {"member": member.user.pk, "dataset": member.dataset.pk})
    return int(count)


def release(*, member: Member) -> int:
    """Give back what the member holds in the dataset, on leaving the review screen."""
    held = Flag.objects.filter(dataset=member.dataset, leased_to=member.user.pk)
    return held.update(leased_to=None, leased_until=None)
