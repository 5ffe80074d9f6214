"""Every name of the tutorial, on the native engine.

The tutorial's complete script runs unchanged but for its imports. What is different on purpose stands in the
docstring of each name. URLs come from the region, unless ``CXONE_BASE_URL`` and ``CXONE_TOKEN_URL`` are set in
the environment.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from cxrelay import _core
from cxrelay.errors import AuthError, Error, FencedError, ValidationError
from cxrelay.event import InteractionEvent
from cxrelay.mapping import Mapping

__all__ = [
    "FIELD_MAPPING",
    "CXoneAuthManager",
    "CXoneBatchUpdater",
    "CXoneInteractionEvent",
    "IdempotentRetryQueue",
    "parse_webhook_payload",
    "setup_audit_logger",
    "transform_to_cxone_schema",
    "write_audit_record",
]

FIELD_MAPPING: Final[dict[str, str]] = {
    "legacy_crm_id": "attributes.crmReferenceId",
    "source_channel": "attributes.originChannel",
    "queue_name": "attributes.routingQueue",
    "wrap_up_code": "attributes.dispositionCode",
    "agent_name": "attributes.servingAgentName",
}
"""Event field to CXone attribute. ``Mapping.from_rules(FIELD_MAPPING)`` is the tutorial's mapper."""

_AUDIT_LOGGER: Final = "cxone_audit"
_FLUSH_LIMIT_S: Final = 30.0
_MAX_ATTEMPTS: Final = 12
_AUDITED_AT_ONCE: Final = 100_000


def _base_url(region: str) -> str:
    return os.environ.get("CXONE_BASE_URL") or _core.region_base_url(region)


class CXoneAuthManager:
    """Tokens by client credentials: fetched once for all threads, renewed early by a monotonic clock.

    Args:
        client_id: OAuth2 client id.
        client_secret: its secret; in no repr and no message.
        region: CXone region, ``[a-z0-9-]{2,20}``; it makes the host unless the environment names URLs.

    Raises:
        ConfigError: the region cannot be part of a host name.
    """

    def __init__(self, client_id: str, client_secret: str, region: str = "euc1") -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.region = region
        self.token_endpoint = (
            os.environ.get("CXONE_TOKEN_URL") or f"{_base_url(region)}/oauth2/token"
        )
        self.access_token: str | None = None
        self._provider = _core.TokenProvider(self.token_endpoint, client_id, client_secret)

    def get_token(self) -> str:
        """Returns a token that is valid now.

        Raises:
            AuthError: the credentials are refused; asked again at most once a minute.
            TransportError: the token endpoint gave no answer.
        """
        self.access_token = self._provider.token()
        return self.access_token

    def get_headers(self) -> dict[str, str]:
        """Returns the headers of a JSON request with the token. Raises what :meth:`get_token` raises."""
        return {
            "Authorization": f"Bearer {self.get_token()}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }

    def __repr__(self) -> str:
        return f"CXoneAuthManager(client_id={self.client_id!r}, region={self.region!r})"


class CXoneInteractionEvent(InteractionEvent):
    """One validated webhook payload; see :class:`cxrelay.InteractionEvent`."""

    __slots__ = ()


def parse_webhook_payload(raw_json: str | bytes) -> CXoneInteractionEvent:
    """Validates one webhook body.

    Raises:
        ValueError: with every reason; unlike the tutorial's, without the input.
    """
    try:
        return CXoneInteractionEvent.model_validate_json(raw_json)
    except ValidationError as error:
        raise ValueError(f"Payload validation failed: {error.errors()}") from error


def transform_to_cxone_schema(event: InteractionEvent) -> dict[str, Any]:
    """Maps an event to the attributes to write; ``{}`` if there is nothing to write."""
    return Mapping.default().apply(event)


class IdempotentRetryQueue:
    """The durable queue. A file that the tutorial's code wrote is taken over in place.

    Unlike the tutorial's: every call is durable when it returns, updates that :meth:`dequeue_batch` gave are not
    given again until they are marked, and the same key with another payload is kept as an update of its own.

    Args:
        db_path: the SQLite file; created with mode 0600.

    Raises:
        StoreError: the file cannot be used.
    """

    def __init__(self, db_path: str = "retry_queue.db") -> None:
        self.db_path = db_path
        self.lock = threading.Lock()
        self._queue = _core.Queue(db_path)
        self.conn = _Connection(self._queue)
        self._held: dict[str, _core.Claim] = {}

    def enqueue(self, interaction_id: str, payload: dict[str, Any], event_timestamp: str) -> str:
        """Stores an update durably.

        Args:
            interaction_id: the interaction to write.
            payload: the body to send.
            event_timestamp: when the event happened, as ``datetime.isoformat()`` writes it.

        Returns:
            The update's key. For another payload under a known key it ends in ``#`` and a fingerprint.

        Raises:
            ValueError: the timestamp is not ISO 8601, or the payload has no JSON form.
            StoreError: nothing is stored.
        """
        moment = datetime.fromisoformat(event_timestamp)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
        event_time_us = (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
        body = json.dumps(payload, allow_nan=False).encode()
        key = f"{interaction_id}_{event_timestamp}"
        return self._queue.put(key, interaction_id, event_time_us, b"", body).idempotency_key

    def dequeue_batch(self, batch_size: int = 20) -> list[tuple[str, str, str]]:
        """Takes waiting updates, oldest first, at most one of an interaction.

        Returns:
            ``(idempotency_key, interaction_id, payload as JSON text)``; empty while another process delivers.
        """
        with self.lock:
            return self._take(batch_size)

    def mark_success(self, idempotency_key: str) -> None:
        """Records that an update was written. An unknown key changes nothing."""
        self._settle(idempotency_key, ("completed", 200, "", 0))

    def mark_retry(self, idempotency_key: str, error_msg: str) -> None:
        """Records a failed attempt; the update waits again and is due at once. An unknown key changes nothing."""
        self._settle(idempotency_key, ("retry", 0, str(error_msg), time.time_ns() // 1000))

    def _take(self, count: int) -> list[tuple[str, str, str]]:
        rows = []
        for claim in self._queue.claim_many(count, 1, "tutorial"):
            update = claim.updates[0]
            self._held[update.idempotency_key] = claim
            rows.append((update.idempotency_key, update.interaction_id, update.payload))
        return rows

    def _settle(self, key: str, outcome: tuple[str, int, str, int]) -> None:
        with self.lock:
            # The tutorial marks updates that nobody took, too: take until it is there.
            while key not in self._held and self._take(100):
                pass
            claim = self._held.pop(key, None)
            if claim is not None:
                self._queue.settle(claim, [outcome])

    def _waiting(self) -> list[_core.Update]:
        return self._queue.list_updates(state="pending", limit=_AUDITED_AT_ONCE)

    def _find(self, key: str) -> _core.Update | None:
        return self._queue.find(key)

    def _hand_over(self) -> None:
        """Lets the updater deliver: what was taken and not marked waits again."""
        with self.lock:
            for claim in self._held.values():
                try:
                    self._queue.settle(claim, [("released", 0, "", 0)])
                except FencedError:
                    break
            self._held.clear()
            self._queue.resign()


class _Connection:
    """What ``queue.conn`` answers: SQL that reads, run by the engine's own connection.

    The ``sqlite3`` module may be another copy of SQLite in this process, and two copies drop each other's locks.
    """

    def __init__(self, queue: _core.Queue) -> None:
        self._queue = queue

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> _Rows:
        """Runs one statement. Raises StoreError for wrong SQL and for one that would write."""
        return _Rows(self._queue.query(sql, parameters))

    def commit(self) -> None:
        """Does nothing: every call of the queue commits."""


class _Rows:
    """The rows of a statement, as a cursor gives them."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Returns the next row, or None."""
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Returns the rows that are left."""
        return list(self._rows)


class CXoneBatchUpdater:
    """Sends what waits in batches of 25, with retries, and writes one audit line an update.

    Args:
        auth: whose credentials are used.
        region: CXone region; makes the host unless ``CXONE_BASE_URL`` is set.
        max_retries: kept for its callers. An update is sent at most 12 times (or this number, if larger) within
            72 h, then it is dead with its reason; the tutorial sent it again on every later flush, for ever.
    """

    def __init__(self, auth: CXoneAuthManager, region: str, max_retries: int = 3) -> None:
        self.auth = auth
        self.region = region
        self.max_retries = max_retries
        self.base_url = _base_url(region)
        self.audit_logger = logging.getLogger(_AUDIT_LOGGER)
        self._relays: dict[str, _core.Relay] = {}

    def flush_queue(self, queue: IdempotentRetryQueue) -> None:
        """Sends until nothing is due any more, for 30 s at most; the rest stays in the queue.

        Raises:
            AuthError: the target or the token endpoint refuses the client; every update is kept.
            Error: another process delivers this queue.
        """
        waiting = queue._waiting()
        if not waiting:
            return
        queue._hand_over()
        reason = self._relay(queue.db_path).flush(_FLUSH_LIMIT_S)
        for before in waiting:
            after = queue._find(before.idempotency_key)
            if after is not None and (after.attempts, after.state) != (
                before.attempts,
                before.state,
            ):
                self._audit(after)
        if reason == "auth":
            raise AuthError("the target or the token endpoint refuses the client")
        if reason in ("fenced", "not_elected", "failed"):
            raise Error(f"the queue cannot be delivered here: {reason}")

    def _relay(self, queue_path: str) -> _core.Relay:
        if queue_path not in self._relays:
            settings: _core.RelaySettings = {
                "queue_path": queue_path,
                "base_url": self.base_url,
                "token_url": self.auth.token_endpoint,
                "client_id": self.auth.client_id,
                "client_secret": self.auth.client_secret,
                "max_attempts": max(_MAX_ATTEMPTS, self.max_retries),
            }
            self._relays[queue_path] = _core.Relay(settings, Mapping.default())
        return self._relays[queue_path]

    def _audit(self, update: _core.Update) -> None:
        payload = json.loads(update.payload)
        succeeded = update.state in ("completed", "superseded")
        error = None if succeeded else update.last_error
        write_audit_record(
            self.audit_logger,
            update.interaction_id,
            payload,
            payload,
            "success" if succeeded else "failed",
            error,
        )


def setup_audit_logger(log_file: str = "audit_transformations.log") -> logging.Logger:
    """Returns the logger ``cxone_audit`` writing JSON lines to ``log_file`` (mode 0600).

    Unlike the tutorial's, it never deletes a line by rotation, a second call adds no second handler for the same
    file, and lines do not reach the console logger. The hash-chained trail is ``cxrelay audit export``.
    """
    logger = logging.getLogger(_AUDIT_LOGGER)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    path = os.path.abspath(log_file)
    if not any(getattr(handler, "baseFilename", None) == path for handler in logger.handlers):
        Path(path).touch(mode=0o600)
        handler = logging.FileHandler(path)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
    return logger


def write_audit_record(
    audit_logger: logging.Logger,
    interaction_id: str,
    original_payload: dict[str, Any],
    transformed_payload: dict[str, Any],
    status: str,
    error_message: str | None = None,
) -> None:
    """Writes one audit line with the tutorial's members.

    Raises:
        TypeError: a payload holds something that is neither JSON nor a date; the tutorial wrote its ``str()``.
    """
    record = {
        "timestamp": datetime.now(UTC).isoformat(),
        "interactionId": interaction_id,
        "originalPayload": original_payload,
        "transformedPayload": transformed_payload,
        "processingStatus": status,
        "errorMessage": error_message,
    }
    audit_logger.info(json.dumps(record, default=_date_text))


def _date_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
