"""A register file becomes entries: all of it, once, or nothing and a sentence with file, line and field."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from commitments.importing import Imported, Refused, import_register
from commitments.importing.kinds import KINDS, Kind
from commitments.models import (
    Assignment,
    Change,
    Commitment,
    DocumentText,
    FollowUp,
    Forum,
    Interpretation,
    Organisation,
    Post,
    PostHolding,
    ProgressReport,
    Provision,
    ReferenceCounter,
)
from tests.factories import at, make_commitment, make_forum

pytestmark = pytest.mark.django_db

NOW = at(date(2026, 11, 23))
REGISTER = """\
calendars: [{code: KR, country: KR, zone: Asia/Seoul, name_en: Korea}]
parties: [{code: KOR, name_en: Korea, calendar: KR}]
organisations: [{key: div, party: KOR, name_en: Minerals Division}]
people: [{email: kim@ministry.example, name_en: Kim}]
posts:
  - key: director
    organisation: div
    name_en: Director
    holdings: [{user: kim@ministry.example, from_on: 2024-01-01}]
forums:
  - code: SCCD-CM
    kind: sub_working_group
    parent: SCCD
    name_en: Critical Minerals
  - code: SCCD
    name_en: Supply Chain Dialogue
    parties: [KOR]
    desk: director
    meetings: [{ordinal: 2, state: held, starts_on: 2024-06-27}]
documents:
  - forum: SCCD
    meeting: SCCD 2
    kind: joint_statement
    adopted_on: 2024-06-27
    title_en: Joint statement
    texts:
      - language: en
        authority: press
        source: A newspaper
        approved: true
        body: They will continue discussions.
        provisions: [{key: continue, quote: continue discussions, verdict: commitment, strength: plan}]
commitments:
  - reference: SCCD-2024-07
    title_en: Continue discussions
    forum: SCCD
    working_group: SCCD-CM
    provisions: [continue]
    declared_on: 2024-06-27
    assignments: [{post: director}]
    interpretations: [{about: owner, text: The division leads, basis: Its remit}]
    follow_ups: [{due_on: 2027-03-01, phrase: early in 2027, basis: interpreted}]
    reports: [{internal: A call was held, reported_on: 2026-01-01}]
"""


def load(text: str, file: str = "register.yaml", **options: bool) -> Imported:
    return import_register(text.encode(), file, now=NOW, **options)


def refusals(text: str, file: str = "register.yaml") -> list[str]:
    with pytest.raises(Refused) as refused:
        load(text, file)
    return [str(problem) for problem in refused.value.problems]


def with_commitment(lines: str) -> str:
    """The register with one more commitment."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return REGISTER + "  -" + indented[3:]


def line_of(lines: str, field: str) -> int:
    """Where that field of the further commitment stands, or the commitment where it has none."""
    names = [line.partition(":")[0] for line in lines.splitlines()]
    name = field.partition("[")[0]
    return REGISTER.count("\n") + 1 + (names.index(name) if name in names else 0)


def test_a_file_becomes_the_register_it_describes():
    load(REGISTER)

    commitment = Commitment.objects.get()
    assert str(commitment) == "SCCD-2024-07 Continue discussions"
    assert commitment.working_group == Forum.objects.get(code="SCCD-CM")
    assert commitment.provisions.get().quote == "continue discussions"
    assert commitment.assignments.get().post.holder_on(date(2026, 11, 23)).name == "Kim"
    assert commitment.parties.get().code == "KOR"  # those of the forum, as the file names none
    assert commitment.follow_ups.get().due_on == date(2027, 3, 1)
    assert commitment.reports.get().state == ProgressReport.State.CLEARED
    assert DocumentText.objects.get().is_locked


def test_a_second_run_changes_nothing_and_leaves_no_trace_in_the_history():
    load(REGISTER)
    before = Change.objects.count()

    again = load(REGISTER)

    assert (again.new, again.changed) == (0, 0)
    assert Change.objects.count() == before


def test_only_what_differs_is_written():
    load(REGISTER)
    before = Change.objects.count()

    again = load(REGISTER.replace("title_en: Continue", "title_en: Go on with"))

    assert again.changed == 1
    assert Change.objects.count() == before + 1
    assert Commitment.objects.get().title_en == "Go on with discussions"


def test_what_the_file_does_not_say_stays_as_people_made_it():
    load(REGISTER)
    Commitment.objects.update(title_ko="논의 지속")

    load(REGISTER)

    assert Commitment.objects.get().title_ko == "논의 지속"


def test_a_date_that_people_moved_is_not_moved_back():
    load(REGISTER)
    FollowUp.objects.get().move_to(date(2027, 6, 1), now=NOW, reason="asked for")

    load(REGISTER)

    assert FollowUp.objects.get().due_on == date(2027, 6, 1)


def test_a_new_date_in_the_file_moves_the_date_and_keeps_the_old_one():
    load(REGISTER)

    load(REGISTER.replace("due_on: 2027-03-01", "due_on: 2027-04-01"))

    follow_up = FollowUp.objects.get()
    assert follow_up.due_on == date(2027, 4, 1)
    assert follow_up.earlier_dates()[0][0] == date(2027, 3, 1)


def test_what_hangs_on_a_meeting_moves_with_the_date_in_the_file():
    undated = REGISTER.replace("starts_on: 2024-06-27}]", "starts_on: 2024-06-27}, {ordinal: 3}]")
    undated = "\n".join(line for line in undated.splitlines() if "follow_ups" not in line)
    load(undated)

    load(undated.replace("{ordinal: 3}", "{ordinal: 3, state: confirmed, starts_on: 2027-05-20}"))

    assert FollowUp.objects.get().due_on == date(2027, 4, 8)  # six weeks before it


def test_every_commitment_has_a_next_date_afterwards():
    load(with_commitment("title_en: Meet again\nforum: SCCD"))

    assert not Commitment.objects.without_next_date().exists()


def test_given_references_are_not_given_again():
    load(REGISTER)

    assert ReferenceCounter.next_reference("SCCD-2024") == "SCCD-2024-08"


def test_the_history_says_which_file_it_came_from():
    load(REGISTER)

    change = Change.objects.filter(model="commitments.commitment").get()
    assert (change.via, change.why) == ("import", "register.yaml")


def test_a_trial_writes_nothing_and_counts_what_it_would_do():
    tried = load(REGISTER, dry_run=True)

    assert tried.new > 10
    assert not Change.objects.exists()
    assert not ReferenceCounter.objects.exists()


def test_all_mistakes_are_told_at_once_and_nothing_is_written():
    mistaken = REGISTER.replace("country: KR, zone: Asia/Seoul", "zone: Mars").replace(
        "forum: SCCD\n    w", "forum: SCDC\n    w"
    )
    mistaken += "  - {title_en: 5, forum: SCCD}\n"

    told = refusals(mistaken)

    assert told == [
        "register.yaml, line 1, calendars[0].zone: “Mars” is no time zone. Example: Asia/Seoul.",
        "register.yaml, line 36, commitments[0].forum: There is no forum “SCDC”, neither in the file nor in the "
        "register. Did you mean “SCCD”?",
        "register.yaml, line 44, commitments[1].title_en: “5” is read as a number, a date or yes/no. "
        "Put it in quotation marks.",
    ]
    assert not Change.objects.exists()


def test_an_entry_that_only_follows_a_wrong_one_is_not_a_mistake_of_its_own():
    told = refusals(REGISTER.replace("{code: KOR,", "{code: korea,"))

    assert [line for line in told if "parties[0].code" in line] == told[:1]
    assert all("“KOR”" in line for line in told[1:])


@pytest.mark.parametrize(
    ("lines", "place", "sentence"),
    [
        ("title_en: T\nforum: SCCD\ntitel_ko: x", "titel_ko", "Did you mean “title_ko”?"),
        ("title_en: T\nforum: SCCD\ndemonstration: true", "demonstration", "There is no field"),
        ("title_en: [a, b]\nforum: SCCD", "title_en", "One value is expected here, no list."),
        (f"title_en: {'T' * 1_000_000}\nforum: SCCD", "title_en", "at most 300 characters"),
        ('title_en: "a\\0b"\nforum: SCCD', "title_en", "cannot be shown (U+0000 at position 2)"),
        ("title_en: NO\nforum: SCCD", "title_en", "Put it in quotation marks."),
        ("title_en: T", "forum", "This is missing."),
        ("forum: SCCD", "", "Give it a name in at least one language."),
        ("title_en: T\nforum: SCCD\nreference: sccd 7", "reference", "Capitals, digits, hyphens and full stops."),
        ("title_en: T\nforum: SCCD\nreference: SCCD-2024-07", "", "This stands in the file already, in line 34."),
        ("title_en: T\nforum: SCCD\nkind: often", "kind", "Choose one of: one_off, recurring, continuous, open_ended."),
        ("title_en: T\nforum: SCCD\ncadence_months: 1e400", "cadence_months", "“1e400” is no whole number."),
        ("title_en: T\nforum: SCCD\ncadence_months: .nan", "cadence_months", "“.nan” is no whole number."),
        ("title_en: T\nforum: SCCD\ncadence_months: 99999999999999999999", "cadence_months", "no whole number"),
        ("title_en: T\nforum: SCCD\nhigh_priority: perhaps", "high_priority", "“perhaps” is neither yes nor no."),
        ("title_en: T\nforum: SCCD\ndeclared_on: 2024-02-30", "declared_on", "“2024-02-30” is no day"),
        ("title_en: T\nforum: SCCD\ndeclared_on: 0001-01-01", "declared_on", "is no day between 1900 and 2100"),
        ("title_en: T\nforum: SCCD\ndeclared_on: today-3", "declared_on", "Write it as 2024-06-27."),
        ("title_en: T\nforum: SCCD\nparties: [KOR, PRK]", "parties[1]", "There is no party “PRK”"),
        ("title_en: T\nforum: SCCD\nprovisions: [no such words]", "provisions", "These words stand in no text of the forum."),
        ("title_en: T\nforum: SCCD\nworking_group: SCDC", "working_group", "There is no forum “SCDC”"),
        ("title_en: T\nforum: SCCD\nassignments: [Director]", "assignments[0]", "An entry is expected here"),
        ("title_en: T\nforum: SCCD\ncadence_months: 120\ndeclared_on: 2095-01-01", "", "outside the calendar"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_at_its_line_and_field(lines: str, place: str, sentence: str):
    told = refusals(with_commitment(lines))

    path = f"commitments[1].{place}".rstrip(".")
    assert told[0].startswith(f"register.yaml, line {line_of(lines, place)}, {path}: ")
    assert sentence in told[0]
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence"),
    [
        ("post: director}", "post: director}, {post: deputy}", "commitments[0].assignments[1].role", "has a lead for it already"),
        ("due_on: 2027-03-01", "due_on: 2024-01-01", "commitments[0].follow_ups[0].due_on", "before the document of 2024-06-27"),
        ("due_on: 2027-03-01", "window_start_on: 2027-05-01, due_on: 2027-03-01", "commitments[0].follow_ups[0].due_on", "on or after 2027-05-01"),
        ("quote: continue", "quote: end", "documents[0].texts[0].provisions[0].quote", "do not stand in the text"),
        ("quote: continue discussions", "start: 5, end: 90", "documents[0].texts[0].provisions[0].end", "The text ends at character 31."),
        ("quote: continue discussions", "quote: go, start: 5, end: 9", "documents[0].texts[0].provisions[0].quote", "These words differ from the passage: “will”."),
        ("authority: press", "authority: rumour", "documents[0].texts[0].authority", "Choose one of: signed, official_translation"),
        ("meeting: SCCD 2", "meeting: SCCD 9", "documents[0].meeting", "Call a meeting by its forum and number"),
        ("{ordinal: 2, state: held", "{ordinal: 2, window_start_on: 2025-02-01, window_end_on: 2025-01-01", "forums[1].meetings[0]", "The expected period ends before it starts."),
        ("code: SCCD\n", "code: SCCD\n    parent: SCCD-CM\n", "forums[1].parent", "This would put the entry above itself."),
        ("parent: SCCD\n", "parent: SCCD\n    related: SCCD-CM\n", "forums[0].related", "An entry is not linked to itself."),
        ("from_on: 2024-01-01", "from_on: 2024-01-01, until_on: 2023-01-01", "posts[0].holdings[0]", "The holding ends before it starts."),
    ],
)  # fmt: skip
def test_a_rule_of_the_register_is_told_in_its_own_words(old: str, new: str, place: str, sentence: str):
    deputy = "  - {key: deputy, organisation: div, name_en: Deputy}\nforums:"

    told = refusals(REGISTER.replace("forums:", deputy).replace(old, new, 1))

    assert place in told[0]
    assert sentence in told[0]
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \n", "The file is empty."),
        (
            "forums: [{code: A, name_ko: 협의체}]".encode("cp949"),
            "line 1: The file is not in UTF-8 (byte 0xC7).",
        ),
        ("forums: []".encode("utf-16"), "The file is in UTF-16. Save it again in UTF-8."),
        (b"forums: []\n# \x00", "line 2: The file has a character that no text has (U+0000)."),
        (b"PK\x03\x04" + bytes(50), "This is a file of another kind (XLSX/ZIP)."),
        (b"%PDF-1.7", "This is a file of another kind (PDF)."),
        (b"forums: []\n" + b" " * 11 * 1024 * 1024, "The file is larger than 10 MB. Split it."),
        (b"forums: " + b"[" * 100_000, "The file is nested too deeply."),
        (b"forums: [" + b"1," * 300_001 + b"]", "The file has more than 300000 values."),
        (b"forums: []\nforums: []", "line 2, forums: “forums” stands twice in this entry."),
        (b"a: &a [x]\nb: [*a, *a]", "line 2, b[0]: References within the file (*) are not read."),
        (
            b"forums: !!python/name:os.system x",
            "line 1, forums: Types (tag:yaml.org,2002:python/name:os.system)",
        ),
        (b"forums: []\n---\nforums: []", "line 2: A second document (---) begins here."),
        (b"forums:\n  - {code: A", "The file cannot be read here"),
        (b'forums: [{code: A, name_en: "a\\ud800"}]', "register.yaml, line 1"),
        (b"just a sentence", "The file must consist of named lists"),
        (b"forum: []", "There is no field “forum” here. Did you mean “forums”?"),
    ],
)
def test_a_file_that_is_no_register_is_refused_in_a_sentence(data: bytes, sentence: str):
    with pytest.raises(Refused) as refused:
        import_register(data, "/home/kim/register.yaml", now=NOW)

    assert str(refused.value.problems[0]).startswith("register.yaml, line ")
    assert sentence in str(refused.value.problems[0])


def test_a_byte_order_mark_is_tolerated():
    import_register(b"\xef\xbb\xbf" + REGISTER.encode(), "register.yaml", now=NOW)

    assert Commitment.objects.exists()


def test_json_is_read_with_its_lines():
    told = refusals('{\n\t"forums": [\n\t\t{"code": "A", "name_en": "a",\n\t\t "nmae_ko": NaN}\n]}', "r.json")

    assert told == [
        "r.json, line 4, forums[0].nmae_ko: There is no field “nmae_ko” here. Did you mean “name_ko”?"
    ]


def test_json_escapes_of_characters_beyond_the_basic_plane_are_one_character():
    load(json.dumps({"forums": [{"code": "A", "name_en": "𠮷野 / A"}]}).replace("/", "\\/"), "r.json")

    assert Forum.objects.get().name_en == "𠮷野 / A"


def test_hangul_from_a_mac_and_line_breaks_in_titles_are_put_right():
    load('forums: [{code: A, name_ko: "협의체\\nB"}]')

    assert Forum.objects.get().name_ko == "협의체 B"


def test_the_same_title_in_hangul_from_a_mac_is_the_same_commitment():
    title = unicodedata.normalize("NFD", "협력 지속")

    load(with_commitment(f"title_ko: {title}\nforum: SCCD"))
    again = load(with_commitment(f"title_ko: {title}\nforum: SCCD"))

    assert (again.new, again.changed) == (0, 0)


def test_posts_may_stand_in_for_each_other_but_not_above_each_other():
    two = "  - {key: deputy, organisation: div, name_en: Deputy, LINK: director}\nforums:"
    both = REGISTER.replace("forums:", two).replace("key: director\n", "key: director\n    LINK: deputy\n")

    load(both.replace("LINK", "alternate"))
    told = refusals(both.replace("LINK", "superior"))

    assert Post.objects.get(name_en="Deputy").alternate.alternate.name_en == "Deputy"
    assert "above itself" in told[0]


def test_commitments_may_refer_to_later_ones_but_not_in_a_circle():
    related = with_commitment("reference: SCCD-2024-08\ntitle_en: T\nforum: SCCD\nrelations: []")
    related = related.replace(
        "    reports:", "    relations: [{kind: advances, other: SCCD-2024-08}]\n    reports:"
    )

    load(related)
    told = refusals(related.replace("relations: []", "relations: [{kind: advances, other: SCCD-2024-07}]"))

    assert Commitment.objects.get(reference="SCCD-2024-07").relations.get().other.reference == "SCCD-2024-08"
    assert "relations[0].other: This would put the entry above itself" in told[0]


def test_an_approved_text_is_not_changed_by_a_file():
    load(REGISTER)

    told = refusals(REGISTER.replace("discussions.", "discussions soon."))

    assert "An approved text cannot be changed; enter a correction." in told[0]
    assert DocumentText.objects.get().body == "They will continue discussions."


def test_an_excerpt_without_a_body_consists_of_its_passages():
    load(REGISTER.replace("body: They will continue discussions.", "is_excerpt: true"))

    assert DocumentText.objects.get().body == "continue discussions"
    assert Provision.objects.get().start == 0


def test_an_owner_in_a_line_makes_what_is_missing_once():
    owner = "assignments: [{owner: 'Export Division, Lee, lee@ministry.example'}]"
    typed = REGISTER.replace("assignments: [{post: director}]", owner)

    load(typed)
    load(typed)

    post = Assignment.objects.get().post
    assert (post.organisation.name, post.name) == ("Export Division", "Officer in charge, Export Division")
    assert PostHolding.objects.get(post=post).user.email == "lee@ministry.example"
    assert Organisation.objects.count() == 2


def test_entries_of_the_register_can_be_referred_to():
    make_commitment(forum=make_forum(code="OLD"), title_en="Old")

    load("commitments: [{title_en: New, forum: OLD}]")

    assert Commitment.objects.get(title_en="New").forum.code == "OLD"


def test_a_register_file_cannot_touch_a_demonstration():
    make_forum(code="SCCD", demonstration=True)

    told = refusals(REGISTER)

    assert any("“SCCD” belongs to the demonstration. Remove that first" in line for line in told)


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "register.yaml"
    file.write_text(REGISTER, encoding="utf-8")

    call_command("import_register", str(file))
    call_command("import_register", str(file), dry_run=True)

    told = capsys.readouterr().out
    assert "new, 0 changed, 0 as they were." in told
    assert "0 new, 0 changed" in told
    assert "Nothing was entered: this was a trial." in told


def test_the_command_tells_every_mistake(tmp_path: Path):
    file = tmp_path / "register.yaml"
    file.write_text("forums: [{code: a}, {code: B}]", encoding="utf-8")

    with pytest.raises(CommandError, match=r"(?s)forums\[0\].code.*forums\[1\].*Nothing was entered."):
        call_command("import_register", str(file))


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_the_command_says_when_there_is_no_such_file(name: str, tmp_path: Path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_register", str(tmp_path / name))


def test_our_reading_is_entered_apart_from_the_words():
    load(REGISTER)

    assert Interpretation.objects.get().text == "The division leads"


def test_the_documented_example_can_be_imported():
    document = (settings.BASE_DIR / "docs" / "import.md").read_text(encoding="utf-8")

    load(document.partition("```yaml\n")[2].partition("```")[0])

    assert Commitment.objects.get().provisions.get().text.is_locked


def test_every_field_is_documented():
    document = (settings.BASE_DIR / "docs" / "import.md").read_text(encoding="utf-8")

    def fields(kinds: Mapping[str, Kind]) -> set[str]:
        own = {name for kind in kinds.values() for name in kind.known}
        return own.union(kinds, *(fields(kind.children) for kind in kinds.values()))

    assert {name for name in fields(KINDS) if f"`{name}`" not in document} == set()
