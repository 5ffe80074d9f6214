"""Sixteen processes put into one file at once: nobody is told that it is busy, and everything is stored once."""

import json
import subprocess
import sys
from pathlib import Path

from cxrelay import _core

WRITERS = 16
PUTS = 1000

# Says "ready", waits for the others, puts one event a call, and says what it got.
WRITER = """
import json, sys
from cxrelay import _core

queue = _core.Queue(sys.argv[1])
writer, puts = sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
seqs, errors = [], []
for number in range(puts):
    try:
        receipt = queue.put(f"{writer}_{number}", f"i{writer}", number, b"", b'{"a":1}')
        seqs.append((receipt.status, receipt.seq))
    except Exception as error:
        errors.append(str(error))
print(json.dumps([seqs, errors]))
"""


def test_sixteen_writers(memory_folder: Path) -> None:
    path = memory_folder / "queue.db"
    _core.Queue(str(path)).close()
    command = [sys.executable, "-c", WRITER, path]
    writers = [
        subprocess.Popen(
            [*command, str(number), str(PUTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [json.loads(writer.communicate()[0]) for writer in writers]
    assert [errors for _, errors in said] == [[]] * WRITERS
    receipts = [tuple(receipt) for seqs, _ in said for receipt in seqs]
    assert {status for status, _ in receipts} == {"accepted"}
    assert sorted(seq for _, seq in receipts) == list(range(1, WRITERS * PUTS + 1))

    queue = _core.Queue(str(path))
    assert queue.stats().accepted == WRITERS * PUTS
    assert queue.check().problems == []
    log = path.with_name("queue.db-wal").stat().st_size
    assert log < 16 << 20, "the log was not copied back under way"
    queue.close()
