"""Text columns that can be trusted wherever they are shown: in a page, a mail header or a file."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups
from django.utils.translation import gettext_lazy as _

LINE_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
# What no database takes. It cannot be stored, so looking for it finds nothing.
UNSENDABLE = re.compile(r"[\x00\ud800-\udfff]")
# Overrides of the writing direction can make a title read as something else than what is stored.
FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def refuse_unprintable(value: str) -> None:
    """Raise ValidationError for NUL, other controls, lone surrogates and direction overrides."""
    found = FORBIDDEN.search(value)
    if found:
        raise ValidationError(
            _(
                "The text has a character that cannot be shown (U+%(code)s at position %(position)s). Remove it."
            ),
            code="unprintable",
            params={"code": f"{ord(found.group()):04X}", "position": found.start() + 1},
        )


def composed(value: str) -> str:
    """Unicode NFC: Hangul typed on a Mac (NFD) and on Windows must be found by the same search."""
    return unicodedata.normalize("NFC", value)


def sendable(value: str) -> str:
    return UNSENDABLE.sub("\ufffd", value)


class _Composed(models.Field):
    """Normalises on every path to the database, bulk writes and look-ups included."""

    default_validators = [refuse_unprintable]

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return self.tidy(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return sendable(self.tidy(value)) if isinstance(value, str) else value

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, str):
            refuse_unprintable(self.tidy(value))
        return super().get_db_prep_save(value, connection)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self.tidy(value)
            setattr(model_instance, self.attname, value)
        return value

    def tidy(self, value: str) -> str:
        return composed(value)


class _ComposedPattern(models.Lookup):
    """Django prepares no right-hand side that is a part of a text; its spaces stay."""

    def get_prep_lookup(self) -> Any:
        return sendable(composed(self.rhs)) if isinstance(self.rhs, str) else super().get_prep_lookup()


for _pattern in (
    lookups.Contains,
    lookups.IContains,
    lookups.StartsWith,
    lookups.IStartsWith,
    lookups.EndsWith,
    lookups.IEndsWith,
):
    _Composed.register_lookup(type(_pattern.__name__, (_ComposedPattern, _pattern), {}))


class LineField(_Composed, models.CharField):
    """One line. Line breaks become spaces, so that it can never break a mail header or a table."""

    def tidy(self, value: str) -> str:
        return composed(LINE_BREAKS.sub(" ", value)).strip()


class ProseField(_Composed, models.TextField):
    """Text of several lines, written by an officer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20_000)
        super().__init__(*args, **kwargs)
        self.validators.append(MaxLengthValidator(self.max_length))  # Django leaves it to the forms

    def tidy(self, value: str) -> str:
        return composed(re.sub(r"\r\n|[\r\v\f]", "\n", value))


class VerbatimField(models.TextField):
    """Declared words, kept exactly as received: never normalised, because spans count its characters."""

    default_validators = [refuse_unprintable]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if isinstance(value, str):
            refuse_unprintable(value)
        return super().get_db_prep_save(value, connection)
