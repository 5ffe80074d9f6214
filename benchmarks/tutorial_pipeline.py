"""The contender to beat: the pipeline that the tutorial describes, written anew from its text.

Same parts, same order of work, same defaults: a pydantic 2 model, a mapper in plain Python, a
queue on the sqlite3 module as it comes (rollback journal, one commit for each change, no index
beyond the key), batches of 25 sent with httpx, one audit line for each result. Three things differ,
and none costs time: the base URL is a parameter, audit lines go to the file alone, and the mapper
is the full one of the tutorial's second step.
"""

import json
import logging
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Row = tuple[str, str, str]
BATCH = 25
EXPIRY_MARGIN_S = 30
SOURCE_TO_TARGET = {
    "queueName": "routingQueue",
    "wrapUpCode": "dispositionCode",
    "agentName": "servingAgentName",
}

CREATE_TABLE = """
create table if not exists pending_updates (
  idempotency_key text primary key,
  interaction_id text not null,
  payload text not null,
  attempts integer default 0,
  last_error text,
  status text default 'pending',
  created_at text default current_timestamp
)"""
INSERT = (
    "insert or ignore into pending_updates"
    " (idempotency_key, interaction_id, payload, attempts) values (?, ?, ?, 0)"
)
SELECT_BATCH = (
    "select idempotency_key, interaction_id, payload from pending_updates"
    " where status = 'pending' order by created_at limit ?"
)
SET_COMPLETED = (
    "update pending_updates set status = 'completed', last_error = null where idempotency_key = ?"
)
SET_RETRY = (
    "update pending_updates set status = 'pending', attempts = attempts + 1, last_error = ?"
    " where idempotency_key = ?"
)


class Event(BaseModel):
    """The webhook's payload."""

    model_config = ConfigDict(populate_by_name=True)

    interaction_id: str = Field(alias="interactionId")
    contact_id: str = Field(alias="contactId")
    timestamp: datetime
    attributes: dict[str, Any] = Field(default_factory=dict)
    legacy_crm_id: str | None = Field(None, alias="legacyCrmId")
    source_channel: str | None = Field(None, alias="sourceChannel")


def parse_event(raw: bytes | str) -> Event:
    """Validates a payload; raises ValueError with pydantic's list of errors."""
    try:
        return Event.model_validate_json(raw)
    except ValidationError as error:
        raise ValueError(f"invalid payload: {error.errors()}") from error


def map_event(event: Event) -> dict[str, Any]:
    """The attributes to write, without empty ones; an empty dict if none is left."""
    target: dict[str, Any] = {}
    if event.legacy_crm_id:
        target["crmReferenceId"] = event.legacy_crm_id
    if event.source_channel:
        target["originChannel"] = event.source_channel.upper()
    for name, value in event.attributes.items():
        if name in SOURCE_TO_TARGET and value:
            target[SOURCE_TO_TARGET[name]] = value
    target = {name: value for name, value in target.items() if value not in (None, "", [])}
    return {"attributes": target} if target else {}


def update_key(interaction_id: str, timestamp: str) -> str:
    """What makes an update the same update."""
    return f"{interaction_id}_{timestamp}"


class RetryQueue:
    """One connection, one lock, one commit for every change."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.execute(CREATE_TABLE)
        self.db.commit()
        self._lock = threading.Lock()

    def _change(self, sql: str, values: tuple[str, ...]) -> None:
        with self._lock:
            self.db.execute(sql, values)
            self.db.commit()

    def enqueue(self, interaction_id: str, payload: dict[str, Any], timestamp: str) -> str:
        """Stores an update once; returns its key."""
        key = update_key(interaction_id, timestamp)
        self._change(INSERT, (key, interaction_id, json.dumps(payload)))
        return key

    def dequeue_batch(self, limit: int = BATCH) -> list[Row]:
        """The oldest pending updates. They stay pending until marked."""
        with self._lock:
            return self.db.execute(SELECT_BATCH, (limit,)).fetchall()

    def mark_success(self, key: str) -> None:
        """The update has arrived."""
        self._change(SET_COMPLETED, (key,))

    def mark_retry(self, key: str, reason: str) -> None:
        """The update did not arrive and stays pending."""
        self._change(SET_RETRY, (reason, key))

    def close(self) -> None:
        """Closes the file."""
        self.db.close()


class Auth:
    """A client-credentials token, kept until half a minute before it expires."""

    def __init__(self, base_url: str, client_id: str, client_secret: str) -> None:
        self._url = f"{base_url}/oauth2/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._token = ""
        self._good_until = 0.0
        self._http = httpx.Client(timeout=15.0)

    def token(self) -> str:
        """A token that is valid now."""
        now = time.time()
        if not self._token or now >= self._good_until:
            reply = self._http.post(self._url, data=self._form)
            reply.raise_for_status()
            granted = reply.json()
            self._token = granted["access_token"]
            self._good_until = now + granted["expires_in"] - EXPIRY_MARGIN_S
        return self._token

    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        return {
            "Authorization": f"Bearer {self.token()}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()


def audit_logger(path: Path) -> logging.Logger:
    """A logger that appends bare lines to one file; close it with ``close_logger``."""
    logger = logging.Logger("audit")
    logger.setLevel(logging.INFO)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    return logger


def close_logger(logger: logging.Logger) -> None:
    """Closes the file of ``audit_logger``."""
    for handler in logger.handlers:
        handler.close()


class BatchUpdater:
    """Sends 25 updates in a request and waits for the answer before the next."""

    def __init__(
        self, auth: Auth, base_url: str, audit: logging.Logger, max_tries: int = 3
    ) -> None:
        self._auth = auth
        self._url = f"{base_url}/api/v2/interactions/batch"
        self._audit = audit
        self._max_tries = max_tries
        self._http = httpx.Client(timeout=30.0)

    def flush_once(self, queue: RetryQueue) -> int:
        """Sends one batch; returns how many updates it held."""
        rows = queue.dequeue_batch(BATCH)
        if not rows:
            return 0
        payloads = [json.loads(text) for _, _, text in rows]
        items = [
            {"method": "PATCH", "path": f"/api/v2/interactions/{interaction_id}", "body": payload}
            for (_, interaction_id, _), payload in zip(rows, payloads, strict=True)
        ]
        tries = 0
        while tries < self._max_tries:
            try:
                reply = self._http.patch(
                    self._url, json={"requests": items}, headers=self._auth.headers()
                )
            except httpx.HTTPError:
                time.sleep(2**tries)
                tries += 1
                continue
            if reply.status_code == 429:
                time.sleep(int(reply.headers.get("Retry-After", 2)))
            elif reply.status_code >= 500:
                time.sleep(2**tries)
            elif reply.status_code == 200:
                for row, payload, result in zip(
                    rows, payloads, reply.json()["results"], strict=False
                ):
                    failed = result["status"] != 200
                    self._settle(queue, row[0], payload, result.get("message"), failed=failed)
                return len(rows)
            else:
                return self._fail_all(queue, rows, payloads, f"HTTP {reply.status_code}")
            tries += 1
        return self._fail_all(queue, rows, payloads, "no tries left")

    def _fail_all(
        self, queue: RetryQueue, rows: list[Row], payloads: list[Any], reason: str
    ) -> int:
        for row, payload in zip(rows, payloads, strict=True):
            self._settle(queue, row[0], payload, reason, failed=True)
        return len(rows)

    def _settle(
        self, queue: RetryQueue, key: str, payload: Any, reason: str | None, *, failed: bool
    ) -> None:
        record = {
            "timestamp": datetime.now(UTC).isoformat(),
            "interactionId": key.split("_")[0],
            "originalPayload": payload,
            "processingStatus": "failed" if failed else "success",
            "errorMessage": reason if failed else None,
        }
        self._audit.info(json.dumps(record, default=str))
        if failed:
            queue.mark_retry(key, reason or "unknown")
        else:
            queue.mark_success(key)

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()
