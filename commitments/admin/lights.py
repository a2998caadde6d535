"""A light is a word with a shape and a colour; colour never alone."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

SHAPES = {"on_track": "●", "at_risk": "▲", "off_track": "■", "": "○"}


def light(colour: str, word: Any) -> SafeString:
    """`colour`: on_track, at_risk, off_track, or empty for grey."""
    return format_html(
        '<span class="light light-{}"><span aria-hidden="true">{}</span> {}</span>',
        colour or "none",
        SHAPES.get(colour, SHAPES[""]),
        word,
    )
