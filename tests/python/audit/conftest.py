"""A trail of 200 records that nobody has touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

import cxrelay
from cxrelay import _core
from support.audit_trail import RECORDS, Trail, fill


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Trail:
    folder = tmp_path_factory.mktemp("trail")
    trail = Trail(
        folder / "audit.log", folder / "checkpoints", folder / "key.pem.pub", folder / "key.pem"
    )
    queue = _core.Queue(str(folder / "queue.db"))
    fill(queue, RECORDS)
    assert queue.stats().journal_records == RECORDS
    _core.export_audit(queue, str(trail.log))
    queue.close()
    cxrelay.generate_checkpoint_key(str(trail.key))
    cxrelay.write_checkpoint(
        cxrelay.sign_checkpoint(str(trail.log), str(trail.key)), str(trail.checkpoints)
    )
    return trail


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: thousands of altered copies need no disk."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 64 << 20:
        yield tmp_path
        return
    folder = Path(mkdtemp(prefix="cxrelay-tamper-", dir=memory))
    yield folder
    shutil.rmtree(folder)
