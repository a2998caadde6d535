"""The compiled catalogues are kept with their sources: a machine with nothing but Python has no gettext."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

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


APPS = ("commitments", "notifications", "tracker")
TRANSLATES = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
OF_TEMPLATE = re.compile(r"""\bn?gettext\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def names_in(tree: ast.Module) -> set[str]:
    """What these functions are called there. makemessages knows their own names and “_” only."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    from_django = (node for node in imports if node.module == "django.utils.translation")
    taken = (each for node in from_django for each in node.names if each.name in TRANSLATES)
    return {each.asname or each.name for each in taken}


def calls(node: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in names:
            yield each


def trees(app: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((CHECKOUT / app).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def strings_of(app: str) -> set[str]:
    """All that stands literally in a call or a tag that translates it."""
    found = (call for _path, tree in trees(app) for call in calls(tree, names_in(tree)))
    firsts = (call.args[0] for call in found)
    said = {str(first.value) for first in firsts if isinstance(first, ast.Constant)}
    for path in (CHECKOUT / app).rglob("templates/**/*.html"):
        tags = OF_TEMPLATE.findall(templatize(path.read_text(encoding="utf-8")))
        said |= {ast.literal_eval(each) for each in tags}
    return said


@pytest.mark.parametrize("language", ["ko", "ja"])
@pytest.mark.parametrize("app", APPS)
def test_every_string_that_asks_for_a_translation_has_one(app: str, language: str) -> None:
    catalogue = polib.pofile(str(CHECKOUT / app / "locale" / language / "LC_MESSAGES" / "django.po"))
    known = {entry.msgid for entry in catalogue if not entry.obsolete}

    assert strings_of(app) - known == set(), "makemessages does not find it, or has not been run"


@pytest.mark.parametrize("app", APPS)
def test_no_string_hides_from_makemessages_within_an_f_string(app: str) -> None:
    hidden = [
        f"{path}:{call.lineno}"
        for path, tree in trees(app)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for call in calls(node, names_in(tree))
    ]

    assert hidden == []
