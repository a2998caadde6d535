"""Write the golden mails anew: `python -m tests.notifications.golden`, on whatever database is set."""

import os

import pytest

from tests.notifications.golden import REWRITING

os.environ[REWRITING] = "1"
raise SystemExit(pytest.main(["-q", "-n", "0", "tests/notifications/test_golden_mails.py"]))
