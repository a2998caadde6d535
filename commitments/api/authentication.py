"""Who calls: a person at the desk by the session, another system by a token that a person owns."""

from typing import Any

import knox.auth
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from commitments import access
from commitments.models import ApiToken


class TokenAuthentication(knox.auth.TokenAuthentication):
    """Knox deletes expired tokens while it reads; ours stay, so that the owner sees what ran out."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not (token.isascii() and token.decode("ascii").isprintable()):
            raise AuthenticationFailed(_("This is no token."))
        user, found = super().authenticate_credentials(token)
        access.ask_once(user)
        if access.has_left(user):
            raise AuthenticationFailed(_("Whose token this is has left."))
        return user, found

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token cft_…"}


class WithinScope(BasePermission):
    message = _("This token may only read.")

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        reads_only = isinstance(token, ApiToken) and token.scope != ApiToken.Scope.WRITE
        return request.method in SAFE_METHODS or not reads_only
