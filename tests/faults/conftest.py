import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house import House
from tests.faults.servers import PostgreSQL, Redis, postgresql_programs

FULL = bool(os.environ.get("FULL"))
# So many people get 5,000 messages in both waves; the small size stays under four minutes on two idle cores.
PEOPLE, KILLS = (3_700, 60) if FULL else (120, 8)
FIGURES = "figures"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What each test counted, one line for each."""
    terminalreporter.section("figures")
    for report in terminalreporter.getreports(""):
        if getattr(report, "when", "") == "teardown":
            for said in (value for name, value in report.user_properties if name == FIGURES):
                terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {said}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgreSQL]:
    if postgresql_programs() is None:
        pytest.skip("needs the programs of PostgreSQL: initdb, pg_ctl")
    server = PostgreSQL()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> PostgreSQL | None:
    """`@pytest.mark.enough_on("sqlite")`: the other is tried with FULL=1, for the fault does not lie in the database."""
    enough = request.node.get_closest_marker("enough_on")
    if enough and not FULL and request.param not in enough.args:
        pytest.skip(f"FULL=1 tries it on {request.param} too")
    if request.param == "sqlite":
        return None
    server: PostgreSQL = request.getfixturevalue("cluster")
    return server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    if Redis.program is None:
        pytest.skip("needs a Redis or Valkey server")
    return tmp_path


@pytest.fixture
def house(request: pytest.FixtureRequest, home: Path, database: PostgreSQL | None) -> Iterator[House]:
    with House(home, database, people=PEOPLE) as standing:
        yield standing
        request.node.user_properties.append((FIGURES, standing.figures()))


@pytest.fixture
def small_house(request: pytest.FixtureRequest, home: Path, database: PostgreSQL | None) -> Iterator[House]:
    """Where each case counts, and not how many there are."""
    with House(home, database, people=1_000 if FULL else 100) as standing:
        yield standing
        request.node.user_properties.append((FIGURES, standing.figures()))
