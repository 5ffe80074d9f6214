from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cxrelay.cli import main
from cxrelay.simulator import Simulator


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and its output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object that it wrote."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """The objects that it wrote."""
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cxrelay_command(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs the command in this process."""

    def run(*arguments: str | Path, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return Outcome(code, captured.out.decode(), captured.err.decode())

    return run


@pytest.fixture
def target(cxone_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulator, and the environment that leads to it."""
    monkeypatch.setenv("CXONE_BASE_URL", cxone_simulator.base_url)
    monkeypatch.setenv("CXONE_CLIENT_ID", cxone_simulator.client_id)
    monkeypatch.setenv("CXONE_CLIENT_SECRET", cxone_simulator.client_secret)
    return cxone_simulator
