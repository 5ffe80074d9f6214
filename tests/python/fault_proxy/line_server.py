"""A server that answers each line with ``<line in upper case>``, and a client of it.

Both show what really came over the wire and how it ended.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from types import TracebackType
from urllib.parse import urlsplit

TIMEOUT_S = 10.0


class LineServer:
    """Serves on loopback in a thread for each connection; ``with`` starts and stops it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._condition = threading.Condition()
        self._received: list[bytes] = []
        self._endings: dict[int, str] = {}
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> LineServer:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def received(self) -> list[bytes]:
        """What came, by connection."""
        with self._condition:
            return list(self._received)

    def ending(self, index: int = 0) -> str:
        """How a connection ended, as seen here: ``closed`` or ``reset``. Waits for it."""
        with self._condition:
            assert self._condition.wait_for(lambda: index in self._endings, TIMEOUT_S)
            return self._endings[index]

    def wait_for_bytes(self, count: int, index: int = 0) -> bytes:
        """What came on a connection, as soon as it is so much."""

        def enough() -> bool:
            return len(self._received) > index and len(self._received[index]) >= count

        with self._condition:
            assert self._condition.wait_for(enough, TIMEOUT_S), self._received
            return self._received[index]

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._condition:
                index = len(self._received)
                self._received.append(b"")
            self._open.append(client)
            self._start(self._serve, client, index)

    def _serve(self, client: socket.socket, index: int) -> None:
        ending = "closed"
        unread = b""
        with client:
            try:
                while data := client.recv(65536):
                    with self._condition:
                        self._received[index] += data
                        self._condition.notify_all()
                    *lines, unread = (unread + data).split(b"\n")
                    for line in lines:
                        client.sendall(b"<" + line.upper() + b">")
            except OSError:
                ending = "reset"
        with self._condition:
            self._endings[index] = ending
            self._condition.notify_all()


class LineClient:
    """One connection."""

    def __init__(self, url: str) -> None:
        port = urlsplit(url).port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, line: bytes) -> bytes:
        """Send a line and read its whole answer."""
        self.socket.sendall(line + b"\n")
        answer = b""
        while not answer.endswith(b">"):
            answer += self.piece()
        return answer

    def rest(self) -> tuple[bytes, str]:
        """Everything that still comes, and how the connection ended: ``closed`` or ``reset``."""
        received = b""
        try:
            while data := self.socket.recv(65536):
                received += data
        except ConnectionResetError:
            return received, "reset"
        return received, "closed"

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Close with a TCP reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def piece(self) -> bytes:
        """What comes next; EOFError at the end."""
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        return data
