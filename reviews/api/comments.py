"""The thread of a flag."""

from datetime import datetime
from typing import Any, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviews import discussion
from reviews.models import Comment, Flag
from reviews.permissions import Ability

from .pagination import paginate
from .schema import PAGING, operation, page_of
from .session import UserJSON, render_user
from .views import View, read


class CommentJSON(TypedDict):
    id: int
    author: UserJSON
    text: str
    rule: str
    created_at: datetime


class NewComment(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=5000)
    rule = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


def render(comment: Comment) -> CommentJSON:
    return {
        "id": comment.pk,
        "author": render_user(comment.author),
        "text": comment.text,
        "rule": comment.rule,
        "created_at": comment.created_at,
    }


class CommentsView(View):
    @operation("comments_list", page_of(CommentJSON), parameters=PAGING, refuses=(400, 401, 404))
    def get(self, request: Request, flag: int) -> Response:
        seen, _ = self.seen(Flag.objects.all(), flag)
        rows = Comment.objects.filter(flag=seen).select_related("author")
        page = paginate(
            request=request, rows=rows, order=["id"], render=lambda found: [render(row) for row in found]
        )
        return Response(page)

    @operation("comments_create", CommentJSON, status=201, request=NewComment, refuses=(400, 401, 403, 404))
    def post(self, request: Request, flag: int) -> Response:
        seen, member = self.seen(Flag.objects.select_related("item"), flag, Ability.COMMENT)
        comment = discussion.add(flag=seen, member=member, **read(NewComment, request))
        return Response(render(comment), status=201)
