"""The tutorial's complete script runs with only its imports changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from cxrelay.simulator import Simulator, behaviours

SCRIPT = Path(__file__).parents[2] / "fixtures" / "tutorial_script.py"
INTERACTION = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
WRITTEN = {
    "crmReferenceId": "CRM-45902",
    "originChannel": "VOICE",
    "routingQueue": "PremiumSupport",
    "dispositionCode": "Escalated",
}


def run_script(simulator: Simulator, directory: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=directory,
        env=os.environ
        | {
            "CXONE_BASE_URL": simulator.base_url,
            "CXONE_TOKEN_URL": simulator.token_url,
            "CXONE_CLIENT_ID": simulator.client_id,
            "CXONE_CLIENT_SECRET": simulator.client_secret,
        }
        | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert simulator.client_secret not in done.stdout + done.stderr
    return done.stdout


def audit_lines(directory: Path) -> list[dict[str, object]]:
    text = (directory / "audit_transformations.log").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_the_interaction_is_updated_and_the_audit_line_written(
    cxone_simulator: Simulator, tmp_path: Path
) -> None:
    assert "Processing complete" in run_script(cxone_simulator, tmp_path)
    assert cxone_simulator.interaction(INTERACTION) == WRITTEN
    (line,) = audit_lines(tmp_path)
    assert line["interactionId"] == INTERACTION
    assert line["processingStatus"] == "success"
    assert line["errorMessage"] is None
    assert line["transformedPayload"] == {"attributes": WRITTEN}


def test_running_it_again_sends_nothing_twice(cxone_simulator: Simulator, tmp_path: Path) -> None:
    run_script(cxone_simulator, tmp_path)
    run_script(cxone_simulator, tmp_path)
    assert len(cxone_simulator.requests(kind="batch")) == 1


def test_a_throttled_target_is_waited_for(cxone_simulator: Simulator, tmp_path: Path) -> None:
    cxone_simulator.script(behaviours.status(429, retry_after="1"))
    run_script(cxone_simulator, tmp_path)
    assert cxone_simulator.interaction(INTERACTION) == WRITTEN


def test_a_refused_update_is_dead_with_its_reason(
    cxone_simulator: Simulator, tmp_path: Path
) -> None:
    cxone_simulator.script(behaviours.item_status(404, index=0, message="no such interaction"))
    run_script(cxone_simulator, tmp_path)
    (line,) = audit_lines(tmp_path)
    assert line["processingStatus"] == "failed"
    assert "404" in str(line["errorMessage"])


def test_wrong_credentials_are_said(cxone_simulator: Simulator, tmp_path: Path) -> None:
    out = run_script(cxone_simulator, tmp_path, CXONE_CLIENT_SECRET="wrong-secret-value")
    assert "Pipeline failed" in out
    assert "wrong-secret-value" not in out
