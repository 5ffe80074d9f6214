"""Run as a program: opens a queue, takes a batch from it, prints what that took.

The figures are anonymous and file-backed resident memory in MiB; the interpreter's own share is
that before the engine is imported.
"""

import json
import sys


def resident_mib() -> float:
    """Resident memory of this process."""
    with open("/proc/self/status") as lines:
        for line in lines:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS")


def main(path: str) -> None:
    """Prints {"interpreter":..,"imported":..,"claimed":..,"pending":..}."""
    found = {"interpreter": resident_mib()}
    import cxrelay

    found["imported"] = resident_mib()
    queue = cxrelay.Queue(path)
    claim = queue.claim()  # takes the deliverer's role: the order of all that waits is built
    assert claim is not None
    found["claimed"] = resident_mib()
    found["pending"] = queue.stats().pending
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
