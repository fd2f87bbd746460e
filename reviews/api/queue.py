"""What to review next: flags out of a queue, leased to the user and ready to be shown."""

from typing import Any, TypedDict

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import queue, screen
from reviews.permissions import Ability
from reviews.queue import LARGEST, Queue

from .flags import FlagDetailJSON, render_in_full
from .schema import operation
from .views import View, read


class QueueAnswerJSON(TypedDict):
    """The user's next flags; `remaining` is about how many the queue still has."""

    next: str | None
    previous: str | None
    results: list[FlagDetailJSON]
    remaining: int
    lease_seconds: int


class Take(serializers.Serializer[Any]):
    queue = serializers.ChoiceField(
        [name.value for name in Queue], required=False, default=Queue.PRIORITY.value
    )
    size = serializers.IntegerField(min_value=1, max_value=LARGEST, required=False, default=5)


class QueueView(View):
    @operation("queue_take", QueueAnswerJSON, request=Take, refuses=(400, 401, 403, 404))
    def post(self, request: Request, dataset: int) -> Response:
        """Lease the next flags; those that the user holds already come first and are renewed."""
        member = self.member(dataset, Ability.REVIEW)
        given = read(Take, request)
        name = Queue(given["queue"])
        ids = queue.lease(member=member, queue=name, size=given["size"])
        return Response(
            {
                "next": None,
                "previous": None,
                "results": render_in_full(screen.full(ids), member),
                "remaining": queue.remaining(member=member, queue=name),
                "lease_seconds": settings.LEASE_SECONDS,
            }
        )

    @operation("queue_release", None, status=204, refuses=(401, 404))
    def delete(self, request: Request, dataset: int) -> Response:
        """Give back what the user holds."""
        queue.release(member=self.member(dataset))
        return Response(status=204)
