"""``kill -9`` of a process that ingests, at random moments: no receipt is lost."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from cxrelay import _core

ROUNDS = 200
ROUNDS_A_FILE = 20

# Ingests from four threads as fast as it can and says each receipt after it has it.
INGESTER = """
import json, os, sys, threading
from cxrelay import _core
from cxrelay.mapping import Mapping

relay = _core.Relay({"queue_path": sys.argv[1]}, Mapping.default())
start = int(sys.argv[2])

def ingest(thread):
    for n in range(10**9):
        second, micro = divmod(start + n, 10**6)
        body = {"interactionId": f"i{thread}-{n % 50}", "contactId": "c", "legacyCrmId": f"CRM-{n}",
                "timestamp": f"2024-05-15T10:{second // 60:02}:{second % 60:02}.{micro:06}Z"}
        if n % 10 == 9:
            bodies = [json.dumps(body | {"contactId": f"c{k}"}).encode() for k in range(20)]
            receipts = relay.ingest_many(bodies)
        elif n % 20 == 4:  # a long transaction
            ids = (f"b{thread}-{k}" for k in range(300))
            bodies = [json.dumps(body | {"interactionId": name}).encode() for name in ids]
            receipts = relay.ingest_many(bodies)
        else:
            receipts = [relay.ingest(json.dumps(body).encode())]
        os.write(1, "".join(f"{r.seq} {r.idempotency_key}\\n" for r in receipts).encode())

for number in range(4):
    threading.Thread(target=ingest, args=(number,)).start()
"""


def receipts_until_killed(path: Path, start: int, delay_s: float) -> list[tuple[int, str]]:
    """Runs the ingester, kills it `delay_s` after its first receipt, and returns the receipts that it gave."""
    process = subprocess.Popen(
        [sys.executable, "-c", INGESTER, str(path), str(start)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    killer = threading.Timer(delay_s, process.send_signal, [signal.SIGKILL])
    killer.start()
    text = first + process.stdout.read()
    killer.join()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    lines = text.split("\n")[:-1]  # what follows the last line break was cut
    return [(int(seq), key) for seq, key in (line.split(" ") for line in lines)]


def test_every_receipt_is_in_the_file_after_kill_9(tmp_path: Path) -> None:
    rng = random.Random(20240515)
    total = 0
    for number in range(ROUNDS):
        path = tmp_path / f"queue-{number // ROUNDS_A_FILE}.db"
        start = (number % ROUNDS_A_FILE) * 1_000_000
        receipts = receipts_until_killed(path, start, rng.uniform(0, 0.15))
        assert receipts
        queue = _core.Queue(str(path))
        stored = dict(
            queue.query(
                "SELECT seq, idempotency_key FROM journal WHERE seq >= ?", [min(receipts)[0]]
            )
        )
        lost = [seq for seq, key in receipts if stored.get(seq) != key]
        assert not lost, f"round {number}: receipts {lost} are lost"
        result = queue.check()
        assert result.ok, f"round {number}: {result.problems}"
        queue.close()
        total += len(receipts)
    print(json.dumps({"rounds": ROUNDS, "receipts": total}))
