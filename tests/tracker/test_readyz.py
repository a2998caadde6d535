"""Can this installation tell people, for whoever asks from outside? Numbers and yes or no, never a word."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.db import connection
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import Settings

from notifications.models import Delivery, Heartbeat
from tests.factories import at, make_message_id, make_user

pytestmark = pytest.mark.django_db
NOW = at(date(2026, 11, 23))


@pytest.fixture(autouse=True)
def _for_a_day(settings: Settings) -> object:
    settings.STARTED_AT = NOW - timedelta(days=1)
    with time_machine.travel(NOW, tick=False):
        yield


def ago(**age: int) -> datetime:
    return NOW - timedelta(**age)


def make_delivery(state: str, **fields: Any) -> Delivery:
    known = {"recipient": make_user(), "local_day": NOW.date(), "send_after": NOW, "created_at": NOW}
    return Delivery.objects.create(state=state, message_id=make_message_id(), **{**known, **fields})


def test_it_is_ready_while_the_worker_does_its_rounds(client: Client) -> None:
    Heartbeat.beat("tick", now=ago(seconds=40))

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "database": True,
        "broker": True,
        "heartbeat": True,
        "heartbeat_age": 40,
        "queue_age": None,
        "uncertain": 0,
        "dead": 0,
    }


def test_it_is_not_ready_when_the_worker_has_been_silent_for_three_minutes(client: Client) -> None:
    Heartbeat.beat("tick", now=ago(seconds=181))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["heartbeat"] is False
    assert answer.json()["heartbeat_age"] == 181


def test_it_is_not_ready_when_no_worker_ever_came(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["heartbeat_age"]) == (503, None)


@pytest.mark.parametrize("last", [None, timedelta(days=3)])
def test_who_has_just_started_is_given_three_minutes(
    client: Client, settings: Settings, last: timedelta | None
) -> None:
    if last:
        Heartbeat.beat("tick", now=NOW - last)

    settings.STARTED_AT = ago(seconds=179)
    assert client.get("/readyz").status_code == 200

    settings.STARTED_AT = ago(seconds=181)
    assert client.get("/readyz").status_code == 503


def test_what_waits_is_counted_and_keeps_nobody_from_being_ready(client: Client) -> None:
    Heartbeat.beat("tick", now=NOW)
    make_delivery(Delivery.State.PENDING, send_after=ago(hours=2))
    make_delivery(Delivery.State.PENDING, send_after=NOW + timedelta(hours=1))
    make_delivery(Delivery.State.UNCERTAIN)
    for _n in range(2):
        make_delivery(Delivery.State.FAILED)
    make_delivery(Delivery.State.FAILED).see_to(by=make_user(), now=NOW)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() | {"queue_age": 7200, "uncertain": 1, "dead": 2} == answer.json()


def test_no_word_of_the_register_is_in_it(client: Client) -> None:
    person = make_user(name_en="Kim Minji", email="minji@ministry.example")
    make_delivery(
        Delivery.State.FAILED, recipient=person, address=person.email, subject="Secret", error="550 x"
    )

    said = client.get("/readyz").content.decode()

    assert not any(word in said for word in ("Kim", "minji", "Secret", "550"))
    assert all(
        value is None or isinstance(value, bool | int) for value in client.get("/readyz").json().values()
    )


def test_it_fails_when_the_database_does(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: Any) -> None:
        raise ConnectionError("gone")

    with connection.execute_wrapper(refuse):
        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] is False
    assert answer.json()["broker"] is True
    assert answer.json()["dead"] is None
    assert "database does not answer" in caplog.text


def test_it_fails_when_the_broker_does(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **_options: Any) -> None:
        raise OperationalError("gone")

    Heartbeat.beat("tick", now=NOW)
    monkeypatch.setattr(type(current_app.connection_for_write()), "ensure_connection", refuse)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["broker"] is False
    assert answer.json()["database"] is True
    assert "broker does not answer" in caplog.text


def test_it_asks_few_questions(client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(4):
        client.get("/readyz")
