"""Numbers as lengths: bars that lie, and columns that stand, each made of parts that add up."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from tracker.desk.drawing.marks import joined, per_cent, picture, tag, words
from tracker.desk.drawing.scales import WHOLE, Scale, whole_steps

BAR_HEIGHT = 26
COLUMN_HEIGHT = 200
COLUMN_WIDTH = 56
ROOM_ABOVE = 22  # for the number on top of a column
# Per cent of the width, below which a number does not fit into its part: where there is much room, and little.
ROOM_FOR_A_NUMBER = {True: 7.0, False: 9.0}
ROOM_FOR_THE_TOTAL = 94.0
LEAST_HEIGHT_FOR_A_NUMBER = 18


@dataclass(frozen=True)
class Part:
    """`kind` chooses colour and pattern, `sign` is the shape that is written with the number."""

    kind: str
    count: int
    sign: str = ""
    word: str = ""

    @property
    def spoken(self) -> str:
        return f"{self.word} {self.count}"


def in_words(parts: Sequence[Part]) -> str:
    """What a picture says to whoever does not see it."""
    return ", ".join(part.spoken for part in parts)


def bar(parts: Sequence[Part], *, longest: int, label: str = "", wide: bool = True) -> SafeString:
    """One bar; `longest` is the sum that fills the width, so that bars of one picture can be compared."""
    scale = Scale(0, longest, 0, ROOM_FOR_THE_TOTAL)
    some = [part for part in parts if part.count > 0]
    drawn, done = [], 0
    for part in some:
        place = scale.at(done), scale.at(done + part.count)
        # The only part needs no number: the total says it.
        room = ROOM_FOR_A_NUMBER[wide] if len(some) > 1 else WHOLE
        drawn.append(_lying(part, *place, room=room))
        done += part.count
    total = words(done, "total", x=scale.at(done), y="50%", anchor="start", dx=6)
    said = f"{label}: {in_words(parts)}" if label else in_words(parts)
    return picture(*drawn, total, height=BAR_HEIGHT, kind="bar", label=said)


def _lying(part: Part, start: float, end: float, *, room: float) -> SafeString:
    place = {"x": per_cent(start), "y": 1, "width": per_cent(end - start), "height": BAR_HEIGHT - 2}
    fits = end - start >= room
    number = (
        words(f"{part.sign} {part.count}".strip(), f"in part-{part.kind}", x=(start + end) / 2, y="50%")
        if fits
        else ""
    )
    return joined([_filled(part.kind, place), number])


def _filled(kind: str, place: dict[str, object]) -> SafeString:
    """The colour, and the pattern over it, which is there on paper and for whoever sees no colours too."""
    colour = tag("rect", **place, class_=f"part part-{kind}")
    return joined([colour, tag("rect", **place, fill=f"url(#pattern-{kind})", class_="pattern")])


def column_steps(highest: int) -> list[int]:
    return whole_steps(highest)


def column(parts: Sequence[Part], *, steps: Sequence[int], label: str = "") -> SafeString:
    """One column on its part of the ground; `steps` are the lines behind it, the same for all of one picture."""
    scale = _standing_scale(steps)
    drawn = [_line(scale.at(step), step == 0) for step in steps]
    done = 0
    for part in parts:
        if part.count > 0:
            drawn.append(_standing(part, scale.at(done + part.count), scale.at(done)))
            done += part.count
    total = words(done, "total", x=50, y=round(scale.at(done) - 6, 2))
    said = f"{label}: {in_words(parts)}" if label else in_words(parts)
    return picture(*drawn, total, height=COLUMN_HEIGHT + ROOM_ABOVE + 1, kind="column", label=said)


def column_axis(steps: Sequence[int]) -> SafeString:
    scale = _standing_scale(steps)
    numbers = [words(step, "axis", x=90, y=round(scale.at(step), 2), anchor="end") for step in steps]
    return picture(*numbers, height=COLUMN_HEIGHT + ROOM_ABOVE + 1, kind="axis")


def _standing_scale(steps: Sequence[int]) -> Scale:
    """Downwards, in pixels: the ground is below."""
    return Scale(0, steps[-1], COLUMN_HEIGHT + ROOM_ABOVE, ROOM_ABOVE)


def _line(y: float, is_ground: bool) -> SafeString:
    kind = "line line-ground" if is_ground else "line"
    return tag("line", x1="0%", x2="100%", y1=round(y, 2), y2=round(y, 2), class_=kind)


def _standing(part: Part, top: float, bottom: float) -> SafeString:
    place = {
        "x": "50%",
        "y": round(top, 2),
        "width": COLUMN_WIDTH,
        "height": round(bottom - top, 2),
        "transform": f"translate({-COLUMN_WIDTH // 2} 0)",
    }
    fits = bottom - top >= LEAST_HEIGHT_FOR_A_NUMBER
    number = (
        words(
            f"{part.sign} {part.count}".strip(), f"in part-{part.kind}", x=50, y=round((top + bottom) / 2, 2)
        )
        if fits
        else ""
    )
    return joined([_filled(part.kind, place), number])
