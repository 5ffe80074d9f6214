"""The tutorial's audit logger: one JSON line for each record, no chain, not synced."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import tutorial_pipeline as tutorial
from events import Update
from harness.contender import TUTORIAL, Contender

AuditLine = tuple[str, object, object]
"""Interaction, original and mapped payload."""


def read_lines(path: Path) -> list[AuditLine]:
    """What a trail says of its events, in order."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        (record["interactionId"], record["originalPayload"], record["transformedPayload"])
        for record in records
    ]


class TutorialAudit(Contender[Update]):
    """Nothing links a line to the one before it, so nothing can be verified."""

    name = TUTORIAL
    size = 10_000

    def prepare(self, directory: Path) -> None:
        self.path = directory / "audit.log"
        self.logger = tutorial.audit_logger(self.path)
        self.originals: dict[str, object] = {}

    def run(self, items: Sequence[Update]) -> None:
        for update in items:
            record = {
                "timestamp": datetime.now(UTC).isoformat(),
                "interactionId": update.interaction_id,
                "originalPayload": json.loads(update.original),
                "transformedPayload": update.payload,
                "processingStatus": "success",
                "errorMessage": None,
            }
            self.logger.info(json.dumps(record, default=str))

    def count(self) -> int:
        return len(self.path.read_bytes().splitlines())

    def result(self) -> list[AuditLine]:
        return read_lines(self.path)

    def close(self) -> None:
        tutorial.close_logger(self.logger)
