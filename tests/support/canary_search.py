"""A pytest plugin: after each test of the suite, a search for the secrets that the test used.

It marks every secret that simulators of this process make: their client secrets and the tokens they issue. After a test
it searches what was written to stdout, stderr and the logs, and all files of its ``tmp_path``. It does not see what
tests read through pipes of processes of their own, and no secrets that such processes make for themselves.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from .canaries import Canary, Search

MARK = "cnrySuite7f3aQ9zX"
MAY_HOLD = {"suite": ("input-*", "*secret*")}
"""Files that tests write themselves, by name."""


class CanarySearch:
    """Registered by ``--canary``."""

    def __init__(self) -> None:
        self._search = Search([Canary("suite", MARK, is_secret=False)])
        self._seen: dict[str, set[str]] = {}  # of the test that runs
        self._folder: Path | None = None  # its tmp_path
        self._make: Callable[..., str] = secrets.token_urlsafe
        self._read: Callable[..., Any] = pytest.CaptureFixture.readouterr
        self.secrets = 0
        self.tests = 0

    def pytest_configure(self) -> None:
        """Marks secrets, and looks at what tests take from the capture themselves."""
        secrets.token_urlsafe = self._marked
        logging.getLogger("cxrelay").setLevel(logging.DEBUG)
        plugin = self

        def read(fixture: Any) -> Any:
            result = plugin._read(fixture)
            for name, text in (("stdout", result.out), ("stderr", result.err)):
                plugin._note(name, text)
            return result

        pytest.CaptureFixture.readouterr = read  # type: ignore[method-assign]

    def pytest_unconfigure(self) -> None:
        """As it was."""
        secrets.token_urlsafe = self._make
        pytest.CaptureFixture.readouterr = self._read  # type: ignore[method-assign]

    def _marked(self, bytes_of_chance: int | None = None) -> str:
        self.secrets += 1
        return MARK + self._make(bytes_of_chance)

    def _note(self, name: str, text: str | bytes) -> None:
        found = self._search.in_text(text) if isinstance(text, str) else self._search.in_bytes(text)
        if found:
            self._seen.setdefault(name, set()).update(found)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Fails a test that leaked."""
        report = yield
        if call.when == "setup":
            self._seen = {}
            self._folder = getattr(item, "funcargs", {}).get("tmp_path")
        for name, text in report.sections:
            self._note(name, text)
        if call.when != "teardown":
            return report
        self.tests += 1
        if self._folder is not None and self._folder.is_dir():
            self._seen |= self._search.in_folder(self._folder, MAY_HOLD)
        if self._seen:
            report.outcome = "failed"
            report.longrepr = f"a secret was found after this test: {self._seen}"
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Says what was looked for: without secrets nothing was proven."""
        terminalreporter.write_line(
            f"canary: {self.secrets:,} secrets were made in {self.tests:,} tests and looked for"
        )
