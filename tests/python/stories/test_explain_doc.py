"""The example of cpp/docs/explain.md is what the command prints for the log of cpp/docs/audit.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cxrelay.cli import main

DOCS = Path(__file__).parents[3] / "cpp" / "docs"


def block(page: str, language: str) -> str:
    found = re.search(
        rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL
    )
    assert found, f"{page} has lost its example"
    return found.group(1)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "audit_transformations.log"
    path.write_text(block("audit.md", "jsonl"))
    return str(path)


def test_text(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "a1b2", "--log", log]) == 0
    assert capsys.readouterr().out == block("explain.md", "text")


def test_json(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "a1b2", "--log", log, "--json"]) == 0
    expected = json.loads(block("explain.md", "json"))
    found = json.loads(capsys.readouterr().out)
    assert found == expected
    assert list(found) == list(expected), "in this order"
