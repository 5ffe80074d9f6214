"""From the native log queue to :mod:`logging`.

Native threads never call Python; a Python thread takes their lines. It lives while a relay delivers.
"""

from __future__ import annotations

import logging
import threading

from cxrelay import _core

__all__ = ["LogPump"]

_log = logging.getLogger("cxrelay")
_LOOK_AROUND_S = 0.25  # how long the end of the program may wait for the thread


class LogPump:
    """Carries a relay's log lines to ``logging.getLogger("cxrelay")``.

    Args:
        lines: the relay's log queue; it ends when the relay is closed or collected.
    """

    def __init__(self, lines: _core.LogQueue) -> None:
        self._lines = lines
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None  # guarded by _lock

    def start(self) -> None:
        """Starts the thread unless it runs."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_carry, args=(self._lines,), name="cxrelay-log"
                )
                self._thread.start()

    def join(self) -> None:
        """Waits for the last lines of a relay that is closed."""
        with self._lock:
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def drain(self) -> None:
        """Carries in the caller's thread what there is now."""
        _write(self._lines.take(0.0))


def _carry(lines: _core.LogQueue) -> None:
    # Not a daemon: the interpreter must not end while native code waits. So the thread looks for the end itself.
    while threading.main_thread().is_alive():
        taken = lines.take(_LOOK_AROUND_S)
        if taken is None:
            return
        _write(taken)


def _write(lines: list[tuple[int, str]] | None) -> None:
    for level, message in lines or ():
        _log.log(level, "%s", message)
