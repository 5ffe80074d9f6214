"""flush, queue, audit, map and doctor: their JSON, their exit codes, their help."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_events import event_line

import cxrelay
from cxrelay.cli.exit_code import ExitCode
from cxrelay.simulator import Simulator, behaviours

PROGRAM = [sys.executable, "-m", "cxrelay"]


@pytest.fixture
def stored(cxrelay_command: Callable) -> None:
    """Three updates wait in ./cxrelay.db."""
    Path("events.jsonl").write_bytes(b"\n".join(event_line(f"i-{n}") for n in range(3)))
    assert cxrelay_command("ingest", "events.jsonl").code == 0


@pytest.mark.usefixtures("stored")
class TestFlush:
    def test_delivers_and_exports(self, cxrelay_command: Callable, target: Simulator) -> None:
        done = cxrelay_command("flush", "--json")
        assert (done.code, done.err) == (0, "")
        assert done.json["reason"] == "idle"
        assert (done.json["completed"], done.json["requests"], done.json["waiting"]) == (3, 1, 0)
        assert len(target.interactions()) == 3
        records = cxrelay_command("audit", "verify", "--json").json["records"]
        assert done.json["audit"] == {
            "exported_seq": records,
            "backlog_records": 0,
            "failures": 0,
            "last_error": "",
        }
        assert cxrelay_command("queue", "stats", "--json").json["exported_seq"] == records

    def test_the_export_fails_after_the_delivery(
        self, cxrelay_command: Callable, target: Simulator
    ) -> None:
        Path("audit_transformations.log").mkdir()
        done = cxrelay_command("flush")
        assert done.code == 1
        assert done.out.startswith("nothing waits any more\n")
        assert "audit.last_error" in done.out
        assert done.err.startswith("cxrelay: the audit export failed and can be repeated: ")
        assert done.err.count("\n") == 1
        assert len(target.interactions()) == 3

    def test_without_an_audit_log(self, cxrelay_command: Callable, target: Simulator) -> None:
        Path("relay.toml").write_text('[audit]\npath = ""\n')
        done = cxrelay_command("flush", "--json")
        assert (done.code, done.err) == (0, "")
        assert (done.json["audit"]["exported_seq"], done.json["audit"]["failures"]) == (0, 0)
        assert len(target.interactions()) == 3

    def test_dead_updates_fail_it(self, cxrelay_command: Callable, target: Simulator) -> None:
        target.script(behaviours.item_status(404, match="i-1"), times=None)
        done = cxrelay_command("flush", "--json")
        assert (done.code, done.json["dead"], done.json["completed"]) == (1, 1, 2)

    def test_time_runs_out(self, cxrelay_command: Callable, target: Simulator) -> None:
        target.script(behaviours.status(429, retry_after=60), times=None)
        done = cxrelay_command("flush", "--timeout", "0.3", "--json")
        assert (done.code, done.json["reason"], done.json["waiting"]) == (1, "timeout", 3)

    def test_without_credentials(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("flush")
        assert done.code == 3
        assert done.err.startswith("cxrelay: nothing can be delivered: ")
        assert done.err.count("\n") == 1

    def test_refused_credentials(
        self, cxrelay_command: Callable, target: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CXONE_CLIENT_SECRET", "wrong-secret")
        done = cxrelay_command("flush")
        assert done.code == 4
        assert "wrong-secret" not in done.err
        assert target.requests("batch") == []


@pytest.mark.usefixtures("stored")
class TestQueue:
    def test_stats(self, cxrelay_command: Callable) -> None:
        data = cxrelay_command("queue", "stats", "--json").json
        assert (data["accepted"], data["pending"], data["completed"]) == (3, 3, 0)
        assert data["oldest_pending_us"] > 0
        assert "pending" in cxrelay_command("queue", "stats").out

    def test_list_show_retry(self, cxrelay_command: Callable, target: Simulator) -> None:
        listed = cxrelay_command("queue", "list", "--json").json_lines
        assert [update["interaction_id"] for update in listed] == ["i-0", "i-1", "i-2"]
        target.script(behaviours.item_status(404, match="i-1", message="gone away"), times=2)
        cxrelay_command("flush")
        (dead,) = cxrelay_command("queue", "list", "--state", "dead", "--json").json_lines
        assert dead["interaction_id"] == "i-1"
        assert "gone away" in cxrelay_command("queue", "list").out
        shown = cxrelay_command("queue", "show", dead["idempotency_key"], "--json").json
        assert shown["state"] == "dead"
        assert json.loads(shown["payload"]) == {"attributes": {"routingQueue": "Billing"}}
        assert "Billing" in cxrelay_command("queue", "show", dead["idempotency_key"]).out
        target.clear_script()
        again = cxrelay_command("queue", "retry", "--state", "dead", "--operator", "ada", "--json")
        assert again.json == {"revived": 1}
        assert cxrelay_command("flush").code == 0
        assert target.interaction("i-1") is not None
        assert "ada" in Path("audit_transformations.log").read_text()

    def test_retry_takes_filters_and_can_be_tried_first(
        self, cxrelay_command: Callable, target: Simulator
    ) -> None:
        gone = behaviours.item_status(404, match="i-1", message="gone away")
        bad = behaviours.item_status(422, match="i-2", message="bad priority")
        target.script(behaviours.together(gone, bad), times=None)
        cxrelay_command("flush")
        retry = functools.partial(cxrelay_command, "queue", "retry", "--json")
        for words, expected in [
            (["--status", "404"], ["i-1"]),
            (["--reason", "priority"], ["i-2"]),
            (["--interaction", "i-2", "--state", "dead"], ["i-2"]),
            (["--state", "parked"], []),
            (["--newer-than", "1h", "--status", "422"], ["i-2"]),
            (["--older-than", "1h"], []),
            (["--limit", "1"], ["i-1"]),
        ]:
            found = retry("--dry-run", *words).json_lines
            assert [update["interaction_id"] for update in found] == expected, words
        assert retry("--older-than", "1h").json == {"revived": 0}
        assert retry("--status", "404").json == {"revived": 1}
        assert [update["interaction_id"] for update in retry("--dry-run").json_lines] == ["i-2"]

    def test_retry_takes_what_was_sent_as_one_together(self, cxrelay_command: Callable) -> None:
        queue = cxrelay.Queue("cxrelay.db")
        for time_us in (1, 2):
            queue.put(f"i-0_{time_us}", "i-0", time_us, b"", b'{"x":%d}' % time_us)
        claim = queue.claim(target="example")
        assert claim is not None
        merged = next(update.merged for update in claim.updates if update.interaction_id == "i-0")
        queue.settle(claim, [("parked", 0, "no whole answer", 0)] * len(claim.updates))
        queue.close()
        retry = functools.partial(cxrelay_command, "queue", "retry", "--json", "--limit", "1")
        found = retry("--dry-run").json_lines
        assert [update["interaction_id"] for update in found] == ["i-0"] * (len(merged) + 1)
        assert retry().json == {"revived": 3}

    @pytest.mark.parametrize(
        "words", [["--older-than", "2"], ["--newer-than", "h"], ["--status", "42"]]
    )
    def test_a_filter_that_means_nothing_is_refused(
        self, cxrelay_command: Callable, words: list[str]
    ) -> None:
        assert cxrelay_command("queue", "retry", *words).code == 2

    def test_show_an_unknown_key(self, cxrelay_command: Callable) -> None:
        assert cxrelay_command("queue", "show", "nothing").code == 1

    def test_list_nothing(self, cxrelay_command: Callable) -> None:
        assert cxrelay_command("queue", "list", "--state", "parked").out == "nothing\n"
        assert cxrelay_command("queue", "list", "--state", "parked", "--json").out == ""

    def test_check(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("queue", "check", "--json")
        assert done.code == 0
        assert (done.json["ok"], done.json["problems"]) == (True, [])

    def test_a_missing_file_is_not_made(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("queue", "stats", "--db", "other.db")
        assert (done.code, done.err) == (3, "cxrelay: there is no queue file at other.db\n")
        assert not Path("other.db").exists()


def test_a_file_that_is_no_queue(cxrelay_command: Callable) -> None:
    Path("text.db").write_text("this is not a database" * 1000)
    done = cxrelay_command("queue", "stats", "--db", "text.db")
    assert done.code == 1
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("stored")
class TestAudit:
    def test_export_and_verify(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("audit", "export", "--output", "a.log", "--json")
        assert (done.code, done.json["records"], done.json["last_seq"]) == (0, 3, 3)
        verified = cxrelay_command("audit", "verify", "a.log", "--json")
        assert (verified.code, verified.json["ok"], verified.json["records"]) == (0, True, 3)

    def test_a_changed_log(self, cxrelay_command: Callable) -> None:
        cxrelay_command("audit", "export", "--output", "a.log")
        log = Path("a.log")
        log.write_bytes(log.read_bytes().replace(b"i-1", b"i-9", 1))
        done = cxrelay_command("audit", "verify", "a.log", "--json")
        assert (done.code, done.json["ok"], done.json["line"]) == (1, False, 2)
        assert "does not verify" in cxrelay_command("audit", "verify", "a.log").out

    def test_a_missing_log(self, cxrelay_command: Callable) -> None:
        assert cxrelay_command("audit", "verify", "none.log").code == 1


class TestMap:
    def test_it_writes_what_would_be_sent(self, cxrelay_command: Callable) -> None:
        lines = [event_line(), b'{"interactionId": 1}', event_line(attributes={})]
        done = cxrelay_command("map", "run", "-", stdin=b"\n".join(lines))
        assert done.code == 2
        assert done.out.splitlines() == ['{"attributes":{"routingQueue":"Billing"}}', "{}"]
        assert done.err.startswith("-:2: interactionId: ")
        assert not Path("cxrelay.db").exists()

    def test_json(self, cxrelay_command: Callable) -> None:
        lines = [event_line(), b"[", event_line(attributes={})]
        done = cxrelay_command("map", "run", "-", "--json", stdin=b"\n".join(lines))
        first, second, third = done.json_lines
        assert first == {
            "line": 1,
            "idempotencyKey": "i-1_2024-05-15T10:00:00+00:00",
            "payload": {"attributes": {"routingQueue": "Billing"}},
        }
        assert second["line"] == 2
        assert second["errors"][0].keys() == {"type", "loc", "msg"}
        assert third["payload"] == {}

    def test_rules(self, cxrelay_command: Callable) -> None:
        Path("rules.toml").write_text('queue_name = "attributes.q"\n')
        done = cxrelay_command("map", "run", "-", "--rules", "rules.toml", stdin=event_line())
        assert (done.code, done.out) == (0, '{"attributes":{"q":"Billing"}}\n')

    def test_wrong_rules(self, cxrelay_command: Callable) -> None:
        Path("rules.json").write_text('[{"from": "a"}]')
        done = cxrelay_command("map", "run", "-", "--rules", "rules.json", stdin=event_line())
        assert done.code == 3
        assert done.err.count("\n") == 1


class TestDoctor:
    def test_all_well(self, cxrelay_command: Callable, target: Simulator) -> None:
        done = cxrelay_command("doctor", "--json")
        assert (done.code, done.json["ok"]) == (0, True)
        found = {finding["name"]: finding for finding in done.json["findings"]}
        assert found["base URL"]["detail"] == target.base_url
        assert found["token URL"]["detail"] == target.token_url
        assert "interaction:modify" in found["scopes"]["detail"]
        assert "sqlite" in found["libraries"]["detail"]
        assert target.client_secret not in done.out
        assert not Path("cxrelay.db").exists()
        assert "interaction:modify" in cxrelay_command("doctor").out

    def test_nothing_set(self, cxrelay_command: Callable) -> None:
        done = cxrelay_command("doctor", "--json")
        assert done.code == 3
        missing = {f["name"] for f in done.json["findings"] if f["verdict"] == "missing"}
        assert {"base URL", "client id", "client secret"} <= missing

    def test_refused(
        self, cxrelay_command: Callable, target: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CXONE_CLIENT_SECRET", "wrong-secret")
        done = cxrelay_command("doctor")
        assert done.code == 4
        assert "wrong-secret" not in done.out + done.err
        assert cxrelay_command("doctor", "--offline").code == 0
        assert target.requests("batch") == []


class TestCommandLine:
    @pytest.mark.parametrize(
        "command",
        [
            [],
            ["demo"],
            ["simulate"],
            ["ingest"],
            ["flush"],
            ["queue"],
            *(["queue", name] for name in ("stats", "list", "show", "retry", "check")),
            ["audit"],
            ["audit", "verify"],
            *(["audit", name] for name in ("export", "keygen", "checkpoint")),
            ["map"],
            ["map", "run"],
            ["privacy"],
            ["privacy", "run"],
            ["doctor"],
        ],
        ids=" ".join,
    )
    def test_help_has_examples_and_exit_codes(
        self, command: list[str], cxrelay_command: Callable
    ) -> None:
        done = cxrelay_command(*command, "--help")
        assert done.code == 0
        assert "examples:\n  " in done.out
        for code in ExitCode:
            assert f"\n  {code.value:>3}  " in done.out

    def test_version(self, cxrelay_command: Callable) -> None:
        assert cxrelay_command("--version").out == f"cxrelay {cxrelay.__version__}\n"

    @pytest.mark.parametrize(
        "arguments", [[], ["nothing"], ["ingest"], ["flush", "--timeout", "-1"]]
    )
    def test_a_wrong_command_line(self, arguments: list[str], cxrelay_command: Callable) -> None:
        assert cxrelay_command(*arguments).code == 2

    def test_a_wrong_file_of_settings(self, cxrelay_command: Callable) -> None:
        Path("relay.toml").write_text("[queue]\npaht = 'x'\n")
        done = cxrelay_command("queue", "stats")
        assert done.code == 3
        assert done.err == (
            "cxrelay: relay.toml: unknown key 'paht' in [queue]; did you mean 'path'?\n"
        )

    def test_settings_from_a_named_file(self, cxrelay_command: Callable) -> None:
        Path("other").mkdir()
        Path("other/mine.toml").write_text("[queue]\npath = 'mine.db'\n")
        Path("events.jsonl").write_bytes(event_line())
        assert cxrelay_command("ingest", "events.jsonl", "--config", "other/mine.toml").code == 0
        assert Path("other/mine.db").exists()


class TestProcess:
    def test_a_reader_that_has_seen_enough(self) -> None:
        Path("events.jsonl").write_bytes(b"\n".join([event_line()] * 50_000))
        shell = f"{sys.executable} -m cxrelay map run events.jsonl | head -1"
        done = subprocess.run(
            shell, shell=True, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) == 1

    def test_ctrl_c(self, target: Simulator) -> None:
        target.script(behaviours.status(429, retry_after=3600), times=None)
        Path("events.jsonl").write_bytes(event_line())
        subprocess.run([*PROGRAM, "ingest", "events.jsonl"], check=True, capture_output=True)
        with subprocess.Popen(
            [*PROGRAM, "flush"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            target.wait_for_requests(1, kind="batch")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert err.splitlines()[-1] == "cxrelay: interrupted"
        assert "Traceback" not in err

    @pytest.mark.parametrize("as_json", [False, True])
    def test_simulate(self, as_json: bool) -> None:
        arguments = ["simulate", "--json"] if as_json else ["simulate"]
        with subprocess.Popen(
            [*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            if as_json:
                environment = json.loads(process.stdout.readline())["environment"]
            else:
                process.stdout.readline()
                lines = [process.stdout.readline() for _ in range(4)]
                environment = dict(line.split()[1].split("=", 1) for line in lines)
            form = (
                "grant_type=client_credentials"
                f"&client_id={environment['CXONE_CLIENT_ID']}"
                f"&client_secret={environment['CXONE_CLIENT_SECRET']}"
            )
            with urllib.request.urlopen(
                environment["CXONE_TOKEN_URL"], form.encode(), timeout=10
            ) as reply:
                assert json.load(reply)["access_token"]
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")

    def test_progress_on_a_terminal_only(self) -> None:
        Path("events.jsonl").write_bytes(b"\n".join(event_line(f"i-{n}") for n in range(5000)))
        terminal, inner = os.openpty()
        with os.fdopen(terminal, "rb", buffering=0) as screen:
            process = subprocess.Popen(
                [*PROGRAM, "ingest", "events.jsonl"], stdout=subprocess.PIPE, stderr=inner
            )
            os.close(inner)
            out, _ = process.communicate(timeout=60)
            seen = screen.read(65536)
        assert process.returncode == 0
        assert b"ingesting [" in seen
        assert b"ingesting" not in out
