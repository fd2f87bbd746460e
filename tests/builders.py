"""Small datasets for tests, built through the same functions as real ones where there are any."""

from collections.abc import Sequence
from itertools import count, zip_longest
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import transaction

from reviews import importing, ledger
from reviews.models import (
    Annotation,
    Annotator,
    AuditEvent,
    Cause,
    Dataset,
    Flag,
    FlagKind,
    ImportJob,
    Item,
    LabelRevision,
    LabelStatus,
    Membership,
    Role,
    SignoffPolicy,
)
from reviews.permissions import Member, member_of

PASSWORD = "a good long password"  # noqa: S105
_numbers = count(1)


def user(name: str = "") -> User:
    return User.objects.create_user(username=name or f"user{next(_numbers)}", password=PASSWORD)


def dataset(
    *, policy: str = SignoffPolicy.NONE, classes: tuple[str, ...] = ("cat", "dog", "owl"), **more: Any
) -> Dataset:
    """A text dataset with an owner and no items."""
    owner = user()
    made = Dataset.objects.create(
        **{
            "name": "Animals",
            "task_type": "classification",
            "media": "text",
            "classes": list(classes),
            "signoff_policy": policy,
            "created_by": owner,
        }
        | more
    )
    Membership.objects.create(dataset=made, user=owner, role=Role.OWNER)
    return made


def member(made: Dataset, role: str, name: str = "") -> Member:
    """A new user with a role in the dataset."""
    someone = user(name)
    Membership.objects.create(dataset=made, user=someone, role=role)
    return member_of(user=someone, dataset_id=made.pk)


def items(made: Dataset, *labels: Any, contents: Sequence[dict[str, Any]] = ()) -> list[Item]:
    """One item per label (None: unlabelled), of a text or of these contents, imported by one audit event."""
    with transaction.atomic():
        ledger.share(dataset_id=made.pk)
        digest, rows = ledger.RevisionDigest(), []
        for label, content in zip_longest(labels, contents):
            name = f"item{next(_numbers):06d}"
            content = content or {"text": f"the text of {name}"}
            rows.append(Item.objects.create(dataset=made, external_id=name, **content))
            status = LabelStatus.UNLABELLED if label is None else LabelStatus.LABELLED
            digest.add(external_id=name, number=1, value=label, status=status, cause=Cause.IMPORT)
        event = ledger.record(
            dataset_id=made.pk,
            actor=made.created_by,
            action="import",
            subject=made,
            payload={"revisions": digest.payload()},
        )
        for row, label in zip(rows, labels, strict=True):
            _first_revision(row, label, event)
        made.item_count += len(rows)
        made.save(update_fields=["item_count"])
    return rows


def _first_revision(item: Item, label: Any, event: AuditEvent) -> None:
    status = LabelStatus.UNLABELLED if label is None else LabelStatus.LABELLED
    item.current_revision = LabelRevision.objects.create(
        item=item, number=1, value=label, status=status, cause=Cause.IMPORT, event=event
    )
    item.save(update_fields=["current_revision"])


def flag(item: Item, *, suggested: Any = "dog", **more: Any) -> Flag:
    """An open flag of a detection run: the label may be wrong."""
    assert item.current_revision is not None
    values = {
        "dataset_id": item.dataset_id,
        "item": item,
        "kind": FlagKind.WRONG_CLASS,
        "given": item.current_revision.value,
        "suggested": suggested,
        "score": 0.9,
        "priority": 0.9,
        "evidence": [{"detector": "confident_learning", "text": "The model gives *dog* 90 %.", "data": {}}],
        "run": 1,
    }
    return Flag.objects.create(**values | more)


def annotation(item: Item, annotator: str, value: Any) -> Annotation:
    """One annotator's opinion on the item."""
    who, _ = Annotator.objects.get_or_create(dataset_id=item.dataset_id, name=annotator)
    return Annotation.objects.create(item=item, annotator=who, value=value)


def accepted(made: Dataset, content: bytes | str, *, name: str = "file", **more: Any) -> ImportJob:
    """The job that will import this content."""
    file = ContentFile(content.encode() if isinstance(content, str) else content)
    return importing.accept(dataset=made, actor=made.created_by, file=file, file_name=name, **more)


def imported(made: Dataset, content: bytes | str, **more: Any) -> Any:
    """The import of this content, over now."""
    return importing.run(job_id=accepted(made, content, **more).pk)
