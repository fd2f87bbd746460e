"""Every detector there is. A new one is a file beside this one and a line here."""

from . import (
    annotator_disagreement,
    confident_learning,
    data_checks,
    decision_boundary,
    model_validation,
    near_duplicates,
    need_opinion,
    neighbour_disagreement,
    out_of_distribution,
    stale_guideline,
    training_dynamics,
)
from .detector import Detector

DETECTORS: dict[str, Detector] = {
    detector.name: detector
    for detector in (
        confident_learning.DETECTOR,
        neighbour_disagreement.DETECTOR,
        annotator_disagreement.DETECTOR,
        near_duplicates.DETECTOR,
        model_validation.DETECTOR,
        training_dynamics.DETECTOR,
        out_of_distribution.DETECTOR,
        decision_boundary.DETECTOR,
        data_checks.DETECTOR,
        need_opinion.DETECTOR,
        stale_guideline.DETECTOR,
    )
}


def for_task(task_type: str) -> list[Detector]:
    return [detector for detector in DETECTORS.values() if task_type in detector.task_types]


# The methods of task types whose labels have parts; `detection.parts` says how each type is detected.
PART_METHODS: dict[str, tuple[str, ...]] = {
    "multilabel": ("multilabel_confident_learning", "annotator_disagreement"),
    "spans": ("token_confident_learning", "span_boundary", "inconsistent_spans", "annotator_disagreement"),
    "boxes": ("box_validation", "annotator_disagreement"),
}


def methods_for(task_type: str) -> list[str]:
    """The names of the methods that know the task type."""
    return [*PART_METHODS.get(task_type, ()), *(detector.name for detector in for_task(task_type))]
