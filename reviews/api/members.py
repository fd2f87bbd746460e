"""Who belongs to a dataset, and in which role."""

from typing import TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from reviews import datasets
from reviews.models import Membership, Role
from reviews.permissions import Ability

from .datasets import NewMember
from .pagination import paginate
from .schema import PAGING, operation, page_of
from .session import UserJSON, render_user
from .views import View, read


class MemberJSON(TypedDict):
    user: UserJSON
    role: Role


def render(membership: Membership) -> MemberJSON:
    return {"user": render_user(membership.user), "role": Role(membership.role)}


class MembersView(View):
    @operation("members_list", page_of(MemberJSON), parameters=PAGING, refuses=(400, 401, 404))
    def get(self, request: Request, dataset: int) -> Response:
        rows = Membership.objects.filter(dataset=self.member(dataset).dataset).select_related("user")
        page = paginate(
            request=request, rows=rows, order=["id"], render=lambda found: [render(row) for row in found]
        )
        return Response(page)

    @operation(
        "members_set",
        MemberJSON,
        status=201,
        request=NewMember,
        refuses=(400, 401, 403, 404, 409),
        also={200: MemberJSON},
        description="Adds a member (201), or gives one another role (200).",
    )
    def post(self, request: Request, dataset: int) -> Response:
        owner = self.member(dataset, Ability.MANAGE)
        given = read(NewMember, request)
        membership, created = datasets.set_role(
            owner=owner, username=given["username"], role=Role(given["role"])
        )
        return Response(render(membership), status=201 if created else 200)


class MemberView(View):
    @operation("members_remove", None, status=204, refuses=(401, 403, 404, 409))
    def delete(self, request: Request, dataset: int, user: int) -> Response:
        datasets.remove_member(owner=self.member(dataset, Ability.MANAGE), user_id=user)
        return Response(status=204)
