"""Every detector there is. A new one is a file beside this one and a line here."""

from . import annotator_disagreement, confident_learning, near_duplicates, neighbour_disagreement
from .detector import Detector

DETECTORS: dict[str, Detector] = {
    detector.name: detector
    for detector in (
        confident_learning.DETECTOR,
        neighbour_disagreement.DETECTOR,
        annotator_disagreement.DETECTOR,
        near_duplicates.DETECTOR,
    )
}


def for_task(task_type: str) -> list[Detector]:
    return [detector for detector in DETECTORS.values() if task_type in detector.task_types]
