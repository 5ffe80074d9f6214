"""A file that has its name only when it is whole."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cxrelay.errors import AuditError

_TRAIL_FILE = r"(\.\d+-\d+)?\.log(\..*)?"


class NewFile:
    """Written beside its place (0600), synced, and then renamed; after an exception nothing is left.

    Never through a symbolic link. A killed process leaves ``.NAME.*.partial`` behind.

    Args:
        path: its place.
        force: it may replace a regular file.

    Raises:
        AuditError: something is there already, or it cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], force: bool = False) -> None:
        self._path = Path(path)
        self._force = force
        self._file: BinaryIO | None = None
        self._partial = ""

    def __enter__(self) -> Self:
        self._refuse_existing()
        name = self._path.name[:100]
        try:
            number, self._partial = tempfile.mkstemp(".partial", f".{name}.", self._path.parent)
            self._file = os.fdopen(number, "wb", buffering=1 << 16)
            os.fchmod(number, 0o600)
        except (OSError, ValueError) as error:
            self._drop()
            raise self._failed(error) from None
        return self

    def write(self, text: str) -> None:
        """Appends a text."""
        assert self._file is not None
        try:
            self._file.write(text.encode(errors="backslashreplace"))
        except OSError as error:
            raise self._failed(error) from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        except OSError as failure:
            raise self._failed(failure) from None
        finally:
            self._drop()

    def _finish(self) -> None:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        if self._force:
            self._refuse_existing()
            os.replace(self._partial, self._path)
        else:  # a link takes no place that something has, whoever was quicker
            os.link(self._partial, self._path)
            os.unlink(self._partial)
        self._partial = ""
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _drop(self) -> None:
        """What is left of a file that was not finished."""
        if self._file is not None:
            file, self._file = self._file, None
            with contextlib.suppress(OSError):  # what it had to say was said, or it is thrown away
                file.close()
        if self._partial:
            os.unlink(self._partial)
            self._partial = ""

    def _refuse_existing(self) -> None:
        try:
            mode = self._path.lstat().st_mode
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise self._failed(error) from None
        if not stat.S_ISREG(mode):
            raise AuditError(f"{self._path} is there already, and is not a regular file")
        if not self._force:
            raise AuditError(f"{self._path} is there already: replace it with --force")

    def _failed(self, error: OSError | ValueError) -> AuditError:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        return AuditError(f"{self._path} cannot be written: {reason}")


def is_part_of(path: str | os.PathLike[str], log: str | os.PathLike[str]) -> bool:
    """Whether a file with this name would belong to the trail: a segment, a lock, a checkpoint."""
    place, trail = _real(path), _real(log)
    stem = trail.name.removesuffix(".log")
    if place.parent != trail.parent:
        return False
    return place == trail or bool(re.fullmatch(re.escape(stem) + _TRAIL_FILE, place.name, re.S))


def _real(path: str | os.PathLike[str]) -> Path:
    """Its folder without links; its own name as it is."""
    return Path(os.path.realpath(os.path.dirname(os.path.abspath(path)))) / Path(path).name
