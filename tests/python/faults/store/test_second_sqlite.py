"""Another SQLite library in the process would drop our locks on the queue file: it is found, and doctor warns."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# The engine comes first: the loader gives it a library of the same name that is loaded already.
MAPPED = """
from cxrelay import _core
print(*{line.split()[-1] for line in open("/proc/self/maps") if "libsqlite3" in line})
"""
LOAD = """
import ctypes, json, sys
from cxrelay import _core
ctypes.CDLL(sys.argv[1])
print(json.dumps(_core.second_sqlite()))
"""
DOCTOR = """
import ctypes, sys
from cxrelay import _core
ctypes.CDLL(sys.argv[1])
from cxrelay.cli import main
main(["doctor", "--offline", "--json"])
"""


def run(script: str, *arguments: str | Path, folder: Path) -> str:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    ).stdout.strip()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The SQLite library that the engine itself uses."""
    found = run(MAPPED, folder=tmp_path)
    if not found:
        pytest.skip("SQLite is linked into the engine: there is no library to copy")
    return Path(found)


@pytest.fixture
def copy(library: Path, tmp_path: Path) -> Path:
    """The same code under another name is another library: with locks of its own."""
    return Path(shutil.copy(library, tmp_path / "libsqlite3-of-somebody.so.0"))


def test_our_own_library_alone_is_none(library: Path, tmp_path: Path) -> None:
    assert json.loads(run(LOAD, library, folder=tmp_path)) == ""


def test_a_second_library_is_found(copy: Path, tmp_path: Path) -> None:
    assert json.loads(run(LOAD, copy, folder=tmp_path)) == str(copy)


def test_doctor_warns_of_it(copy: Path, tmp_path: Path) -> None:
    findings = json.loads(run(DOCTOR, copy, folder=tmp_path))["findings"]
    (finding,) = [each for each in findings if each["name"] == "second SQLite"]
    assert finding["verdict"] == "warning"
    assert str(copy) in finding["detail"]
