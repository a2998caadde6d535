import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House
from tests.faults.servers import PostgreSQL, Redis, postgresql_programs

FULL = bool(os.environ.get("FULL"))
# Measured to stay under four minutes on two cores for both databases.
PEOPLE, KILLS = (3_300, 60) if FULL else (260, 8)


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
    if request.param == "sqlite":
        return None
    server: PostgreSQL = request.getfixturevalue("cluster")
    server.empty()
    return server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    if Redis.program is None:
        pytest.skip("needs a Redis or Valkey server")
    return tmp_path


@pytest.fixture
def house(home: Path, database: PostgreSQL | None) -> Iterator[House]:
    with House(home, database, people=PEOPLE) as standing:
        yield standing
