"""Stories from records written by hand: each way that an update can take."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from story_records import START_US, TICK_US, Journal, assert_whole, one, shape, utc

from cxrelay import Mapping
from cxrelay.stories import (
    Contradicted,
    Ended,
    Mapped,
    Received,
    Redacted,
    Revived,
    UpdateRef,
    Validated,
    tell,
)

BODY = b'{"interactionId": "a", "contactId": "c", "timestamp": 0, "attributes": {"queueName": "Q"}}'


@pytest.fixture
def journal() -> Journal:
    return Journal()


def step(story, kind):
    (found,) = [one_step for one_step in story.steps if isinstance(one_step, kind)]
    return found


class TestEnds:
    def test_sent_once(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        last = journal.finish("r1", completed=[a])
        story = journal.story(a)
        assert shape(story) == ["first_send", "=completed"]
        assert (story.state, story.end_to_end_us) == ("completed", 2 * TICK_US)
        (attempt,) = story.attempts
        assert (attempt.request_id, attempt.status, attempt.sent) == ("r1", 200, True)
        assert (attempt.started.seq, attempt.finished.seq) == (2, 3)
        assert step(story, Ended).record.hash == f"{last:064x}"
        assert_whole(story)

    def test_skipped(self, journal: Journal) -> None:
        a = journal.accept("a1", "skipped")
        story = journal.story(a)
        assert (shape(story), story.state, story.end_to_end_us) == ([], "skipped", 0)
        assert step(story, Validated).verdict == "skipped"

    def test_superseded_behind_a_newer_one(self, journal: Journal) -> None:
        newer = journal.accept("a2")
        journal.start("r1", [newer])
        late = journal.accept("a1")
        journal.finish("r1", completed=[newer])
        journal.add("superseded", detail={"update": late, "reason": "written by newer ones"})
        story = journal.story(late)
        assert shape(story) == ["behind", "first_send"]
        assert story.waits[0].behind == UpdateRef(newer, "a2")
        assert (story.state, step(story, Ended).reason) == ("superseded", "written by newer ones")
        assert_whole(story)

    @pytest.mark.parametrize("word", ["dead", "parked"])
    def test_given_up_and_revived(self, journal: Journal, word: str) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        journal.finish("r1", **{word: [one(a)]})
        story = journal.story(a)
        assert (shape(story), story.state) == (["first_send", f"={word}"], word)
        assert_whole(story)
        journal.add("revived", detail={"by": "ada", "updates": [a]})
        journal.start("r2", [a])
        journal.finish("r2", completed=[a])
        story = journal.story(a)
        assert shape(story) == ["first_send", f"={word}", word, "revived", "=completed"]
        assert step(story, Revived).by == "ada"
        assert story.waits[1].reason == "busy"
        assert_whole(story)


class TestWaits:
    def test_retry_then_in_line(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        due_us = journal.now_us + 400_000
        journal.finish("r1", status=503, retry=[one(a, not_before=utc(due_us))])
        journal.start("r2", [a])
        journal.finish("r2", completed=[a])
        story = journal.story(a)
        assert shape(story) == ["first_send", "=retry", "retry", "in_line", "=completed"]
        retry, line = story.waits[1:]
        assert (retry.length_us, line.length_us) == (400_000, TICK_US - 400_000)
        assert (retry.status, retry.error_class, retry.reason) == (503, "TRANSIENT", "busy")
        assert retry.not_before_us == due_us
        assert_whole(story)

    def test_started_before_it_was_due(self, journal: Journal) -> None:
        """The clock was set, or an operator was faster."""
        a = journal.accept("a1")
        journal.start("r1", [a])
        journal.finish("r1", retry=[one(a, not_before=utc(journal.now_us + 10 * TICK_US))])
        journal.start("r2", [a])
        journal.finish("r2", completed=[a])
        assert shape(journal.story(a)) == ["first_send", "=retry", "retry", "=completed"]
        assert_whole(journal.story(a))

    def test_clock_set_back(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.now_us -= 50 * TICK_US
        journal.start("r1", [a])
        journal.finish("r1", completed=[a])
        story = journal.story(a)
        assert story.waits[0].length_us < 0
        assert_whole(story)

    def test_one_wait_behind_an_item_whatever_happens_to_it(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        b = journal.accept("a2")
        journal.finish("r1", retry=[one(a, not_before=utc(journal.now_us))])
        journal.start("r2", [a])
        journal.finish("r2", completed=[a])
        journal.start("r3", [b])
        journal.finish("r3", completed=[b])
        story = journal.story(b)
        assert shape(story) == ["behind", "first_send", "=completed"]
        assert story.waits[0].length_us == 3 * TICK_US
        assert_whole(story)

    def test_another_interaction_is_not_ahead(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        b = journal.accept("b1")
        assert shape(journal.story(b)) == ["first_send"]

    def test_released(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        journal.finish("r1", status=0, sent=False, released=[one(a, "", status=0)])
        b = journal.accept("a2")
        journal.start("r2", [a, b])
        journal.finish("r2", completed=[a, b])
        story = journal.story(a)
        assert shape(story) == ["first_send", "=released", "released", "=completed"]
        assert story.attempts[0].sent is False
        assert story.attempts[1].key == "a2"
        assert shape(journal.story(b)) == ["first_send", "=completed"], "nothing was ahead of it"
        assert_whole(story)


class TestItems:
    def test_merged(self, journal: Journal) -> None:
        a, b = journal.accept("a1"), journal.accept("a2")
        c = journal.accept("c1")
        journal.start("r1", [a, b], [c])
        journal.finish("r1", completed=[a, b, c])
        first, second, third = (journal.story(seq).attempts[0] for seq in (a, b, c))
        assert (first.key, first.merged_with) == ("a2", (UpdateRef(b, "a2"),))
        assert (second.key, second.merged_with) == ("a2", (UpdateRef(a, "a1"),))
        assert (third.key, third.merged_with) == ("c1", ())
        for story in tell(journal.records):
            assert_whole(story)

    def test_halved(self, journal: Journal) -> None:
        a, b = journal.accept("a1"), journal.accept("b1")
        journal.start("r1", [a], [b])
        journal.finish("r1", status=400, split=[one(a, "SPLIT"), one(b, "SPLIT")])
        journal.start("r2", [a])
        journal.finish("r2", completed=[a])
        journal.start("r3", [b])
        journal.finish("r3", dead=[one(b, "PERMANENT")])
        assert shape(journal.story(a)) == ["first_send", "=split", "split", "=completed"]
        assert shape(journal.story(b)) == ["first_send", "=split", "split", "=dead"]
        assert_whole(journal.story(b))

    def test_parted(self, journal: Journal) -> None:
        a, b = journal.accept("a1"), journal.accept("a2")
        journal.start("r1", [a, b])
        c = journal.accept("a3")
        journal.finish("r1", split=[one(a, "PERMANENT"), one(b, "PERMANENT")])
        journal.start("r2", [a])
        journal.finish("r2", dead=[one(a, "PERMANENT")])
        journal.start("r3", [b])
        journal.finish("r3", completed=[b])
        journal.start("r4", [c])
        journal.finish("r4", completed=[c])
        assert shape(journal.story(a)) == ["first_send", "=split", "parted", "=dead"]
        second = journal.story(b)
        assert shape(second) == ["first_send", "=split", "parted", "behind", "parted", "=completed"]
        third = journal.story(c)
        assert shape(third) == ["behind", "behind", "behind", "first_send", "=completed"]
        assert [wait.behind.seq for wait in third.waits[:3]] == [b, a, b]
        for story in (second, third):
            assert_whole(story)

    def test_nothing_is_ahead_of_whom_a_superseded_item_leaves(self, journal: Journal) -> None:
        a, b = journal.accept("a1"), journal.accept("a2")
        journal.start("r1", [a, b])
        journal.finish("r1", retry=[one(a), one(b)])
        c = journal.accept("a3")
        for seq in (a, b):
            assert shape(journal.story(c)) == ["behind"]
            journal.add("superseded", detail={"update": seq, "reason": ""})
        story = journal.story(c)
        assert shape(story) == ["behind", "first_send"]
        assert story.waits[0].length_us == 2 * TICK_US

    def test_a_dead_deliverers_request(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        orphan = one(a, "UNKNOWN", status=0, reason="the deliverer ended before the answer came")
        journal.finish("r1", status=0, retry=[orphan | {"not_before": utc(journal.now_us)}])
        journal.start("r2", [a], epoch=2)
        journal.finish("r2", completed=[a])
        story = journal.story(a)
        assert shape(story) == ["first_send", "=retry", "deliverer_ended", "=completed"]
        assert [attempt.recovered for attempt in story.attempts] == [True, False]
        assert [attempt.epoch for attempt in story.attempts] == [1, 2]
        assert_whole(story)


class TestOpenEnds:
    def test_waiting(self, journal: Journal) -> None:
        a = journal.accept("a1")
        story = journal.story(a)
        assert (shape(story), story.state) == (["first_send"], "pending")
        assert (story.ended_us, story.end_to_end_us) == (None, None)
        assert story.waits[-1].from_us == START_US
        assert_whole(story)

    def test_waiting_for_a_retry(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        journal.finish("r1", retry=[one(a, not_before=utc(journal.now_us + 500_000))])
        last = journal.story(a).waits[-1]
        assert (last.cause, last.until_us, last.from_us) == ("retry", None, START_US + 2 * TICK_US)

    def test_in_flight(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        story = journal.story(a)
        assert (shape(story), story.state) == (["first_send", "="], "in_flight")
        assert story.attempts[-1].length_us is None
        assert_whole(story)


class TestReceived:
    def test_original_and_rules(self, journal: Journal) -> None:
        mapping = Mapping.from_rules({"queue_name": "queue", "legacy_crm_id": "crm"})
        a = journal.accept("a1", original=BODY, mapping_version=mapping.version)
        story = tell(journal.records, mapping=mapping).by_seq[a]
        received = step(story, Received)
        assert (received.original, received.size) == ("kept", len(BODY))
        assert received.sha256 == hashlib.sha256(BODY).hexdigest()
        rules = step(story, Mapped).rules
        assert [(rule.source, rule.target, rule.outcome) for rule in rules] == [
            ("attributes.queueName", "queue", "written"),
            ("legacyCrmId", "crm", "missing"),
        ]

    def test_rules_that_cannot_be_told(self, journal: Journal) -> None:
        mapping = Mapping.default()
        other = journal.accept("a1", original=BODY, mapping_version="0123456789ab")
        erased = journal.accept("a2", erased=True, mapping_version=mapping.version)
        strange = journal.accept("a3", original=b"?", mapping_version=mapping.version)
        none = journal.accept("a4", original=BODY)
        stories = tell(journal.records, mapping=mapping).by_seq
        assert "not at hand" in step(stories[other], Mapped).unknown
        assert step(stories[erased], Received).original == "erased"
        assert "not there any more" in step(stories[erased], Mapped).unknown
        assert "no event" in step(stories[strange], Mapped).unknown
        assert not any(isinstance(told, Mapped) for told in stories[none].steps)

    def test_conflict(self, journal: Journal) -> None:
        a = journal.accept("a1")
        b = journal.accept("a1#0123", detail={"conflict_with": a})
        assert step(journal.story(b), Received).conflict_with == UpdateRef(a, "a1")
        assert step(journal.story(a), Contradicted).by == UpdateRef(b, "a1#0123")

    def test_a_changed_original(self, journal: Journal) -> None:
        note = {"policy": "0123456789ab", "dropped": 1, "masked": 2, "hashed": 3}
        detail = {"conflict_with": 7, "privacy": note}
        story = journal.story(journal.accept("a1", original=b"{}", detail=detail))
        assert step(story, Redacted) == Redacted("0123456789ab", 1, 2, 3)
        assert step(story, Received).conflict_with == UpdateRef(7, "")

    def test_rows_of_a_tutorial_file(self, journal: Journal) -> None:
        states = {"pending": "pending", "completed": "completed", "in_flight": "parked"}
        for status, state in states.items():
            row = {"status": status, "created_at": "2024", "attempts": 3}
            story = journal.story(journal.accept(f"{status[0]}1", "upgraded", detail=row))
            assert (story.state, step(story, Validated).attempts) == (state, 3)
            assert_whole(story)


class TestTolerance:
    def test_unknown_members_and_actions(self, journal: Journal) -> None:
        a = journal.accept("a1", detail={"new": 1})
        journal.add("exported", detail={"updates": [77]})
        journal.start("r1", [a])
        journal.finish("r1", completed=[a], read_back=[{"seq": a, "found": "x"}], later={"x": 1})
        told = tell(journal.records)
        assert (told.problems, told.by_seq[a].problems) == ((), ())
        assert told.by_seq[a].state == "completed"

    def test_a_journal_that_begins_late(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        journal.finish("r1", completed=[a])
        told = tell(journal.records[1:])
        assert (len(told), told.problems) == (0, ())

    def test_only_the_interactions_asked_for_are_kept(self, journal: Journal) -> None:
        a, b = journal.accept("a1"), journal.accept("b1")
        journal.start("r1", [a], [b])
        journal.finish("r1", completed=[a, b])
        told = tell(journal.records, {"b"})
        assert list(told.by_seq) == [b]
        assert told.by_seq[b] == journal.story(b)

    def test_every_dropped_record_is_noticed(self, journal: Journal) -> None:
        """By a problem, by another end, or by another sum."""
        a, b = journal.accept("a1"), journal.accept("a2")
        journal.start("r1", [a, b])
        journal.finish("r1", split=[one(a, "PERMANENT"), one(b, "PERMANENT")])
        journal.start("r2", [a])
        journal.finish("r2", dead=[one(a)])
        journal.add("revived", detail={"by": "ada", "updates": [a]})
        journal.start("r3", [a])
        journal.finish("r3", completed=[a])
        late = journal.accept("a3")
        journal.add("superseded", detail={"update": late, "reason": ""})
        journal.start("r4", [b])
        journal.finish("r4", completed=[b])
        whole = tell(journal.records)
        ends = {seq: (story.state, story.end_to_end_us) for seq, story in whole.by_seq.items()}
        assert not any(story.problems for story in whole)
        for number in range(len(journal.records)):
            told = tell(journal.records[:number] + journal.records[number + 1 :])
            same = {seq: (story.state, story.end_to_end_us) for seq, story in told.by_seq.items()}
            problems = [*told.problems, *(p for story in told for p in story.problems)]
            assert problems or same != ends, journal.records[number]

    def test_an_update_that_its_request_forgot(self, journal: Journal) -> None:
        a, b = journal.accept("a1"), journal.accept("b1")
        journal.start("r1", [a], [b])
        journal.finish("r1", completed=[a])
        assert "does not settle it" in journal.story(b).problems[0]

    def test_data_has_every_member_always(self, journal: Journal) -> None:
        a = journal.accept("a1")
        journal.start("r1", [a])
        journal.finish("r1", completed=[a])
        full = journal.story(a).as_dict()
        waiting = tell([replace(journal.records[0])]).by_seq[a].as_dict()
        assert full.keys() == waiting.keys()
        by_step = {told["step"]: told.keys() for told in full["steps"]}
        assert waiting["steps"][-1].keys() == by_step["wait"]
        assert full["waited_us"] + full["attempted_us"] == full["end_to_end_us"]
