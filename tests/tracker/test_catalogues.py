"""The compiled catalogues are kept with their sources: a machine with nothing but Python has no gettext."""

from pathlib import Path

import polib

from tracker.bootstrap import CHECKOUT


def find_catalogues() -> list[Path]:
    return [
        path for app in ("commitments", "notifications", "tracker") for path in (CHECKOUT / app).rglob("*.po")
    ]


def messages(catalogue: polib.POFile | polib.MOFile) -> dict[tuple[str | None, str], str | dict[int, str]]:
    return {
        (entry.msgctxt, entry.msgid): entry.msgstr_plural or entry.msgstr
        for entry in catalogue.translated_entries()
    }


def test_compiled_catalogues_say_what_their_sources_say() -> None:
    stale = [
        path
        for path in find_catalogues()
        if not path.with_suffix(".mo").exists()
        or messages(polib.mofile(str(path.with_suffix(".mo")))) != messages(polib.pofile(str(path)))
    ]

    assert stale == [], "compile them: django-admin compilemessages"


def test_every_string_is_translated() -> None:
    open_ = {
        f"{path}: {entry.msgid}"
        for path in find_catalogues()
        for entry in polib.pofile(str(path))
        if not entry.obsolete and (not entry.translated() or entry.fuzzy)
    }

    assert open_ == set()
