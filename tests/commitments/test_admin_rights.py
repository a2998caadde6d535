"""What one may not see appears nowhere; what one may not change is shown and not changed."""

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from commitments.admin.filters import VisibleFilter
from commitments.models import (
    Commitment,
    CommitmentProvision,
    CommitmentRelation,
    FollowUp,
    Forum,
    Grant,
    Interpretation,
    Marking,
    Membership,
    ProgressReport,
    Request,
)
from tests.commitments.admin_pages import (
    address,
    errors,
    make_administrator,
    page_of,
    registered,
    row_of,
    save,
    signed_in,
    told,
)
from tests.factories import (
    at,
    make_assignment,
    make_commitment,
    make_document,
    make_follow_up,
    make_forum,
    make_meeting,
    make_membership,
    make_officer,
    make_organisation,
    make_post,
    make_provision,
    make_text,
    make_user,
)

pytestmark = pytest.mark.django_db

CANARY = "Kanarienvogel"
DAY = date(2026, 12, 1)


def make_hidden(forum: Forum) -> Commitment:
    """A restricted commitment of `forum` that nobody was granted, the canary in everything that belongs to it."""
    hidden = make_commitment(forum=forum, title_en=f"{CANARY} title", marking=Marking.RESTRICTED)
    document = make_document(forum=forum)
    text = make_text(f"They will {CANARY} quote.", document=document)
    words = make_provision(f"{CANARY} quote", text=text)
    CommitmentProvision.objects.create(commitment=hidden, provision=words)
    Interpretation.objects.create(commitment=hidden, about="date", text=f"{CANARY} reading", basis="x")
    follow_up = make_follow_up(DAY, commitment=hidden, phrase=f"{CANARY} phrase")
    ProgressReport.objects.create(
        commitment=hidden, follow_up=follow_up, internal=f"{CANARY} report", reported_on=DAY
    )
    Request.objects.create(
        follow_up=follow_up, kind="not_mine", due_on=DAY, asked_at=at(DAY), reason=f"{CANARY} request"
    )
    return hidden


def every_page(client: Client) -> dict[str, str]:
    """All that `client` gets from lists, searches, forms and entries: address → what is written there."""
    pages = {}
    for model in registered():
        if model._meta.app_label != "commitments":
            continue
        urls = [
            address(model, "changelist"),
            address(model, "changelist") + f"?q={CANARY.lower()}",
            address(model, "add"),
        ]
        for row in model.objects.all():
            urls += [page_of(row), page_of(row, "history")]
        for url in urls:
            pages[url] = client.get(url).content.decode()
    return pages


@pytest.mark.parametrize("who", ["officer", "administrator"])
def test_nobody_is_shown_a_restricted_commitment_that_they_were_not_granted(who: str) -> None:
    forum = make_forum()
    hidden = make_hidden(forum)
    seen = make_commitment(forum=forum)
    CommitmentRelation.objects.create(commitment=seen, kind="advances", other=hidden)
    ProgressReport.objects.create(
        commitment=seen, follow_up=hidden.follow_ups.get(), internal="x", reported_on=DAY
    )
    client = signed_in(make_officer(forum) if who == "officer" else make_administrator())

    assert [url for url, html in every_page(client).items() if CANARY in html] == []


def test_whoever_was_granted_it_sees_it() -> None:
    forum = make_forum()
    hidden, officer = make_hidden(forum), make_officer(forum)
    Grant.objects.create(commitment=hidden, user=officer, reason="works on it")

    response = signed_in(officer).get(page_of(hidden))

    assert f"{CANARY} reading" in response.content.decode()


def suggested(client: Client, model: Any, field: str, term: str = "") -> list[str]:
    asked = {
        "app_label": "commitments",
        "model_name": model._meta.model_name,
        "field_name": field,
        "term": term,
    }
    return [one["text"] for one in client.get(reverse("admin:autocomplete"), asked).json()["results"]]


def test_suggestions_while_typing_offer_only_what_one_may_see() -> None:
    forum = make_forum()
    make_hidden(forum)
    seen = make_commitment(forum=forum)
    client = signed_in(make_officer(forum))

    assert suggested(client, FollowUp, "commitment") == [str(seen)]
    assert suggested(client, FollowUp, "commitment", CANARY) == []
    assert suggested(client, CommitmentProvision, "provision") == []


def test_a_link_to_what_one_may_not_see_is_refused_as_unknown() -> None:
    forum = make_forum()
    hidden, seen = make_hidden(forum), make_commitment(forum=forum)

    response = save(
        signed_in(make_officer(forum)), page_of(seen), **row_of("relations", kind="advances", other=hidden.pk)
    )

    assert errors(response) == ["Select a valid choice. That choice is not one of the available choices."]
    assert not seen.relations.exists()


def test_a_filter_offers_only_what_one_may_see() -> None:
    forum = make_forum()
    make_hidden(forum)
    request = RequestFactory().get("/")
    request.user = make_officer(forum)

    offered = VisibleFilter(
        ProgressReport._meta.get_field("commitment"),
        request,
        {},
        ProgressReport,
        admin.site.get_model_admin(ProgressReport),
        "commitment",
    )

    assert offered.lookup_choices == []


def test_an_officer_of_another_forum_reads_and_cannot_write() -> None:
    theirs = make_forum(name_en="Theirs")
    client = signed_in(make_officer(make_forum()))

    page = client.get(page_of(theirs))

    assert 'name="_save"' not in page.content.decode()
    assert client.post(page_of(theirs), {"name_en": "Mine"}).status_code == 403
    theirs.refresh_from_db()
    assert theirs.name_en == "Theirs"


def test_a_reader_of_the_forum_sees_its_commitments_and_enters_nothing() -> None:
    commitment = make_commitment()
    reader = make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=commitment.forum)
    client = signed_in(reader)

    assert client.get(page_of(commitment)).status_code == 200
    assert client.get(address(Commitment, "add")).status_code == 403
    assert client.post(page_of(commitment), {}).status_code == 403


def test_a_read_only_page_shows_no_field_for_a_reason_and_no_verbs() -> None:
    commitment = make_commitment()
    reader = make_user(is_staff=True)
    make_membership(reader, Membership.Role.READER, forum=commitment.forum)

    page = signed_in(reader).get(page_of(commitment)).content.decode()

    assert "Reason for the journal" not in page
    assert "/do/close/" not in page


def test_nothing_is_entered_into_the_register_of_another_desk() -> None:
    theirs = make_forum()

    response = save(
        signed_in(make_officer(make_forum())),
        address(Commitment, "add"),
        title_en="Taken over",
        forum=theirs.pk,
    )

    assert "You could not change this afterwards" in errors(response)[0]
    assert not Commitment.objects.exists()


def test_nothing_is_moved_into_the_register_of_another_desk() -> None:
    mine, theirs = make_forum(), make_forum()
    meeting = make_meeting(forum=mine)

    response = save(signed_in(make_officer(mine)), page_of(meeting), forum=theirs.pk)

    meeting.refresh_from_db()
    assert "You could not change this afterwards" in errors(response)[0]
    assert meeting.forum == mine


def test_a_coordinator_enters_what_their_own_divisions_lead() -> None:
    ministry = make_organisation()
    coordinator = make_user(is_staff=True)
    make_membership(coordinator, Membership.Role.COORDINATOR, organisation=ministry)
    post = make_post(organisation=make_organisation(parent=ministry))
    lead = row_of("assignments", post=post.pk, role="lead", from_on="2026-01-01")

    save(signed_in(coordinator), address(Commitment, "add"), title_en="Ours", forum=make_forum().pk, **lead)

    assert Commitment.objects.get().assignments.get().post == post


def test_an_officer_ends_a_role_only_where_they_keep_the_register() -> None:
    theirs = make_commitment()
    make_assignment(theirs, make_post())
    officer = make_officer(make_forum())
    make_membership(officer, Membership.Role.READER, forum=theirs.forum)

    page = signed_in(officer).get(page_of(theirs)).content.decode()

    assert 'name="assignments-0-until_on"' not in page


def test_people_and_their_roles_are_kept_by_administrators() -> None:
    somebody = make_user()
    client = signed_in(make_officer(make_forum()))

    page = client.get(page_of(somebody)).content.decode()

    assert somebody.email in page
    assert "algorithm" not in page
    assert client.post(page_of(somebody), {"is_superuser": "on"}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[somebody.pk])).status_code == 403


def test_whoever_restricts_a_commitment_still_sees_it_and_is_told_so() -> None:
    commitment = make_commitment()
    officer = make_officer(commitment.forum)

    response = save(signed_in(officer), page_of(commitment), marking="restricted")

    assert commitment.grants.get().user == officer
    assert "Only you see this commitment now. Name below who else may see it." in told(response)


def test_whoever_restricts_a_commitment_again_joins_those_who_saw_it_before() -> None:
    commitment = make_commitment()
    officer, before = make_officer(commitment.forum), make_user()
    Grant.objects.create(commitment=commitment, user=before, reason="works on it")

    response = save(signed_in(officer), page_of(commitment), marking="restricted")

    assert {grant.user for grant in commitment.grants.all()} == {officer, before}
    assert "Only you see" not in " ".join(told(response))


def test_people_who_may_see_it_are_asked_for_only_when_it_is_restricted() -> None:
    commitment = make_commitment()
    client = signed_in(make_officer(commitment.forum))

    assert "grants-TOTAL_FORMS" not in client.get(page_of(commitment)).content.decode()
    save(client, page_of(commitment), marking="restricted")
    assert "grants-TOTAL_FORMS" in client.get(page_of(commitment)).content.decode()


def test_nobody_shuts_themselves_out_of_a_restricted_commitment() -> None:
    commitment = make_commitment(marking=Marking.RESTRICTED)
    officer = make_officer(commitment.forum)
    Grant.objects.create(commitment=commitment, user=officer, reason="works on it")
    Grant.objects.create(commitment=commitment, user=make_user(), reason="works on it")

    response = save(signed_in(officer), page_of(commitment), **{"grants-0-DELETE": "on"})

    assert "stay among those who may see it" in errors(response)[0]
    assert commitment.grants.filter(user=officer).exists()
