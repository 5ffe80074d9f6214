"""``cxrelay audit keygen``, ``checkpoint`` and ``verify --checkpoint``."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_events import event_line

from cxrelay.simulator import Simulator

SYSLOG_SOURCE = Path(__file__).parents[2] / "support" / "captured_syslog.c"
PROGRAM = [sys.executable, "-m", "cxrelay"]


@pytest.fixture
def log(cxrelay_command: Callable) -> Path:
    """The exported trail of three events."""
    Path("events.jsonl").write_bytes(b"\n".join(event_line(f"i-{n}") for n in range(3)))
    cxrelay_command("ingest", "events.jsonl")
    cxrelay_command("audit", "export")
    return Path("audit_transformations.log")


@pytest.fixture
def key(cxrelay_command: Callable) -> str:
    """The id of a new key in the folder."""
    done = cxrelay_command("audit", "keygen", "--key", "key.pem", "--json")
    assert done.code == 0
    return str(done.json["key_id"])


@pytest.mark.usefixtures("key")
def test_keygen_makes_private_files_and_never_overwrites(cxrelay_command: Callable) -> None:
    for name in ("key.pem", "key.pem.pub"):
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    before = Path("key.pem").read_text()
    done = cxrelay_command("audit", "keygen", "--key", "key.pem")
    assert (done.code, done.err) == (1, "cxrelay: key.pem exists already\n")
    assert Path("key.pem").read_text() == before


@pytest.mark.usefixtures("log")
def test_no_output_holds_the_key(cxrelay_command: Callable, tmp_path: Path) -> None:
    outputs = [cxrelay_command("audit", "keygen", "--key", "key.pem")]
    secret = Path("key.pem").read_text().splitlines()[1]
    (tmp_path / "cut.pem").write_text(Path("key.pem").read_text()[:-20])
    (tmp_path / "cut.pem").chmod(0o600)
    for arguments in (
        ["checkpoint", "--key", "key.pem"],
        ["checkpoint", "--key", "cut.pem"],
        ["checkpoint", "--key", "key.pem", "--output", "none/checkpoints"],
        ["keygen", "--key", "key.pem"],
        ["verify", "--checkpoint", "events.jsonl", "--public-key", "key.pem"],
    ):
        outputs.append(cxrelay_command("audit", *arguments))
    assert [done.code for done in outputs] == [0, 0, 1, 1, 1, 1]
    for done in outputs:
        assert secret[20:40] not in done.out + done.err
        assert done.err.count("\n") <= 1


def test_a_checkpoint_to_standard_output(cxrelay_command: Callable, log: Path, key: str) -> None:
    done = cxrelay_command("audit", "checkpoint", log, "--key", "key.pem")
    assert (done.code, done.json["seq"], done.json["keyId"]) == (0, 3, key)
    assert done.json["hash"] == json.loads(log.read_text().splitlines()[-1])["hash"]
    assert done.out.count("\n") == 1


@pytest.mark.usefixtures("log", "key")
def test_checkpoints_in_a_file_and_what_they_show(cxrelay_command: Callable) -> None:
    checked = ["audit", "verify", "--checkpoint", "c.jsonl", "--public-key", "key.pem.pub"]
    for _ in range(2):
        done = cxrelay_command("audit", "checkpoint", "--key", "key.pem", "--output", "c.jsonl")
        assert (done.code, done.out) == (0, "checkpoint for seq 3 written to c.jsonl\n")
    assert stat.S_IMODE(Path("c.jsonl").stat().st_mode) == 0o600
    found = cxrelay_command(*checked, "--json")
    assert (found.code, found.json["checkpoints"], found.json["checkpoint_seq"]) == (0, 2, 3)
    assert "fits 2 checkpoints" in cxrelay_command(*checked).out
    log = Path("audit_transformations.log")
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    assert cxrelay_command("audit", "verify").code == 0
    found = cxrelay_command(*checked, "--json")
    assert (found.code, found.json["problem"]) == (1, "the trail ends before checkpoint seq 3")
    assert (found.json["file"], found.json["line"]) == ("c.jsonl", 1)


@pytest.mark.usefixtures("log", "key")
def test_several_public_keys(cxrelay_command: Callable) -> None:
    cxrelay_command("audit", "keygen", "--key", "new.pem")
    for name in ("key.pem", "new.pem"):
        cxrelay_command("audit", "checkpoint", "--key", name, "--output", "c.jsonl")
    old, new = (["--public-key", f"{name}.pem.pub"] for name in ("key", "new"))
    check = ["audit", "verify", "--checkpoint", "c.jsonl"]
    assert cxrelay_command(*check, *old, *new).code == 0
    assert cxrelay_command(*check, *old).code == 1


@pytest.mark.usefixtures("log", "key")
def test_checkpoints_need_a_key(cxrelay_command: Callable) -> None:
    assert cxrelay_command("audit", "verify", "--checkpoint", "c.jsonl").code == 2


@pytest.mark.usefixtures("log", "key")
def test_a_key_without_anything_signed_checks_nothing(cxrelay_command: Callable) -> None:
    done = cxrelay_command("audit", "verify", "--public-key", "key.pem.pub")
    assert done.code == 0
    assert done.out.endswith("nothing in it is signed: --public-key checked nothing\n")


@pytest.mark.usefixtures("log")
def test_without_a_key_nothing_is_signed(cxrelay_command: Callable) -> None:
    assert cxrelay_command("audit", "checkpoint").code == 3
    assert cxrelay_command("audit", "checkpoint", "--key", "none.pem").code == 1


@pytest.mark.usefixtures("key")
def test_an_export_signs_by_itself(cxrelay_command: Callable, target: Simulator) -> None:
    Path("relay.toml").write_text(
        '[audit]\ncheckpoint_key = "key.pem"\ncheckpoint_output = "c.jsonl"\n'
        "checkpoint_records = 4\n"
    )
    Path("events.jsonl").write_bytes(b"\n".join(event_line(f"i-{n}") for n in range(3)))
    cxrelay_command("ingest", "events.jsonl")
    assert cxrelay_command("audit", "export").code == 0
    assert cxrelay_command("flush").code == 0
    signed = [json.loads(line)["seq"] for line in Path("c.jsonl").read_text().splitlines()]
    assert signed == [3]  # the flush made two records more: not yet
    assert len(target.interactions()) == 3
    Path("more.jsonl").write_bytes(b"\n".join(event_line(f"j-{n}") for n in range(3)))
    cxrelay_command("ingest", "more.jsonl")
    assert cxrelay_command("audit", "export").code == 0
    check = ["audit", "verify", "--checkpoint", "c.jsonl", "--public-key", "key.pem.pub"]
    found = cxrelay_command(*check, "--json").json
    assert (found["ok"], found["checkpoints"], found["checkpoint_seq"]) == (True, 2, 8)


@pytest.mark.usefixtures("log", "key")
@pytest.mark.parametrize("command", [["flush"], ["flush", "--json"], ["audit", "export"]])
def test_checkpoints_do_not_go_among_results(
    command: list[str], cxrelay_command: Callable, target: Simulator
) -> None:
    settings = '[audit]\ncheckpoint_key = "key.pem"\ncheckpoint_output = "-"\n'
    Path("relay.toml").write_text(settings)
    done = cxrelay_command(*command)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith('cxrelay: [audit] checkpoint_output is "-", but standard output ')
    assert target.requests("batch") == []
    Path("relay.toml").write_text(settings.replace("key.pem", ""))  # nothing is signed
    assert cxrelay_command(*command).code == 0


@pytest.mark.usefixtures("log")
def test_a_checkpoint_that_cannot_be_signed_is_said_after_the_export(
    cxrelay_command: Callable,
) -> None:
    Path("relay.toml").write_text('[audit]\ncheckpoint_key = "none.pem"\n')
    Path("more.jsonl").write_bytes(event_line("late"))
    cxrelay_command("ingest", "more.jsonl")
    done = cxrelay_command("audit", "export")
    assert done.code == 1
    assert done.err.startswith("cxrelay: the records are exported, but the checkpoint ")
    assert cxrelay_command("audit", "verify", "--json").json["records"] == 4


@pytest.mark.usefixtures("log", "key")
def test_syslog(tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler for the library that stands in for syslog")
    library = tmp_path / "captured_syslog.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, SYSLOG_SOURCE], check=True)
    environment = os.environ | {"LD_PRELOAD": str(library), "CAPTURED_SYSLOG": "messages"}
    command = [*PROGRAM, "audit", "checkpoint", "--key", "key.pem", "--output", "syslog"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "checkpoint for seq 3 written to syslog\n"
    priority, message = Path("messages").read_text().rstrip("\n").split(" ", 1)
    assert int(priority) == 4 << 3 | 5  # auth.notice
    assert json.loads(message)["seq"] == 3
    assert len(message) < 900  # RFC 3164 allows 1,024 with its head
