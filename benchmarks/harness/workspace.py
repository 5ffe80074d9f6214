"""Empty directories for queue files, on the disk that is to be measured."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def empty_directory(parent: Path) -> Iterator[Path]:
    """A new directory below ``parent``, removed afterwards."""
    parent.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def is_in_memory(path: Path) -> bool:
    """Whether a file there never reaches a disk, so that durable writes cost nothing."""
    path.mkdir(parents=True, exist_ok=True)
    real = str(path.resolve())
    kind, depth = "", -1
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, mount, found, *_ = line.split()
        below = real == mount or real.startswith(mount.rstrip("/") + "/")
        if below and len(mount) > depth:
            kind, depth = found, len(mount)
    return kind in {"tmpfs", "ramfs"}
