"""``pytest --canary`` fails a test that leaves a secret anywhere that it looks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
CONFTEST = """
from support.canary_search import CanarySearch

def pytest_configure(config):
    config.pluginmanager.register(CanarySearch())
"""
LEAKS = """
import base64, logging, subprocess, sys

def test_stdout(cxone_simulator):
    print(cxone_simulator.client_secret)

def test_stderr_of_a_child(cxone_simulator):
    program = "import sys; sys.stderr.write(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, cxone_simulator.client_secret])

def test_log(cxone_simulator):
    logging.getLogger("cxrelay").debug("%s", cxone_simulator.client_secret)

def test_file(cxone_simulator, tmp_path):
    (tmp_path / "deep").mkdir()
    secret = base64.b64encode(b"id:" + cxone_simulator.client_secret.encode())
    (tmp_path / "deep" / "x.db").write_bytes(secret)

def test_what_the_test_reads_itself(cxone_simulator, capsys):
    print(cxone_simulator.client_secret)
    capsys.readouterr()

def test_good(cxone_simulator, tmp_path):
    (tmp_path / "input-secret").write_text(cxone_simulator.client_secret)
    print("nothing")
"""


def test_leaks_are_found(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_leaks.py").write_text(LEAKS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_leaks.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    failed = set(re.findall(r"::(\w+)", done.stdout.partition("short test summary")[2]))
    assert failed == {
        "test_stdout",
        "test_stderr_of_a_child",
        "test_log",
        "test_file",
        "test_what_the_test_reads_itself",
    }, done.stdout
    assert "6 secrets were made in 6 tests" in done.stdout
