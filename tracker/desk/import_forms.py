"""What an officer says about a sheet: where it is, what it holds, and what its columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commitments.importing import runs
from commitments.importing.columns import IGNORED, LAYOUTS, UNDECIDED
from commitments.importing.tables import MAX_BYTES
from commitments.models import Calendar, Forum, ImportRun, Party, User
from tracker.desk.forms import Choices, DeskForm

LONGEST_PASTE = 1_000_000  # characters
PASTED = "paste.tsv"  # the name under which it stands in the history, in no language
IS_ONE = {"forum": Forum, "party": Party, "calendar": Calendar}


class SheetForm(DeskForm):
    """A file, or rows copied out of a spreadsheet."""

    kind = forms.ChoiceField(label=_("What it holds"), widget=Choices)
    sheet = forms.FileField(
        label=_("Spreadsheet"),
        required=False,
        help_text=_(
            "CSV or XLSX; the first sheet is read. Headings in English, Korean and Japanese are known."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm"}),
    )
    pasted = forms.CharField(
        label=_("Or paste the rows, with their headings"),
        required=False,
        strip=False,
        max_length=LONGEST_PASTE,
        help_text=_("Mark the rows in your spreadsheet, copy them, and paste them here."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = runs.kinds_for(user)
        choice = self.fields["kind"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(kind.value, capfirst(kind.label)) for kind in kinds]
        choice.initial = kinds[0].value
        for name in ("sheet", "pasted"):
            self.fields[name].is_asked_otherwise = True  # type: ignore[attr-defined]  # one of the two

    def clean_sheet(self) -> Any:
        sheet = self.cleaned_data["sheet"]
        if sheet is not None and sheet.size > MAX_BYTES:
            size = {"size": MAX_BYTES // 1024**2}
            raise ValidationError(gettext("The file is larger than %(size)s MB. Split it."), params=size)
        return sheet

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        given = [bool(said.get("sheet")), bool((said.get("pasted") or "").strip())]
        if not self.errors and sum(given) != 1:
            self.add_error("sheet", gettext("Choose a file or paste the rows, one of the two."))
        return said

    def begin(self, *, user: User) -> ImportRun:
        """Raises Refused."""
        said = self.cleaned_data
        sheet = said["sheet"]
        data, name = (sheet.read(), sheet.name) if sheet else (said["pasted"].encode(), PASTED)
        return runs.begin(user, kind=said["kind"], data=data, name=name, now=timezone.now())


@dataclass(frozen=True)
class ColumnRow:
    """One column of the sheet on the page."""

    heading: str
    samples: list[str]
    field: forms.BoundField


class ColumnsForm(DeskForm):
    """What each column means; none is left out unsaid."""

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run, self.layout = run, LAYOUTS[run.kind]
        known = [(name, capfirst(str(column.label))) for name, column in self.layout.columns.items()]
        choices = [(UNDECIDED, _("choose")), (IGNORED, _("not read")), *known]
        for n, column in enumerate(run.columns):
            self.fields[f"column-{n}"] = forms.ChoiceField(
                label=run.headings[n] or gettext("(no heading)"),
                choices=choices,
                initial=column,
                required=False,
            )
        for name in self.layout.for_all:
            self.fields[f"all-{name}"] = self._for_all(name)

    def _for_all(self, name: str) -> forms.ModelChoiceField:
        model: Any = IS_ONE[name]
        rows = (
            model.objects.visible_to(self.run.by)
            if model is Party
            else model.objects.editable_by(self.run.by)
        )
        said = gettext("%(what)s of all rows") % {"what": self.layout.columns[name].label}
        return forms.ModelChoiceField(
            rows.order_by("code"),
            label=capfirst(said),
            required=False,
            to_field_name="code",
            initial=self.run.for_all.get(name),
            empty_label=_("none"),
            help_text=_("For rows that do not say it themselves."),
        )

    def columns_of_sheet(self) -> Iterator[ColumnRow]:
        samples = runs.samples(self.run)
        for n, heading in enumerate(self.run.headings):
            if heading or samples[n]:
                yield ColumnRow(heading, samples[n], self[f"column-{n}"])

    def for_all_rows(self) -> list[forms.BoundField]:
        return [self[f"all-{name}"] for name in self.layout.for_all]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        taken: dict[str, str] = {}
        for n, heading in enumerate(self.run.headings):
            column = said.get(f"column-{n}", "")
            if column == UNDECIDED and f"column-{n}" not in self.errors:
                sentence = gettext("Say what “%(heading)s” means, or that it is not read.")
                self.add_error(f"column-{n}", sentence % {"heading": heading})
            elif column != IGNORED and column in taken:
                sentence = gettext("“%(heading)s” means this already. One column each.")
                self.add_error(f"column-{n}", sentence % {"heading": taken[column]})
            taken.setdefault(column, heading)
        lacking = runs.missing(self.run.kind, list(taken), self._said_for_all(said))
        if lacking and not self.errors:
            sentence = gettext("A column is missing: %(names)s. Say which one it is.")
            raise ValidationError(sentence % {"names": ", ".join(lacking)})
        return said

    def _said_for_all(self, said: dict[str, Any]) -> dict[str, str]:
        given = {name: said.get(f"all-{name}") for name in self.layout.for_all}
        return {name: row.code for name, row in given.items() if row is not None}

    def carry_out(self) -> bool:
        """False if the file is being worked on, or entered by now."""
        said = self.cleaned_data
        columns = [said[f"column-{n}"] for n in range(len(self.run.headings))]
        return runs.name_columns(self.run, columns, self._said_for_all(said), now=timezone.now())
