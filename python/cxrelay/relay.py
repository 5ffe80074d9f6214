"""Relay: ingest events, deliver them, look at them; sync and ``await``, one engine.

::

    with cxrelay.Relay.from_config("relay.toml") as relay:
        receipt = relay.ingest(body)          # durable when it returns
        relay.start()                         # deliver in the background, or
        relay.flush()                         # deliver until nothing waits
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from cxrelay import _core
from cxrelay.config import RelayConfig
from cxrelay.errors import AuthError, ConfigError, TransportError, ValidationError
from cxrelay.log_pump import LogPump
from cxrelay.results import FlushResult, Forgotten, RelayStats, RetainedTrail, ScopeCheck

if TYPE_CHECKING:
    from cxrelay.mapping import Mapping
    from cxrelay.stories import Story

__all__ = ["Relay"]

Body = bytes | bytearray | memoryview | str
_CANCEL_GRACE_S = 5.0  # for requests under way when aflush() is cancelled
_CANCEL_POLL_S = 0.05
_DAY_US = 86_400_000_000
_MAX_DAYS = 1_000_000

_log = logging.getLogger("cxrelay")


class Relay:
    """Carries events from webhook bodies to CXone through a durable queue. Thread-safe.

    Opening touches the queue file only; the network is used by :meth:`flush`, :meth:`start` and
    :meth:`check_scopes`. Without credentials, events can be ingested but not delivered. Messages
    go to ``logging.getLogger("cxrelay")``.

    Args:
        config: all settings; by default those of the environment.
        mapping: the compiled rules; by default those that the configuration names.

    Raises:
        ConfigError: a setting or a file that it names is wrong.
        MappingError: a rule is wrong.
        StoreError: the queue file cannot be opened.
    """

    def __init__(
        self, config: RelayConfig | None = None, *, mapping: Mapping | None = None
    ) -> None:
        self._config = RelayConfig.from_env() if config is None else config
        self._mapping = self._config.mapping.load() if mapping is None else mapping
        self._secret_trouble: ConfigError | None = None
        self._scope_lock = threading.Lock()
        self._scopes_known = False  # guarded by _scope_lock
        self._started = False
        self._native = _core.Relay(self._settings(), self._mapping)
        self._log_pump = LogPump(self._native.logs)

    @classmethod
    def from_config(cls, config: str | os.PathLike[str] | RelayConfig) -> Self:
        """Opens a relay from a RelayConfig or a TOML file, which the environment overrides."""
        return cls(config if isinstance(config, RelayConfig) else RelayConfig.from_file(config))

    @classmethod
    def from_env(cls) -> Self:
        """Opens a relay from the environment variables alone."""
        return cls(RelayConfig.from_env())

    @property
    def config(self) -> RelayConfig:
        """What the relay was made from."""
        return self._config

    @property
    def mapping(self) -> Mapping:
        """The compiled rules."""
        return self._mapping

    @property
    def queue(self) -> _core.Queue:
        """The queue, to list, check and revive updates."""
        return self._native.queue

    # ---- in ----

    def ingest(self, body: Body) -> _core.Receipt:
        """Validates, maps and stores one event.

        Args:
            body: the webhook's body as it came.

        Returns:
            The receipt: event and audit record are on disk.

        Raises:
            ValidationError: the event is invalid; that is on record too.
            StoreError: it could not be stored; sending it again is safe.
        """
        result = self._native.ingest(body)
        if isinstance(result, list):
            raise ValidationError(result)
        return result

    def ingest_many(self, bodies: Sequence[Body]) -> list[_core.Receipt | ValidationError]:
        """Stores many events in few commits; an invalid one does not keep the others out.

        Returns:
            For each body, in order, its receipt or why it is invalid.

        Raises:
            StoreError: some could not be stored; sending all again is safe.
        """
        return [
            ValidationError(result) if isinstance(result, list) else result
            for result in self._native.ingest_many(bodies)
        ]

    async def aingest(self, body: Body) -> _core.Receipt:
        """:meth:`ingest` in a thread. If cancelled, the event may or may not have been stored."""
        import asyncio

        return await asyncio.to_thread(self.ingest, body)

    async def aingest_many(self, bodies: Sequence[Body]) -> list[_core.Receipt | ValidationError]:
        """:meth:`ingest_many` in a thread. If cancelled, all or none may have been stored."""
        import asyncio

        return await asyncio.to_thread(self.ingest_many, bodies)

    # ---- out ----

    def flush(self, timeout_s: float | None = None) -> FlushResult:
        """Delivers until nothing waits any more; retries that are due later are waited for.

        Args:
            timeout_s: seconds to give up after; None = no limit. Nothing is lost by giving up.

        Returns:
            What was done and why it ended.

        Raises:
            ConfigError: the target or the credentials are not set.
            AuthError: the credentials are refused or lack a scope; nothing was sent.
        """
        if timeout_s is not None and not timeout_s >= 0:
            raise ConfigError("timeout_s must be 0 or more seconds")
        self._prepare_delivery()
        before = self._native.updater_stats()
        reason = "stopped"
        try:
            reason = self._native.flush(timeout_s)
        finally:
            # Giving up waiting does not end what start() began; what the target ended stays so.
            if self._started and reason in ("timeout", "stopped"):
                self._native.start()
        after = self._native.updater_stats()
        queue = self._native.queue.stats()
        return FlushResult.between(before, after, reason, queue.pending + queue.in_flight)

    async def aflush(self, timeout_s: float | None = None) -> FlushResult:
        """As :meth:`flush`. Cancelling it ends the delivery; what waits stays in the queue."""
        import asyncio

        flushing = asyncio.ensure_future(asyncio.to_thread(self.flush, timeout_s))
        try:
            return await asyncio.shield(flushing)
        except asyncio.CancelledError:
            # The thread is still in flush(), or about to enter it: it must not outlive the call.
            while not flushing.done():
                await asyncio.to_thread(self._native.stop, _CANCEL_GRACE_S)
                await asyncio.wait([flushing], timeout=_CANCEL_POLL_S)
            if not flushing.cancelled():
                flushing.exception()  # nobody else will look at it
            raise

    def start(self) -> None:
        """Delivers in the background until :meth:`stop`. Raises what :meth:`flush` raises.

        Exports the audit trail too, every ``[audit] export_interval_ms``. An export that fails
        holds nothing up: the log and ``stats().audit`` tell, and a later one catches up.
        """
        self._prepare_delivery()
        self._native.start()
        self._started = True

    def stop(self, timeout_s: float = 30.0) -> None:
        """Ends the delivery. Requests under way are waited for; then their outcome is unknown.

        What :meth:`start` began exports the audit trail once more.

        Args:
            timeout_s: seconds to wait for requests under way.
        """
        self._started = False
        self._native.stop(timeout_s)

    def check_scopes(self) -> ScopeCheck:
        """Asks the target what the credentials permit.

        Raises:
            ConfigError: the target or the credentials are not set.
            AuthError: the credentials are refused.
            TransportError: no token came.
        """
        self._require_credentials()
        return ScopeCheck.of(self._native.check_scopes())

    # ---- looking ----

    def stats(self) -> RelayStats:
        """Returns the counts of the queue file, and those of this relay's own work."""
        queue = self._native.queue.stats()
        return RelayStats.of(queue, self._native.updater_stats(), self._native.audit_stats(queue))

    def stop_reason(self) -> str:
        """Returns why the last delivery ended; ``none`` while one goes on."""
        return self._native.stop_reason()

    def explain(self, name: str) -> list[Story]:
        """Tells what happened to an event, or to every event of an interaction.

        Args:
            name: an idempotency key, or the id of an interaction.

        Returns:
            The stories in the order of arrival; empty if there is no such event.
        """
        from cxrelay.stories import explain

        return explain(name, self.queue, self._mapping)

    def export_audit(self) -> _core.ExportResult:
        """Appends what is new in the audit trail to the file that the configuration names.

        Signs a checkpoint if the configuration names a key and one is due, so call it now and then
        in quiet times too, unless :meth:`start` does. Waits for an export that this relay makes. Then
        lets the queue file forget what is old, as :meth:`retain` does: once a minute, or each time
        while there is more than 0.2 seconds of it.

        Raises:
            AuditError: the files are not those of this queue, another process exports, or a
                checkpoint that was due could not be made; the records are exported in the last
                case.
            StoreError: a file cannot be written; what is written stays, and the next call goes on.
                If it is by :meth:`retain`, the records are exported.
        """
        return self._native.export_audit()

    def retain(self, max_s: float = 0.2) -> _core.Retained:
        """Lets the queue file forget what is old: payloads of events that are done, then records.

        Only what is exported and older than ``[queue] retention_days``; nothing if these are 0.
        (cpp/docs/queue.md, "Retention".)

        Args:
            max_s: seconds after which it begins no further step.

        Returns:
            What it did, and how far the file has come; ``end`` is ``limit`` if there is more to do.

        Raises:
            StoreError: the queue file cannot be written, or its records contradict each other.
        """
        return self._native.retain(max_s)

    def forget(self, interaction_id: str, operator_name: str = "") -> Forgotten:
        """Erases the payloads of one interaction from the queue file and the exported trail.

        The trail and its checkpoints verify as before, and its events stay known as duplicates.
        Updates that are not done cannot be sent any more: they are dead for good. Calling it again
        finishes what was interrupted. (cpp/docs/audit.md, "Erasing a payload".)

        Args:
            interaction_id: the interaction.
            operator_name: who it is on record with.

        Raises:
            StoreError: an update of the interaction is in flight (kind ``busy``; nothing changed),
                or the queue file cannot be written.
            AuditError: the exported trail does not hold together; the queue file is done.
        """
        done = _core.forget_interaction(
            self._native.queue, self._config.audit.path, interaction_id, operator_name
        )
        return Forgotten(interaction_id=interaction_id, **done)

    def retain_trail(
        self,
        older_than_days: float | None = None,
        *,
        dry_run: bool = False,
        operator_name: str = "",
    ) -> RetainedTrail:
        """Removes old closed segments from the start of the exported trail, with a signed tombstone.

        The rest verifies as before, with the tombstones beside it; the journal has a record of the removal
        and keeps its own records. Calling it again finishes what was interrupted.
        (cpp/docs/audit.md, "Retention".)

        Args:
            older_than_days: every record in a segment must be older than this; by default
                ``[audit] retention_days``.
            dry_run: only say what would be removed.
            operator_name: who it is on record with.

        Raises:
            ConfigError: neither says how old, or no ``[audit] checkpoint_key`` is set.
            AuditError: the trail does not verify, and nothing was removed; or a file cannot be written.
            StoreError: the queue file or a file of the trail cannot be written.
        """
        days = self._config.audit.retention_days if older_than_days is None else older_than_days
        if not 0 < days < _MAX_DAYS:
            raise ConfigError("[audit] retention_days is 0: say how old a segment must be")
        done = _core.retain_trail(
            self._native.queue,
            self._config.audit.path,
            self._config.audit.checkpoint_key,
            time.time_ns() // 1000 - int(days * _DAY_US),
            dry_run,
            operator_name,
        )
        return RetainedTrail(**done)

    # ---- end ----

    def close(self) -> None:
        """Stops and closes. Requests under way are waited for. Closing twice is fine."""
        self._started = False
        self._native.close()
        self._log_pump.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Relay {self._config.queue.path!r} to {self._config.base_url or 'no target'}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "a Relay holds an open queue file and cannot be pickled or copied; "
            "open another one from the same configuration"
        )

    # ---- inside ----

    def _settings(self) -> _core.RelaySettings:
        config = self._config
        try:
            secret = config.auth.reveal_secret()
        except ConfigError as error:  # no reason to refuse events
            self._secret_trouble = error
            secret = ""
        return {
            "queue_path": config.queue.path,
            "retention_days": config.queue.retention_days,
            "audit_path": config.audit.path,
            "max_segment_bytes": config.audit.max_segment_bytes,
            "compress": config.audit.compress,
            "export_interval_ms": config.audit.export_interval_ms,
            "checkpoint_key": config.audit.checkpoint_key,
            "checkpoint_output": config.audit.checkpoint_output,
            "checkpoint_records": config.audit.checkpoint_records,
            "checkpoint_minutes": config.audit.checkpoint_minutes,
            "base_url": config.base_url,
            "token_url": config.token_url,
            "userinfo_url": config.userinfo_url,
            "client_id": config.auth.client_id,
            "client_secret": secret,
            "scope": config.auth.scope,
            "client_authentication": config.auth.client_authentication,
            "ca_file": config.target.ca_file,
            "max_in_flight": config.target.max_in_flight,
            "max_updates": config.target.max_updates,
            "idempotent": config.target.idempotent,
            "read_back_late_ms": (
                config.target.read_back_late_ms if config.target.read_back else None
            ),
            "timeout_ms": config.target.timeout_ms,
            "max_attempts": config.retry.max_attempts,
            "max_age_ms": config.retry.max_age_ms,
            "base_ms": config.retry.base_ms,
            "throttled_base_ms": config.retry.throttled_base_ms,
            "max_delay_ms": config.retry.max_delay_ms,
            "max_retry_after_ms": config.retry.max_retry_after_ms,
            "budget_tokens": config.retry.budget_tokens,
            "retry_cost": config.retry.retry_cost,
            "breaker_failures": config.retry.breaker_failures,
            "breaker_wait_ms": config.retry.breaker_wait_ms,
            "breaker_max_wait_ms": config.retry.breaker_max_wait_ms,
            "max_requests_per_s": config.target.max_requests_per_s,
            "adaptive_pace": config.target.adaptive_pace,
            "privacy": config.privacy.load(),
            "fingerprint_key_file": config.privacy.fingerprint_key_file,
            "max_body_bytes": config.limits.max_body_bytes,
            "max_depth": config.limits.max_depth,
            "max_keys": config.limits.max_keys,
        }

    def _require_credentials(self) -> None:
        if self._secret_trouble is not None:
            raise ConfigError(str(self._secret_trouble))
        missing = self._config.missing_for_delivery()
        if missing:
            raise ConfigError(f"nothing can be delivered: {'; '.join(missing)} not set")

    def _prepare_delivery(self) -> None:
        """Learns once whether the credentials suffice, before anything is sent."""
        self._require_credentials()
        self._log_pump.start()
        with self._scope_lock:
            if self._scopes_known:
                return
            try:
                check = ScopeCheck.of(self._native.check_scopes())
            except TransportError as error:
                _log.warning("the scopes could not be checked: %s", error)
                return
            if check.missing:
                raise AuthError(f"the credentials lack the scope {', '.join(check.missing)}")
            if not check.reachable:
                _log.warning("the scopes could not be checked: status %d", check.status)
                return
            if check.scopes is None:
                _log.info("the target does not say which scopes the credentials have")
            self._scopes_known = True
