"""What the summary of a run tells people beside its figures: warnings, a diagnosis of the noise, what
decisions changed.
"""

from collections.abc import Sequence
from typing import Any

from .algorithms import model_validation
from .algorithms.detector import Detector, Inputs, per_cent
from .algorithms.diagnosis import Diagnosis, Factor, diagnose, of_parts
from .algorithms.held_out import learnt_by_heart
from .algorithms.noise import Slice
from .algorithms.part_suspicions import Found
from .algorithms.recalibration import Recalibration
from .algorithms.suspicions import Judgement


def remarks(
    inputs: Inputs,
    able: Sequence[Detector],
    judgement: Judgement,
    learned: Recalibration,
    classes: Sequence[str],
    factors: Sequence[Factor],
) -> dict[str, Any]:
    """The parts `warnings`, `diagnosis` and `recalibration` of a run's summary, as plain JSON."""
    found = diagnose(inputs.labels, judgement.wrongness, judgement.suggested, classes, factors)
    return _said(_warnings(inputs, able), found, learned)


def part_remarks(
    judged: Found, learned: Recalibration, classes: Sequence[str], factors: Sequence[Factor]
) -> dict[str, Any]:
    """The same of a run on labels that have parts; the factors cut their items."""
    of = [of_parts(factor, judged.item) for factor in factors]
    return _said([], diagnose(judged.label, judged.wrong, None, classes, of), learned)


def _said(warnings: list[dict[str, str]], found: Diagnosis, learned: Recalibration) -> dict[str, Any]:
    said: dict[str, Any] = {"warnings": warnings, "diagnosis": _diagnosis(found)}
    if learned.decisions:
        said["recalibration"] = {
            "slope": round(learned.slope, 4),
            "offset": round(learned.offset, 4),
            "decisions": learned.decisions,
        }
    return said


def _warnings(inputs: Inputs, able: Sequence[Detector]) -> list[dict[str, str]]:
    warnings = []
    heard = learnt_by_heart(inputs)
    if heard is not None:
        text = (
            f"The imported probabilities agree with {100 * heard.agreement:.1f} % of the labels, the nearest "
            f"other items with {100 * heard.neighbours:.1f} %. A model that was trained on these items has "
            "learnt their wrong labels by heart: import out-of-sample probabilities, or none."
        )
        warnings.append({"code": "not_out_of_sample", "text": text})
    if any(detector.name == model_validation.DETECTOR.name for detector in able):
        silence = model_validation.silence(inputs)
        if silence is not None:
            warnings.append({"code": "model_silent", "text": silence})
    return warnings


def _diagnosis(found: Diagnosis) -> dict[str, Any]:
    return {
        "shape": found.shape,
        "text": _sentence(found),
        "slices": [_plain(one) for one in found.slices],
        "classes": [_plain(one) for one in found.classes],
    }


def _plain(one: Slice) -> Slice:
    """The same in figures that people read."""
    return {
        **one,
        "errors": round(one["errors"], 2),
        "expected": round(one["expected"], 2),
        "ratio": round(one["ratio"], 2),
        "q": float(f"{one['q']:.3g}"),
    }


def _sentence(found: Diagnosis) -> str:
    if found.shape == "unknown":
        return "Too few labels are surely wrong to say what kind of errors they are."
    if found.shape == "random":
        return "The errors look random: no class, annotator or slice carries more of them than chance allows."
    worst = (found.slices if found.shape == "structured" else found.classes)[0]
    share = per_cent(worst["errors"] / max(worst["items"], 1))
    return (
        f"Look at {worst['factor'].removeprefix('meta.')} “{worst['level']}” first: {share} of it is wrong, "
        f"{worst['ratio']:.1f} times as much as chance would have it."
    )
