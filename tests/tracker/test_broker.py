from pathlib import Path

import pytest

from tracker import broker


def test_the_socket_lies_in_the_installations_own_directory() -> None:
    assert broker.socket_path(Path("/srv/tracker/var")) == Path("/srv/tracker/var/broker/broker.sock")


@pytest.mark.parametrize("length", [90, 200])
def test_a_path_too_long_for_a_socket_is_replaced_by_a_short_one(length: int) -> None:
    path = broker.socket_path(Path("/" + "v" * length))

    assert len(str(path)) <= broker.SOCKET_PATH_LIMIT
    assert path != broker.socket_path(Path("/" + "w" * length))


def test_a_machine_without_any_broker_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")

    assert broker.command(tmp_path) is None
