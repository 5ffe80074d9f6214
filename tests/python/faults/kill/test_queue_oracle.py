"""The judge of the fault tests sees each kind of broken promise: it is told of promises that were never kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cxrelay import _core
from support.queue_oracle import Promises, broken_afterwards, broken_promises
from support.queue_story import EVENTS, Said, Story


@pytest.fixture
def told(tmp_path: Path) -> tuple[_core.Queue, list[Said]]:
    """A story that was lived to its end, and what it said."""
    queue = _core.Queue(str(tmp_path / "queue.db"))
    said: list[Said] = []
    Story(queue, said.append).live()
    return queue, said


def receipts_of_event_1(said: list[Said]) -> list[list[object]]:
    """Not of number 0, which is put twice: the second receipt would make the lie good."""
    return next(
        line["receipts"] for line in said if line.get("receipts") and line["receipts"][0][0] == 1
    )


def lose_a_receipt(said: list[Said]) -> None:
    receipts_of_event_1(said)[0][1] = "never stored"


def misname_a_record(said: list[Said]) -> None:
    receipts_of_event_1(said)[0][2] = 99


def settle_otherwise(said: list[Said]) -> None:
    del said[-1]  # or its revival would come after it
    said.append({"settled": [[1, "dead"]]})


def lose_a_request(said: list[Said]) -> None:
    said.append({"requests": [["f" * 32, []]]})


def forget_a_receipt(said: list[Said]) -> None:
    receipts_of_event_1(said).clear()


def settle_by_half(said: list[Said]) -> None:
    """As if the last settlement was under way, and one more update that it carries still waits."""
    begun = max(number for number, line in enumerate(said) if line.get("begin") == "settle")
    del said[begun + 1 :]
    said[begun]["outcomes"].append([21, "completed"])


def test_a_kept_promise_is_no_violation(told: tuple[_core.Queue, list[Said]]) -> None:
    queue, said = told
    promises = Promises(said)
    assert len(promises.receipts) == len(EVENTS)
    assert broken_promises(queue, promises) == []
    assert broken_afterwards(queue, promises) == []


@pytest.mark.parametrize(
    ("lie", "sentence"),
    [
        (lose_a_receipt, "is lost"),
        (misname_a_record, "its receipt says"),
        (settle_otherwise, "states are"),
        (settle_by_half, "states are"),
        (lose_a_request, "request"),
        (forget_a_receipt, "stored beyond the receipts"),
    ],
)
def test_a_broken_promise_is_seen(
    told: tuple[_core.Queue, list[Said]], lie: Callable[[list[Said]], None], sentence: str
) -> None:
    queue, said = told
    lie(said)
    assert any(sentence in text for text in broken_promises(queue, Promises(said)))


def test_another_receipt_for_the_same_event_is_seen(told: tuple[_core.Queue, list[Said]]) -> None:
    queue, said = told
    misname_a_record(said)
    assert any("another receipt" in text for text in broken_afterwards(queue, Promises(said)))
