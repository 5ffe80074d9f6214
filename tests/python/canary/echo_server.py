"""A target and token endpoint that repeats every secret in everything that it says."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from support.canaries import BASIC, CLIENT_SECRET, EMAIL, PHONE, TOKEN

SECRETS_SAID = f"{TOKEN.text} {CLIENT_SECRET.text} {BASIC.text}"
HARMFUL = "\r\nX: 1\x1b[31m\u2028\u2029\x85\u202e\x00\x07"
"""What could forge a line, a header or a terminal's content."""


@dataclass(frozen=True)
class Reply:
    """One answer; ``headers`` may hold anything that fits on a line."""

    status: int = 200
    body: bytes = b"{}"
    reason: str = "OK"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: bytes


def echo_headers() -> dict[str, str]:
    """The canaries in every header that a client might look at."""
    return {
        "Location": f"https://elsewhere.example/?t={TOKEN.text}&p={PHONE.text}",
        "Set-Cookie": f"session={CLIENT_SECRET.text}; Path=/{TOKEN.text}",
        "WWW-Authenticate": f'Bearer realm="{BASIC.text}", error="{TOKEN.text}"',
        "X-Echo": f"{SECRETS_SAID} {PHONE.text} {EMAIL.text}",
        "Server": CLIENT_SECRET.text,
    }


def echo(status: int, body: bytes, headers: dict[str, str] | None = None) -> Reply:
    """An answer whose reason phrase and headers hold all canaries."""
    said = echo_headers() | (headers or {})
    if not 300 <= status < 400:
        said.pop("Location")
    return Reply(status, body, f"{SECRETS_SAID} {PHONE.text}", said)


def message(*texts: str, **members: Any) -> bytes:
    """The JSON object with a message that targets send."""
    return json.dumps({"message": " ".join(texts), "error": TOKEN.text, **members}).encode()


def results(asked: Asked, status: int, text: str = "") -> Reply:
    """An answer to a batch with one status for each of its items."""
    count = len(json.loads(asked.body)["requests"])
    body = json.dumps({"results": [{"status": status, "message": text}] * count})
    return Reply(200, body.encode(), "OK", {"X-Echo": SECRETS_SAID})


TOKEN_REPLY = Reply(
    200,
    json.dumps({"access_token": TOKEN.text, "expires_in": 300, "token_type": "bearer"}).encode(),
)
USERINFO_REPLY = Reply(200, b'{"scope":"interaction:modify"}')
Answer = Callable[[Asked], Reply]


class _QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that go away: it shares stderr with what is tested."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class EchoServer:
    """On loopback, until the ``with`` block ends.

    Attributes:
        token, userinfo, patch: what answers each kind of request; all is well by default.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.token: Answer = lambda asked: TOKEN_REPLY
        self.userinfo: Answer = lambda asked: USERINFO_REPLY
        self.patch: Answer = lambda asked: results(asked, 200)
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._scheme = "http" if tls is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply_to(self, asked: Asked) -> Reply:
        if "token" in asked.path:
            return self.token(asked)
        return self.userinfo(asked) if "userinfo" in asked.path else self.patch(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                reply = server.reply_to(Asked(self.command, self.path, self.rfile.read(size)))
                lines = [f"HTTP/1.1 {reply.status} {reply.reason}"]
                lines += [f"{name}: {value}" for name, value in reply.headers.items()]
                lines.append(f"Content-Length: {len(reply.body)}")
                self.wfile.write("\r\n".join([*lines, "", ""]).encode() + reply.body)

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
