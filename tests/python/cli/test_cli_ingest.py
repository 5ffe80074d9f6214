"""``cxrelay ingest``: what is valid is stored, what is not is named, and the rest goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_events import BAD_LINES, MARK, event_line

from cxrelay.cli.json_lines import read_lines


def write(lines: list[bytes], path: str = "events.jsonl") -> Path:
    file = Path(path)
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


def test_a_good_file(cxrelay_command: Callable) -> None:
    file = write([event_line(f"i-{n}") for n in range(2500)] + [event_line("i-0"), b"", b"  "])
    done = cxrelay_command("ingest", file, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.json == {
        "lines": 2501,
        "accepted": 2500,
        "conflicts": 0,
        "duplicates": 1,
        "empty": 0,
        "rejected": 0,
    }
    assert Path("cxrelay.db").exists()


@pytest.mark.parametrize("what", BAD_LINES)
def test_a_bad_line_is_named_and_the_rest_goes_on(what: str, cxrelay_command: Callable) -> None:
    line, place, word = BAD_LINES[what]
    file = write([event_line("i-1"), line, event_line("i-2")])
    done = cxrelay_command("ingest", file, "--json")
    assert done.code == 2
    assert (done.json["accepted"], done.json["rejected"]) == (2, 1)
    (error,) = done.err.splitlines()
    assert error.startswith("events.jsonl:2: ")
    assert place in error
    assert word.lower() in error.lower()
    assert f"{len(line):,} bytes" in error
    assert MARK not in error
    assert error.isprintable()
    assert len(error) <= 400

    assert cxrelay_command("audit", "export").code == 0
    records = [
        json.loads(text) for text in Path("audit_transformations.log").read_text().splitlines()
    ]
    (reject,) = [record for record in records if record["action"] == "rejected"]
    assert reject["detail"]["size"] == len(line)
    assert MARK not in json.dumps(reject)


def test_all_bad_lines_together(cxrelay_command: Callable) -> None:
    lines = [line for line, _, _ in BAD_LINES.values()]
    done = cxrelay_command("ingest", write([*lines, event_line()]), "--json")
    assert (done.code, done.json["rejected"], done.json["accepted"]) == (2, len(lines), 1)
    assert len(done.err.splitlines()) == len(lines)


def test_stdin(cxrelay_command: Callable) -> None:
    done = cxrelay_command("ingest", "-", stdin=event_line() + b"\r\n" + event_line("i-2"))
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["accepted", "2"]


def test_windows_line_ends_make_no_difference(cxrelay_command: Callable) -> None:
    write([event_line() + b"\r"])
    assert cxrelay_command("ingest", "events.jsonl", "--json").json["accepted"] == 1
    write([event_line()])
    assert cxrelay_command("ingest", "events.jsonl", "--json").json["duplicates"] == 1


def test_a_missing_file(cxrelay_command: Callable) -> None:
    done = cxrelay_command("ingest", "nothing.jsonl")
    assert done.code == 3
    assert done.err == "cxrelay: nothing.jsonl cannot be read: No such file or directory\n"
    assert not Path("cxrelay.db").exists()


def test_the_queue_file_is_chosen(
    cxrelay_command: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    write([event_line()])
    monkeypatch.setenv("CXRELAY_DB", "env.db")
    assert cxrelay_command("ingest", "events.jsonl").code == 0
    assert cxrelay_command("--db", "option.db", "ingest", "events.jsonl").code == 0
    assert cxrelay_command("ingest", "events.jsonl", "--db", "last.db").code == 0
    assert {path.name for path in Path().glob("*.db")} == {"env.db", "option.db", "last.db"}


class TestLines:
    def test_a_longer_line_is_skipped_in_pieces_and_its_size_is_known(self) -> None:
        file = io.BytesIO(b"a\n" + b"x" * 1_000_000 + b"\nb\n")
        lines = list(read_lines(file, max_line_bytes=300_000))
        assert [(line.number, line.size, len(line.body)) for line in lines] == [
            (1, 1, 1),
            (2, 1_000_000, 300_000),
            (3, 1, 1),
        ]

    @pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n \n"])
    def test_the_end_of_the_file(self, end: bytes) -> None:
        lines = list(read_lines(io.BytesIO(b"a\n\nb" + end)))
        assert [(line.number, line.body, line.size) for line in lines] == [
            (1, b"a", 1),
            (3, b"b", 1),
        ]

    def test_nothing(self) -> None:
        assert list(read_lines(io.BytesIO(b""))) == []
