"""Named places at which a worker ends itself with SIGKILL now and then, and what it had begun by then.

The program has no hook for tests: its functions are wrapped from outside. Each death leaves a line in `crashes`, in
VAR_DIR; whatever is in doubt afterwards, and is looked at, a line in `doubted`."""

from __future__ import annotations

import functools
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from django.db import connection

from notifications import bundling, dispatch, planning, supply
from notifications.fates import Fates
from notifications.models import Delivery, DeliveryQuerySet
from notifications.smtp import GuardedSMTP

EVERYWHERE = "everywhere"
SELDOM_PASSED = "while planning", "while bundling"
Wrapper = Callable[..., Any]


class Deaths:
    """Of one process; `most`: in all processes together, at each place."""

    def __init__(self, home: Path, *, often: float, most: int) -> None:
        self.file, self.often, self.most, self.random = home / "crashes", often, most, Random()
        self.tokens: set[str] = set()  # of what this process has claimed

    def at(self, place: str) -> None:
        if self.has_come(place):
            self.die(place)

    def has_come(self, place: str) -> bool:
        often = 1.0 if place in SELDOM_PASSED else self.often
        return self.random.random() < often and happened(self.file)[place] < self.most

    def die(self, place: str) -> None:
        note(self.file, {"place": place, "begun": self.begun()})
        os.kill(os.getpid(), signal.SIGKILL)

    def begun(self) -> list[int]:
        """What has passed the point of no return for good: on a connection that does not see what is not committed."""
        if not self.tokens:
            return []
        fresh = connection.copy()
        marks = ", ".join(["%s"] * len(self.tokens))
        with fresh.cursor() as cursor:
            sql = (
                f"SELECT id FROM notifications_delivery WHERE state = 'sending' AND lease_token IN ({marks})"
            )
            cursor.execute(sql, sorted(self.tokens))
            found = [pk for (pk,) in cursor.fetchall()]
        fresh.close()
        return found


def note(file: Path, what: Any) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps(what) + "\n")


def read(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def happened(file: Path) -> Counter[str]:
    return Counter(death["place"] for death in read(file))


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    whole = getattr(owner, name)

    @functools.wraps(whole)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        return wrapper(whole, *arguments, **named)

    setattr(owner, name, wrapped)


def before(deaths: Deaths, place: str) -> Wrapper:
    def wrapper(whole: Wrapper, *arguments: Any, **named: Any) -> Any:
        deaths.at(place)
        return whole(*arguments, **named)

    return wrapper


def after(has_done: Callable[[Any], object]) -> Callable[[Deaths, str], Wrapper]:
    def place_of_death(deaths: Deaths, place: str) -> Wrapper:
        def wrapper(whole: Wrapper, *arguments: Any, **named: Any) -> Any:
            result = whole(*arguments, **named)
            if has_done(result):
                deaths.at(place)
            return result

        return wrapper

    return place_of_death


def within_the_message(deaths: Deaths, place: str) -> Wrapper:
    def wrapper(whole: Wrapper, server: GuardedSMTP, content: Any) -> Any:
        if server._message_is_next and deaths.has_come(place):
            server.sock.sendall(content[: len(content) // 2])
            deaths.die(place)
        return whole(server, content)

    return wrapper


PLACES: dict[str, tuple[Any, str, Callable[[Deaths, str], Wrapper]]] = {
    "while planning": (planning, "_plan", after(lambda plan: plan.planned)),
    "while bundling": (bundling.Bundling, "run", after(lambda bundle: bundle.bundled)),
    "after claiming": (supply.Supply, "_claimed", after(bool)),
    "before the point of no return": (supply, "pass_point_of_no_return", before),
    "within the point of no return": (supply, "pass_point_of_no_return", after(bool)),
    "after the point of no return": (supply.Supply, "_begin", after(bool)),
    "within a message": (GuardedSMTP, "send", within_the_message),
    "after the answer 250": (Fates, "accepted", before),
    "while writing it down": (DeliveryQuerySet, "mark_sent", after(lambda left: True)),
    "after writing it down": (Fates, "still_to_write_down", before),
}
# There at least one message is begun, or accepted, that is not written down as sent.
LEAVE_DOUBT = [
    "after the point of no return",
    "within a message",
    "after the answer 250",
    "while writing it down",
]


def install(place: str, *, often: float) -> None:
    home, most = Path(os.environ["VAR_DIR"]), int(os.environ.get("FAULTS_CRASHES", "2"))
    deaths = Deaths(home, often=often, most=most)
    _watch(deaths, home / "doubted")
    for name in PLACES if place == EVERYWHERE else [place]:
        owner, function, wrapper = PLACES[name]
        wrap(owner, function, wrapper(deaths, name))


def _watch(deaths: Deaths, doubted: Path) -> None:
    """Which claims are ours, and what is settled by evidence."""

    def claim(whole: Wrapper, *arguments: Any, **named: Any) -> list[Delivery]:
        claimed = whole(*arguments, **named)
        deaths.tokens |= {delivery.lease_token for delivery in claimed}
        return claimed

    def look(whole: Wrapper, *arguments: Any, **named: Any) -> list[Delivery]:
        found = whole(*arguments, **named)
        if found:
            note(doubted, [delivery.pk for delivery in found])
        return found

    wrap(DeliveryQuerySet, "claim", claim)
    wrap(dispatch.Run, "_doubtful", look)
