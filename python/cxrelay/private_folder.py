"""Folders that are their owner's alone."""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_private_folder"]


def make_private_folder(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, each 0700 (``mkdir`` leaves parents to the umask).

    What is there already is left as it is.

    Raises:
        OSError: it cannot be made, or something else is in its place.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
