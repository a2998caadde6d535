"""Refusals that are neither about a field of the body nor about a right."""

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ValidationError


class InvalidQuery(ValidationError):
    """A parameter of the address is wrong; `detail` maps its name to sentences."""


class Conflict(APIException):
    """The request is right in itself; the register stands otherwise."""

    status_code = 409
    default_detail = _("This has been decided already.")


class LengthRequired(APIException):
    """WSGI gives no body without its length, so that a chunked one would be taken for an empty one."""

    status_code = 411
    default_detail = _("Send the body whole, with its Content-Length.")
