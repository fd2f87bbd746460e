from .annotation import Annotation, Annotator
from .comment import Comment
from .dataset import Dataset, Media, Membership, Role, SignoffPolicy, TaskType
from .decision import Action, Correction, CorrectionState, Decision, SignOff, Verdict
from .flag import Flag, FlagKind, FlagState
from .import_job import UNFINISHED, ImportJob, JobStatus
from .item import GoldItem, Item, ItemSearch, MediaFile
from .ledger import AuditEvent, Cause, LabelRevision, LabelStatus, Seal, Version

__all__ = [
    "UNFINISHED",
    "Action",
    "Annotation",
    "Annotator",
    "AuditEvent",
    "Cause",
    "Comment",
    "Correction",
    "CorrectionState",
    "Dataset",
    "Decision",
    "Flag",
    "FlagKind",
    "FlagState",
    "GoldItem",
    "ImportJob",
    "Item",
    "ItemSearch",
    "JobStatus",
    "LabelRevision",
    "LabelStatus",
    "Media",
    "MediaFile",
    "Membership",
    "Role",
    "Seal",
    "SignOff",
    "SignoffPolicy",
    "TaskType",
    "Verdict",
    "Version",
]
