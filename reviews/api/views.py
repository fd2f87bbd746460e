"""What the views of every resource share: what one may not see is not there."""

from functools import cache
from typing import Any, TypeVar, cast

from django.contrib.auth.models import User
from django.db import OperationalError
from django.db.models import Model, QuerySet
from psycopg.errors import DeadlockDetected
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from reviews.errors import LedgerBusy, NotVisible
from reviews.permissions import Ability, Member, member_for, member_of, visible

M = TypeVar("M", bound=Model)


def _let_go(response: Response) -> None:
    response.renderer_context = {}  # type: ignore[attr-defined]


# Without a docstring: the schema would describe every endpoint by it.
class View(APIView):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        # View and answer hold each other, and so do the answer and what it was rendered with: hundreds of
        # objects of a page would be kept until the next collection of garbage.
        del self.response
        if isinstance(response, Response):
            response.add_post_render_callback(_let_go)
        return response

    def handle_exception(self, error: Exception) -> Response:
        if isinstance(error, OperationalError) and isinstance(error.__cause__, DeadlockDetected):
            error = LedgerBusy("Others were changing the same at this moment. Try again.")
        return super().handle_exception(error)

    def user(self) -> User:
        return cast(User, self.request.user)

    def member(self, dataset: int, ability: Ability = Ability.VIEW) -> Member:
        """The user as a member of the dataset, who has the ability there."""
        member = member_of(user=self.user(), dataset_id=dataset)
        member.require(ability)
        return member

    def seen(self, objects: QuerySet[M], id: int, ability: Ability = Ability.VIEW) -> tuple[M, Member]:
        """The object and the member that the user is of its dataset, both in one query."""
        found = next(iter(visible(objects, to=self.user()).filter(pk=id)), None)
        if found is None:
            raise NotVisible("There is nothing here by this id, or you may not see it.")
        member = member_for(user=self.user(), seen=found)
        member.require(ability)
        return found, member


Reader = type[serializers.Serializer[Any]]


@cache
def _shared(serializer: Reader) -> serializers.Serializer[Any]:
    """One instance for all requests: a new one copies its fields, which takes longer than the check.

    `run_validation` keeps nothing on the instance. What sets up per-request state has no place in a reader.
    """
    return serializer()


def read(serializer: Reader, request: Request) -> dict[str, Any]:
    """The request's body, checked."""
    return dict(_shared(serializer).run_validation(request.data))


def read_query(serializer: Reader, request: Request) -> dict[str, Any]:
    """The query string, checked."""
    return dict(_shared(serializer).run_validation(request.query_params))
