"""What goes in and out: explicit fields, validated by the model's own rules."""

import copy
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from commitments.api.fields import ById, Choice, Day, Number, Text, Verbatim, YesNo
from commitments.fields import VerbatimField
from commitments.models import Recorded

NAMES = ["name", "name_en", "name_ko", "name_ja", "aliases"]
TITLES = ["title", "title_en", "title_ko", "title_ja", "aliases"]


class _KnownFields:
    """A field that is misspelt or cannot be written is refused, never dropped in silence."""

    def to_internal_value(self, data: Any) -> Any:
        fields: Mapping[str, serializers.Field] = self.fields  # type: ignore[attr-defined]
        wrong = {}
        for name in data:
            if name not in fields:
                wrong[name] = [_("There is no such field.")]
            elif fields[name].read_only:
                wrong[name] = [_("This field cannot be written here.")]
        if wrong:
            raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)  # type: ignore[misc]


# Comments instead of docstrings: the OpenAPI document would print them with every serializer derived from these.
class Body(_KnownFields, serializers.Serializer):  # what a verb is told
    pass


class Nothing(Body):  # for a verb that its address says whole
    pass


# Validates the row as it would be stored, so that each rule is written once, in the model.
class Entry(_KnownFields, serializers.ModelSerializer):
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.BooleanField: YesNo,
        models.CharField: Text,
        models.DateField: Day,
        models.PositiveIntegerField: Number,
        models.PositiveSmallIntegerField: Number,
        models.SmallIntegerField: Number,
        models.TextField: Text,
        VerbatimField: Verbatim,
    }
    serializer_choice_field = Choice
    serializer_related_field = ById

    class Meta:
        validators: list[Any] = []  # uniqueness too is the model's

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        kind, options = super().build_standard_field(field_name, model_field)
        rules = options.pop("validators", [])
        kept = [rule for rule in rules if not isinstance(rule, UniqueValidator)]
        return kind, {**options, "validators": kept} if kept else options

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        self.row = copy.copy(self.instance) if self.instance is not None else self.Meta.model()
        for name, value in attrs.items():
            if not isinstance(value, list):
                setattr(self.row, name, value)
        clean(self.row)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        return self.store(validated_data)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        return self.store(validated_data)

    def store(self, attrs: dict[str, Any]) -> Any:
        self.row.save()
        for name, value in attrs.items():
            if isinstance(value, list):
                getattr(self.row, name).set(value)
        return self.row


def clean(row: Recorded) -> None:
    """`full_clean()` without the columns that only saving fills: a reference, a fingerprint, a party."""
    row.full_clean(exclude=_unfilled(row), validate_constraints=False)
    row.validate_constraints(exclude=_unfilled(row))


def _unfilled(row: Recorded) -> set[str]:
    columns = [column for column in row._meta.concrete_fields if not column.editable]
    return {column.name for column in columns if getattr(row, column.attname) in column.empty_values}
