"""`manage.py bench`: speeds as ratios within one run, printed and written to var/bench.json; ONLY=dispatch for a part.

Ends with 1 where a bound is broken. Each part is a module of this folder with `run()`."""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

from tracker.bootstrap import CHECKOUT

PARTS = ("planning", "dispatch", "desk")
Figure = dict[str, Any]


def main(_arguments: list[str]) -> int:
    chosen = os.environ.get("ONLY") or ",".join(PARTS)
    unknown = set(chosen.split(",")) - set(PARTS)
    if unknown:
        print(f"There is no part {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
        return 2
    figures = [
        figure for part in chosen.split(",") for figure in importlib.import_module(f"bench.{part}").run()
    ]
    for figure in figures:
        print(line(figure), flush=True)
    path = CHECKOUT / "var" / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if all(holds(figure) for figure in figures) else 1


def holds(figure: Figure) -> bool:
    value = figure["value"]
    return bool(figure.get("at_least", value) <= value <= figure.get("at_most", value))


def line(figure: Figure) -> str:
    bound = f"at least {figure['at_least']}" if "at_least" in figure else f"at most {figure['at_most']}"
    verdict = "" if holds(figure) else "  BROKEN"
    return f"{figure['name']:<45} {figure['value']:>10.2f} {figure['unit']:<18} ({bound}){verdict}"
