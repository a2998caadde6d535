import pytest
from django.test import Client

from commitments.models import Forum, User
from tests.factories import make_forum, make_held_post, make_officer


@pytest.fixture
def forum(db: None) -> Forum:
    return make_forum(code="SCCD", name_en="Supply Chain and Commercial Dialogue", desk=make_held_post())


@pytest.fixture
def officer(forum: Forum) -> User:
    return make_officer(forum, name_en="Officer One", email="one@ministry.example", zone="Asia/Seoul")


@pytest.fixture
def desk(officer: User) -> Client:
    """The officer's browser."""
    client = Client()
    client.force_login(officer)
    return client
