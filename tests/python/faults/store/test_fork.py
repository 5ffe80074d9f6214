"""A process with an open queue forks: the child is told to open the file anew, and disturbs nobody."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from cxrelay import _core

FORKS = """
import json, os, sys
from cxrelay import _core
from cxrelay.errors import ClosedError

def put(queue, number):
    return queue.put(f"key{number}", f"i{number}", number, b"", b'{"a":1}').status

queue = _core.Queue(sys.argv[1])
put(queue, 1)
claim = queue.claim(target="example")
child = os.fork()
if child == 0:
    said = []
    for use in (lambda: put(queue, 2), queue.stats, queue.check, lambda: queue.settle(claim, [])):
        try:
            said.append(str(use()))
        except ClosedError as error:
            said.append("closed")
    del queue
    own = _core.Queue(sys.argv[1])
    said.append(put(own, 3))
    said.append(own.claim(target="example"))  # the parent is the deliverer
    own.close()
    os.write(1, (json.dumps(said) + "\\n").encode())
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
said = [put(queue, 4)]
queue.settle(claim, [("completed", 200, "", 0)])  # its right and its locks are as they were
said += [queue.stats().completed, queue.stats().accepted, queue.check().problems]
print(json.dumps(said))
"""


def test_a_child_opens_the_file_anew(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKS, tmp_path / "queue.db"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    child, parent = map(json.loads, done.stdout.splitlines())
    assert child == ["closed", "closed", "closed", "closed", "accepted", None]
    assert parent == ["accepted", 1, 3, []]


# The child says its process id and waits until its standard input ends.
LEAVES_A_CHILD = """
import os, sys
from cxrelay import _core

queue = _core.Queue(sys.argv[1])
queue.put("key1", "i1", 1, b"", b'{"a":1}')
assert queue.claim(target="example") is not None
if os.fork() == 0:
    print("forked", flush=True)
    sys.stdin.read()
    os._exit(0)
os.wait()
"""


def test_a_child_does_not_keep_the_right_of_a_dead_deliverer(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    process = subprocess.Popen(
        [sys.executable, "-c", LEAVES_A_CHILD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "forked\n"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        queue = _core.Queue(str(path))
        assert queue.claim(target="example") is not None
    finally:
        process.stdin.close()  # ends the child
        process.stdout.close()
