"""History is complete: the models and the writing methods are enumerated here, so that a new one cannot escape."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core import serializers
from django.db import NotSupportedError, models
from django.db.models.fields.related import ForeignObjectRel, ManyToManyField

from commitments.models import (
    ApiToken,
    Change,
    ChangePosition,
    ColumnMapping,
    Findable,
    Forum,
    ImportRun,
    Recorded,
    RecordedQuerySet,
    ReferenceCounter,
    Unread,
)
from commitments.models.changes import ChangeHorizon
from tests.commitments.any_row import RECORDED, Row, altered, another, new, saved, values
from tests.commitments.replaying import assert_the_record_tells_the_register, every_model
from tests.factories import make_commitment, make_forum

NOT_RECORDED = {
    Change: "it is the record",
    ChangePosition: "it numbers the record",
    ChangeHorizon: "it says how far the record is numbered",
    ReferenceCounter: "it says nothing about the register",
    Findable: "it is an index of the register",
    Unread: "it says what the index has not read yet",
    ApiToken: "it holds a key's fingerprint",
    ImportRun: "it is a file on its way; what comes of it is recorded",
    ColumnMapping: "it is how a person reads a sheet",
}


# What is asserted


def assert_recorded(model: type[Row], deed: Callable[[], Any], *, times: int = 1) -> None:
    before = Change.objects.filter(model=model._meta.label_lower).count()

    deed()

    assert Change.objects.filter(model=model._meta.label_lower).count() == before + times
    assert_the_record_tells_the_register(model)


# Sets of rows and single rows

Call = tuple[tuple[Any, ...], dict[str, Any]]
CREATES: dict[str, Callable[[Row], Call]] = {
    "create": lambda row: ((), {**values(row), "pk": row.pk} if row.pk else values(row)),
    "bulk_create": lambda row: (([row],), {}),
    "get_or_create": lambda row: ((), {"pk": row.pk or 10**6, "defaults": values(row)}),
    "update_or_create": lambda row: ((), {"pk": row.pk or 10**6, "defaults": values(row)}),
}
CHANGES: dict[str, Callable[[Row], Call]] = {
    "update": lambda row: ((), another(row)),
    "bulk_update": lambda row: (([row],), {"fields": [f.removesuffix("_id") for f in altered(row)]}),
    "update_or_create": lambda row: ((), {"pk": row.pk, "defaults": another(row)}),
}
REMOVES: dict[str, Callable[[Row], Call]] = {"delete": lambda row: ((), {})}
ROW_METHODS = {"save", "asave", "save_base", "delete", "adelete"}
PRIVATE = {"_insert", "_update", "_raw_delete"}  # the first two are save_base's own


def writing_methods(owner: Any, *, private: bool = False) -> set[str]:
    """Django marks what writes, so that templates cannot call it."""
    names = (n for n in dir(owner) if n.startswith("_") == private)
    return {n for n in names if getattr(getattr(owner, n, None), "alters_data", False)}


def call(owner: Any, name: str, arguments: Call) -> Any:
    method, (args, kwargs) = getattr(owner, name), arguments
    waits = name.startswith("a") and name != "add"
    return waiting_for(method, *args, **kwargs) if waits else method(*args, **kwargs)


def waiting_for(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    async def run() -> Any:
        return await method(*args, **kwargs)

    return async_to_sync(run)()


def with_async(names: Any) -> Iterator[tuple[str, str]]:
    """(method, the synchronous method whose arguments it takes)."""
    for name in names:
        yield name, name
        if name != "add":
            yield f"a{name}", name


def test_every_model_of_the_register_is_recorded_or_says_why_not() -> None:
    ours = set(apps.get_app_config("commitments").get_models())

    assert ours - set(RECORDED) == set(NOT_RECORDED)


@every_model
def test_every_writing_method_is_known_to_this_test(model: type[Row]) -> None:
    known = {name for base in (CREATES, CHANGES, REMOVES) for name, _sync in with_async(base)}

    assert writing_methods(model.objects.all()) == known, "Say above how it is called, or refuse it."
    assert writing_methods(model.objects.all(), private=True) == PRIVATE
    assert writing_methods(model) == ROW_METHODS


@every_model
def test_a_recorded_model_is_written_through_recorded_rows_only(model: type[Row]) -> None:
    managers = [*model._meta.managers, model._base_manager]

    assert all(isinstance(manager.all(), RecordedQuerySet) for manager in managers)


@every_model
def test_nothing_cascades_past_the_record(model: type[Row]) -> None:
    links = [f for f in model._meta.concrete_fields if f.is_relation]

    assert {f.name for f in links if f.remote_field.on_delete is not models.PROTECT} == set()


@pytest.mark.django_db
@every_model
@pytest.mark.parametrize(("method", "like"), list(with_async(CREATES)))
def test_a_new_row_is_recorded(model: type[Row], method: str, like: str) -> None:
    row = new(model)

    assert_recorded(model, lambda: call(model.objects, method, CREATES[like](row)))


@pytest.mark.django_db
@every_model
@pytest.mark.parametrize(("method", "like"), list(with_async(CHANGES)))
def test_a_changed_row_is_recorded(model: type[Row], method: str, like: str) -> None:
    row = saved(model)
    arguments = CHANGES[like](row)

    assert_recorded(model, lambda: call(model.objects.filter(pk=row.pk), method, arguments))


@pytest.mark.django_db
@every_model
@pytest.mark.parametrize("method", ["delete", "adelete", "_raw_delete"])
def test_a_deleted_row_is_recorded(model: type[Row], method: str) -> None:
    rows = model.objects.filter(pk=removable(model).pk)
    arguments = ((rows.db,), {}) if method == "_raw_delete" else ((), {})

    assert_recorded(model, lambda: call(rows, method, arguments))


def removable(model: type[Row]) -> Row:
    """Follow-ups are only ever deleted with a demonstration."""
    row = new(model)
    if model._meta.label_lower == "commitments.followup":
        row.commitment = make_commitment(forum=make_forum(demonstration=True))
    row.save()
    return row


@pytest.mark.django_db
@every_model
def test_each_way_of_writing_one_row_is_recorded(model: type[Row]) -> None:
    row = new(model)
    assert_recorded(model, row.save)
    altered(row)
    assert_recorded(model, row.save)
    names = altered(row)
    assert_recorded(model, lambda: row.save(update_fields=names))
    altered(row)
    assert_recorded(model, lambda: waiting_for(row.asave))
    altered(row)
    assert_recorded(model, lambda: row.save_base(raw=True))
    gone = [removable(model)] if model._meta.label_lower == "commitments.followup" else [row]
    assert_recorded(model, gone[0].delete)
    if model._meta.label_lower != "notifications.outgoingmail":
        assert_recorded(model, lambda: waiting_for(removable(model).adelete), times=2)


@pytest.mark.django_db
@every_model
def test_a_fixture_is_recorded(model: type[Row]) -> None:
    row = saved(model)
    altered(row)
    fixture = serializers.serialize("json", [row])

    assert_recorded(model, lambda: [entry.save() for entry in serializers.deserialize("json", fixture)])


@pytest.mark.django_db
@every_model
def test_ignored_conflicts_record_only_what_is_new(model: type[Row]) -> None:
    there, again = saved(model), new(model)
    again.pk = there.pk
    rows = [again] if model._meta.label_lower == "notifications.outgoingmail" else [again, new(model)]

    assert_recorded(
        model, lambda: model.objects.bulk_create(rows, ignore_conflicts=True), times=len(rows) - 1
    )


@pytest.mark.django_db
@every_model
def test_an_upsert_is_refused(model: type[Row]) -> None:
    with pytest.raises(NotSupportedError):
        model.objects.bulk_create(
            [new(model)], update_conflicts=True, update_fields=["pk"], unique_fields=["pk"]
        )


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["pk", "id"])
def test_the_key_that_history_hangs_on_does_not_change(key: str) -> None:
    forum = make_forum()

    with pytest.raises(NotSupportedError):
        Forum.objects.update(**{key: forum.pk + 1})


# Managers of related rows


def reverse_links() -> list[ForeignObjectRel]:
    return [
        link
        for model in RECORDED
        for link in model._meta.related_objects
        if link.one_to_many and link.get_accessor_name() and issubclass(link.related_model, Recorded)
    ]


def both_ends() -> list[tuple[type[Row], str, ManyToManyField]]:
    """(model, name of its manager, field) for each many-to-many field, seen from both sides."""
    fields = [field for model in RECORDED for field in model._meta.many_to_many]
    near = [(field.model, field.name, field) for field in fields]
    far = [
        (f.related_model, f.remote_field.get_accessor_name(), f) for f in fields if f.model != f.related_model
    ]
    return near + far


# Rows that hang on the one thing or on the other: what to say instead, and that they never hang on none.
EITHER_OR: dict[tuple[str, str], dict[str, Any]] = {
    ("notifications.reminderladder", "commitment"): {"forum": None},
    ("notifications.reminderladder", "forum"): {"commitment": None},
    ("commitments.followup", "commitment"): {},
    ("commitments.followup", "meeting"): {"commitment": None},
    ("commitments.membership", "forum"): {"role": "reader"},
    ("commitments.membership", "organisation"): {"role": "reader"},
    ("commitments.contact", "commitment"): {},
    ("commitments.contact", "meeting"): {"commitment": None},
    ("commitments.contact", "forum"): {"commitment": None},
    ("commitments.commitmentrelation", "other"): {},
    ("commitments.commitmentrelation", "document"): {"other": None},
}
ADDING, TAKING_AWAY = {"add", "aadd", "set", "aset"}, {"remove", "aremove", "clear", "aclear"}


def row_below(link: Any) -> Row:
    row = new(link.related_model)
    for name, value in EITHER_OR.get((row._meta.label_lower, link.field.name), {}).items():
        setattr(row, name, value)
    setattr(row, link.field.name, saved(link.model))
    return row


def related(name: str, row: Row) -> Call:
    if name.endswith("clear"):
        return (), {}
    return (([row],) if name.endswith("set") else (row,)), {}


every_link = pytest.mark.parametrize(
    "link", reverse_links(), ids=lambda link: f"{link.model.__name__}.{link.get_accessor_name()}"
)


@pytest.mark.django_db
@every_link
def test_rows_written_through_their_owner_are_recorded(link: Any) -> None:
    model, manager = link.related_model, getattr(saved(link.model), link.get_accessor_name())
    fields = values(row_below(link))
    del fields[link.field.attname]

    assert_recorded(model, lambda: manager.create(**fields))
    for name in sorted(ADDING):
        row = row_below(link)
        row.save()
        # Of an owner of its own: set() would let go of the others, and some have only one of a kind.
        manager = getattr(saved(link.model), link.get_accessor_name())
        assert_recorded(model, lambda: call(manager, name, related(name, row)))  # noqa: B023 - called at once


@pytest.mark.django_db
@every_link
def test_rows_let_go_by_their_owner_are_recorded(link: Any) -> None:
    manager = getattr(saved(link.model), link.get_accessor_name())
    own = writing_methods(manager) - writing_methods(link.related_model.objects.all())
    assert own == (ADDING | TAKING_AWAY if link.field.null else ADDING)

    stays = (link.related_model._meta.label_lower, link.field.name) in EITHER_OR
    for name in sorted(own & TAKING_AWAY if not stays else ()):
        row = row_below(link)
        setattr(row, link.field.name, manager.instance)
        row.save()
        assert_recorded(link.related_model, lambda: call(manager, name, related(name, row)))  # noqa: B023


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "accessor", "field"), both_ends(), ids=lambda part: getattr(part, "name", None)
)
def test_many_to_many_links_are_recorded(model: type[Row], accessor: str, field: Any) -> None:
    manager, through = getattr(saved(model), accessor), field.remote_field.through
    assert writing_methods(manager) - writing_methods(model.objects.all()) == ADDING | TAKING_AWAY

    row = saved(manager.model)
    for name in ["add", "remove", "aadd", "aremove", "set", "clear", "aset", "aclear"]:
        assert_recorded(through, lambda: call(manager, name, related(name, row)))  # noqa: B023 - called at once
    assert_recorded(through, lambda: manager.create(**values(new(manager.model))))
