"""The task types there are. A new one is one file beside this and one line here."""

from __future__ import annotations

from reviews.tasktypes.base import TaskType
from reviews.tasktypes.classification import CLASSIFICATION

TASK_TYPES: dict[str, TaskType] = {task.name: task for task in (CLASSIFICATION,)}
