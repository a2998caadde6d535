#!/usr/bin/env python3
"""`up`, `verify`, `faults` and `bench` work from a bare checkout (tracker/bootstrap.py); the rest is Django's."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 — whoever meets this has not installed anything yet
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    if sys.argv[1:2] in (["up"], ["verify"], ["faults"], ["bench"]):
        from tracker import bootstrap

        sys.exit(bootstrap.run(sys.argv[1], sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
