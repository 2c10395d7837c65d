"""What came of a fault."""

import dataclasses
import time


@dataclasses.dataclass
class Did:
    """When it began, how many processes were killed, how long until the victim was up again, and, if it is
    not as it was before, why: a finding."""

    at: float
    kills: int = 0
    up_s: float | None = None
    failed: str = ""


def back(child, at, kills, seconds):
    """Starts a victim again and waits for it."""
    came = child.start(seconds)
    failed = "" if came else f"{child.name} did not come back within {seconds} s"
    return Did(at, kills, time.monotonic() - at if came else None, failed)
