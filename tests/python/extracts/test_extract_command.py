"""``cxrelay audit export`` with a format or filters."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from every_action import LOG, PHONE, Filled

from cxrelay import Queue
from cxrelay.cli import main

EXPORT = ("audit", "export")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def _copied(filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own with the queue file and the trail."""
    monkeypatch.chdir(tmp_path)
    for path in filled.log.parent.iterdir():
        shutil.copy(path, tmp_path)


@pytest.fixture
def command(capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    def run(*arguments: str) -> Done:
        capfdbinary.readouterr()
        code = main([*EXPORT, *arguments])
        captured = capfdbinary.readouterr()
        return Done(code, captured.out.decode(), captured.err.decode())

    return run


def records() -> int:
    queue = Queue("cxrelay.db")
    found = queue.stats().journal_records
    queue.close()
    return found


def untouched() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path().glob("audit_transformations*")}


@pytest.mark.parametrize("source", [(), ("--log", LOG)], ids=["queue", "log"])
@pytest.mark.parametrize("chosen", ["jsonl", "csv", "ocsf"])
def test_to_stdout_and_to_a_file(command: Command, chosen: str, source: tuple[str, ...]) -> None:
    before = untouched()
    shown = command("--format", chosen, *source)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count("\n") == records() + (chosen == "csv")
    assert command("--format", chosen, *source, "--output", "-").out == shown.out
    written = command("--format", chosen, *source, "--output", "x.out", "--json")
    assert (written.code, written.err) == (0, "")
    path = Path("x.out").absolute()
    assert json.loads(written.out) == {"path": str(path), "format": chosen, "records": records()}
    assert path.read_bytes().decode() == shown.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert untouched() == before
    assert not list(Path().glob(".*"))


def test_the_mark_is_not_moved(command: Command) -> None:
    queue = Queue("cxrelay.db")
    queue.put("new_1", "new", 99, b"{}", b'{"attributes":{"x":1}}')
    queue.close()
    assert command("--format", "csv", "--interaction", "new").out.count("\n") == 2
    exported = command("--json")
    assert json.loads(exported.out)["records"] == 1


def test_filters(command: Command) -> None:
    found = command("--interaction", "a", "--interaction", "d")
    lines = [json.loads(line) for line in found.out.split("\n")[:-1]]
    assert {line["interactionId"] for line in lines} == {"a", "d", None}
    assert command("--since", "1s", "--until", "2020-01-01T00:00:00Z").out == ""
    assert command("--since", "2020-01-01T00:00:00+01:00").out.count("\n") == records()
    assert command("--until", "7d", "--format", "csv").out.count("\n") == 1


def test_payloads(command: Command) -> None:
    for chosen in ("csv", "ocsf"):
        assert PHONE not in command("--format", chosen).out
        assert PHONE in command("--format", chosen, "--payloads").out
    assert PHONE in command("--format", "jsonl").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--payloads",),
        ("--format", "jsonl", "--payloads"),
        ("--format", "csv", "--segment-bytes", "9"),
        ("--format", "xml"),
        *(("--since", text) for text in ("2024-05-15", "2024-05-15T10:30:00", "7", "x", "d")),
    ],
    ids=repr,
)
def test_a_wrong_command_line(command: Command, arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err


class TestTheFile:
    def test_an_existing_one_is_kept_without_force(self, command: Command) -> None:
        path = Path("x.csv")
        path.write_text("mine")
        done = command("--format", "csv", "--output", "x.csv")
        assert (done.code, done.out) == (1, "")
        assert done.err == "cxrelay: x.csv is there already: replace it with --force\n"
        assert path.read_text() == "mine"
        assert command("--format", "csv", "--output", "x.csv", "--force").code == 0
        assert path.read_text().startswith("seq,")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("force", [(), ("--force",)])
    def test_never_through_a_link(self, command: Command, force: tuple[str, ...]) -> None:
        Path("target.txt").write_text("mine")
        for name, target in (("link", "target.txt"), ("loose", "nothing")):
            os.symlink(target, name)
            done = command("--format", "csv", "--output", name, *force)
            assert done.code == 1
            assert "not a regular file" in done.err
        assert Path("target.txt").read_text() == "mine"
        assert not Path("nothing").exists()

    @pytest.mark.parametrize(
        "name",
        [
            LOG, f"{LOG}.lock", f"{LOG}.checkpoints", f"{LOG}.gz",
            "audit_transformations.000000000001-000000000099.log",
            "audit_transformations.000000000001-000000000099.log.gz",
            f"./{LOG}", "cxrelay.db", "cxrelay.db-wal", "cxrelay.db.anything",
        ],
    )  # fmt: skip
    def test_nothing_of_ours_is_replaced(self, command: Command, name: str) -> None:
        before = untouched(), Path("cxrelay.db").read_bytes()
        for source in ((), ("--log", LOG)):
            done = command("--format", "csv", "--force", "--output", name, *source)
            assert (done.code, done.out) == (1, "")
            assert "name another file" in done.err
        assert (untouched(), Path("cxrelay.db").read_bytes()) == before

    def test_the_trail_under_another_name(self, command: Command, tmp_path: Path) -> None:
        os.symlink(tmp_path, tmp_path / "other")
        done = command("--format", "csv", "--force", "--output", f"other/{LOG}")
        assert "name another file" in done.err

    def test_a_source_that_breaks_leaves_nothing(self, command: Command) -> None:
        with Path(LOG).open("ab") as log:
            log.write(b"nothing\n")
        done = command("--format", "csv", "--log", LOG, "--output", "x.csv")
        assert done.code == 1
        assert "is not a line of an audit log" in done.err
        assert not list(Path().glob("*x.csv*"))

    @pytest.mark.parametrize("name", ["no/such/folder.csv", "x" * 300, ".", "/dev/full"])
    def test_it_cannot_be_written(self, command: Command, name: str) -> None:
        done = command("--format", "csv", "--output", name, "--force")
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("cxrelay: ")

    def test_a_folder_cannot_be_written(self, command: Command) -> None:
        done = command("--format", "csv", "--output", ".")
        assert "not a regular file" in done.err


def test_a_queue_file_that_is_not_there(command: Command) -> None:
    Path("cxrelay.db").unlink()
    assert command("--format", "csv").code == 3
    assert command("--format", "csv", "--log", LOG).code == 0
    assert command("--format", "csv", "--log", "none.log").code == 1


def test_no_cell_is_a_formula(command: Command) -> None:
    text = command("--format", "csv", "--payloads").out
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [cell for cell in cells if cell.startswith("'=")]
