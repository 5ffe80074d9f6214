"""What the fault tests share."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import strace

MEMORY_BYTES = 1 << 30
CLOCK_SOURCE = Path(__file__).parents[2] / "support" / "stepped_clock.c"


@pytest.fixture
def long_run() -> bool:
    """CXRELAY_LONG_FAULTS=1: all that an ordinary run samples or leaves out for the sake of time."""
    return os.environ.get("CXRELAY_LONG_FAULTS") == "1"


@pytest.fixture
def traceable() -> None:
    """The test needs strace."""
    strace.require_strace()


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: for faults that lose nothing the kernel has, a disk only costs time."""
    # In a container it may be there, and hold next to nothing.
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < MEMORY_BYTES:
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="cxrelay-faults-", dir=memory))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """A library that is preloaded into a process, whose clocks can be moved then; see stepped_clock.c."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler for the clock that can be moved")
    library = tmp_path / "stepped_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, CLOCK_SOURCE], check=True)
    return library
