"""cxrelay simulate --proxy: what is printed leads through the proxy, and the faults happen."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cxrelay.cli import main
from cxrelay.cli.output import Output
from cxrelay.fault_proxy.spec import _FAULTS

PROGRAM = [sys.executable, "-m", "cxrelay", "simulate", "--json"]


@contextmanager
def simulation(*arguments: str) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """The environment that a running ``cxrelay simulate`` prints, and its process."""
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["environment"], process
        finally:
            process.kill()


def sign_in(environment: dict[str, str]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": environment["CXONE_CLIENT_ID"],
        "client_secret": environment["CXONE_CLIENT_SECRET"],
    }
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(environment["CXONE_TOKEN_URL"], data, timeout=10) as reply:
        return str(json.load(reply)["access_token"])


def test_a_cut_happens_to_the_connections_it_is_for() -> None:
    faults = ["--proxy", "cut-response:after_bytes=20,times=1,skip=1"]
    with simulation(*faults, "--proxy", "latency:response_ms=1") as (environment, process):
        assert environment["CXONE_TOKEN_URL"].startswith(environment["CXONE_BASE_URL"] + "/")
        assert sign_in(environment)
        # 20 bytes are "HTTP/1.1 200 OK\r\nCach": the head is not whole.
        with pytest.raises((http.client.HTTPException, OSError, ValueError)):
            sign_in(environment)
        assert sign_in(environment)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    counts = json.loads(out)["proxy"]
    assert (counts["connections"], counts["faulty"], counts["cut"]) == (3, 3, 1)


def test_a_wrong_fault_is_explained(cxrelay_command: Callable) -> None:
    done = cxrelay_command("simulate", "--proxy", "cut-request:after=7")
    assert done.code == 2
    assert "argument --proxy: cut-request has no option 'after': one of after_bytes," in done.err


def test_help_names_every_fault_and_option(cxrelay_command: Callable) -> None:
    text = cxrelay_command("simulate", "--help").out
    words = set(re.findall(r"[a-z_-]+", text))
    for name, (_, options) in _FAULTS.items():
        assert {name, *options} <= words
    assert {"times", "skip", "p"} <= words


def test_a_signal_right_after_the_addresses_ends_it_well(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def tell_and_be_stopped(_: Output, data: dict[str, Any], __: str) -> None:
        told.extend(data["environment"])
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Output, "result", tell_and_be_stopped)
    assert main(["simulate"]) == 0
    assert "CXONE_BASE_URL" in told
