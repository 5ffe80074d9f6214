"""The compiled engine. Private: use the names that :mod:`cxrelay` exports."""

from collections.abc import Sequence
from typing import Any, Self, TypedDict, final, type_check_only

from cxrelay.errors import ValidationError

__version__: str

_Body = bytes | bytearray | memoryview | str

# ---- event ----

class InteractionEvent:
    """What :class:`cxrelay.InteractionEvent` derives from: texts in, plain values out."""

    # Raises ValidationError with every reason.
    def __init__(
        self,
        raw: _Body,
        /,
        *,
        max_bytes: int = 262144,
        max_depth: int = 32,
        max_keys: int = 1000,
    ) -> None: ...
    @property
    def interaction_id(self) -> str: ...
    @property
    def contact_id(self) -> str: ...
    @property
    def legacy_crm_id(self) -> str | None: ...
    @property
    def source_channel(self) -> str | None: ...
    @property
    def attributes_json(self) -> str: ...
    @property
    def original(self) -> bytes: ...
    @property
    def timestamp_utc_us(self) -> int: ...
    @property
    def timestamp_offset_s(self) -> int | None: ...
    @property
    def idempotency_key(self) -> str: ...
    def to_json(self, by_alias: bool) -> str: ...

# ---- mapping ----

@final
class RuleTrace:
    """What one rule did with an event; holds no value of it."""

    @property
    def rule(self) -> int: ...  # its place in Mapping.rules, from 0
    @property
    def source(self) -> str: ...  # from
    @property
    def applied(self) -> list[str]: ...  # the functions that ran; "lookup" if the table was asked
    @property
    def target(self) -> str: ...  # to
    @property
    def outcome(self) -> str: ...  # "written", "default", "empty" or "missing"

@final
class Mapping:
    """Compiled rules from event fields to target attributes.

    Immutable; any number of threads may use one.
    """

    @staticmethod
    def default() -> Mapping:
        """Returns the tutorial's mapper (its step 2)."""

    @staticmethod
    def from_rules(rules: list[Any] | dict[str, Any] | str | bytes) -> Mapping:
        """Compiles a list of rules, ``{"rules": [...]}`` or the shorthand ``{source: target}``.

        Raises:
            MappingError: a rule is wrong; its ``place`` says where.
        """

    def apply(self, event: InteractionEvent | _Body | dict[str, Any], /) -> dict[str, Any]:
        """Returns the payload of an event; ``{}`` when nothing is to be written.

        Raises:
            ValidationError: the event is invalid, or lacks what a rule demands.
        """

    def apply_json(self, body: _Body, /) -> tuple[str, bytes] | None:
        """Returns (idempotency key, payload as JSON), or None when nothing is to be written.

        Raises:
            ValidationError: as :meth:`apply`.
        """

    def apply_json_many(
        self, bodies: Sequence[_Body], /
    ) -> list[tuple[str, bytes] | ValidationError | None]:
        """Returns :meth:`apply_json` for each body; an invalid one gives its error as an element."""

    def trace(self, body: _Body, /) -> list[RuleTrace]:
        """Returns what each rule did with a body, in the order of the rules.

        The input limits are not asked. A rule that demands a value which is not there is told as
        ``empty`` or ``missing``.

        Raises:
            ValidationError: it is no event.
        """

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits; equal rules have equal versions."""

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The rules in full form, as a new list."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def __getstate__(self) -> object: ...
    def __setstate__(self, state: Any, /) -> None: ...

# ---- privacy ----

@final
class StoredOriginal:
    """What is stored of an event, and how many of its values were changed."""

    @property
    def text(self) -> bytes: ...  # the bytes as they came if nothing was changed
    @property
    def dropped(self) -> int: ...
    @property
    def masked(self) -> int: ...
    @property
    def hashed(self) -> int: ...

@final
class PrivacyPolicy:
    """What of an event's original is kept, masked, hashed or dropped before it is stored.

    Immutable; any number of threads may use one (``cpp/docs/privacy.md``).
    """

    @staticmethod
    def default() -> PrivacyPolicy:
        """Returns the policy that masks members whose names mean secrets, and nothing else."""

    @staticmethod
    def from_rules(
        fields: dict[str, Any],
        *,
        defaults: bool = True,
        default_action: str = "keep",
        key: bytes = b"",
        key_file: str = "",
    ) -> PrivacyPolicy:
        """Compiles rules.

        Args:
            fields: path to ``"keep"``, ``"mask"``, ``"hash"``, ``"drop"``, or
                ``{"action": "mask", "keep_last": n}``.
            defaults: whether members whose names mean secrets are masked unless a rule says
                otherwise.
            default_action: for values that no rule means.
            key: for ``"hash"``: 16 to 4,096 bytes.
            key_file: where the key is read from instead; private to its owner.

        Raises:
            ConfigError: a rule or the key is wrong; names the field, never the key.
        """

    @staticmethod
    def secret_names() -> list[str]:
        """Returns the patterns of names that the defaults mask."""

    def apply(self, body: _Body, /) -> bytes:
        """Returns what would be stored of an event.

        Raises:
            ValidationError: it is no JSON object within the default limits.
        """

    def examine(self, body: _Body, /) -> StoredOriginal:
        """Returns :meth:`apply` with counts of what was changed."""

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits; equal policies with equal keys have equal versions."""

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits that tell the key from others; "" without a key."""

    @property
    def rules(self) -> dict[str, Any]:
        """``defaults``, ``default_action`` and ``fields``, as a new dict."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def __getstate__(self) -> object: ...
    def __setstate__(self, state: Any, /) -> None: ...

# ---- queue ----

@final
class Receipt:
    """Proof that an event and its audit record are on disk."""

    @property
    def status(self) -> str: ...  # accepted, duplicate, conflict or empty
    @property
    def seq(self) -> int: ...
    @property
    def idempotency_key(self) -> str: ...

@final
class Update:
    """One update of the queue, as a person asks for it."""

    @property
    def seq(self) -> int: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def interaction_id(self) -> str: ...
    @property
    def event_time_us(self) -> int: ...
    @property
    def accepted_us(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def attempts(self) -> int: ...
    @property
    def not_before_us(self) -> int: ...
    @property
    def last_error(self) -> str: ...
    @property
    def payload(self) -> str: ...
    @property
    def erased(self) -> bool: ...

@final
class QueueStats:
    @property
    def pending(self) -> int: ...
    @property
    def delayed(self) -> int: ...
    @property
    def in_flight(self) -> int: ...
    @property
    def completed(self) -> int: ...
    @property
    def dead(self) -> int: ...
    @property
    def parked(self) -> int: ...
    @property
    def superseded(self) -> int: ...
    @property
    def accepted(self) -> int: ...
    @property
    def empty(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def requests(self) -> int: ...
    @property
    def attempts(self) -> int: ...
    @property
    def journal_records(self) -> int: ...
    @property
    def exported_seq(self) -> int: ...
    @property
    def oldest_pending_us(self) -> int | None: ...
    @property
    def first_seq(self) -> int: ...
    @property
    def erased_until_seq(self) -> int: ...
    @property
    def held_up_by_seq(self) -> int: ...

@final
class Retained:
    @property
    def erased(self) -> int: ...
    @property
    def deleted(self) -> int: ...
    @property
    def first_seq(self) -> int: ...
    @property
    def erased_until_seq(self) -> int: ...
    @property
    def held_up_by_seq(self) -> int: ...
    @property
    def end(self) -> str: ...

@final
class CheckResult:
    @property
    def ok(self) -> bool: ...
    @property
    def problems(self) -> list[str]: ...
    @property
    def records(self) -> int: ...

@final
class BackupResult:
    @property
    def bytes(self) -> int: ...
    @property
    def records(self) -> int: ...

@final
class Queue:
    """A queue file. Thread-safe. The GIL is released for every call that waits."""

    def __init__(self, path: str) -> None: ...
    def put(
        self,
        idempotency_key: str,
        interaction_id: str,
        event_time_us: int,
        original: bytes,
        mapped: bytes,
        mapping_version: str = "",
    ) -> Receipt: ...
    def put_many(
        self, updates: Sequence[tuple[str, str, int, bytes, bytes]], mapping_version: str = ""
    ) -> list[Receipt]: ...
    def stats(self) -> QueueStats: ...
    def list_updates(
        self,
        state: str | None = None,
        interaction_id: str | None = None,
        limit: int = 100,
        reason: str = "",
        status: int = 0,
        accepted_from_us: int | None = None,
        accepted_until_us: int | None = None,
        erased: bool | None = None,
    ) -> list[Update]: ...
    def find(self, idempotency_key: str) -> Update | None: ...
    def revivable(
        self,
        state: str | None = None,
        interaction_id: str | None = None,
        limit: int = 100,
        reason: str = "",
        status: int = 0,
        accepted_from_us: int | None = None,
        accepted_until_us: int | None = None,
    ) -> list[Update]: ...
    def revive(
        self,
        state: str | None = None,
        interaction_id: str | None = None,
        limit: int = 100,
        operator_name: str = "",
        reason: str = "",
        status: int = 0,
        accepted_from_us: int | None = None,
        accepted_until_us: int | None = None,
    ) -> int: ...
    def retain(
        self,
        older_than_us: int = 604800000000,
        exported_only: bool = True,
        max_rows: int = 100000,
        max_ms: int = 200,
        dry_run: bool = False,
    ) -> Retained:
        """Erases payloads of old events that are done, and deletes old records; see cpp/docs/queue.md.

        Call it again while ``end`` is ``limit``. Raises StoreError.

        Args:
            older_than_us: age of a record in microseconds.
            exported_only: leave what is not in an exported audit trail yet.
            max_rows: records that this call passes in each of the two phases.
            max_ms: milliseconds after which it begins no further step.
            dry_run: only count what calls without limits would do.
        """
    def check(self) -> CheckResult: ...
    def backup(self, path: str, max_log_bytes: int = 1073741824) -> BackupResult: ...
    def claim(self, max_updates: int = 25, target: str = "") -> Claim | None: ...
    def claim_many(
        self, max_requests: int, max_updates: int = 25, target: str = ""
    ) -> list[Claim]: ...
    def settle(
        self, claim: Claim, outcomes: Sequence[tuple[str, int, str, int]], status: int = 0
    ) -> None: ...
    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]: ...
    def resign(self) -> None: ...
    def close(self) -> None: ...

@final
class ClaimedUpdate:
    @property
    def seq(self) -> int: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def interaction_id(self) -> str: ...
    @property
    def event_time_us(self) -> int: ...
    @property
    def accepted_us(self) -> int: ...
    @property
    def attempts(self) -> int: ...
    @property
    def payload(self) -> str: ...
    @property
    def merged(self) -> list[int]: ...

@final
class Claim:
    """One request to be sent; its "started" record is on disk."""

    @property
    def request_id(self) -> str: ...
    @property
    def updates(self) -> list[ClaimedUpdate]: ...

# What cxrelay.Forgotten has, but the interaction's id.
def forget_interaction(
    queue: Queue, audit_path: str, interaction_id: str, operator_name: str
) -> dict[str, Any]: ...

# ---- audit ----

@final
class ExportResult:
    @property
    def records(self) -> int: ...
    @property
    def last_seq(self) -> int: ...
    @property
    def closed_segments(self) -> list[str]: ...

@final
class VerifyResult:
    @property
    def ok(self) -> bool: ...
    @property
    def records(self) -> int: ...
    @property
    def first_seq(self) -> int: ...
    @property
    def last_seq(self) -> int: ...
    @property
    def first_hash(self) -> str: ...
    @property
    def last_hash(self) -> str: ...
    @property
    def trail(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def checkpoints(self) -> int: ...
    @property
    def checkpoint_seq(self) -> int: ...
    @property
    def checkpoint_time_us(self) -> int: ...
    @property
    def tombstones(self) -> int: ...
    @property
    def removed_seq(self) -> int: ...
    @property
    def tombstone_time_us(self) -> int: ...
    @property
    def tombstones_checked(self) -> bool: ...

@final
class Checkpoint:
    """Where an audit trail ended at some moment, signed."""

    @property
    def seq(self) -> int: ...
    @property
    def time_us(self) -> int: ...
    @property
    def key_id(self) -> str: ...
    @property
    def line(self) -> str: ...  # JSON, without a line break

def export_audit(
    queue: Queue,
    path: str,
    max_segment_bytes: int = 10485760,
    checkpoint_key: str = "",
    checkpoint_output: str = "",
    checkpoint_records: int = 10000,
    checkpoint_minutes: int = 60,
    compress: bool = False,
) -> ExportResult: ...
def audit_lines(queue: Queue, after: int, limit: int) -> list[bytes]:
    """Returns the audit trail's lines of the records with seq > ``after``, without line breaks.

    Raises AuditError if the journal does not have the record before the first of them.
    """

def generate_checkpoint_key(path: str) -> str:
    """Makes a private key in ``path`` and the public one in ``path``.pub; returns the key's id.

    Raises AuditError if one of the files exists already or cannot be written.
    """

def sign_checkpoint(path: str, key_path: str) -> Checkpoint:
    """Verifies the trail whose open log is ``path`` and signs where it ends.

    Raises AuditError if the trail does not verify, a file cannot be read, or others can read the key.
    """

def write_checkpoint(checkpoint: Checkpoint, output: str) -> None:
    """Appends to a file and syncs it; ``-`` is standard output, ``syslog`` is syslog. AuditError."""

def verify_audit(
    path: str,
    checkpoints: str | None = None,
    public_keys: Sequence[str] = [],
    tombstones: str | None = None,
) -> VerifyResult:
    """Verifies the open log and the closed segments beside it, and that they fit the checkpoints.

    Where retention has removed the beginning, the tombstones beside the log say so (``tombstones``: a copy of them to
    look at instead); their signatures are checked if there are public keys.
    A broken trail is a value; a file that cannot be read raises AuditError.
    """

def retain_trail(
    queue: Queue,
    path: str,
    key_path: str,
    older_than_us: int,
    dry_run: bool = False,
    operator_name: str = "",
) -> dict[str, Any]:
    """Removes closed segments that end before ``older_than_us`` from the start of an exported trail, with a tombstone.

    Returns the arguments of ``cxrelay.results.RetainedTrail``. Raises ConfigError without a key, AuditError if the
    trail does not verify (nothing is removed then) or a file cannot be written, StoreError.
    """

# ---- relay ----

@type_check_only
class RelaySettings(TypedDict, total=False):
    """What the native relay is built from. Every key is optional but ``queue_path`` and ``base_url``."""

    queue_path: str
    retention_days: int  # 0 = keep records for ever
    audit_path: str  # "" = no export
    compress: bool
    export_interval_ms: int
    checkpoint_key: str  # "" = no checkpoints
    checkpoint_output: str
    checkpoint_records: int
    checkpoint_minutes: int
    base_url: str
    token_url: str
    userinfo_url: str
    client_id: str
    client_secret: str
    scope: str
    client_authentication: str  # "body" or "basic"
    ca_file: str
    max_in_flight: int
    max_updates: int
    idempotent: bool
    read_back_late_ms: int | None  # None = no read-back
    timeout_ms: int
    max_attempts: int
    max_age_ms: int
    base_ms: int
    throttled_base_ms: int
    max_delay_ms: int
    max_retry_after_ms: int
    budget_tokens: int
    retry_cost: int
    breaker_failures: int
    breaker_wait_ms: int
    breaker_max_wait_ms: int
    max_requests_per_s: float
    adaptive_pace: bool
    max_body_bytes: int
    max_depth: int
    max_keys: int
    max_segment_bytes: int
    privacy: PrivacyPolicy
    fingerprint_key_file: str  # "" = no key

@final
class TargetState:
    @property
    def gate_closed_ms(self) -> int: ...
    @property
    def breaker(self) -> str: ...  # "closed", "open" or "half_open"
    @property
    def retry_tokens(self) -> int: ...
    @property
    def requests_per_s(self) -> float: ...  # 0 = not limited
    @property
    def batch_updates(self) -> int: ...

@final
class AuditStats:
    @property
    def exported_seq(self) -> int: ...
    @property
    def backlog_records(self) -> int: ...
    @property
    def failures(self) -> int: ...
    @property
    def last_error(self) -> str: ...

@final
class UpdaterStats:
    @property
    def requests(self) -> int: ...
    @property
    def completed(self) -> int: ...
    @property
    def retried(self) -> int: ...
    @property
    def dead(self) -> int: ...
    @property
    def parked(self) -> int: ...
    @property
    def split(self) -> int: ...
    @property
    def not_sent(self) -> int: ...
    @property
    def throttled(self) -> int: ...
    @property
    def target(self) -> TargetState: ...

@final
class ScopeCheck:
    @property
    def reachable(self) -> bool: ...
    @property
    def status(self) -> int: ...
    @property
    def scopes(self) -> list[str] | None: ...
    @property
    def missing(self) -> list[str]: ...

@final
class LogQueue:
    """Log lines on their way from native threads to a Python thread."""

    # (level of logging, one line); None = the relay is closed and all lines were taken.
    def take(self, timeout_s: float = 0.0) -> list[tuple[int, str]] | None: ...

@final
class Relay:
    """Queue, mapping, token, target and updater in one. Thread-safe."""

    def __init__(self, settings: RelaySettings, mapping: Mapping) -> None: ...
    # A Receipt, or the details of a ValidationError for a refused event (which is recorded as a reject).
    def ingest(self, body: _Body) -> Receipt | list[tuple[str, tuple[str, ...], str]]: ...
    def ingest_many(
        self, bodies: Sequence[_Body]
    ) -> list[Receipt | list[tuple[str, tuple[str, ...], str]]]: ...
    # "idle", "timeout", "stopped", "auth", "fenced" or "not_elected"; Ctrl-C interrupts.
    def flush(self, timeout_s: float | None = None) -> str: ...
    def start(self) -> None: ...
    def stop(self, timeout_s: float = 30.0) -> None: ...
    def stop_reason(self) -> str: ...
    def export_audit(self) -> ExportResult: ...
    def retain(self, max_s: float = 0.2) -> Retained: ...
    def check_scopes(self) -> ScopeCheck: ...
    def token(self) -> str: ...
    def updater_stats(self) -> UpdaterStats: ...
    def audit_stats(self, queue: QueueStats) -> AuditStats: ...
    @property
    def logs(self) -> LogQueue: ...
    @property
    def queue(self) -> Queue: ...
    def close(self) -> None: ...

# ---- auth ----

@final
class TokenProvider:
    """client_credentials tokens: single flight, monotonic expiry, early refresh."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        scope: str = "",
        client_authentication: str = "body",
        ca_file: str = "",
        timeout_ms: int = 15000,
    ) -> None: ...
    def token(self) -> str: ...
    def reject(self, token: str) -> None: ...

# ---- facts ----

def region_base_url(region: str) -> str: ...
def url_allowed(url: str) -> bool: ...
def library_versions() -> dict[str, str]: ...  # sqlite, libcurl, simdjson, openssl, fmt
def second_sqlite() -> str: ...  # path of another SQLite library in this process, or ""
