"""Some rounds on one queue file, and what they leave behind."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from cxrelay import _core
from cxrelay.fault_proxy import FaultProxy
from cxrelay.relay import Relay
from cxrelay.simulator import Simulator
from cxrelay.simulator import behaviours as target

from .evidence import Evidence, Seen
from .journal import JournalFacts
from .plan import DELIVERER, Action, Round
from .receipts import read_receipts
from .settings import RECEIPTS, Scene
from .team import WORKER_COMMAND, Team
from .traffic import GONE, REFUSED

if TYPE_CHECKING:
    from cxrelay.simulator import SimulatorProcess

_DRAIN_S = 120.0
_NO_LIMIT = 1 << 31


def run_stretch(
    rounds: Iterable[Round],
    *,
    seed: int,
    processes: int,
    folder: Path,
    worker_command: Sequence[str] = WORKER_COMMAND,
) -> Evidence:
    """Plays rounds, delivers what is left, and gathers the evidence.

    Args:
        rounds: the plans; taken one after the other.
        seed: of traffic and faults.
        processes: how many put, and stand by to deliver.
        folder: an empty one for all files.
        worker_command: what runs one process.
    """
    (folder / RECEIPTS).mkdir(mode=0o700)
    with ExitStack() as stack:
        # A copy of a request may lie in the network when its sender is killed, and come after newer
        # ones. Only a server that heeds the keys can know it for what it is.
        simulator = stack.enter_context(
            Simulator.spawn(seed=seed, deduplicate=True, record_bodies=False)
        )
        proxy = stack.enter_context(FaultProxy(simulator.base_url, seed=seed))
        scene = Scene(
            seed=seed,
            folder=str(folder),
            base_url=proxy.base_url,
            token_url=simulator.token_url,
            userinfo_url=simulator.base_url + "/api/v2/oauth2/userinfo",
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
        )
        team = stack.enter_context(Team(processes, scene, worker_command))
        played = 0
        try:
            for planned in rounds:
                _play(planned, team, simulator, proxy)
                played += 1
                if team.problems:
                    break
        finally:
            _make_peace(simulator, proxy)
            team.end()
        return _gather(scene, played, team, simulator, proxy)


def _play(planned: Round, team: Team, simulator: SimulatorProcess, proxy: FaultProxy) -> None:
    _make_peace(simulator, proxy)
    for fault in planned.target:
        simulator.script(fault.behaviour, times=fault.times, p=fault.p, on=fault.on)
    for line_fault in planned.line:
        proxy.script(line_fault.fault, times=None, p=line_fault.p)
    team.start_missing(planned.number)
    if planned.waits:
        team.wait_until_ready()
    stopped: dict[int, int] = {}  # as planned -> who it was
    began = time.monotonic()
    for action in planned.actions:
        _sleep_until(began + action.at_s)
        _carry_out(action, team, proxy, stopped)
    _sleep_until(began + planned.seconds)


def _carry_out(action: Action, team: Team, proxy: FaultProxy, stopped: dict[int, int]) -> None:
    if action.kind in ("sever", "reset"):
        team.did["severed_connections"] += proxy.sever(reset=action.kind == "reset")
        return
    victim = team.deliverer() if action.victim == DELIVERER else action.victim
    if action.kind == "continue":
        team.resume(stopped.get(action.victim, 0))
    elif victim is None:
        team.did["nobody_delivered"] += 1
    elif action.kind == "kill":
        team.kill(victim)
    else:
        team.stop(victim)
        stopped[action.victim] = victim


def _make_peace(simulator: SimulatorProcess, proxy: FaultProxy) -> None:
    """No faults but those that lie in the interactions."""
    simulator.clear_script()
    proxy.clear_script()
    simulator.script(target.item_status(404, match=GONE, message="no such interaction"), times=None)
    simulator.script(
        target.status(400, message="the batch holds an update that is refused"),
        times=None,
        match=REFUSED,
    )


def _gather(
    scene: Scene, rounds: int, team: Team, simulator: SimulatorProcess, proxy: FaultProxy
) -> Evidence:
    with Relay(scene.config()) as relay:
        drained = relay.flush(_DRAIN_S)
        relay.stop()
        relay.export_audit()
        verified = _core.verify_audit(relay.config.audit.path)
        journal = JournalFacts(relay.queue)
        return Evidence(
            seed=scene.seed,
            rounds=rounds,
            receipts=list(read_receipts(Path(scene.folder) / RECEIPTS)),
            accepted=journal.accepted,
            requests=journal.requests,
            superseded=journal.superseded,
            dead=_given_up(relay, "dead"),
            parked=_given_up(relay, "parked"),
            stats=relay.stats(),
            drain_reason=drained.reason,
            seen=[
                Seen(
                    entry.interaction_ids,
                    entry.idempotency_keys,
                    entry.status,
                    entry.item_statuses,
                    entry.behaviours,
                )
                # What is cut in its head says nothing about what it was to become.
                for entry in simulator.ledger()
                if entry.kind in ("batch", "invalid")
            ],
            interactions=simulator.interactions(),
            queue_problems=relay.queue.check().problems,
            audit_records=verified.records,
            audit_problem="" if verified.ok else verified.problem,
            process_problems=team.problems,
            did=team.did,
            proxy=proxy.counts(),
        )


def _given_up(relay: Relay, state: str) -> dict[int, str]:
    updates = relay.queue.list_updates(state=state, limit=_NO_LIMIT)
    return {update.seq: update.last_error for update in updates}


def _sleep_until(when: float) -> None:
    time.sleep(max(0.0, when - time.monotonic()))
