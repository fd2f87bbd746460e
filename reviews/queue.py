"""Who reviews what next. A flag in somebody's hands is leased, so that two people do not work on the same
one; a lease that runs out gives it back."""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from .models import Correction, CorrectionState, Flag, FlagState
from .permissions import Ability, Member

LARGEST = 100
COUNT_KEPT_FOR = 5  # seconds; the count is for a progress bar and need not be exact


class Queue(StrEnum):
    PRIORITY = "priority"
    UNSURE = "unsure"
    RANDOM = "random"
    SIGNOFF = "signoff"


# The order of each queue, each served by an index from its front.
ORDER = {
    Queue.PRIORITY: ("-priority", "-id"),
    Queue.UNSURE: ("-priority", "-id"),
    Queue.RANDOM: ("shuffle",),
    Queue.SIGNOFF: ("-priority", "-id"),
}


def lease(*, member: Member, queue: Queue, size: int) -> list[int]:
    """Ids of up to `size` flags that are now the member's for a while, in the order to review them.

    Those that the member already holds come first and are renewed, so that a reload changes nothing; then
    what was returned to them; then the front of the queue, past whatever others hold.
    """
    if queue is Queue.SIGNOFF:
        member.require(Ability.SIGN)
    ids = list(_held(member, queue).values_list("pk", flat=True)[:size])
    with transaction.atomic():
        if queue is Queue.PRIORITY and len(ids) < size:
            ids += _free(returned_to(member), size - len(ids))
        if len(ids) < size:
            ids += _free(waiting(member, queue).order_by(*ORDER[queue]).exclude(pk__in=ids), size - len(ids))
        until = timezone.now() + timedelta(seconds=settings.LEASE_SECONDS)
        Flag.objects.filter(pk__in=ids).update(leased_to=member.user.pk, leased_until=until)
    return ids


def waiting(member: Member, queue: Queue) -> QuerySet[Flag]:
    """The flags of a queue that the member could be given, leased or not, in no order."""
    flags = Flag.objects.filter(dataset=member.dataset)
    if queue is Queue.UNSURE:
        return flags.filter(state=FlagState.ESCALATED)
    if queue is Queue.SIGNOFF:
        proposed = Correction.objects.filter(dataset=member.dataset, state=CorrectionState.PROPOSED)
        return flags.filter(
            state=FlagState.PROPOSED, pk__in=proposed.exclude(author=member.user.pk).values("flag")
        )
    return flags.filter(state=FlagState.OPEN)


def returned_to(member: Member) -> QuerySet[Flag]:
    """The flags whose correction by this member was rejected: theirs to answer again, with the reason."""
    newest = Correction.objects.filter(flag=OuterRef("pk")).order_by("-pk").values("author")[:1]
    returned = Flag.objects.filter(dataset=member.dataset, state=FlagState.RETURNED)
    return returned.annotate(author=Subquery(newest)).filter(author=member.user.pk).order_by("id")


def remaining(*, member: Member, queue: Queue) -> int:
    """About how many flags the queue still has, at most `COUNT_KEPT_FOR` seconds old."""
    mine = member.user.pk if queue is Queue.SIGNOFF else "all"
    key = f"remaining:{member.dataset.pk}:{queue}:{mine}"
    return cache.get_or_set(key, waiting(member, queue).count, COUNT_KEPT_FOR) or 0


def release(*, member: Member) -> int:
    """Give back what the member holds in the dataset, on leaving the review screen."""
    return _leased(member).update(leased_to=None, leased_until=None)


def _leased(member: Member) -> QuerySet[Flag]:
    return Flag.objects.filter(dataset=member.dataset, leased_to=member.user.pk)


def _held(member: Member, queue: Queue) -> QuerySet[Flag]:
    states = {Queue.UNSURE: [FlagState.ESCALATED], Queue.SIGNOFF: [FlagState.PROPOSED]}
    live = _leased(member).filter(leased_until__gt=timezone.now())
    return live.filter(state__in=states.get(queue, [FlagState.OPEN, FlagState.RETURNED])).order_by(
        *ORDER[queue]
    )


def _free(flags: QuerySet[Flag], size: int) -> list[int]:
    """The first `size` flags that nobody holds, locked until the transaction ends."""
    free = flags.filter(Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now()))
    return list(free.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)[:size])
