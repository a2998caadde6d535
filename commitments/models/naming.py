"""Names and titles in the three languages of the register, found by any of them or by an alias."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from commitments.fields import LineField, ProseField, composed
from commitments.models.changes import Recorded, RecordedQuerySet

LANGUAGES = ("en", "ko", "ja")


class Language(models.TextChoices):
    ENGLISH = "en", _("English")
    KOREAN = "ko", _("Korean")
    JAPANESE = "ja", _("Japanese")


def in_language(instance: models.Model, stem: str, language: str | None = None) -> str:
    """`stem` in `language` (default: the active one), else in the first language that has it."""
    wanted = (language or get_language() or "en")[:2]
    ordered = sorted(LANGUAGES, key=lambda code: code != wanted)
    return next((text for code in ordered if (text := getattr(instance, f"{stem}_{code}", ""))), "")


class NamedQuerySet(RecordedQuerySet):
    def named(self, text: str) -> Any:
        """Rows of which a name, title or alias in any language contains `text`, however its Hangul was typed."""
        return self.filter(self.name_contains(text))

    def name_contains(self, text: str, prefix: str = "") -> Q:
        found, text = Q(), composed(text)  # icontains does not ask the field
        for column in self.model.name_columns():
            found |= Q(**{f"{prefix}{column}__icontains": text})
        return found


class _InLanguages(Recorded):
    """Shared by Named and Titled, which differ in the word people use."""

    stem = "name"

    aliases = ProseField(
        _("also known as"), blank=True, help_text=_("Other names it is found by, one a line.")
    )

    objects = NamedQuerySet.as_manager()

    class Meta(Recorded.Meta):
        abstract = True

    @classmethod
    def name_columns(cls) -> list[str]:
        return [*(f"{cls.stem}_{code}" for code in LANGUAGES), "aliases"]

    def __str__(self) -> str:
        return in_language(self, self.stem)


def _said_in_some_language(stem: str) -> models.CheckConstraint:
    said = Q()
    for code in LANGUAGES:
        said |= ~Q(**{f"{stem}_{code}": ""})
    return models.CheckConstraint(
        condition=said,
        name=f"%(app_label)s_%(class)s_has_{stem}",
        violation_error_message=_("Give it a name in at least one language."),
    )


class Named(_InLanguages):
    name_en = LineField(_("name in English"), max_length=300, blank=True)
    name_ko = LineField(_("name in Korean"), max_length=300, blank=True)
    name_ja = LineField(_("name in Japanese"), max_length=300, blank=True)

    class Meta(_InLanguages.Meta):
        abstract = True
        constraints = [_said_in_some_language("name")]

    @property
    def name(self) -> str:
        return in_language(self, "name")


class Titled(_InLanguages):
    stem = "title"

    title_en = LineField(_("title in English"), max_length=300, blank=True)
    title_ko = LineField(_("title in Korean"), max_length=300, blank=True)
    title_ja = LineField(_("title in Japanese"), max_length=300, blank=True)

    class Meta(_InLanguages.Meta):
        abstract = True
        constraints = [_said_in_some_language("title")]

    @property
    def title(self) -> str:
        return in_language(self, "title")
