"""Waiting for a fact that nothing signals: what another process or thread has done."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], within_s: float = 60) -> None:
    """Returns when the condition holds; fails if it does not in time, which is long on purpose."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)
