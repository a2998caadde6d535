"""Days as places: strips of one scale that lie above each other, so that lines of the same day meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from tracker.desk.drawing.marks import joined, per_cent, picture, shape, tag, words
from tracker.desk.drawing.scales import WHOLE, DateScale

AXIS_HEIGHT = 34
EDGE = 4.0  # per cent on which a word at the edge would be cut


@dataclass(frozen=True)
class Mark:
    """Something on a day. `hangs_on`: the day of the meeting that it is counted from; `floats`: that has no day."""

    day: date
    shape: str
    kind: str
    title: str = ""
    hangs_on: date | None = None
    floats: bool = False
    sign: str = ""  # a number written on it
    ringed: bool = False  # by our reading, not as declared


@dataclass(frozen=True)
class Span:
    """From a day until a day, such as the time in which something is expected by our reading."""

    first: date
    last: date
    kind: str
    title: str = ""


@dataclass(frozen=True)
class Line:
    """A day that goes through every strip: a meeting, or today."""

    day: date
    kind: str


def strip(
    scale: DateScale, *, marks: Sequence[Mark] = (), spans: Sequence[Span] = (), lines: Sequence[Line] = ()
) -> SafeString:
    """What lies outside the scale is left out: the words beside it say so, and the table has it."""
    drawn = [_through(scale, line) for line in lines if scale.covers(line.day)]
    drawn += [
        _spanned(scale, span) for span in spans if span.last >= scale.first and span.first <= scale.last
    ]
    seen = [mark for mark in marks if scale.covers(mark.day)]
    drawn += [_ties(scale, mark) for mark in seen]
    drawn += [_marked(scale, mark) for mark in seen]
    return picture(*drawn, kind="strip")


def axis(scale: DateScale, labels: Sequence[tuple[float, str]], *, lines: Sequence[Line] = ()) -> SafeString:
    """`labels`: the words of scale.ticks(), each with its place."""
    drawn = [_through(scale, line) for line in lines if scale.covers(line.day)]
    for at, text in labels:
        drawn.append(
            tag(
                "line",
                x1=per_cent(at),
                x2=per_cent(at),
                y1=AXIS_HEIGHT - 8,
                y2=AXIS_HEIGHT,
                class_="line line-tick",
            )
        )
        drawn.append(words(text, "axis", x=at, y=AXIS_HEIGHT - 18, anchor=_anchor(at)))
    return picture(*drawn, height=AXIS_HEIGHT, kind="axis")


def _anchor(at: float) -> str:
    """A word at the edge begins or ends there."""
    if at < EDGE:
        return "start"
    return "end" if at > WHOLE - EDGE else "middle"


def _through(scale: DateScale, line: Line) -> SafeString:
    x = per_cent(scale.at(line.day))
    return tag("line", x1=x, x2=x, y1="0%", y2="100%", class_=f"line line-{line.kind}")


def _spanned(scale: DateScale, span: Span) -> SafeString:
    first, last = scale.at(max(span.first, scale.first)), scale.at(min(span.last, scale.last))
    told = (tag("title", span.title),) if span.title else ()
    place = {"x": per_cent(first), "width": per_cent(last - first), "y": "50%", "height": 12}
    drawn = tag("rect", *told, **place, rx=3, class_=f"span span-{span.kind}", transform="translate(0 -6)")
    return joined([drawn])


def _ties(scale: DateScale, mark: Mark) -> SafeString:
    """To the meeting that it hangs on; to the edge, while that has no day."""
    if mark.floats:
        return _tie(scale.at(mark.day), WHOLE, "floating")
    if mark.hangs_on is None:
        return joined([])
    return _tie(scale.at(mark.day), scale.at(mark.hangs_on), "fixed")


def _tie(start: float, end: float, kind: str) -> SafeString:
    return tag(
        "line", x1=per_cent(start), x2=per_cent(end), y1="50%", y2="50%", class_=f"line line-tie-{kind}"
    )


def _marked(scale: DateScale, mark: Mark) -> SafeString:
    at = scale.at(mark.day)
    ring = [shape("ring", "ring", x=at)] if mark.ringed else []
    drawn = [*ring, shape(mark.shape, mark.kind, x=at, title=mark.title)]
    if not mark.sign:
        return joined(drawn)
    return joined([*drawn, words(mark.sign, f"sign sign-on-{mark.kind}", x=at, y="50%")])
