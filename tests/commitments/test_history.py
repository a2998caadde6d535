"""History is complete: the models and the writing methods are enumerated here, so that a new one cannot escape."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import NotSupportedError, models, transaction
from django.db.models.fields.related import ForeignObjectRel, ManyToManyField

from commitments.models import (
    ApiToken,
    Change,
    ChangePosition,
    Forum,
    Recorded,
    RecordedQuerySet,
    ReferenceCounter,
    Topic,
    User,
    writing,
)
from tests.commitments.any_row import NOW, RECORDED, Row, altered, another, new, saved, values
from tests.factories import make_commitment, make_forum, make_party, make_post, make_user
from tests.threads import refused, together

NOT_RECORDED = {
    Change: "it is the record",
    ChangePosition: "it numbers the record",
    ReferenceCounter: "it says nothing about the register",
    ApiToken: "it holds a key's fingerprint",
}


# What is asserted


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
    method = getattr(owner, name)
    args, kwargs = arguments
    return (
        waiting_for(method, *args, **kwargs)
        if name.startswith("a") and name != "add"
        else method(*args, **kwargs)
    )


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


every_model = pytest.mark.parametrize("model", RECORDED, ids=lambda m: m._meta.label_lower)


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
    ("commitments.followup", "commitment"): {},
    ("commitments.followup", "meeting"): {"commitment": None},
    ("commitments.membership", "forum"): {"role": "reader"},
    ("commitments.membership", "organisation"): {"role": "reader"},
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
        if name.endswith("set") and link.field.null:
            manager = getattr(saved(link.model), link.get_accessor_name())  # set() would let go of the others
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


# What a change says


@pytest.mark.django_db
def test_a_change_says_who_wrote_for_whom_by_which_door_and_why() -> None:
    officer, post = make_user(), make_post()

    with writing(by_id=officer.pk, on_behalf_of_id=post.pk, via="admin", why="Agreed in May", at=NOW):
        forum = make_forum()

    change = forum.changes.get()
    assert (change.by, change.on_behalf_of, change.via, change.why) == (
        officer,
        post,
        "admin",
        "Agreed in May",
    )
    assert change.at == NOW


@pytest.mark.django_db
def test_an_inner_author_adds_to_the_outer_one_and_ends_with_its_block() -> None:
    with writing(via="api"):
        with writing(why="Corrected"):
            inner = make_forum()
        outer = make_forum()
    after = make_forum()

    assert [(f.changes.get().via, f.changes.get().why) for f in (inner, outer, after)] == [
        ("api", "Corrected"),
        ("api", ""),
        ("system", ""),
    ]


@pytest.mark.django_db
def test_nothing_is_written_when_nothing_changed() -> None:
    forum = make_forum(note="Same")
    before = Change.objects.count()

    forum.save()
    Forum.objects.filter(pk=forum.pk).update(note="Same")
    Forum.objects.bulk_update([forum], ["note"])
    forum.parties.set([])

    assert Change.objects.count() == before


@pytest.mark.django_db
def test_what_is_rolled_back_leaves_no_trace() -> None:
    with transaction.atomic():
        make_forum()
        transaction.set_rollback(True)

    assert not Change.objects.exists()


@pytest.mark.django_db
def test_no_password_reaches_the_record() -> None:
    user = make_user()
    user.set_password("correct horse battery")
    user.save()
    User.objects.filter(pk=user.pk).update(password="plain words", last_login=NOW)

    told = json.dumps(list(user.changes.values("before", "after")))
    assert "password" not in told
    assert "last_login" not in told
    assert user.changes.count() == 1


@pytest.mark.django_db
def test_a_change_names_the_columns_that_differ() -> None:
    forum = make_forum(note="Old")

    Forum.objects.filter(pk=forum.pk).update(note="New", cadence_months=12)

    change = forum.changes.last()
    assert change is not None
    assert sorted(change.changed_fields) == ["cadence_months", "note"]


@pytest.mark.django_db
@every_model
def test_the_record_gives_back_the_row_itself(model: type[Row]) -> None:
    row = saved(model)

    then = model.as_of(row.pk, datetime.now(UTC))

    columns = model.recorded_columns()
    stored = model.objects.get(pk=row.pk)
    assert in_record({n: getattr(then, n) for n in columns}) == in_record(
        {n: getattr(stored, n) for n in columns}
    )


@pytest.mark.django_db
def test_a_row_can_be_read_as_of_a_date() -> None:
    with writing(at=NOW):
        topic = Topic.objects.create(code="minerals", name_en="Critical minerals")
    with writing(at=NOW + timedelta(days=10)):
        Topic.objects.filter(pk=topic.pk).update(name_en="Minerals")
    with writing(at=NOW + timedelta(days=20)):
        Topic.objects.filter(pk=topic.pk).delete()

    names = [Topic.as_of(topic.pk, NOW + timedelta(days=n)).name_en for n in (0, 9, 10, 19)]

    assert names == ["Critical minerals", "Critical minerals", "Minerals", "Minerals"]
    for moment in (NOW - timedelta(seconds=1), NOW + timedelta(days=20)):
        with pytest.raises(Topic.DoesNotExist):
            Topic.as_of(topic.pk, moment)


# The feed


@pytest.mark.django_db
def test_the_feed_goes_on_where_the_reader_stopped() -> None:
    make_party()
    first = list(Change.objects.feed())
    forum = make_forum()

    rest = list(Change.objects.feed(after=first[-1].position.number))

    assert [(change.model, change.object_id) for change in rest] == [("commitments.forum", forum.pk)]


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_a_slow_transaction_comes_later_in_the_feed_and_is_not_missed() -> None:
    written, read = threading.Event(), threading.Event()

    def write_slowly() -> int:
        with transaction.atomic():
            forum = make_forum()
            written.set()
            read.wait(timeout=10)
        return forum.pk

    def write_and_read() -> tuple[int, int]:
        written.wait(timeout=10)
        forum = make_forum()
        number = Change.objects.feed().get().position.number
        read.set()
        return forum.pk, number

    slow, (quick, number) = together(write_slowly, write_and_read)

    later = Change.objects.feed(after=number).get()
    assert later.object_id == slow
    assert later.pk < Change.objects.get(model="commitments.forum", object_id=quick).pk


@pytest.mark.django_db(transaction=True)
def test_readers_that_number_at_the_same_time_number_each_change_once() -> None:
    for _row in range(50):
        make_forum()

    results = together(*[ChangePosition.objects.number_changes] * 8)

    assert refused(results) == []
    assert sum(results) == ChangePosition.objects.count() == Change.objects.count() == 50


# Two writers of the same rows


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_the_same_row_only_one_has_it() -> None:
    forum = make_forum(note="free")

    def claim() -> int:
        return Forum.objects.filter(pk=forum.pk, note="free").update(note="taken")

    for _round in range(10):
        Forum.objects.filter(pk=forum.pk).update(note="free")
        assert sorted(together(claim, claim)) == [0, 1]


@pytest.mark.pg
@pytest.mark.django_db(transaction=True)
def test_a_row_that_stopped_matching_meanwhile_is_neither_deleted_nor_said_to_be() -> None:
    topic = Topic.objects.create(code="minerals", name_en="Draft")
    chosen, changed = threading.Event(), threading.Event()

    def rename() -> None:
        with transaction.atomic():
            Topic.objects.filter(pk=topic.pk).update(name_en="Kept")
            chosen.set()
            changed.wait(timeout=1)

    def delete() -> int:
        chosen.wait(timeout=10)
        return Topic.objects.filter(name_en="Draft").delete()[0]

    _nothing, deleted = together(rename, delete)

    assert deleted == 0
    assert_the_record_tells_the_register()
