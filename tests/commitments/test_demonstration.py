"""The demonstration: what it shows, and that it goes as a whole and takes nothing real with it."""

import hashlib
from datetime import date

import pytest
from django.test import TestCase

from commitments import demonstration
from commitments.importing import Refused, import_register
from commitments.models import (
    Calendar,
    Change,
    Commitment,
    Document,
    DocumentText,
    FollowUp,
    Forum,
    Meeting,
    Organisation,
    Party,
    Post,
    ProgressReport,
    Provision,
    Topic,
    User,
)
from tests.factories import at, make_assignment, make_commitment, make_follow_up, make_forum, make_post

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
NOW = at(TODAY)
# SHA-256 of the passages of the two articles, in their order: declared words stay exact to the byte.
PASSAGES = {
    "SCCD": [
        "8153b250f4ff1af3",
        "fb480f4631fe3a4b",
        "4ca77a98139af337",
        "a183e5a56509373d",
        "109baef3a1d4c6a4",
        "000a0401d093cd06",
    ],
    "TCIM": [
        "ef7d6af114dc463e",
        "895b92162fb4c6ed",
        "c6d9602c1c1a97ed",
        "e69f610c3ffce7d9",
        "01d0475116712ff0",
        "617229adcfb4c0f6",
        "87c5e30470fd9ff0",
        "1b9f4903090ed111",
        "2a0414e3183a0085",
        "6e864fa743ebdb48",
        "9afd53a58ec88504",
        "fcea1bf4547b60b8",
        "45146c0dada62949",
    ],
}


class Loaded(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        demonstration.load(now=NOW, password="correct horse battery")


def articles() -> dict[str, DocumentText]:
    texts = DocumentText.objects.filter(source__regex="^(The Korea Herald|news1global)")
    return {text.document.forum.code: text for text in texts.select_related("document__forum")}


class TestWhatItShows(Loaded):
    def test_nine_commitments_each_with_a_next_date_and_somebody_to_tell(self):
        assert list(Commitment.objects.values_list("reference", flat=True)) == [
            *(f"SCCD-2024-{number:02d}" for number in range(1, 4)),
            *(f"TCIM-2024-{number:02d}" for number in range(1, 7)),
        ]
        assert not Commitment.objects.uncovered(TODAY).exists()
        for commitment in Commitment.objects.all():
            leads = commitment.assignments.active(TODAY).leads()
            assert leads.get().party.code == "KOR"
            assert leads.get().post.holder_on(TODAY).email.endswith("@demo.example")

    def test_ten_further_passages_each_with_a_verdict_and_a_reason(self):
        rejected = Provision.objects.filter(verdict="not_a_commitment")
        borderline = Provision.objects.filter(verdict="borderline")

        assert (rejected.count(), borderline.count()) == (8, 2)
        assert not (rejected | borderline).filter(reason="").exists()

    def test_every_quote_is_the_span_of_its_text(self):
        for provision in Provision.objects.select_related("text"):
            assert provision.quote == provision.text.body[provision.start : provision.end]

    def test_the_passages_of_the_articles_are_exact_to_the_byte(self):
        for forum, text in articles().items():
            quotes = text.provisions.order_by("start").values_list("quote", flat=True)
            assert [hashlib.sha256(quote.encode()).hexdigest()[:16] for quote in quotes] == PASSAGES[forum]

    def test_the_articles_are_kept_as_these_passages_only(self):
        for text in articles().values():
            passages = text.provisions.order_by("start").values_list("quote", flat=True)
            assert text.body == "\n[…]\n".join(passages)
            assert text.is_excerpt
            assert text.is_locked

    def test_every_commitment_is_tied_to_declared_words_and_to_our_reading_of_its_owner(self):
        for commitment in Commitment.objects.all():
            assert (
                commitment.provisions.filter(verdict="commitment", text__in=articles().values()).count() == 1
            )
            assert commitment.interpretations.filter(about="owner").exists()
            assert commitment.title_en
            assert commitment.title_ko
            assert commitment.title_ja

    def test_other_texts_stand_beside_the_press_with_their_own_authority(self):
        first = Commitment.objects.get(reference="SCCD-2024-01")
        spoken = first.provisions.order_by("text__authority", "text__language")

        assert [(p.text.get_authority_display(), p.text.language) for p in spoken] == [
            ("government readout", "en"),
            ("press report", "en"),
            ("press report", "ko"),
        ]

    def test_the_second_trilateral_meeting_has_no_record_and_is_not_overdue(self):
        annual = FollowUp.objects.get(commitment__reference="TCIM-2024-05")

        assert Meeting.objects.without_record(TODAY).get() == Meeting.objects.get(
            forum__code="TCIM", ordinal=2
        )
        assert annual in FollowUp.objects.without_record(TODAY)
        assert annual not in FollowUp.objects.overdue(TODAY)
        assert (annual.window_start_on, annual.due_on) == (date(2025, 1, 1), date(2025, 12, 31))
        assert annual.commitment.interpretations.filter(about="date", basis__contains="26 June 2025").exists()

    def test_the_annual_meeting_derives_from_camp_david(self):
        relation = Commitment.objects.get(reference="TCIM-2024-05").relations.get()

        assert (relation.kind, relation.document.forum.code) == ("derives_from", "CAMP-DAVID")
        assert Forum.objects.get(code="TCIM").parent.code == "CAMP-DAVID"

    def test_one_item_each_is_on_track_at_risk_unanswered_and_waiting(self):
        assert Commitment.objects.get(outlook="on_track").reference == "SCCD-2024-02"
        at_risk = Commitment.objects.get(outlook="at_risk")
        assert (at_risk.reference, bool(at_risk.outlook_note)) == ("SCCD-2024-01", True)
        assert FollowUp.objects.overdue(TODAY).get().commitment.reference == "SCCD-2024-03"
        assert ProgressReport.objects.waiting().get().commitment.reference == "TCIM-2024-01"

    def test_eight_areas_are_topics_of_the_broad_commitment(self):
        assert Commitment.objects.get(reference="TCIM-2024-01").topics.count() == 8

    def test_the_ministry_keeps_the_name_of_its_time(self):
        ministry = Organisation.objects.get(name_ko="산업통상부")

        assert str(ministry.name_on(date(2024, 6, 27))) == "Ministry of Trade, Industry and Energy"
        assert str(ministry.name_on(TODAY)) == "Ministry of Trade, Industry and Resources"

    def test_everybody_in_it_is_marked_and_the_officer_who_signs_in_is_not(self):
        assert set(User.objects.filter(demonstration=False).values_list("username", flat=True)) == {"desk"}
        assert not Forum.objects.filter(demonstration=False).exists()
        assert not Post.objects.filter(demonstration=False).exists()

    def test_the_officer_can_sign_in(self):
        officer = User.objects.get(username="desk")

        assert officer.check_password("correct horse battery")
        assert officer.is_staff

    def test_the_same_file_again_changes_nothing(self):
        before = Change.objects.count()

        data = demonstration.FILE.read_bytes()
        import_register(data, "demonstration.yaml", now=NOW, demonstration=True)

        assert Change.objects.count() == before


def test_it_is_loaded_once_and_a_removed_one_does_not_come_back_by_itself():
    assert demonstration.is_wanted()
    demonstration.load(now=NOW)
    assert demonstration.load(now=NOW) is None

    demonstration.remove(now=NOW)

    assert not demonstration.is_wanted()
    assert demonstration.load(now=NOW) is not None


def test_a_password_that_is_not_given_is_not_set():
    demonstration.load(now=NOW, password="correct horse battery")
    demonstration.remove(now=NOW)

    demonstration.load(now=NOW)

    assert User.objects.get(username="desk").check_password("correct horse battery")


def test_it_does_not_mix_with_a_forum_that_is_there_already():
    make_forum(code="SCCD")

    with pytest.raises(Refused, match="“SCCD” is in your register already"):
        demonstration.load(now=NOW)

    assert not demonstration.exists()


class TestRemoval(Loaded):
    def test_nothing_of_it_is_left_but_the_sign_in_and_the_history(self):
        kept = demonstration.remove(now=NOW)

        assert kept == []
        assert not demonstration.exists()
        for model in (Commitment, Document, Meeting, Forum, Post, Organisation, Party, Calendar, Topic):
            assert not model.objects.exists(), model
        assert User.objects.get().username == "desk"
        assert Change.objects.filter(action="deleted", model="commitments.commitment").count() == 9

    def test_it_says_before_how_much_would_go(self):
        make_commitment(forum=Forum.objects.get(code="SCCD"))

        assert demonstration.counts()["commitments"] == 10
        assert demonstration.added() == 1

    def test_what_people_entered_under_its_forums_goes_with_it(self):
        make_commitment(forum=Forum.objects.get(code="SCCD"))

        demonstration.remove(now=NOW)

        assert not Commitment.objects.exists()

    def test_what_is_real_stays_with_everything_it_needs(self):
        real = make_commitment(forum=make_forum(code="REAL", parties=[Party.objects.get(code="KOR")]))
        real.parties.add(Party.objects.get(code="KOR"))
        post = Post.objects.get(name_en="Director, Critical Minerals Division")
        make_assignment(real, post)

        kept = demonstration.remove(now=NOW)

        assert real.assignments.get().post == post
        assert post.holder_on(TODAY) is not None
        assert list(Party.objects.values_list("code", flat=True)) == ["KOR"]
        assert "Director, Critical Minerals Division" in kept
        assert demonstration.exists()  # pages go on to say so as long as its people stand in real entries

    def test_what_only_hangs_on_it_is_untied(self):
        theirs = make_forum(code="REAL", parent=Forum.objects.get(code="TCIM"))
        date_of_ours = make_follow_up(
            date(2027, 1, 1), anchor_meeting=Meeting.objects.get(forum__code="TCIM", ordinal=2)
        )
        below = make_post(superior=Post.objects.filter(demonstration=True).first())

        demonstration.remove(now=NOW)

        for row, link in [(theirs, "parent"), (date_of_ours, "anchor_meeting"), (below, "superior")]:
            row.refresh_from_db()
            assert getattr(row, link) is None
