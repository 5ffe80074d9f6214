"""The checks find what is wrong: each change below is one broken promise in the traces of a good run."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cxrelay.torture import run_torture
from cxrelay.torture.check import violations_of
from cxrelay.torture.evidence import Accepted, Evidence, Request
from cxrelay.torture.receipts import StoredReceipt

HASTY = Path(__file__).with_name("hasty_worker.py")

Change = Callable[[Evidence], None]


def test_a_real_run_holds(evidence: Evidence) -> None:
    assert violations_of(evidence) == []
    assert evidence.did["kills"] >= 5
    assert len(evidence.accepted) > 100
    assert len(evidence.seen) > 20


# ---- what was accepted ----


def lose_a_stored_event(evidence: Evidence) -> None:
    del evidence.accepted[completed(evidence)[0]]


def a_receipt_for_what_was_never_stored(evidence: Evidence) -> None:
    receipt = accepted_receipts(evidence)[-1]
    beyond = replace(receipt.batch, life=receipt.batch.life + 1000)
    evidence.receipts.append(replace(receipt, batch=beyond, index=0))


def a_receipt_with_another_number(evidence: Evidence) -> None:
    at = evidence.receipts.index(accepted_receipts(evidence)[0])
    evidence.receipts[at] = replace(evidence.receipts[at], seq=evidence.receipts[at].seq + 1)


def a_redelivery_with_another_receipt(evidence: Evidence) -> None:
    first, other = accepted_receipts(evidence)[:2]
    evidence.receipts.append(replace(first, seq=other.seq, key=other.key))


def an_event_stored_twice(evidence: Evidence) -> None:
    record = next(iter(evidence.accepted.values()))
    evidence.accepted[10**9] = replace(record, seq=10**9, key=record.key + "#again")


def a_changed_body(evidence: Evidence) -> None:
    seq, record = next(iter(evidence.accepted.items()))
    evidence.accepted[seq] = replace(
        record, original=record.original.replace("durationSeconds", "durationMinutes")
    )


def an_invalid_event_accepted(evidence: Evidence) -> None:
    at = next(i for i, receipt in enumerate(evidence.receipts) if receipt.status == "rejected")
    evidence.receipts[at] = replace(evidence.receipts[at], status="accepted", key="k", seq=1)


# ---- what became of it ----


def no_end(evidence: Evidence) -> None:
    at, request = next(
        (i, each)
        for i, each in enumerate(evidence.requests)
        if "completed" in each.outcomes.values()
    )
    evidence.requests[at] = replace(request, outcomes=dict.fromkeys(request.outcomes, "retry"))


def two_ends(evidence: Evidence) -> None:
    evidence.superseded.append(completed(evidence)[0])


def dead_without_a_reason(evidence: Evidence) -> None:
    seq = next(iter(evidence.dead))
    evidence.dead[seq] = ""


def not_drained(evidence: Evidence) -> None:
    evidence.drain_reason = "timeout"


# ---- what was on the wire ----


def a_request_more_at_the_server(evidence: Evidence) -> None:
    entry = next(each for each in evidence.seen if each.keys)
    evidence.seen += [entry] * (1 + unknown_like(evidence, entry.keys))


def a_request_that_nobody_started(evidence: Evidence) -> None:
    entry = next(each for each in evidence.seen if each.keys)
    evidence.seen.append(replace(entry, keys=(entry.keys[0], entry.keys[0]),
                                 interaction_ids=(entry.interaction_ids[0],) * 2))  # fmt: skip


def an_answer_from_nowhere(evidence: Evidence) -> None:
    answered = next(each for each in evidence.seen if each.status == 200)
    evidence.seen = [each for each in evidence.seen if each.keys != answered.keys]


def too_many_in_part(evidence: Evidence) -> None:
    cut = replace(evidence.seen[0], keys=(), interaction_ids=())
    unknown = sum(each.sent and not each.is_answered for each in evidence.requests)
    evidence.seen += [cut] * (unknown + 1)


def a_request_without_an_end(evidence: Evidence) -> None:
    evidence.requests[-1] = replace(evidence.requests[-1], finished=None)


def a_foreign_key(evidence: Evidence) -> None:
    at, entry = next((i, each) for i, each in enumerate(evidence.seen) if each.keys)
    evidence.seen[at] = replace(
        entry, interaction_ids=("t-somebody-else", *entry.interaction_ids[1:])
    )


def a_key_with_other_attributes(evidence: Evidence) -> None:
    at, entry = next((i, each) for i, each in enumerate(evidence.seen) if each.item_statuses)
    evidence.seen[at] = replace(entry, item_statuses=(422, *entry.item_statuses[1:]))


def a_second_key(evidence: Evidence) -> None:
    """An update that was sent alone is sent again together with another one."""
    request = sent(evidence, "completed")
    ((seq, *_), *_) = request.items
    again = Request(10**9, ((seq, seq + 10**6),), 10**9 + 1, 0, True, {})
    evidence.requests.append(again)


def two_at_once(evidence: Evidence) -> None:
    request = sent(evidence, "completed")
    evidence.requests.append(replace(request, finished=10**9))


def one_overtakes_another(evidence: Evidence) -> None:
    """The first request fails; a newer update of its interaction goes before it is repeated."""
    by_interaction: dict[str, list[Request]] = {}
    for request in evidence.requests:
        if "completed" in request.outcomes.values():
            for item in request.items:
                name = evidence.accepted[item[-1]].interaction_id
                by_interaction.setdefault(name, []).append(request)
    first = next(some[0] for some in by_interaction.values() if len(some) > 1)
    at = evidence.requests.index(first)
    evidence.requests[at] = replace(first, outcomes=dict.fromkeys(first.outcomes, "retry"))


# ---- what the target has in the end ----


def a_lost_write(evidence: Evidence) -> None:
    evidence.interactions.popitem()


def an_old_value(evidence: Evidence) -> None:
    attributes = next(iter(evidence.interactions.values()))
    attributes["routingQueue"] = "Queue 0-0-0-0"


def test_what_was_given_up_may_have_been_applied(evidence: Evidence) -> None:
    """By a request of unknown outcome before; but not without one."""
    evidence = copy.deepcopy(evidence)
    name = next(iter(evidence.interactions))
    seq = max(evidence.accepted) + 1
    content = {
        "interactionId": name,
        "contactId": "c-1",
        "timestamp": "2030-01-01T00:00:00+00:00",
        "attributes": {"wrapUpCode": "late"},
    }
    evidence.accepted[seq] = Accepted(seq, "key", name, json.dumps(content), False)
    evidence.dead[seq] = "refused"
    evidence.interactions[name]["dispositionCode"] = "late"

    def differs() -> bool:
        return any("interactions differ" in sentence for sentence in violations_of(evidence))

    assert differs()
    evidence.requests.append(Request(seq + 1, ((seq,),), seq + 2, outcomes={seq: "retry"}))
    assert not differs()


# ---- what was written down ----


def a_broken_chain(evidence: Evidence) -> None:
    evidence.audit_problem = "record 3 was changed"


def a_shorter_log(evidence: Evidence) -> None:
    evidence.audit_records -= 1


def a_state_that_does_not_replay(evidence: Evidence) -> None:
    evidence.queue_problems.append("update 3 is lost")


def a_wrong_count(evidence: Evidence) -> None:
    evidence.stats = replace(evidence.stats, requests=evidence.stats.requests + 1)


def a_process_that_fell_over(evidence: Evidence) -> None:
    evidence.process_problems.append("process 2 ended with code -11")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lose_a_stored_event, "receipts are for events that are not in the journal"),
        (a_receipt_for_what_was_never_stored, "receipts are"),
        (a_receipt_with_another_number, "receipts are wrong"),
        (a_redelivery_with_another_receipt, "not in the journal"),
        (an_event_stored_twice, "events are stored more than once"),
        (a_changed_body, "records of events hold what nobody put"),
        (an_invalid_event_accepted, "receipts are wrong"),
        (no_end, "accepted events have no end"),
        (two_ends, "events have more than one end"),
        (dead_without_a_reason, "dead or parked without a reason"),
        (not_drained, "could not be delivered: timeout"),
        (a_request_more_at_the_server, "requests that the journal does not have"),
        (a_request_that_nobody_started, "requests that the journal does not have"),
        (an_answer_from_nowhere, "requests that the journal has as answered"),
        (too_many_in_part, "in part, but the journal has"),
        (a_request_without_an_end, "has started and not finished"),
        (a_foreign_key, "does not belong to the interaction"),
        (a_key_with_other_attributes, "came with other attributes before"),
        (a_second_key, "sent under more than one key"),
        (two_at_once, "two requests at once carried one interaction"),
        (one_overtakes_another, "while an earlier one of its interaction had no end"),
        (a_lost_write, "interactions differ from what they must be"),
        (an_old_value, "interactions differ from what they must be"),
        (a_broken_chain, "audit trail: record 3 was changed"),
        (a_shorter_log, "audit records"),
        (a_state_that_does_not_replay, "queue check: update 3 is lost"),
        (a_wrong_count, "requests are counted"),
        (a_process_that_fell_over, "ended with code -11"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_broken_promise_is_found(evidence: Evidence, change: Change, part: str) -> None:
    changed = copy.deepcopy(evidence)
    change(changed)
    found = violations_of(changed)
    assert any(part in violation for violation in found), found


# ---- processes that are broken on purpose ----


def test_a_worker_that_answers_before_it_stores_is_found_out(tmp_path: Path) -> None:
    result = run_torture(
        rounds=10, seed=3, directory=tmp_path, worker_command=(sys.executable, str(HASTY))
    )
    assert any("events that are not in the journal" in each for each in result.violations)
    assert result.directory == str(tmp_path)
    assert list(tmp_path.glob("stretch-1/cxrelay.db"))


def test_a_worker_that_ends_by_itself_is_found_out(tmp_path: Path) -> None:
    ends = (sys.executable, "-c", "import sys; sys.exit('cannot go on')")
    result = run_torture(rounds=1, seed=3, processes=1, directory=tmp_path, worker_command=ends)
    assert any("process 0 ended with code 1: cannot go on" in each for each in result.violations), (
        result.violations
    )


# ---- picking something to change ----


def accepted_receipts(evidence: Evidence) -> list[StoredReceipt]:
    return [receipt for receipt in evidence.receipts if receipt.status == "accepted"]


def completed(evidence: Evidence) -> list[int]:
    """Updates with a receipt that were delivered."""
    known = {receipt.seq for receipt in accepted_receipts(evidence)}
    return sorted(
        known
        & {
            seq
            for request in evidence.requests
            for seq, word in request.outcomes.items()
            if word == "completed"
        }
    )


def sent(evidence: Evidence, outcome: str) -> Request:
    return next(
        request
        for request in evidence.requests
        if request.sent and set(request.outcomes.values()) == {outcome}
    )


def unknown_like(evidence: Evidence, keys: tuple[str | None, ...]) -> int:
    """How many requests of unknown outcome the journal has with these keys."""
    return sum(
        request.sent
        and not request.is_answered
        and tuple(evidence.accepted[item[-1]].key for item in request.items) == keys
        for request in evidence.requests
    )
