"""The task types there are. A new one is one file beside this and one line here."""

from __future__ import annotations

from reviews.tasktypes.base import TaskType
from reviews.tasktypes.boxes import BOXES
from reviews.tasktypes.classification import CLASSIFICATION
from reviews.tasktypes.multilabel import MULTILABEL
from reviews.tasktypes.spans import SPANS

TASK_TYPES: dict[str, TaskType] = {task.name: task for task in (CLASSIFICATION, MULTILABEL, SPANS, BOXES)}
