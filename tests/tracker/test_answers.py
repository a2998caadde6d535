"""What every answer of the site has in common, and that it answers at all."""

import pytest
from django.test import Client


def test_healthz_answers_without_asking_the_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"


@pytest.mark.parametrize("address", ["/healthz?q=%00", "/%00", "/healthz?a=1&b=x%00y"])
def test_nul_in_the_address_is_refused_in_a_sentence(client: Client, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 400
    assert answer.content == b"Remove the character that cannot be stored.\n"


def test_nul_in_the_address_is_refused_in_the_reader_s_language(client: Client) -> None:
    answer = client.get("/api/v1/parties/?q=%00", headers={"accept-language": "ko"})

    assert answer.status_code == 400
    assert answer.json()["detail"] == "저장할 수 없는 문자를 삭제해 주십시오."


@pytest.mark.parametrize("address", ["/healthz", "/healthz?q=%00", "/no-such-page"])
def test_every_answer_forbids_foreign_and_inline_scripts(client: Client, address: str) -> None:
    headers = client.get(address).headers

    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
