"""What a person has set for their own lists. It says nothing about the register, so it has no history."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments import access
from commitments.fields import LineField


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> Any:
        """One's own, and what is shared with a desk that one works at. See commitments/access.py."""
        return access.visible(self, user)

    def editable_by(self, user: Any) -> SavedViewQuerySet:
        """One's own, an officer's or not: what is shared is its owner's to change."""
        return self.filter(owner=user)


class SavedView(models.Model):
    """A question to the list of commitments that is asked again: filters, order and columns under a name."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        "commitments.Organisation",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shared with the desk of"),
    )
    name = LineField(_("name"), max_length=60)
    query = models.TextField(blank=True)  # as in the address; what the filter does not know means nothing
    columns = models.JSONField(default=list, blank=True)  # empty: those of the reader

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="desk_savedview_name_once",
                violation_error_message=_("You have a view of this name already. Choose another name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ListChoiceQuerySet(models.QuerySet["ListChoice"]):
    def of(self, user: Any, listing: str) -> ListChoice:
        """What the person chose, else what holds for everybody."""
        return self.filter(user=user, listing=listing).first() or ListChoice(listing=listing)

    def columns_of(self, user: Any, listing: str) -> list[str]:
        return self.of(user, listing).columns


class ListChoice(models.Model):
    """Which columns a person wants to see in a list, and which view opens it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    listing = models.CharField(max_length=20)
    columns = models.JSONField(default=list, blank=True)  # empty: the usual ones
    first_view = models.ForeignKey(SavedView, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = ListChoiceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "listing"], name="desk_listchoice_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.listing}"
