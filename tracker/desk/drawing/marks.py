"""The few elements that pictures are made of, escaped; and the shapes that stand for a state."""

from collections.abc import Iterable

from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

# Outlines around the middle, some ten pixels wide: a state is told by its shape, with or without its colour.
SHAPES = {
    "circle": "M-5.5,0a5.5,5.5 0 1,0 11,0a5.5,5.5 0 1,0 -11,0z",
    "square": "M-5,-5h10v10h-10z",
    "triangle": "M0,-6l6.5,11h-13z",
    "diamond": "M0,-9l9,9l-9,9l-9,-9z",
    "tick": "M-5,0.5l3.5,3.8l6.5,-8",
    "ring": "M-10,0a10,10 0 1,0 20,0a10,10 0 1,0 -20,0z",
}


def tag(name: str, *inside: object, **attributes: object) -> SafeString:
    """`class_` and the like lose their last line, `stroke_width` is stroke-width; what is None is left out."""
    said = (
        (key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None
    )
    written = format_html_join("", ' {}="{}"', said)
    return mark_safe(f"<{name}{written}>{joined(inside)}</{name}>")  # every part of it is escaped


def joined(parts: Iterable[object]) -> SafeString:
    return mark_safe("".join(part if isinstance(part, SafeString) else escape(part) for part in parts))


def per_cent(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") + "%"


def picture(*inside: object, height: int | None = None, kind: str, label: str = "") -> SafeString:
    """With a `label` it is an image that says so; without, an ornament beside words that say it all."""
    known = {"class_": f"drawing drawing-{kind}", "width": "100%", "height": height or "100%"}
    if label:
        return tag("svg", *inside, **known, role="img", aria_label=label)
    return tag("svg", *inside, **known, aria_hidden="true", focusable="false")


def shape(name: str, kind: str, *, x: float, y: float | str = 50, title: str = "") -> SafeString:
    """`x`, and `y` if it is a number, in per cent."""
    drawn = tag("path", d=SHAPES[name], class_=f"mark mark-{kind}")
    across = y if isinstance(y, str) else per_cent(y)
    told = (tag("title", title),) if title else ()
    return tag("svg", *told, drawn, x=per_cent(x), y=across, overflow="visible", class_="place")


def words(
    text: object, kind: str, *, x: float, y: object, anchor: str = "middle", dx: int | None = None
) -> SafeString:
    return tag("text", text, x=per_cent(x), y=y, dx=dx, text_anchor=anchor, class_=f"words-{kind}")
