"""Register files in YAML, or in JSON, read as values that know where they stand.

Events are read instead of objects: nothing in a file can make Python run anything, a deep or a
repeated structure costs nothing, and each value keeps its line."""

from __future__ import annotations

import json
import re

import yaml
from django.utils.translation import gettext as _
from yaml.reader import Reader

from commitments.importing.values import Entry, Listing, Place, Problem, Refused, Scalar

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 20
MAX_VALUES = 300_000

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one needs a tenth of the time
ANOTHER_KIND = {
    b"PK\x03\x04": "XLSX/ZIP",
    b"%PDF": "PDF",
    b"\xd0\xcf\x11\xe0": "XLS/DOC",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x1f\x8b": "GZIP",
}
WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# JSON writes characters beyond U+FFFF as two escapes; YAML takes each for a character of its own.
PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")


def read_register(data: bytes, file: str) -> Entry:
    """The file as one entry of lists. Raises Refused."""
    text = decode(data, file)
    if file.lower().endswith(".json"):
        text = _as_yaml(text)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise Refused([*builder.problems, _not_well_formed(error, file)]) from error
    if builder.problems:
        raise Refused(builder.problems)
    if not isinstance(builder.root, Entry):
        sentence = _("The file must consist of named lists, such as “forums:” and “commitments:”.")
        raise Refused([Problem(file, Place(1), sentence)])
    return builder.root


def decode(data: bytes, file: str) -> str:
    """The text of a UTF-8 file, with or without a byte order mark. Raises Refused for anything else."""
    refuse_another_kind(data, file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        sentence = _("The file is not in UTF-8 (byte %(byte)s). Save it again in UTF-8.")
        raise Refused(
            [Problem(file, Place(line), sentence % {"byte": f"0x{data[error.start]:02X}"})]
        ) from error
    found = Reader.NON_PRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        sentence = _("The file has a character that no text has (U+%(code)s). Remove it.")
        raise Refused([Problem(file, Place(line), sentence % {"code": f"{ord(found.group()):04X}"})])
    return text


def refuse_another_kind(data: bytes, file: str) -> None:
    """Refuse what is no text at all: too large, empty, UTF-16, or a file of a known other kind."""
    sentence = ""
    if len(data) > MAX_BYTES:
        sentence = _("The file is larger than %(size)s MB. Split it.") % {"size": MAX_BYTES // 1024**2}
    elif not data.removeprefix(b"\xef\xbb\xbf").strip():
        sentence = _("The file is empty.")
    elif data.startswith(WIDE_BOMS):
        sentence = _("The file is in UTF-16. Save it again in UTF-8.")
    else:
        kinds = [kind for start, kind in ANOTHER_KIND.items() if data.startswith(start)]
        if kinds:
            sentence = _("This is a file of another kind (%(kind)s).") % {"kind": kinds[0]}
    if sentence:
        raise Refused([Problem(file, Place(1), sentence)])


def _as_yaml(text: str) -> str:
    """JSON is YAML but for two things: tabs between the values, and escapes in pairs."""
    return PAIR.sub(lambda found: found[1] + json.loads(f'"{found[2]}"'), text.replace("\t", " "))


def _not_well_formed(error: yaml.YAMLError, file: str) -> Problem:
    mark, told = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    sentence = _("The file cannot be read here (%(told)s). Check brackets, quotation marks and indents.")
    return Problem(file, Place(mark.line + 1 if mark else 1), sentence % {"told": told or error})


def kind_of(raw: str) -> str:
    """What YAML takes an unquoted value for: int, bool, null, timestamp …"""
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(raw[:1], []):
        if pattern.match(raw):
            return tag.rpartition(":")[2]
    return "str"


class _Builder:
    """Puts the values together, event by event, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.root: Scalar | Listing | Entry | None = None
        self.open: list[Listing | Entry] = []
        self.keys: list[Scalar | None] = []  # of each open entry, the key that waits for its value
        self.count = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.note(event, _("References within the file (*) are not read. Write the value out."))
            self.put(Scalar(self.place_of(event), "", "null"))
        elif isinstance(event, yaml.ScalarEvent):
            self.refuse_tag(event, event.tag if event.tag != "!" else None)
            kind = kind_of(event.value) if event.implicit[0] else "str"
            self.put(Scalar(self.place_of(event), event.value, kind))
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.refuse_tag(event, event.tag)
            made = Entry if isinstance(event, yaml.MappingStartEvent) else Listing
            self.begin(event, made(self.place_of(event)))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self.refuse(event, _("A second document (---) begins here. Put everything into one."))

    def begin(self, event: yaml.Event, made: Listing | Entry) -> None:
        if len(self.open) >= MAX_DEPTH:
            self.refuse(event, _("The file is nested too deeply."))
        if self.open and isinstance(self.open[-1], Entry) and self.keys[-1] is None:
            self.refuse(event, _("A name is expected here, no list."))
        self.put(made)
        self.open.append(made)
        self.keys.append(None)

    def put(self, value: Scalar | Listing | Entry) -> None:
        self.count += 1
        if self.count > MAX_VALUES:
            sentence = _("The file has more than %(count)s values. Split it.") % {"count": MAX_VALUES}
            raise Refused([*self.problems, Problem(self.file, value.place, sentence)])
        if not self.open:
            self.root = value
        elif isinstance(self.open[-1], Listing):
            self.open[-1].items.append(value)
        elif self.keys[-1] is None:
            self.keys[-1] = value if isinstance(value, Scalar) else None
        else:
            self.set_field(self.open[-1], self.keys[-1], value)
            self.keys[-1] = None

    def set_field(self, entry: Entry, key: Scalar, value: Scalar | Listing | Entry) -> None:
        if key.raw in entry.fields:
            sentence = _("“%(name)s” stands twice in this entry. Leave one out.") % {"name": key.raw}
            place = Place(key.place.line, entry.place.field(key.raw).path)
            self.problems.append(Problem(self.file, place, sentence))
        entry.fields[key.raw] = value

    def place_of(self, event: yaml.Event) -> Place:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if not self.open:
            return Place(line)
        around, key = self.open[-1], self.keys[-1]
        if isinstance(around, Listing):
            return Place(line, f"{around.place.path}[{len(around.items)}]")
        return Place(line, around.place.path).field(key.raw) if key else Place(line, around.place.path)

    def refuse_tag(self, event: yaml.Event, tag: str | None) -> None:
        if tag:
            self.note(event, _("Types (%(tag)s) are not read. Leave it out.") % {"tag": tag})

    def note(self, event: yaml.Event, sentence: str) -> None:
        self.problems.append(Problem(self.file, self.place_of(event), sentence))

    def refuse(self, event: yaml.Event, sentence: str) -> None:
        self.note(event, sentence)
        raise Refused(self.problems)
