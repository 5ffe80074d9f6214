"""Run as a program: puts updates into a new queue, one by one and in lists, and prints how fast.

Whoever preloads ``native/without_hashing.cpp`` measures the same build without its digests.
"""

import json
import sys
import time
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1]


def main(directory: Path, single: int, together: int) -> None:
    """Prints {case: [updates, seconds, processor seconds]}, and whether records were hashed."""
    sys.path.insert(0, str(BENCHMARKS))
    import events
    from put.native_call import NativePut
    from put.native_many import NativeMany

    found: dict[str, list[float] | bool] = {}
    items = events.updates(events.take(events.small_events(), together))
    for case, made, count in (
        ("one call", NativePut, single),
        ("put_many of 1,000", NativeMany, together),
    ):
        contender = made()
        contender.file = f"{count}.db"
        contender.prepare(directory)
        inputs = contender.inputs(items[:count])
        begin, cpu = time.perf_counter(), time.process_time()
        contender.run(inputs)
        found[case] = [count, time.perf_counter() - begin, time.process_time() - cpu]
        hashes = contender.queue.query("SELECT count(DISTINCT hash) FROM journal")
        found["hashed"] = hashes[0][0] == count
        contender.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
