"""What became of flags so far: read once for many of them, kept on each, and kept up while one moves."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet

from .models import Correction, Decision, Flag, SignOff


@dataclass(slots=True)
class Past:
    """The decisions on a flag and the corrections that they made, the oldest first."""

    decisions: list[Decision] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)


def of(flag: Flag) -> Past:
    """The flag's past, which is read when it was not yet."""
    if "past" not in flag.__dict__:
        read([flag])
    past: Past = flag.__dict__["past"]
    return past


def read(flags: Iterable[Flag]) -> None:
    """Read the past of all the flags at once; a flag that is in its first version has none."""
    pasts = {flag.pk: Past() for flag in flags}
    moved = [flag.pk for flag in flags if flag.version > 1]
    if moved:
        for decision in Decision.objects.filter(flag__in=moved).select_related("reviewer").order_by("id"):
            pasts[decision.flag_id].decisions.append(decision)
        for correction in _corrections().filter(flag__in=moved):
            pasts[correction.flag_id].corrections.append(correction)
    for flag in flags:
        flag.__dict__["past"] = pasts[flag.pk]


def forget(flag: Flag) -> None:
    """Have the flag's past read anew when it is asked for again."""
    flag.__dict__.pop("past", None)


def _corrections() -> QuerySet[Correction]:
    signoffs = Prefetch("signoffs", SignOff.objects.select_related("signer").order_by("id"))
    return Correction.objects.select_related("author", "decision").prefetch_related(signoffs).order_by("id")
