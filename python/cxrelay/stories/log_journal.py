"""Records from an exported audit log and the closed segments beside it; no database is needed."""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from cxrelay.errors import AuditError

from .line_decoder import LINE_DECODER
from .record import RECEIVED, Record

_PAYLOAD = ',"originalPayload":'  # its quotes would be escaped inside a string


class LogJournal:
    """An exported log, or a copy of it. It is read, not verified: ``cxrelay audit verify`` does.

    Args:
        path: the open segment; closed ones are found beside it. If there are only closed ones, it
            need not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def interactions_of(self, name: str) -> set[str]:
        """See ``Journal``."""
        by_key: set[str] = set()
        is_interaction = False
        for record in self.records():
            if record.action not in RECEIVED:
                continue
            if record.idempotency_key == name:
                by_key.add(record.interaction_id)
            is_interaction = is_interaction or record.interaction_id == name
        return by_key or ({name} if is_interaction else set())

    def records(self, interactions: Collection[str] | None = None) -> Iterator[Record]:
        """See ``Journal``. A line that is still being written is left out.

        Raises:
            AuditError: the log cannot be read, or records are missing between others.
        """
        for place, line, value in self._numbered_lines():
            try:
                record = _record(line, value)
            except (ValueError, KeyError, TypeError):
                raise _not_a_line(place) from None
            is_received = record.action in RECEIVED
            if interactions is None or not is_received or record.interaction_id in interactions:
                yield record

    def lines(self) -> Iterator[tuple[str, Any]]:
        """Each line without its break, and its value, in order.

        Raises:
            AuditError: as ``records``.
        """
        for _, line, value in self._numbered_lines():
            yield line.removesuffix("\n"), value

    def _numbered_lines(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Each line once, with its place and its value; checks that none is missing."""
        last = 0
        for place, line in self._lines():
            try:
                value = LINE_DECODER.decode(line)
                seq = value["seq"]
                if type(seq) is not int:
                    raise TypeError
            except (ValueError, KeyError, TypeError, RecursionError):
                raise _not_a_line(place) from None
            if seq <= last:
                continue  # closed and named anew while we were reading
            if last and seq != last + 1:
                raise AuditError(f"records {last + 1} to {seq - 1} are missing from the log")
            last = seq
            yield place, line, value

    def _lines(self) -> Iterator[tuple[str, str]]:
        """Each whole line with its place. The open segment is opened first: an exporter may close
        it, under a new name, before the others are listed.
        """
        with ExitStack() as files:
            try:
                newest = files.enter_context(self._path.open("rb"))
            except FileNotFoundError:
                newest = None
            except OSError as error:
                raise _unreadable(self._path, error) from None
            closed = self._closed_segments()
            if newest is None and not closed:
                raise AuditError(f"there is no audit log at {self._path}")
            for path in closed:
                try:
                    with _open_segment(path) as file:
                        yield from _lines_of(path, file)
                except (gzip.BadGzipFile, EOFError, zlib.error):
                    raise AuditError(f"{path} is not a whole gzip file") from None
                except OSError as error:
                    raise _unreadable(path, error) from None
            if newest is not None:
                yield from _lines_of(self._path, newest)

    def _closed_segments(self) -> list[Path]:
        """By their first record. Of one that is there plain and compressed the plain file counts."""
        stem = self._path.name.removesuffix(".log")
        name = re.compile(re.escape(stem) + r"\.(\d{12,})-\d{12,}\.log(?:\.gz)?")
        found = {}
        try:
            for path in self._path.parent.iterdir():
                if match := name.fullmatch(path.name):
                    found[path] = int(match[1])
        except OSError as error:
            raise _unreadable(self._path.parent, error) from None
        counting = [path for path in found if path.with_suffix("") not in found]
        return sorted(counting, key=lambda path: (found[path], path))


def _open_segment(path: Path) -> BinaryIO | gzip.GzipFile:
    """A plain one may have been compressed by an exporter since it was listed."""
    if path.suffix != ".gz":
        try:
            return path.open("rb")
        except FileNotFoundError:
            path = path.with_name(f"{path.name}.gz")
    return gzip.open(path)


def _not_a_line(place: str) -> AuditError:
    return AuditError(f"{place} is not a line of an audit log")


def _unreadable(path: Path, error: OSError) -> AuditError:
    return AuditError(f"{path} cannot be read: {error.strerror}")


def _lines_of(path: Path, file: BinaryIO | gzip.GzipFile) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(file, start=1):
        if not line.endswith(b"\n"):
            return
        place = f"{path}:{number}"
        try:
            yield place, line.decode()
        except UnicodeDecodeError:
            raise _not_a_line(place) from None


def _record(line: str, value: dict[str, Any]) -> Record:
    return Record(
        seq=value["seq"],
        time_us=value["timeUs"],
        action=value["action"],
        hash=value["hash"],
        idempotency_key=value.get("idempotencyKey", ""),
        interaction_id=value["interactionId"] or "",
        event_time_us=value.get("eventTimeUs"),
        mapping_version=value.get("mappingVersion", ""),
        request_id=value.get("requestId", ""),
        detail=value.get("detail", {}),
        original=_original(line, value),
        erased="originalDigest" in value,
    )


def _original(line: str, value: dict[str, Any]) -> bytes | None:
    """The exact bytes: see Payloads in ``cpp/docs/audit.md``."""
    if "originalHex" in value:
        return bytes.fromhex(value["originalHex"])
    if "originalText" in value:
        return str(value["originalText"]).encode()
    if value["originalPayload"] is None:
        return None
    start = line.index(_PAYLOAD) + len(_PAYLOAD)
    _, end = LINE_DECODER.raw_decode(line, start)
    return line[start:end].encode()
