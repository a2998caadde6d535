"""Messages by chat, to a real HTTP server that answers as Mattermost does."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest

from notifications import channels, checks
from notifications.channels import chat
from notifications.models import Delivery, OutgoingMail, Preference
from notifications.reminding import remind
from tests.factories import at, make_provision
from tests.mail_server import free_port

pytest.importorskip("apprise")
pytestmark = pytest.mark.django_db
MONDAY = at(date(2026, 11, 23))
State = Delivery.State


class ChatServer:
    """`plan` says what to answer: a status, or "hang up" before or after the message was taken."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.plan: list[int | str] = []

    def __enter__(self) -> "ChatServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        return f"mmost://127.0.0.1:{self.server.server_port}/3ccdd113474722377935511fc85d3dd4"

    def answer(self, request: Any) -> None:
        text = json.loads(request.rfile.read(int(request.headers["Content-Length"])))["text"]
        answer = self.plan.pop(0) if self.plan else 200
        if answer in (200, "hang up after"):
            self.texts.append(text)
        if isinstance(answer, str):
            request.connection.close()
            return
        request.send_response(answer)
        request.send_header("Location", "http://127.0.0.1:1/elsewhere")
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")


@pytest.fixture
def service(settings, item) -> Iterator[ChatServer]:
    settings.CHAT_HOSTS = ["127.0.0.1"]
    OutgoingMail.switch(True)
    with ChatServer() as running:
        person = item.commitment.assignments.get().post.holdings.get().user
        Preference.objects.create(user=person, duties_by="chat", chat_address=running.address)
        yield running


def run(moment=MONDAY):
    return remind(clock=lambda: moment)


def test_it_says_briefly_what_is_asked_and_where_to_answer(service, item):
    run()

    (text,) = service.texts
    assert item.commitment.reference in text
    assert "/a/" in text
    assert "reply to this mail" not in text
    assert len(text.splitlines()) < 10


def test_it_has_the_declared_words_the_last_status_and_the_reason(service, item):
    item.commitment.provisions.add(make_provision("continue discussions"))
    cleared = {"state": "cleared", "reported_on": date(2026, 6, 12)}
    item.commitment.reports.create(internal="Call held.", **cleared)
    speaks_english(item)

    run()

    (text,) = service.texts
    assert "“continue discussions”" in text
    assert "Last status, 12 Jun: Call held." in text
    assert f"You get this because you hold the post {item.commitment.assignments.get().post}" in text
    assert "Change when and how you are told: http" in text


def test_of_a_restricted_item_a_chat_says_the_reference_only(service, item):
    item.commitment.provisions.add(make_provision("continue discussions"))
    item.commitment.marking = "restricted"
    item.commitment.save()

    run()

    assert "continue discussions" not in service.texts[0]
    assert item.commitment.title not in service.texts[0]


def speaks_english(item):
    person = item.commitment.assignments.get().post.holdings.get().user
    person.language = "en"
    person.save()


def test_its_address_is_a_secret_and_stays_out_of_the_books(service):
    run()

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.address, delivery.html) == (State.SENT, "", "")
    assert "3ccdd113" not in json.dumps(delivery.headers) + delivery.text + delivery.error


def test_its_address_does_not_appear_in_the_log_either(service, monkeypatch):
    service.plan, log = [404], StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(log)])

    run()

    assert "HTTP 404" in log.getvalue()
    assert "3ccdd113" not in log.getvalue()


@pytest.mark.parametrize(
    ("answer", "becomes"),
    [(404, State.FAILED), (429, State.PENDING), (302, State.FAILED), (502, State.UNCERTAIN)],
)
def test_what_the_service_answers_decides(service, answer, becomes):
    service.plan = [answer]

    run()

    assert (Delivery.objects.get().state, service.texts) == (becomes, [])


def test_a_service_that_is_away_has_certainly_not_taken_it(service):
    Preference.objects.update(
        chat_address=f"mmost://127.0.0.1:{free_port()}/3ccdd113474722377935511fc85d3dd4"
    )

    run()

    assert Delivery.objects.get().state == State.PENDING


def test_where_nobody_knows_it_goes_out_once_more_and_says_so(service):
    service.plan = ["hang up after"]
    run()

    run(MONDAY + timedelta(minutes=14))
    early = len(service.texts)
    run(MONDAY + timedelta(minutes=16))

    assert (early, len(service.texts)) == (1, 2)
    notice, _newline, again = service.texts[1].partition("\n")
    assert (notice, again) == ("이미 받으신 메일일 수 있습니다.", service.texts[0])


def test_it_goes_out_once_more_and_no_oftener(service):
    service.plan = ["hang up after"] * 5

    for n in range(5):
        run(MONDAY + n * timedelta(minutes=16))

    assert (len(service.texts), Delivery.objects.get().state) == (2, State.UNCERTAIN)


def test_a_worker_that_was_frozen_posts_nothing(service):
    run_of_chat = channels.for_name("chat")
    prepared = chat.Post(SimpleNamespace(notify=lambda **_said: service.texts.append("said")), "words")

    with pytest.raises(channels.ChannelError):
        run_of_chat.send(prepared, not_after=0.0)
    assert service.texts == []


# Where it may lead


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1/",
        "xml://127.0.0.1/",
        "form://127.0.0.1/",
        "mailto://user:pass@example.com",
        "file:///etc/passwd",
        "syslog://",
        "http://127.0.0.1/",
        "words",
        "",
        "mmost://10.0.0.1/3ccdd113474722377935511fc85d3dd4",
        "mmost://127.0.0.1.evil.example/3ccdd113474722377935511fc85d3dd4",
        "rockets://user:password@169.254.169.254/#room",
        "workflows://evil.example:443/" + "a" * 32 + "/" + "b" * 43,
        "workflows://evil.example.logic.azure.com.evil.example:443/" + "a" * 32 + "/" + "b" * 43,
    ],
)
def test_no_message_goes_where_it_could_reach_something_else(service, address):
    assert chat.address_problem(address)

    Preference.objects.update(chat_address=address or "-")
    run()

    assert (service.texts, Delivery.objects.get().state) == ([], State.FAILED)


@pytest.mark.parametrize(
    "address",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "workflows://prod-12.westeurope.logic.azure.com:443/" + "a" * 32 + "/" + "b" * 43,
        "mmosts://127.0.0.1/3ccdd113474722377935511fc85d3dd4",
    ],
)
def test_the_usual_services_are_allowed(service, address):
    assert chat.address_problem(address) == ""


def test_nobodys_address_switches_off_the_checking_of_certificates_or_follows_elsewhere(service):
    plugin, _problem = chat._found(
        "mmosts://127.0.0.1/3ccdd113474722377935511fc85d3dd4?verify=no&redirect=yes&retry=9"
    )

    assert (plugin.verify_certificate, plugin.redirects, plugin.service_retry) == (True, False, 0)


def test_a_service_that_the_administrator_does_not_want_is_refused(service, settings):
    settings.CHAT_SCHEMES = ["slack"]

    assert chat.address_problem(service.address)


def test_a_service_that_we_do_not_know_is_noticed_at_the_start(settings):
    settings.CHAT_SCHEMES = ["slack", "json"]

    assert [found.id for found in checks.chats_are_known()] == ["notifications.E004"]


# Open or closed


def test_it_is_closed_while_outgoing_messages_are_switched_off(service):
    OutgoingMail.switch(False)

    assert "switched off" in channels.for_name("chat").why_closed()


def test_without_its_package_it_is_closed_and_says_why(service, monkeypatch):
    monkeypatch.setattr(chat, "find_spec", lambda name: None)

    assert "not installed" in channels.for_name("chat").why_closed()
    assert chat.address_problem("anything") == ""
