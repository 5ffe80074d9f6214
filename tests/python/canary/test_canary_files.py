"""Every file that cxrelay makes is its owner's alone, and none is made through a symbolic link."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from place import Place, event, unsafe_modes

LOG = "audit_transformations.log"
SIGNING = (
    '[audit]\ncheckpoint_key = "checkpoint.pem"\ncheckpoint_records = 1\nmax_segment_bytes = 4096'
)


def everything(place: Place) -> set[str]:
    """Makes every kind of file there is; returns their names."""
    place.settings(SIGNING)
    for command in (
        ("audit", "keygen", "--key", "checkpoint.pem"),
        ("ingest", "-"),
        ("flush",),
        ("audit", "export"),
        ("audit", "checkpoint", "--output", "checkpoints.jsonl"),
        ("queue", "backup", "copy.db"),
        ("audit", "export", "--format", "csv", "--output", "extract-a.csv"),
        ("audit", "forget", "--interaction", "i-1", "--yes"),
        ("demo", "--events", "20", "--keep", "kept/deeper"),
    ):
        ran = place.run(*command, stdin=b"".join(event(f"i-{n}") + b"\n" for n in range(20)))
        assert ran.code == 0, (command, ran.err)
    return {str(path.relative_to(place.folder)) for path in place.folder.rglob("*")}


def test_modes(place: Place) -> None:
    made = everything(place)
    assert {
        "cxrelay.db", "cxrelay.db-wal", "cxrelay.db-shm", LOG, f"{LOG}.lock", f"{LOG}.checkpoints",
        f"{LOG}.last-checkpoint", "checkpoint.pem", "checkpoint.pem.pub", "checkpoints.jsonl", "copy.db",
        "extract-a.csv", "kept", "kept/deeper",
    } <= made  # fmt: skip
    assert any(name.startswith("cxrelay.db") and "lock" in name for name in made), made
    assert any("audit_transformations.0" in name for name in made)
    assert unsafe_modes(place.folder) == []
    for path in place.folder.rglob("*"):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def commands_that_write(name: str) -> list[tuple[str, ...]]:
    """What would write to a file of this name."""
    if name.startswith("cxrelay.db"):
        return [("ingest", "-"), ("flush",)]
    return {
        "checkpoint.pem": [("audit", "keygen", "--key", "checkpoint.pem")],
        "checkpoint.pem.pub": [("audit", "keygen", "--key", "checkpoint.pem")],
        "copy.db": [("queue", "backup", "copy.db")],
        "copy.db.partial": [("queue", "backup", "copy.db")],
        "extract.csv": [
            ("audit", "export", "--format", "csv", "--output", "extract.csv", "--force")
        ],
        "checkpoints.jsonl": [("audit", "checkpoint", "--output", "checkpoints.jsonl")],
        f"{LOG}.erasing": [("audit", "forget", "--interaction", "i-1", "--yes")],
    }.get(name, [("audit", "export"), ("audit", "forget", "--interaction", "i-1", "--yes")])


NAMES = (
    "cxrelay.db", "cxrelay.db-wal", "cxrelay.db-shm", "cxrelay.db-journal", "LOCKS", LOG,
    f"{LOG}.lock", f"{LOG}.checkpoints", f"{LOG}.last-checkpoint", f"{LOG}.erasing", "checkpoint.pem",
    "checkpoint.pem.pub", "copy.db", "copy.db.partial", "extract.csv", "checkpoints.jsonl",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_loose", [True, False], ids=["to nothing", "to a file"])
def test_links(place: Place, tmp_path: Path, name: str, is_loose: bool) -> None:
    """A link in the place of a file: what it points to is neither written nor made."""
    place.settings(SIGNING)
    if not name.startswith("checkpoint.pem"):
        place.run("audit", "keygen", "--key", "checkpoint.pem")
    names = [name]
    if name == "LOCKS" or not name.startswith("cxrelay.db"):
        place.ingest(2)
        names = [n for n in os.listdir(place.folder) if "lock" in n] if name == "LOCKS" else names
        assert names
    if "erasing" in name or name.startswith("checkpoints"):
        place.run("audit", "export")
    outside = tmp_path / "outside"
    outside.mkdir()
    for one in names:
        (place.folder / one).unlink(missing_ok=True)
        os.symlink(outside / one, place.folder / one)
        if not is_loose:
            (outside / one).write_bytes(b"")
            (outside / one).chmod(0o644)
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    for one in names:
        for command in commands_that_write(one if "lock" not in one else "cxrelay.db"):
            ran = place.run(*command, stdin=event() + b"\n")
            assert b"Traceback" not in ran.err, ran.err.decode()
    after = {path.name: path.read_bytes() for path in outside.iterdir()}
    assert after == before, "written through a link"
    assert not is_loose or not after


def test_a_key_that_others_may_read_signs_nothing(place: Place) -> None:
    place.run("audit", "keygen", "--key", "checkpoint.pem")
    place.ingest()
    place.run("audit", "export")
    (place.folder / "checkpoint.pem").chmod(0o640)
    ran = place.run("audit", "checkpoint", "--key", "checkpoint.pem")
    assert ran.code == 1
    assert ran.out == b""


def test_what_processes_of_a_torture_say(tmp_path: Path) -> None:
    """Their error logs stay where something was violated."""
    from cxrelay.torture.team import _private

    before = os.umask(0)
    try:
        with open(tmp_path / "process-0.log", "ab", opener=_private):
            pass
    finally:
        os.umask(before)
    os.symlink(tmp_path / "elsewhere", tmp_path / "process-1.log")
    with pytest.raises(OSError, match="symbolic"):
        open(tmp_path / "process-1.log", "ab", opener=_private)  # noqa: SIM115
    assert stat.S_IMODE((tmp_path / "process-0.log").stat().st_mode) == 0o600
    assert not (tmp_path / "elsewhere").exists()
