"""Dates on the pages without an account, as the language of the page writes them."""

from datetime import date

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from commitments.spoken_dates import long_date

register = template.Library()


@register.filter
def day(value: date | None) -> SafeString | str:
    if value is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(), long_date(value, get_language() or "en")
    )
