"""What the history says: a change with its author, a row as of a date, the feed in the order of commits."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from commitments.models import Change, ChangePosition, Forum, Topic, User, writing
from tests.commitments.any_row import NOW, Row, saved
from tests.commitments.replaying import assert_the_record_tells_the_register, every_model, in_record
from tests.factories import make_forum, make_party, make_post, make_user
from tests.threads import refused, together

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
