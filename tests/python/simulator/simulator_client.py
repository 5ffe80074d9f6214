"""A raw HTTP/1.1 client: shows what really is on the wire, and sends what no library would."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from cxrelay.simulator import Simulator, SimulatorProcess

TIMEOUT_S = 10.0
BATCH = "/api/v2/interactions/batch"
AnySimulator = Simulator | SimulatorProcess


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One connection."""

    def __init__(self, sim: AnySimulator, token: str | None = None) -> None:
        self._sim = sim
        self.token = token
        self.socket = socket.socket()
        self.connect()

    def connect(self) -> None:
        self.socket.close()
        port = urlsplit(self._sim.base_url).port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._buffer = b""

    def close(self) -> None:
        self.socket.close()

    def sign_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._sim.client_id,
            "client_secret": self._sim.client_secret,
        }
        reply = self.request("POST", "/oauth2/token", urlencode(form).encode())
        assert reply.status == 200, reply
        self.token = reply.json()["access_token"]

    def head(self, method: str, path: str, *fields: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        if self.token is not None:
            lines.append(f"Authorization: Bearer {self.token}")
        return "\r\n".join([*lines, *fields, "", ""]).encode()

    def message(self, method: str, path: str, body: bytes = b"", *fields: str) -> bytes:
        return self.head(method, path, f"Content-Length: {len(body)}", *fields) + body

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, method: str, path: str, body: bytes = b"", *fields: str) -> Reply:
        self.send(self.message(method, path, body, *fields))
        return self.receive()

    def single(self, interaction_id: str, attributes: object, *fields: str) -> Reply:
        body = json.dumps({"attributes": attributes}).encode()
        return self.request("PATCH", f"/api/v2/interactions/{interaction_id}", body, *fields)

    def batch(self, *items: dict[str, Any]) -> Reply:
        return self.request("PATCH", BATCH, batch_body(*items))

    def send_batch(self, *items: dict[str, Any]) -> None:
        self.send(self.message("PATCH", BATCH, batch_body(*items)))

    def receive(self) -> Reply:
        """The next response; EOFError if the connection ends before it is whole."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (x.split(": ", 1) for x in lines)}
        status = int(first.split(" ")[1])
        if headers.get("transfer-encoding") == "chunked":
            return Reply(status, headers, self._chunks())
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            self._more()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Reply(status, headers, body)

    def until_closed(self) -> bytes:
        """Everything up to an orderly close; ConnectionResetError after a reset."""
        received = self._buffer
        while data := self.socket.recv(65536):
            received += data
        return received

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._buffer:
                self._more()
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            size = int(line, 16)
            while len(self._buffer) < size + 2:
                self._more()
            body += self._buffer[:size]
            self._buffer = self._buffer[size + 2 :]
            if not size:
                return body

    def _more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self._buffer += data


def item(interaction_id: str, key: str | None = None, **attributes: object) -> dict[str, Any]:
    """One request of a batch."""
    request: dict[str, Any] = {
        "method": "PATCH",
        "path": f"/api/v2/interactions/{interaction_id}",
        "body": {"attributes": attributes or {"originChannel": "VOICE"}},
    }
    if key is not None:
        request["idempotencyKey"] = key
    return request


def batch_body(*items: dict[str, Any]) -> bytes:
    return json.dumps({"requests": items}).encode()


def statuses(reply: Reply) -> list[int | str]:
    return [result["status"] for result in reply.json()["results"]]
