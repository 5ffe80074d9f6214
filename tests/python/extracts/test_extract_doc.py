"""The examples of "Extracts for a SIEM" in cpp/docs/audit.md are what the command makes of that page's log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ocsf_schema import problems

from cxrelay.cli import main
from cxrelay.extracts import COLUMNS, OCSF_VERSION, PAYLOAD_COLUMNS

PAGE = (Path(__file__).parents[3] / "cpp" / "docs" / "audit.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Extracts for a SIEM")[2].partition("\n## ")[0]


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has lost its {language}"
    return found.group(1)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "audit_transformations.log"
    path.write_text(block("jsonl"), encoding="utf-8")
    return str(path)


def test_csv(log: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["audit", "export", "--format", "csv", "--log", log]) == 0
    assert capfdbinary.readouterr().out.decode() == block("csv").replace("\n", "\r\n")


def test_ocsf(log: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["audit", "export", "--format", "ocsf", "--log", log]) == 0
    events = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [problems(event) for event in events] == [[]] * 5
    assert [event["severity_id"] for event in events] == [1, 1, 1, 1, 2]
    shown = re.findall(r"^\| `(\w+)`(?:: `(\w+)`)? \|", SECTION, re.MULTILINE)
    assert ("finished", "success") in shown
    assert OCSF_VERSION in SECTION


def test_every_column_is_told() -> None:
    table = SECTION.partition("### CSV")[2].partition("A cell that")[0]
    first_cells = " ".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    assert re.findall(r"`(\w+)`", first_cells) == [*COLUMNS, *PAYLOAD_COLUMNS]
