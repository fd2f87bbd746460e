"""Signing in and out of the browser. Programs use a token instead."""

from typing import Any, TypedDict

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import AnonymousUser, User
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from reviews.errors import DomainError
from reviews.permissions import may_create_datasets

from .schema import operation
from .throttles import limit_failures
from .views import View, read


class UserJSON(TypedDict):
    id: int
    username: str


class SessionJSON(TypedDict):
    """Who is signed in, if anyone, and the token to repeat in `X-CSRFToken` with every change."""

    user: UserJSON | None
    can_create_datasets: bool
    csrf_token: str


class InvalidCredentials(DomainError):
    status = 401
    code = "invalid_credentials"


class Credentials(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


def render_user(user: User) -> UserJSON:
    return {"id": user.pk, "username": user.get_username()}


def render_session(request: Request) -> SessionJSON:
    user: User | AnonymousUser = request.user
    return {
        "user": render_user(user) if isinstance(user, User) else None,
        "can_create_datasets": may_create_datasets(user),
        "csrf_token": get_token(request._request),
    }


# The framework checks the CSRF token of those who are signed in only; here it protects the sign-in itself.
@method_decorator([csrf_protect, never_cache], name="dispatch")
class SessionView(View):
    permission_classes = [AllowAny]

    @operation("session_read", SessionJSON)
    def get(self, request: Request) -> Response:
        return Response(render_session(request))

    @operation("session_create", SessionJSON, request=Credentials, refuses=(400, 401, 403, 429))
    def post(self, request: Request) -> Response:
        given = read(Credentials, request)
        with limit_failures("login", f"from {BaseThrottle().get_ident(request)}", f"as {given['username']}"):
            user = authenticate(request._request, **given)
            if user is None:
                raise InvalidCredentials("The name or the password is not right.")
        login(request._request, user)
        request.user = user
        return Response(render_session(request))

    @operation("session_delete", None, status=204, refuses=(403,))
    def delete(self, request: Request) -> Response:
        logout(request._request)
        return Response(status=204)
