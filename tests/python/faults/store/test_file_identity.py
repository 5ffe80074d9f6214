"""Somebody changes the file itself: makes it read-only, gives it a second name, replaces it, removes its log."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cxrelay import _core
from cxrelay.errors import StoreError


def put(queue: _core.Queue, number: int) -> _core.Receipt:
    return queue.put(f"key{number}", f"i{number}", number, b"", b'{"a":1}')


def rename(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def replace(path: Path) -> None:
    """Restores another state of the queue, file and log."""
    other = path.with_name("restored.db")
    _core.Queue(str(other)).close()
    for suffix in ("", "-wal"):
        other.with_name(other.name + suffix).rename(path.with_name(path.name + suffix))


def remove(path: Path) -> None:
    path.unlink()


def remove_the_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


@pytest.mark.parametrize("change", [rename, replace, remove, remove_the_log])
def test_no_receipt_is_given_into_the_void(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "queue.db"
    queue = _core.Queue(str(path))
    put(queue, 1)
    change(path)
    try:
        receipt = put(queue, 2)
    except StoreError:
        return
    finally:
        queue.close()
    opened_again = _core.Queue(str(path))
    assert opened_again.find(receipt.idempotency_key) is not None


def test_a_second_name_is_refused_under_either_name(tmp_path: Path) -> None:
    path, other = tmp_path / "queue.db", tmp_path / "other.db"
    queue = _core.Queue(str(path))
    put(queue, 1)
    os.link(path, other)
    for name in (path, other):
        with pytest.raises(StoreError, match="second hard link") as caught:
            _core.Queue(str(name))
        assert caught.value.kind == "unsafe_file"
    assert sorted(file.name for file in tmp_path.iterdir() if "other" in file.name) == ["other.db"]

    assert put(queue, 2).status == "accepted"  # who has it open holds the locks of the first name
    other.unlink()
    again = _core.Queue(str(path))
    assert again.stats().accepted == 2
    assert again.check().ok


# To root every file is writable, so the process becomes nobody once everything is imported.
READER = """
import os, sys
from cxrelay import _core
from cxrelay.errors import StoreError

if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
try:
    queue = _core.Queue(sys.argv[1])
    queue.put("key2", "i2", 2, b"", b'{"a":1}')
    print("stored")
except StoreError as error:
    print(error.kind)
"""


@pytest.mark.parametrize(
    ("suffix", "said"), [("", "read_only"), ("-wal", "read_only"), (".lock", "read_only")]
)
def test_a_read_only_file_takes_nothing(memory_folder: Path, suffix: str, said: str) -> None:
    path = memory_folder / "queue.db"
    queue = _core.Queue(str(path))
    put(queue, 1)
    queue.close()
    if os.geteuid() == 0:
        for file in (memory_folder, *memory_folder.iterdir()):
            os.chown(file, 65534, 65534)
    path.with_name(path.name + suffix).chmod(0o400)
    command = [sys.executable, "-c", READER, path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [said]
    path.with_name(path.name + suffix).chmod(0o600)
    if os.geteuid() == 0:
        for file in memory_folder.iterdir():
            os.chown(file, 0, 0)
    again = _core.Queue(str(path))
    assert again.stats().accepted == 1
    assert again.check().ok
