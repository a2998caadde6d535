"""Fields that take exactly one JSON type, and relations that offer only what the caller may see."""

import re
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import IntegerChoices
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.relations import MANY_RELATION_KWARGS

from commitments.working_days import require_in_range

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Worded:
    default_error_messages: ClassVar[Any] = {
        "required": _("This is needed."),
        "null": _("This cannot be left empty."),
        "blank": _("This cannot be left empty."),
    }


class _OneType(_Worded):
    """The framework would take 12 for "12", "yes" for true and 1.0 for 1."""

    json_type: type

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not self.json_type:
            self.fail("invalid")  # type: ignore[attr-defined]
        return super().to_internal_value(data)  # type: ignore[misc]


class Text(_OneType, serializers.CharField):
    json_type = str
    default_error_messages: ClassVar[Any] = {
        "invalid": _("Give a text."),
        "max_length": _("Give at most {max_length} characters."),
    }


class Verbatim(Text):
    """Declared words: a space at the end is part of them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trim_whitespace": False})


class Number(_OneType, serializers.IntegerField):
    json_type = int
    default_error_messages: ClassVar[Any] = {"invalid": _("Give a whole number.")}


class YesNo(_OneType, serializers.BooleanField):
    json_type = bool
    default_error_messages: ClassVar[Any] = {"invalid": _("Give true or false.")}


class Day(_Worded, serializers.DateField):
    default_error_messages: ClassVar[Any] = {"invalid": _("Give a day such as 2026-12-14.")}

    def to_internal_value(self, value: Any) -> date:
        if not (isinstance(value, str) and DAY.fullmatch(value)):
            self.fail("invalid")
        try:
            return require_in_range(super().to_internal_value(value))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class Choice(_Worded, serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and (data in self.choices or (self.allow_blank and not data)):
            return data
        known = ", ".join(str(choice) for choice in self.choices if choice)
        raise serializers.ValidationError(_("Choose one of: %(known)s.") % {"known": known})


class Rank(Choice):
    """A ranking that is stored as a number and spelt as a word: 5 is "press"."""

    def __init__(self, ranking: type[IntegerChoices], **kwargs: Any) -> None:
        self.ranking = ranking
        super().__init__(choices=[(rank.name.lower(), rank.label) for rank in ranking], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return self.ranking[super().to_internal_value(data).upper()].value

    def to_representation(self, value: Any) -> str:
        return self.ranking(value).name.lower()


class Several(_Worded, serializers.ManyRelatedField):
    limit = 100
    default_error_messages: ClassVar[Any] = {
        "not_a_list": _("Give a list."),
        "too_many": _("Give at most {limit}."),
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        if len(data) > self.limit:
            self.fail("too_many", limit=self.limit)
        found: list[Any] = []
        wrong: Any = {}
        for place, item in enumerate(data):
            try:
                found.append(self.child_relation.to_internal_value(item))
            except serializers.ValidationError as error:
                wrong[place] = error.detail
        if wrong:
            raise serializers.ValidationError(wrong)
        return found


class _Seen(_Worded):
    """What the caller may not see is as good as absent: the same sentence for both."""

    json_type: type
    default_error_messages: ClassVar[Any] = {
        "does_not_exist": _("There is no such entry."),
        "invalid": _("There is no such entry."),
        "incorrect_type": _("There is no such entry."),
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().visible_to(self.context["request"].user)  # type: ignore[misc,attr-defined]

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not self.json_type:
            self.fail("incorrect_type")  # type: ignore[attr-defined]
        try:
            return super().to_internal_value(data)  # type: ignore[misc]
        except ModelValidationError:  # no key has such characters
            self.fail("does_not_exist")  # type: ignore[attr-defined]

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Several:
        outer = {name: value for name, value in kwargs.items() if name in MANY_RELATION_KWARGS}
        child: Any = cls(*args, **kwargs)
        return Several(child_relation=child, **outer)


class ById(_Seen, serializers.PrimaryKeyRelatedField):
    json_type = int


class ByCode(_Seen, serializers.SlugRelatedField):
    """By the key that people know: a party's or forum's code, a commitment's reference."""

    json_type = str
