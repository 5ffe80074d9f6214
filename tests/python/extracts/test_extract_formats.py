"""Extracts as JSON lines and CSV, and which records they have."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from every_action import PHONE, TEXT, Filled

from cxrelay import AuditError, Queue
from cxrelay.extracts import (
    COLUMNS,
    CsvFormat,
    JsonlFormat,
    RequestPlace,
    Selection,
    TrailLine,
    extract,
)
from cxrelay.extracts.csv_format import harmless
from cxrelay.stories import LogJournal, QueueJournal


def all_lines(log: Path) -> str:
    closed = sorted(log.parent.glob("audit_transformations.*-*.log"))
    assert closed, "there is a closed segment"
    return "".join(path.read_text(encoding="utf-8") for path in (*closed, log))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_jsonl_is_the_trail(filled: Filled) -> None:
    expected = all_lines(filled.log)
    assert "".join(extract(LogJournal(filled.log), JsonlFormat(), Selection())) == expected
    queue = Queue(str(filled.queue))
    assert "".join(extract(QueueJournal(queue), JsonlFormat(), Selection())) == expected
    queue.close()


def test_csv(filled: Filled) -> None:
    text = "".join(extract(LogJournal(filled.log), CsvFormat(), Selection()))
    assert text.endswith("\r\n")
    assert PHONE not in text
    found = rows(text)
    lines = [json.loads(line) for line in all_lines(filled.log).split("\n")[:-1]]
    assert len(found) == len(lines) == text.count("\n") - 1, "a record is a line whatever it holds"
    assert len(text.splitlines()) == len(lines) + 1
    for row, line in zip(found, lines, strict=True):
        assert tuple(row) == COLUMNS
        assert (row["seq"], row["hash"]) == (str(line["seq"]), line["hash"])
        assert row["time"] == line["timestamp"]
        assert row["status"] == line["processingStatus"]
        assert row["interaction_id"] == (line["interactionId"] or "")
    by_action: dict[str, list[dict[str, str]]] = {}
    for row in found:
        by_action.setdefault(row["action"], []).append(row)
    retried, completed, *_ = by_action["finished"]
    assert (retried["http_status"], retried["status"], retried["attempt"]) == ("503", "failed", "3")
    assert retried["reason"] == "said \"no\",\\u000a=1+1;\\u0009'x' \\u2028 \\u001b[31m é"
    assert (completed["attempt"], completed["target"]) == ("4", "interactions-batch")
    assert by_action["finished"][2]["reason"] == "'=HYPERLINK(1)"
    assert by_action["revived"][0]["operator"] == "'-alice"
    assert by_action["finished"][3]["attempt"] == "1", "a revival begins anew"
    assert by_action["erased"][0]["operator"] == "bob"
    assert by_action["rejected"][0]["reason"]


def test_csv_with_payloads(filled: Filled) -> None:
    found = rows("".join(extract(LogJournal(filled.log), CsvFormat(payloads=True), Selection())))
    kept = [row for row in found if row["interaction_id"] == "a"]
    assert json.loads(kept[0]["original"]) == {"interactionId": "a", "phone": PHONE}
    assert json.loads(kept[0]["transformed"]) == {"attributes": {"x": PHONE}}
    erased = [row for row in found if row["interaction_id"] == "b"]
    assert [(row["action"], row["original"]) for row in erased] == [
        ("accepted", ""),
        ("erased", ""),
    ]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        *((f"{start}1+1", f"'{start}1+1") for start in "=+-@'"),
        ("\t=1", "'\\u0009=1"),
        ("\r=1", "'\\u000d=1"),
        ("a=1\r\n-2", "a=1\\u000d\\u000a-2"),
        ("\ud800\x9b\x00", "\\ud800\\u009b\\u0000"),
        ("é 1,2 \"x\"", "é 1,2 \"x\""),
        ("", ""),
    ],
    ids=repr,
)  # fmt: skip
def test_no_cell_is_a_formula_or_breaks_its_line(cell: str, shown: str) -> None:
    assert harmless(cell) == shown


@pytest.mark.parametrize(
    "original",
    [
        b'{"transformedPayload":7,"n":12345678901234567890123}',
        b'{\r\n "a": 1 }\n',
        b"no JSON",
        b"null",
        b"9" * 5000,
        b'"\\",\\"originalPayload\\":7"',
        "\u2028".encode(),
    ],
    ids=range(7),
)
def test_the_exact_payload(tmp_path: Path, original: bytes) -> None:
    queue = Queue(str(tmp_path / "queue.db"))
    queue.put("k", "i", 1, original, b'{"a":"\\u0041"}')
    ((text, value),) = QueueJournal(queue).lines()
    queue.close()
    assert TrailLine.read(text, value).payloads() == (original.decode(), '{"a":"\\u0041"}')


def test_a_payload_that_is_no_text(tmp_path: Path) -> None:
    queue = Queue(str(tmp_path / "queue.db"))
    queue.put("k", "i", 1, b"a\xff", b"{}")
    ((text, value),) = QueueJournal(queue).lines()
    queue.close()
    assert TrailLine.read(text, value).payloads() == ("a\\xff", "{}")


class TestSelection:
    def chosen(self, filled: Filled, selection: Selection) -> list[dict[str, Any]]:
        pieces = extract(LogJournal(filled.log), JsonlFormat(), selection)
        return [json.loads(piece) for piece in pieces]

    def test_an_interaction_and_its_requests(self, filled: Filled) -> None:
        found = self.chosen(filled, Selection(["b"]))
        assert [line["action"] for line in found] == [
            "accepted", "started", "finished", "revived", "started", "finished", "erased",
        ]  # fmt: skip
        both = self.chosen(filled, Selection(["b", "c"]))
        assert {line["seq"] for line in found} < {line["seq"] for line in both}
        assert [line["interactionId"] for line in both if line["action"] == "accepted"] == [
            "b",
            "c",
        ]

    def test_nobody(self, filled: Filled) -> None:
        assert self.chosen(filled, Selection(["nobody"])) == []

    def test_times(self, filled: Filled) -> None:
        every = self.chosen(filled, Selection())
        times = [line["timeUs"] for line in every]
        since, until = times[4], times[-3]
        found = self.chosen(filled, Selection(since_us=since, until_us=until))
        assert found == [line for line in every if since <= line["timeUs"] < until]
        assert 0 < len(found) < len(every)

    def test_an_interaction_whose_event_came_before(self, filled: Filled) -> None:
        erased = self.chosen(filled, Selection(["b"]))[-1]
        assert self.chosen(filled, Selection(["b"], since_us=erased["timeUs"])) == [erased]


LINE = {
    "timestamp": "", "interactionId": None, "originalPayload": None,
    "transformedPayload": None, "processingStatus": "x", "errorMessage": None,
    "seq": 1, "action": "x", "timeUs": 1, "hash": "",
}  # fmt: skip


class TestBrokenSources:
    def lines_of(self, *values: dict[str, Any]) -> Any:
        class Given:
            def lines(self) -> Iterator[tuple[str, Any]]:
                yield from ((json.dumps(value), value) for value in values)

        return Given()

    @pytest.mark.parametrize(
        "change",
        [{"seq": "1"}, {"timeUs": 1.5}, {"action": None}, {"detail": []}, {"eventTimeUs": "x"}],
        ids=repr,
    )
    def test_members_of_another_type(self, change: dict[str, Any]) -> None:
        source = self.lines_of(LINE, LINE | change)
        with pytest.raises(AuditError, match="record 2"):
            list(extract(source, CsvFormat(), Selection()))

    @pytest.mark.parametrize(
        "detail",
        [
            {"updates": 1, "retry": [[], {"seq": []}, "x"], "status": "x", "error_class": 7},
            {"by": {}, "retry": "x", "completed": None, "target": []},
        ],
    )
    @pytest.mark.parametrize("action", ["started", "finished", "revived", "upgraded"])
    def test_a_detail_of_another_shape(self, detail: dict[str, Any], action: str) -> None:
        source = self.lines_of(LINE | {"action": action, "detail": detail})
        assert len(list(extract(source, CsvFormat(), Selection(["a"])))) == 1
        assert len(list(extract(source, CsvFormat(), Selection()))) == 2

    def test_a_payload_of_another_shape(self) -> None:
        source = self.lines_of(LINE | {"originalHex": "xyz"})
        with pytest.raises(AuditError, match="record 1"):
            list(extract(source, CsvFormat(payloads=True), Selection()))


def test_a_reason_as_it_was(filled: Filled) -> None:
    found = [value for _, value in LogJournal(filled.log).lines() if value["errorMessage"] == TEXT]
    assert len(found) == 1
    line = TrailLine.read("", found[0])
    assert JsonlFormat().row(line, RequestPlace()) == "\n"
