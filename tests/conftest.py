import os
import shutil
from collections.abc import Iterator

import hypothesis
import pytest
from django.db import connection
from django.utils import timezone, translation

from commitments import facts

# Minutes of killing: `make test-faults`.
collect_ignore = [] if os.environ.get("FAULTS") else ["faults"]

# A busy machine is no failing test.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot run."""
    absent = {}
    if connection.vendor != "postgresql":
        absent["pg"] = "needs PostgreSQL: set DATABASE_URL"
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        absent["browser"] = "needs chromium and chromedriver"
    if not (shutil.which("dovecot") and shutil.which("openssl")):
        absent["imap"] = "needs dovecot-imapd and openssl"
    for item in items:
        for marker in item.iter_markers():
            if marker.name in absent:
                item.add_marker(pytest.mark.skip(reason=absent[marker.name]))


@pytest.fixture(autouse=True)
def _language_and_zone_of_the_settings() -> None:
    """A request leaves those of its reader to the thread, and here the next test."""
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _emptying_is_allowed(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with real transactions is followed by emptying the tables, which the triggers would refuse."""
    emptied = {"transactional_db", "live_server"} & set(request.fixturenames)
    marker = request.node.get_closest_marker("django_db")
    if not emptied and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    facts.remove()  # emptying ends with post_migrate, which installs them again
