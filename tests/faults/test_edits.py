"""Fault 13: items are moved, closed, handed over and restricted, and people leave, while their messages go out."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.faults.crashes import read
from tests.faults.editor import EDITS, SOON
from tests.faults.expectations import WAVES
from tests.faults.house import CHECKOUT, House
from tests.faults.relay import Accepted
from tests.faults.servers import wait_until

pytestmark = pytest.mark.faults
TUESDAY = WAVES[0] + timedelta(days=1)


@dataclass(frozen=True)
class Edit:
    """`began`, `ended`: between them it was committed, in seconds of the real clock."""

    edit: str
    item: str
    state: str
    began: float
    ended: float
    address: str  # of whoever answered for it before

    @property
    def newcomer(self) -> str:
        return f"new-{self.item[-5:]}@ministry.example"


class Told:
    """What arrived about each item, and what was known when it passed its point of no return."""

    def __init__(self, house: House) -> None:
        self.messages = list(house.relay.messages)
        self.asked = {note["message_id"]: note["asked"] for note in read(house.home / "points")}

    def of(self, item: str, *, to: str = "", since: float = 0.0) -> list[Accepted]:
        return [
            each
            for each in self.messages
            if item in each.references and to in ("", each.to) and self.asked[each.message_id] >= since
        ]

    def words_since(self, moment: float) -> str:
        return "\n".join(words(each) for each in self.messages if self.asked[each.message_id] >= moment)

    def has_all(self, edit: Edit) -> bool:
        if edit.edit in ("move_away", "close"):
            return True
        if edit.edit == "hand_over":
            return bool(self.of(edit.item, to=edit.newcomer))
        return bool(self.of(edit.item, since=edit.began if edit.edit == "move_nearer" else 0.0))

    def is_all(self, edits: list[Edit], untouched: set[str]) -> bool:
        return all(map(self.has_all, edits)) and all(map(self.of, untouched))

    def assert_right(self, edit: Edit) -> None:
        before, after = self.of(edit.item, to=edit.address), self.of(edit.item, since=edit.ended)
        late = self.of(edit.item, to=edit.address, since=edit.ended)
        match edit.edit:
            case "move_away" | "close":
                assert (len(after), len(before) <= 1) == (0, True), edit
            case "move_nearer":
                assert len(after) <= 1, edit
                assert len(before) - len(after) <= 1, edit
            case "hand_over":
                assert (late, len(before) <= 1) == ([], True), edit
                assert len(self.of(edit.item, to=edit.newcomer)) == 1, edit
            case "leave":
                assert late == [], edit
                assert len(before) + len(self.of(edit.item, to=edit.newcomer)) == 1, edit
            case "restrict":
                assert len(before) == 1, edit
                assert f"Item {edit.item}" not in self.words_since(edit.ended), edit


def words(message: Accepted) -> str:
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    part = parsed.get_body(("plain",))
    return part.get_content() if part else ""


def same_on_both_days(house: House) -> set[str]:
    """Items of which Tuesday brings no further step."""
    days = WAVES[0].date(), TUESDAY.date()
    return {
        item.reference
        for item in house.known
        if item.due_on != SOON and item.step_on(days[0]) == item.step_on(days[1])
    }


def chosen(house: House) -> dict[str, str]:
    """By item its owner: one of each person that is asked about now; every fourth person's stay as they are."""
    same = same_on_both_days(house)
    due = {address: items & same for address, items in sorted(house.due(0).items())}
    edited = [(min(items), address) for address, items in due.items() if items]
    return {item: address for n, (item, address) in enumerate(edited) if n % 4}


def edits_under_way(house: House, owners: dict[str, str]) -> list[Edit]:
    """Some before anything is bundled, some before a worker runs, the rest from the first message on."""
    command = [sys.executable, "-m", "tests.faults.editor", *owners]
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=house.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as editor:
        assert editor.stdin
        assert editor.stdout
        lines = []
        while (line := editor.stdout.readline().strip()) not in ("ready", ""):
            lines.append(line)
        house.start_crew()
        wait_until(lambda: house.arrived(0), seconds=60, what="the first message")
        editor.stdin.write("\n")
        editor.stdin.close()
        lines += editor.stdout.read().split("\n")
    told = [json.loads(line) for line in lines if line]
    return [Edit(**each, address=owners[each["item"]]) for each in told]


@pytest.mark.enough_on("postgresql")
def test_edits_under_way_are_told_as_they_stand_at_the_point_of_no_return(small_house: House) -> None:
    small_house.extra = {"FAULTS_POINTS": "1"}
    owners = chosen(small_house)
    asked = {item for items in small_house.due(0).values() for item in items}
    untouched = (asked & same_on_both_days(small_house)) - set(owners)

    edits = edits_under_way(small_house, owners)
    small_house.relay.wave = 1
    small_house.show(TUESDAY)
    wait_until(lambda: Told(small_house).is_all(edits, untouched), seconds=120, what="everybody hearing")
    wait_until(small_house._is_settled, seconds=60, what="every message being settled")

    told = Told(small_house)
    for edit in edits:
        told.assert_right(edit)
    assert {item: len(told.of(item)) for item in untouched} == dict.fromkeys(untouched, 1)
    assert (len(edits), {edit.edit for edit in edits}) == (len(owners), set(EDITS))
    states = Counter(edit.state for edit in edits)
    assert {"planned", "pending", "claimed"} <= set(states)
    small_house.noted["edits"] = f"{len(edits)} of messages {dict(states)}"
