"""The simulator's facade: a server thread, and what tests may ask and tell it."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from ..loopback_server import LoopbackServer
from . import behaviours
from .api import OAUTH_PATH, WRITE_SCOPE, Api, Settings
from .connection import Connection
from .effects import Behaviour
from .http import Ending
from .ledger import Kind, LedgerEntry
from .script import On
from .state import Applied

if TYPE_CHECKING:
    from .process import SimulatorProcess

_ACCEPT_PAUSE_S = 0.05


class Simulator(LoopbackServer):
    """A CXone stand-in on loopback: a real HTTP/1.1 server in a thread of this process.

    Use it as a context manager, or call ``start`` and ``stop``. It can be started once. Every
    method may be called from any thread, before, while and after it runs.

    Args:
        seed: seed of the random numbers of scripted probabilities and shuffles.
        port: TCP port on 127.0.0.1; 0 takes a free one.
        region: the region that the simulator pretends to be.
        client_id: the OAuth2 client that may sign in.
        client_secret: its secret; by default a random one.
        expires_in: life of a token in seconds; None leaves the member out of the token reply
            (the token then lives 300 s).
        scopes: what a token permits; without ``interaction:modify`` a PATCH is answered 403.
        userinfo_scope: whether userinfo has the ``scope`` claim.
        max_batch: items per batch; more are answered 413.
        reject_whole_batch: answer 400 for the whole batch if one item is wrong, instead of a
            result for that item.
        deduplicate: honour idempotency keys: an update is applied once per key, the stored
            result is replayed, and a key reused for another update gets 422.
        echo_ids: each result names its interaction in the member ``id``.
        latency_ms: milliseconds before each answer; connections do not wait for each other.
        record_bodies: keep request bodies in the ledger; switch it off for long benchmarks.
        max_head_bytes: limit for request line and headers; more is answered 431.
        max_body_bytes: limit for a request body; more is answered 413.
        clock: monotonic seconds, for the life of tokens and rate limits.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        port: int = 0,
        region: str = "euc1",
        client_id: str = "simulator-client",
        client_secret: str | None = None,
        expires_in: int | None = 300,
        scopes: Iterable[str] = (WRITE_SCOPE, "interaction:read", "dataactions:read"),
        userinfo_scope: bool = True,
        max_batch: int = 25,
        reject_whole_batch: bool = False,
        deduplicate: bool = False,
        echo_ids: bool = False,
        latency_ms: float = 0.0,
        record_bodies: bool = True,
        max_head_bytes: int = 64 * 1024,
        max_body_bytes: int = 8 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.region = region
        self.client_id = client_id
        self.client_secret = client_secret or secrets.token_urlsafe(18)
        super().__init__("simulator", port)
        settings = Settings(
            client_id=client_id,
            client_secret=self.client_secret,
            seed=seed,
            expires_in=expires_in,
            scopes=tuple(scopes),
            userinfo_scope=userinfo_scope,
            max_batch=max_batch,
            reject_whole_batch=reject_whole_batch,
            deduplicate=deduplicate,
            echo_ids=echo_ids,
            latency_ms=latency_ms,
            record_bodies=record_bodies,
        )
        self._api = Api(settings, clock)
        self._limits = (max_head_bytes, max_body_bytes)

    def __repr__(self) -> str:
        where = self.base_url if self._port else "not started"
        return f"<Simulator {where}>"

    # --- serving ---

    async def _serve(
        self, listener: socket.socket, stopping: asyncio.Event, serving: Callable[[], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        connections: set[Connection] = set()
        arriving: set[asyncio.Task[object]] = set()

        def accept() -> None:
            try:
                accepted, _ = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:
                # No descriptors left: look again when some connection may have ended.
                loop.remove_reader(listener)
                loop.call_later(_ACCEPT_PAUSE_S, loop.add_reader, listener, accept)
                return
            connection = Connection(self._api, connections, *self._limits)
            task = loop.create_task(loop.connect_accepted_socket(lambda: connection, accepted))
            arriving.add(task)
            task.add_done_callback(arriving.discard)

        loop.add_reader(listener, accept)
        serving()
        await stopping.wait()
        loop.remove_reader(listener)
        listener.close()
        # asyncio's own Server loses a connection that was accepted just before it is closed;
        # here every one is waited for. It leaves the set when the loop closes its socket.
        while connections or arriving:
            for connection in list(connections):
                connection.abort()
            await asyncio.sleep(0)

    # --- where it is ---

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:port``.

        Raises:
            RuntimeError: it was not started.
        """
        return f"http://127.0.0.1:{self._started_port()}"

    @property
    def token_url(self) -> str:
        """The OAuth2 token endpoint."""
        return self.base_url + OAUTH_PATH

    # --- what it saw ---

    def ledger(self) -> list[LedgerEntry]:
        """Every request since the start or the last reset, in order."""
        with self._api.condition:
            return self._api.ledger.entries()

    def requests(self, kind: Kind | None = None) -> list[LedgerEntry]:
        """The entries of one kind: ``token``, ``userinfo``, ``batch``, ``single``, ``read``
        (GET of one interaction), ``other`` (unknown route) or ``invalid`` (not HTTP/1.1).
        """
        with self._api.condition:
            return self._api.ledger.entries(kind)

    def wait_for_requests(
        self,
        count: int = 1,
        *,
        kind: Kind | None = None,
        ending: Ending | None = None,
        timeout_s: float = 10.0,
    ) -> list[LedgerEntry]:
        """Block until at least ``count`` such requests are in the ledger and return them.

        Args:
            count: how many.
            kind: only requests of this kind.
            ending: only requests that ended this way.
            timeout_s: seconds to wait at most.

        Raises:
            TimeoutError: they did not come in time.
        """
        return self._api.ledger.wait(count, kind, ending, timeout_s)

    def interaction(self, interaction_id: str) -> dict[str, Any] | None:
        """A copy of an interaction's attributes; None if nothing was ever written to it."""
        with self._api.condition:
            return self._api.interactions.get(interaction_id)

    def interactions(self) -> dict[str, dict[str, Any]]:
        """A copy of all interactions: id to attributes."""
        with self._api.condition:
            return self._api.interactions.all()

    def history(self, interaction_id: str) -> list[Applied]:
        """Every write to an interaction in order: ledger number and attributes."""
        with self._api.condition:
            return self._api.interactions.history(interaction_id)

    # --- what it shall do ---

    def script(
        self,
        steps: Behaviour | Iterable[Behaviour],
        *,
        times: int | None = 1,
        on: On = "patch",
        match: str | Collection[str] | None = None,
        p: float = 1.0,
    ) -> None:
        """Tell the simulator to misbehave.

        Counted steps wait in line over all calls: a request takes the first one that is for it
        and leaves the others. Standing steps (``times=None``) meet every request that they are
        for, besides a counted one. Where two contradict each other, the counted one wins, then
        the older. Requests that are refused for their token or scope take no step, except one
        that acts before the body is read (``drop(after="head")``, ``expired_tokens()``).

        Args:
            steps: one behaviour or several, see ``cxrelay.simulator.behaviours``; of several,
                each happens ``times`` times before the next.
            times: how many requests each step happens to; None = always.
            on: which requests: ``patch`` (batch and single), ``batch``, ``single``, ``read``,
                ``token``, ``userinfo``, ``other`` or ``any``.
            match: only requests that write this interaction or one of these; item behaviours
                then concern only those items.
            p: probability that a step, when it is its turn, happens to a request.

        Raises:
            ValueError: an argument is out of its range.
        """
        with self._api.condition:
            self._api.script.add(steps, times, on, match, p)

    def chaos(
        self,
        *,
        p_429: float = 0.0,
        p_500: float = 0.0,
        p_503: float = 0.0,
        p_drop: float = 0.0,
        p_drop_applied: float = 0.0,
        p_reset: float = 0.0,
        p_bad_body: float = 0.0,
        p_slow: float = 0.0,
        p_item: float = 0.0,
        retry_after: str | int | None = "1",
        slow_ms: float = 100.0,
    ) -> None:
        """A random mix of troubles for every PATCH from now on, the same for the same seed.

        Of the troubles of a whole request at most one happens to it.

        Args:
            p_429: 429 with ``retry_after``.
            p_500: 500; nothing is applied.
            p_503: 503 without Retry-After; nothing is applied.
            p_drop: connection closed after the request was read; nothing is applied.
            p_drop_applied: connection closed after everything was applied.
            p_reset: connection reset after everything was applied.
            p_bad_body: applied, answered 200 with HTML.
            p_slow: applied, answered after ``slow_ms``.
            p_item: for each item: 503 in its result, not applied.
            retry_after: value of Retry-After for 429; None sends none.
            slow_ms: milliseconds of delay for slow answers.
        """
        whole = behaviours.one_of(
            (p_429, behaviours.status(429, retry_after=retry_after)),
            (p_500, behaviours.status(500)),
            (p_503, behaviours.status(503)),
            (p_drop, behaviours.drop(after="body")),
            (p_drop_applied, behaviours.drop(after="apply")),
            (p_reset, behaviours.drop(after="apply", reset=True)),
            (p_bad_body, behaviours.bad_body()),
            (p_slow, behaviours.slow(slow_ms)),
        )
        self.script(whole, times=None)
        if p_item:
            self.script(behaviours.item_status(503, p=p_item), times=None)

    def pending_steps(self) -> int:
        """How many counted behaviours have not happened yet."""
        with self._api.condition:
            return self._api.script.pending()

    def clear_script(self) -> None:
        """Drop all steps, counted and standing; from now on all is well."""
        with self._api.condition:
            self._api.script.clear()

    def expire_tokens(self) -> None:
        """Make every issued token invalid, now."""
        with self._api.condition:
            self._api.tokens.expire_all()

    def reset(self) -> None:
        """Forget requests, interactions, keys and script, and seed the random numbers again.

        Tokens stay valid, so that a client that has signed in can go on.
        """
        self._api.reset()

    @staticmethod
    def spawn(**options: Any) -> SimulatorProcess:
        """The same simulator in a process of its own, with the same methods.

        It does not share the interpreter lock with the client, which benchmarks need. The process
        ends with the ``with`` block, and with this process however that ends.

        Args:
            options: the arguments of ``Simulator``.
        """
        from .process import SimulatorProcess

        return SimulatorProcess(options)


def serve_forever(simulator: Simulator, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then stop; prints nothing.

    Starts the simulator unless it runs already. Must be called in the main thread.

    Args:
        simulator: serves, and is stopped at the end.
        ready: called once when it serves and a signal stops it cleanly: the place to print addresses.

    Raises:
        ValueError: called in another thread.
        OSError: the port cannot be bound.
    """
    # A wakeup descriptor and not an Event: a signal handler that sets an Event can meet the
    # lock that the waiting main thread holds.
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        previous_wakeup = signal.set_wakeup_fd(writer.fileno())
        previous = {
            number: signal.signal(number, lambda *_: None)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            if not simulator.running:
                simulator.start()
            if ready is not None:
                ready()
            expected = {int(number) for number in previous}
            while not expected.intersection(reader.recv(16)):
                pass
        finally:
            simulator.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(previous_wakeup)
