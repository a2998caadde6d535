"""Nothing is above itself, however it is written."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from commitments.models import CommitmentRelation, Forum
from commitments.trees import ancestors, descendants, is_above_itself
from tests.commitments.any_row import RECORDED, Row, saved
from tests.commitments.writing_paths import CHANGING, ENTERING
from tests.factories import make_commitment, make_forum

TREES = [(model, link) for model in RECORDED for link in model.trees]
# Plain SQL is no path of the register: a cycle takes a question about many rows, which no trigger asks.
CHANGES = {name: change for name, change in CHANGING.items() if name != "SQL"}

pytestmark = pytest.mark.django_db
every_tree = pytest.mark.parametrize(
    ("model", "link"), TREES, ids=lambda part: getattr(part, "__name__", part)
)
every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))


def chain(model: type[Row], link: str, length: int) -> list[Row]:
    """Rows each of which is below the one before it."""
    rows = [saved(model) for _n in range(length)]
    for above, below in zip(rows, rows[1:], strict=False):
        model.objects.filter(pk=below.pk).update(**{link: above})
    return rows


def test_every_link_to_its_own_kind_is_a_tree_or_no_hierarchy() -> None:
    own = {(m, f.name) for m in RECORDED for f in m._meta.concrete_fields if f.related_model is m}

    beside = {(m, name) for m, name in own - set(TREES)}
    assert {name for _model, name in beside} == {"alternate", "corrects"}


@every_tree
@every_change
@pytest.mark.parametrize("length", [1, 2, 5])
def test_nothing_is_put_below_what_is_below_it(model: Any, link: str, change: Any, length: int) -> None:
    rows = chain(model, link, length)

    with pytest.raises(ValidationError) as refusal, transaction.atomic():
        change(rows[0], {link: rows[-1]})

    assert list(refusal.value.message_dict) == [link]
    assert getattr(model.objects.get(pk=rows[0].pk), link) is None


@every_tree
def test_a_cycle_closed_by_one_bulk_write_is_refused(model: Any, link: str) -> None:
    one, two = saved(model), saved(model)
    setattr(one, link, two)
    setattr(two, link, one)

    with pytest.raises(ValidationError), transaction.atomic():
        model.objects.bulk_update([one, two], [link])

    assert not model.objects.exclude(**{link: None}).exists()


@every_tree
def test_a_form_says_so_at_the_field(model: Any, link: str) -> None:
    top, _middle, bottom = chain(model, link, 3)
    setattr(top, link, bottom)

    assert is_above_itself(top, link)
    with pytest.raises(ValidationError) as refusal:
        top.clean()

    assert list(refusal.value.message_dict) == [link]


@every_tree
@every_change
def test_a_branch_moves_elsewhere(model: Any, link: str, change: Any) -> None:
    _top, branch, leaf = chain(model, link, 3)
    elsewhere = saved(model)

    change(branch, {link: elsewhere})

    assert ancestors(model, leaf.pk, link) == {branch.pk, elsewhere.pk}


def test_what_is_above_and_below_is_found_at_any_distance() -> None:
    forums = chain(Forum, "parent", 30)
    make_forum()

    assert ancestors(Forum, forums[-1].pk) == {forum.pk for forum in forums[:-1]}
    assert descendants(Forum, {forums[0].pk}) == {forum.pk for forum in forums}
    assert descendants(Forum, set()) == set()


# Lineage: a commitment takes up others, and no line leads back


def line(length: int) -> list[Row]:
    """Commitments each of which takes up the one before it."""
    found = [make_commitment() for _n in range(length)]
    for older, newer in zip(found, found[1:], strict=False):
        CommitmentRelation.objects.create(commitment=newer, other=older, kind="advances")
    return found


@pytest.mark.parametrize("path", [path for path in ENTERING if path != "SQL"])
@pytest.mark.parametrize("length", [2, 4])
@pytest.mark.parametrize("kind", ["advances", "supersedes"])
def test_no_line_of_relations_leads_back(path: str, length: int, kind: str) -> None:
    found = line(length)
    back = CommitmentRelation(commitment=found[0], other=found[-1], kind=kind)

    with pytest.raises(ValidationError) as refusal, transaction.atomic():
        ENTERING[path](back)

    assert list(refusal.value.message_dict) == ["other"]
    assert CommitmentRelation.objects.count() == length - 1


@every_change
def test_no_relation_is_turned_back(change: Any) -> None:
    oldest, _middle, newest = line(3)
    relation = CommitmentRelation.objects.create(
        commitment=newest, other=make_commitment(), kind="implements"
    )

    with pytest.raises(ValidationError), transaction.atomic():
        change(relation, {"commitment": oldest, "other": newest})


def test_a_form_says_at_the_field_that_a_line_leads_back() -> None:
    oldest, newest = line(2)

    with pytest.raises(ValidationError) as refusal:
        CommitmentRelation(commitment=oldest, other=newest, kind="advances").clean()

    assert list(refusal.value.message_dict) == ["other"]


def test_lines_may_meet_again_further_down() -> None:
    declared, left, right, latest = (make_commitment() for _n in range(4))

    for newer, older in [(left, declared), (right, declared), (latest, left), (latest, right)]:
        CommitmentRelation.objects.create(commitment=newer, other=older, kind="derives_from")

    assert CommitmentRelation.objects.count() == 4
