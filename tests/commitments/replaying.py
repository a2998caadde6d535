"""The record played back from its beginning, against what the tables hold."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder

from commitments.models import Change
from tests.commitments.any_row import RECORDED, Row

every_model = pytest.mark.parametrize("model", RECORDED, ids=lambda m: m._meta.label_lower)


def in_record(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(row, cls=DjangoJSONEncoder))


def assert_the_record_tells_the_register(*models: type[Row]) -> None:
    """Each Change begins where the one before it ended, and the last ones are the rows that are there."""
    told: dict[tuple[str, int], Any] = {}
    for change in Change.objects.order_by("id"):
        key = change.model, change.object_id
        assert change.before == told.get(key), f"gap before {change}"
        assert change.before != change.after, f"nothing changed in {change}"
        told[key] = change.after
    there = {
        (model._meta.label_lower, row[model._meta.pk.attname]): in_record(row)
        for model in {*models, *(apps.get_model(label) for label, _key in told)}
        for row in model._base_manager.order_by().values(*model.recorded_columns())
    }
    assert {key: row for key, row in told.items() if row is not None} == there
