"""What became of flags so far: read once for many of them, kept on each, and kept up while one moves."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .models import Correction, Decision, Flag, SignOff


@dataclass(slots=True)
class Past:
    """The decisions on a flag, the corrections that they made, the signatures on those; oldest first."""

    decisions: list[Decision] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    signoffs: list[SignOff] = field(default_factory=list)

    def under(self, correction: Correction) -> list[SignOff]:
        return [signoff for signoff in self.signoffs if signoff.correction_id == correction.pk]


def of(flag: Flag) -> Past:
    """The flag's past, which is read when it was not yet."""
    if "past" not in flag.__dict__:
        read([flag])
    past: Past = flag.__dict__.setdefault("past", Past())
    return past


def read(flags: Sequence[Flag]) -> None:
    """Read the past of all the flags at once; a flag that is in its first version has none."""
    if moved := {flag.pk: Past() for flag in flags if flag.version > 1}:
        _read(list(moved), moved)
    for flag in flags:
        if flag.version > 1:
            flag.__dict__["past"] = moved[flag.pk]


def _read(moved: list[int], pasts: dict[int, Past]) -> None:
    for decision in Decision.objects.filter(flag__in=moved).select_related("reviewer").order_by("id"):
        pasts[decision.flag_id].decisions.append(decision)
    corrections = Correction.objects.filter(flag__in=moved).select_related("author", "decision")
    flag_of = {}
    for correction in corrections.order_by("id"):
        pasts[correction.flag_id].corrections.append(correction)
        flag_of[correction.pk] = correction.flag_id
    if flag_of:
        for signoff in SignOff.objects.filter(correction__in=flag_of).select_related("signer").order_by("id"):
            pasts[flag_of[signoff.correction_id]].signoffs.append(signoff)


def forget(flag: Flag) -> None:
    """Have the flag's past read anew when it is asked for again."""
    flag.__dict__.pop("past", None)
