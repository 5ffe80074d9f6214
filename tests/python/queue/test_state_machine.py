"""A queue file against a model of it, through random steps: states, keys, payloads and numbers stay equal."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from support import broken_queues
from support.queue_machine import EVERYTHING, QueueMachine
from support.queue_model import Put

LONG = os.environ.get("CXRELAY_LONG_FAULTS") == "1"


def run(*, runs: int, steps: int, queue: Any = QueueMachine.open_queue, **more: Any) -> None:
    """`runs` lives of a queue with up to `steps` steps each."""

    class Machine(QueueMachine):
        open_queue = staticmethod(queue)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
            **more,
        ),
    )


@pytest.mark.timeout(3600 if LONG else 300)
def test_the_queue_does_what_the_model_says() -> None:
    run(runs=3000 if LONG else 150, steps=80 if LONG else 50)


@pytest.mark.parametrize(
    "queue", broken_queues.FINDINGS, ids=lambda queue: getattr(queue, "__name__", "")
)
def test_a_broken_queue_is_found_out(queue: type[broken_queues.Wrapped]) -> None:
    with pytest.raises(AssertionError, match=broken_queues.FINDINGS[queue]):
        run(runs=1000, steps=50, queue=queue, phases=[Phase.generate], report_multiple_bugs=False)


def test_an_untouched_wrapper_is_not() -> None:
    run(runs=10, steps=30, queue=broken_queues.Wrapped)


# ---- what random steps come upon seldom


@pytest.fixture
def machine() -> Iterator[QueueMachine]:
    machine = QueueMachine()
    yield machine
    machine.teardown()


def put(machine: QueueMachine, time_us: int, **attributes: int) -> None:
    machine.put([Put("a", time_us, attributes)], False)


def deliver(machine: QueueMachine, word: str) -> None:
    machine.claim(1, 1)
    machine.settle(0, [word])


def send_late_after_reload(machine: QueueMachine) -> None:
    put(machine, 5, x=5)
    deliver(machine, "completed")
    put(machine, 4, x=4, y=4)
    deliver(machine, "retry")
    machine.reopen(orderly=True)
    machine.claim(1, 1)  # x is 5 and stays so


def send_early_after_reload(machine: QueueMachine) -> None:
    put(machine, 5, x=5)
    deliver(machine, "dead")
    put(machine, 4, y=4)
    deliver(machine, "later")
    machine.revive(None, None, EVERYTHING, by_other=False)
    machine.claim(1, 1)  # 4 goes first, and not yet


def send_the_next_early_after_reload(machine: QueueMachine) -> None:
    put(machine, 4, x=4)
    deliver(machine, "dead")
    put(machine, 5, x=5)
    deliver(machine, "later")
    machine.revive(None, None, EVERYTHING, by_other=False)
    deliver(machine, "completed")
    machine.claim(1, 1)  # 4 is done, and 5 waits for its time


def send_early_what_was_put_off(machine: QueueMachine) -> None:
    put(machine, 5, x=5)
    deliver(machine, "put off")
    put(machine, 4, y=4)
    machine.claim(1, 1)
    machine.reopen(orderly=True)
    machine.claim(1, 1)


def revive_a_part(machine: QueueMachine) -> None:
    for time_us in (1, 2, 3):
        put(machine, time_us, x=time_us)
    deliver(machine, "parked")
    machine.revive(None, None, 1, by_other=True)
    machine.claim(1, 1)


def send_late_around_retention(machine: QueueMachine) -> None:
    put(machine, 4, x=4, y=4)
    deliver(machine, "dead")
    put(machine, 5, x=5)
    deliver(machine, "completed")
    machine.retain(by_other=True)  # 4 is not done: what 5 has set stays known
    machine.revive(None, None, EVERYTHING, by_other=False)
    deliver(machine, "completed")
    machine.retain(by_other=False)
    put(machine, 3, x=3)
    machine.find_each()
    machine.claim(1, 1)  # whole


def settle_after_resigning(machine: QueueMachine) -> None:
    put(machine, 1, x=1)
    deliver(machine, "retry")
    machine.claim(1, 1)
    machine.settle_stale(0, "completed")  # fenced: the right is lost, also to what is open
    machine.settle_stale(1, "completed")


@pytest.mark.parametrize(
    "steps",
    [
        send_late_after_reload,
        send_early_after_reload,
        send_the_next_early_after_reload,
        send_early_what_was_put_off,
        revive_a_part,
        send_late_around_retention,
        settle_after_resigning,
    ],
)
def test_step_by_step(machine: QueueMachine, steps: Callable[[QueueMachine], None]) -> None:
    steps(machine)
