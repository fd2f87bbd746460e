"""One decision over many flags."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet

from . import past, workflow
from .errors import DomainError, NotVisible
from .flags import for_display
from .models import Flag, Item
from .permissions import Ability, Member
from .workflow import Answer

MOST = 1000


def decide(
    *, member: Member, chosen: QuerySet[Flag], named: Iterable[int] = (), answer: Answer
) -> tuple[dict[int, DomainError | None], bool]:
    """Per flag id why it was refused (None: decided), and whether `chosen` holds more than one call decides.

    Each flag is decided or refused on its own, by the same rules as one alone; all that was decided is
    committed at once. Of the `named` ids those that are not among `chosen` are refused as not there.
    """
    member.require(Ability.BULK)
    outcomes: dict[int, DomainError | None] = {
        flag_id: NotVisible("There is no such flag in this dataset.") for flag_id in named
    }
    ids = list(chosen.order_by("-priority", "-id").values_list("pk", flat=True)[: MOST + 1])
    with transaction.atomic():
        # In the order of items, so that two such calls at once cannot each wait for the other.
        flags = list(for_display().filter(pk__in=ids[:MOST]).order_by("item", "id"))
        past.read(flags)
        # Flags of one item share it, so that each sees the label that the one before it gave.
        items: dict[int, Item] = {}
        for flag in flags:
            flag.item = items.setdefault(flag.item_id, flag.item)
        for flag in flags:
            outcomes[flag.pk] = _decide_one(flag, member, answer)
    return outcomes, len(ids) > MOST


def _decide_one(flag: Flag, member: Member, answer: Answer) -> DomainError | None:
    try:
        workflow.decide(flag=flag, member=member, answer=answer, seen_version=flag.version)
    except DomainError as refusal:
        return refusal
    return None
