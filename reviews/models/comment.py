from django.conf import settings
from django.db import models

from .flag import Flag


class Comment(models.Model):
    """One message in the thread of a flag; may cite a rule of the guideline."""

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField(max_length=5000)
    rule = models.CharField(max_length=20, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.text[:80]
