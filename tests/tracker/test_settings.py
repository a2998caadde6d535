import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tracker import supervisor
from tracker.bootstrap import CHECKOUT


def run_fresh(program: str, **environ: str) -> str:
    """Run a program in a process of its own and return what it prints."""
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "tracker.settings"} | environ
    command = [sys.executable, "-c", program]
    return subprocess.check_output(command, env=environ, cwd=CHECKOUT, text=True).strip()


def ask(expression: str, **environ: str) -> str:
    return run_fresh(f"from django.conf import settings; print({expression})", **environ)


@pytest.mark.parametrize(
    ("site_url", "secure"), [("http://127.0.0.1:8000", "False"), ("https://a.example", "True")]
)
def test_cookies_are_secure_exactly_where_the_site_is(site_url: str, secure: str) -> None:
    assert ask("settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE", SITE_URL=site_url) == secure


def test_the_sites_own_host_is_allowed() -> None:
    assert ask("'a.example' in settings.ALLOWED_HOSTS", SITE_URL="https://a.example") == "True"


def test_mail_stays_in_files_until_a_server_is_named() -> None:
    assert ask("settings.EMAIL_BACKEND", EMAIL_URL="") == "notifications.outbox.FileOutbox"
    assert ask("settings.EMAIL_HOST", EMAIL_URL="smtp+tls://mail.example.org:587") == "mail.example.org"


def test_mailboxes_are_read_where_one_is_named() -> None:
    scheduled = "'read-mailboxes' in settings.CELERY_BEAT_SCHEDULE"

    assert ask(scheduled, MAILBOX_URL="") == "False"
    assert ask(scheduled, MAILBOX_URL="imap+ssl://a:b@mail.example") == "True"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")
def test_sqlite_keeps_references_and_fires_triggers_on_replace() -> None:
    with connection.cursor() as cursor:
        pragmas = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("foreign_keys", "recursive_triggers", "journal_mode")
        ]

    assert pragmas == [1, 1, "wal"]


def test_a_committed_sending_survives_a_power_cut() -> None:
    assert "synchronous=FULL" in ask("settings.DATABASES['default']['OPTIONS']", DATABASE_URL="")


def test_whoever_stands_still_while_writing_holds_the_others_up_for_minutes_only() -> None:
    options = "settings.DATABASES['default']['OPTIONS']['options']"

    assert ask(options, DATABASE_URL="postgres://a:b@db/c").startswith(
        "-c idle_in_transaction_session_timeout=5min "
    )
    assert ask(options, DATABASE_URL="postgres://a:b@db/c?options=-cjit%3Doff") == "-cjit=off"


def test_a_task_rung_from_anywhere_goes_to_the_projects_own_broker() -> None:
    program = "import django; django.setup(); from celery import current_app; print(current_app.main)"

    assert run_fresh(program) == "tracker"


def test_the_supervisor_stays_small() -> None:
    program = "import sys, tracker.supervisor; print([name for name in ('celery', 'django') if name in sys.modules])"

    assert run_fresh(program) == "[]"


def test_a_command_typed_beside_a_running_register_knows_where_it_serves(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text('{"pid": 1, "url": "http://127.0.0.1:8007/"}')

    assert supervisor.last_address(tmp_path) == "http://127.0.0.1:8007"
    assert supervisor.last_address(tmp_path / "elsewhere") == ""
