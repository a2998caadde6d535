"""Notes when each message passed its point of no return, and makes the moments before it longer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random
from typing import Any

from notifications import supply
from tests.faults.crashes import Wrapper, note, wrap

LONGEST = 0.6  # seconds


def install() -> None:
    file, random = Path(os.environ["VAR_DIR"]) / "points", Random()

    def linger(whole: Wrapper, *arguments: Any, **named: Any) -> Any:
        time.sleep(random.random() * LONGEST)
        return whole(*arguments, **named)

    def pass_it(whole: Wrapper, *arguments: Any, **named: Any) -> Any:
        """What was committed before `asked` has to be respected; what is committed later comes too late."""
        asked = time.time()
        begun = whole(*arguments, **named)
        for each in begun:
            note(file, {"message_id": each.delivery.message_id, "asked": asked})
        return begun

    wrap(supply.Supply, "_begin", linger)
    wrap(supply, "pass_point_of_no_return", pass_it)
