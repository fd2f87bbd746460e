"""Who is asking: a program by its token, in one query."""

from typing import Any

import knox.auth
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(knox.auth.TokenAuthentication):
    """`Authorization: Token …`, found by its digest; knox would read all tokens of the user each time."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, AuthToken]:
        try:
            digest = hash_token(token.decode("ascii"))
        except UnicodeDecodeError as error:
            raise AuthenticationFailed("Invalid token.") from error
        found = AuthToken.objects.select_related("user").filter(digest=digest, user__is_active=True).first()
        if found is None or (found.expiry and found.expiry < timezone.now()):
            raise AuthenticationFailed("Invalid token.")
        return found.user, found
