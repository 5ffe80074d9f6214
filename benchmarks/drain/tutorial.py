"""The tutorial's updater: one request at a time, a commit and an audit line for each result."""

from pathlib import Path

import tutorial_pipeline as tutorial
from claim.tutorial import fill
from drain.base import DrainContender
from events import Update
from harness.contender import TUTORIAL


class Tutorial(DrainContender):
    """Each mark is synced; the audit file is not, and an attempt leaves no record before it."""

    name = TUTORIAL
    backlog = 2000

    def open(self, directory: Path, base_url: str, client_id: str, client_secret: str) -> None:
        self.queue = tutorial.RetryQueue(directory / "tutorial.db")
        self.auth = tutorial.Auth(base_url, client_id, client_secret)
        self.audit = tutorial.audit_logger(directory / "audit.log")
        self.updater = tutorial.BatchUpdater(self.auth, base_url, self.audit)

    def fill(self, updates: list[Update]) -> None:
        fill(self.queue, updates)

    def sign_in(self) -> None:
        self.auth.token()

    def drain(self, count: int | None = None) -> None:
        sent = 0
        while count is None or sent < count:
            batch = self.updater.flush_once(self.queue)
            if not batch:
                return
            sent += batch

    def completed(self) -> int:
        found: int = self.queue.db.execute(
            "select count(*) from pending_updates where status = 'completed'"
        ).fetchone()[0]
        return found

    def close(self) -> None:
        self.updater.close()
        self.auth.close()
        tutorial.close_logger(self.audit)
        self.queue.close()
