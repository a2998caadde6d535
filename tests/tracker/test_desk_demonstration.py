import pytest
from django.test import Client

from commitments import demonstration
from commitments.models import Commitment, Forum
from tests.factories import make_commitment, make_user
from tests.tracker.reading import words


@pytest.fixture
def administrator(db: None) -> Client:
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


BANNER = "시연용 · demonstration, not the actual state"


def test_an_empty_register_can_be_filled_with_the_demonstration(administrator: Client) -> None:
    assert "Load the demonstration" in words(administrator.get("/"))

    answer = administrator.post("/demonstration/load/", follow=True)

    assert BANNER in words(answer)
    assert demonstration.exists()


def test_it_is_removed_with_one_click_after_the_list_of_what_goes(administrator: Client) -> None:
    administrator.post("/demonstration/load/")
    real = make_commitment()

    assert "Remove the demonstration" in words(administrator.get("/"))
    assert "Commitments 9" in words(administrator.get("/demonstration/"))

    answer = administrator.post("/demonstration/remove/", follow=True)

    assert "The demonstration is removed." in words(answer)
    assert BANNER not in words(answer)
    assert list(Commitment.objects.all()) == [real]


def test_it_cannot_stand_beside_a_forum_of_the_same_name(administrator: Client, forum: Forum) -> None:
    answer = administrator.post("/demonstration/load/", follow=True)

    assert "“SCCD” is in your register already; the demonstration cannot stand beside it." in words(answer)
    assert not demonstration.exists()


@pytest.mark.parametrize(
    "address",
    ["/", "/commitments/", "/meetings/", "/settings/", "/mail/", "/search/?q=a", "/commitments/forum/"],
)
def test_every_page_says_that_it_is_a_demonstration(administrator: Client, address: str) -> None:
    administrator.post("/demonstration/load/")

    assert BANNER in words(administrator.get(address))


def test_the_second_trilateral_meeting_is_grey_and_to_be_checked(administrator: Client) -> None:
    administrator.post("/demonstration/load/")

    page = administrator.get("/meetings/")

    assert "no record here, to be checked" in words(page)
    assert "not held" not in words(page)


def test_an_officer_neither_loads_nor_removes_it(desk: Client) -> None:
    assert desk.get("/demonstration/").status_code == 404
    assert desk.post("/demonstration/load/").status_code == 404
    assert desk.post("/demonstration/remove/").status_code == 404
    assert "Demonstration" not in words(desk.get("/settings/"))
