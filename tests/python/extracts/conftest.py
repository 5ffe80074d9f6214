"""A queue file with a record of every action, and its exported log."""

from __future__ import annotations

import pytest
from every_action import LOG, Filled, fill

from cxrelay import Queue, _core


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """To be read only."""
    folder = tmp_path_factory.mktemp("filled")
    files = Filled(folder / "cxrelay.db", folder / LOG)
    fill(files.queue)
    queue = Queue(str(files.queue))
    _core.export_audit(queue, str(files.log), 3000)
    queue.close()
    return files
