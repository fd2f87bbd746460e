"""What people say to each other about a flag."""

from django.db import transaction

from . import ledger
from .models import Comment, Flag
from .permissions import Ability, Member


def add(*, flag: Flag, member: Member, text: str, rule: str = "") -> Comment:
    """A new comment in the flag's thread, with its line in the audit log."""
    member.require(Ability.COMMENT)
    with transaction.atomic():
        ledger.share(dataset_id=flag.dataset_id)
        comment = Comment.objects.create(flag=flag, author_id=member.user.pk, text=text, rule=rule)
        comment.author = member.user
        ledger.record(
            dataset_id=flag.dataset_id,
            actor=member.user,
            action="comment",
            subject=comment,
            payload={"item": flag.item.external_id, "flag": flag.pk, "text": text, "rule": rule},
        )
    return comment
