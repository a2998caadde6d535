"""Keys for other systems. Only a hash is stored; a key sees what its owner sees now."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from commitments.fields import LineField


class ApiToken(AbstractAuthToken):
    class Scope(models.TextChoices):
        READ = "read", _("read")
        WRITE = "write", _("read and write")

    name = LineField(_("used by"), max_length=100, default="", blank=True)
    scope = models.CharField(_("scope"), max_length=5, choices=Scope, default=Scope.READ)

    class Meta(AbstractAuthToken.Meta):
        verbose_name = _("access key")
        verbose_name_plural = _("access keys")
        ordering = ["-created"]
