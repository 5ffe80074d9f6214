"""The tutorial's queue under scheduled arrivals."""

import random
import time

import events
import tutorial_pipeline as tutorial
from harness.options import Options
from harness.workspace import empty_directory


def latencies_ms(options: Options, rate: int, seconds: int) -> list[float]:
    """From an arrival's schedule (Poisson, open loop) to its commit, ascending."""
    gaps = random.Random(2)
    updates = events.updates(events.take(events.small_events(), rate * seconds))
    found = []
    with empty_directory(options.directory) as directory:
        queue = tutorial.RetryQueue(directory / "queue.db")
        due = time.perf_counter()
        for update in updates:
            due += gaps.expovariate(rate)
            time.sleep(max(0.0, due - time.perf_counter()))
            queue.enqueue(update.interaction_id, update.payload, update.timestamp)
            found.append((time.perf_counter() - due) * 1000)
        queue.close()
    return sorted(found)
