"""What the pages without an account have in common: a language for each look, and a kind word where nothing is to be had."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

SIGNS = {"ko": "한", "en": "En", "ja": "日"}


def language_of(request: HttpRequest, theirs: str) -> str:
    """As chosen on the page, by its address alone; else theirs."""
    chosen = request.GET.get("language", "")
    return chosen if chosen in SIGNS else theirs


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, language: str, status: int = 200
) -> HttpResponse:
    with translation.override(language):
        return render(request, template, {**context, "languages": _languages(request)}, status=status)


def sorry(request: HttpRequest, title: str, sentence: str, *, status: int) -> HttpResponse:
    context = {"title": title, "sentence": sentence}
    return show(
        request,
        "notifications/sorry.html",
        context,
        language=language_of(request, translation.get_language() or "en"),
        status=status,
    )


def _languages(request: HttpRequest) -> list[dict[str, str]]:
    names = dict(settings.LANGUAGES)
    return [
        {"code": code, "sign": sign, "name": names[code], "address": _in(request, code)}
        for code, sign in SIGNS.items()
    ]


def _in(request: HttpRequest, code: str) -> str:
    """The same page in another language."""
    query = request.GET.copy()
    query["language"] = code
    return f"?{query.urlencode()}"
