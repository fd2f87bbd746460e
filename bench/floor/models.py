from django.db import models


class Row(models.Model):
    """Item, label and flag in one."""

    external_id = models.TextField(unique=True, db_collation="C")
    text = models.TextField()
    label = models.TextField()
    state = models.TextField(default="open")
    version = models.IntegerField(default=1)
    leased_to = models.IntegerField(null=True)
    leased_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.external_id


class Decision(models.Model):
    row = models.ForeignKey(Row, on_delete=models.PROTECT)
    action = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.action


class Revision(models.Model):
    """A label that a row has had since a decision; `Row.label` is the newest."""

    row = models.ForeignKey(Row, on_delete=models.PROTECT)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT)
    label = models.TextField()

    def __str__(self) -> str:
        return self.label


class Audit(models.Model):
    action = models.TextField()
    payload = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.action
