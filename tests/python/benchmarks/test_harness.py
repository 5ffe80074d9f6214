"""The benchmarks' own machinery: disagreement is an error, ratios and goals are what they say."""

import json
import sys
from pathlib import Path

import pytest

import cxrelay

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_importable(monkeypatch):
    known = set(sys.modules)
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCHMARKS)):
            del sys.modules[name]


def _contender(name, results):
    from harness.contender import Contender

    class Fixed(Contender):
        def run(self, items):
            self.done = len(items)

        def count(self):
            return self.done

        def result(self):
            return results

    made = Fixed()
    made.name = name
    return made


def test_contenders_that_agree_are_timed_in_turn(tmp_path):
    from harness.rounds import check_agreement, time_rounds
    from harness.row import rate_rows

    contenders = [_contender("tutorial", [1, 2]), _contender("native", [1, 2])]
    check_agreement("task", contenders, [b"a", b"b"], tmp_path)
    timings = time_rounds(contenders, [b"a", b"b"], 3, tmp_path)
    rows = rate_rows("task", "case", timings)

    assert [row.contender for row in rows] == ["tutorial", "native"]
    assert all(len(timing.rates) == 3 for timing in timings.values())
    assert rows[0].over_tutorial is None
    assert rows[1].over_tutorial > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("results", [[1, 3], [1], []])
def test_disagreement_is_an_error(tmp_path, results):
    from harness.rounds import DisagreementError, check_agreement

    contenders = [_contender("tutorial", [1, 2]), _contender("native", results)]
    with pytest.raises(DisagreementError, match="native"):
        check_agreement("task", contenders, [b"a"], tmp_path)


def test_a_round_that_did_not_do_all_of_it_is_an_error(tmp_path):
    from harness.rounds import DisagreementError, Timing, time_once

    lazy = _contender("lazy", [])
    lazy.count = lambda: 1
    with pytest.raises(DisagreementError, match="1 of 2"):
        time_once(lazy, [b"a", b"b"], Timing())


def test_ratios_compare_within_a_round():
    from harness.rounds import Timing
    from harness.row import rate_rows

    slow_then_fast = {
        "tutorial": Timing([1.0, 10.0, 2.0], [1, 1, 1]),
        "native": Timing([20.0, 200.0, 40.0], [1, 1, 1]),
        "limit": Timing([40.0, 400.0, 80.0], [0, 0, 0]),
    }
    native = rate_rows("task", "case", slow_then_fast, "limit")[1]
    assert native.over_tutorial == pytest.approx(20)
    assert native.of_limit == pytest.approx(0.5)


@pytest.mark.parametrize(("ratio", "reached"), [(25.0, True), (19.0, False), (None, None)])
def test_goals_are_marked(ratio, reached):
    from harness.goals import mark_goals
    from harness.row import Row

    row = Row("parse", "264 B", "native call", 1e6, "/s", over_tutorial=ratio)
    mark_goals([row])
    assert (row.goal, row.gated, row.reached) == (">= 20x", True, reached)


def test_a_latency_goal_is_an_upper_bound():
    from harness.goals import mark_goals
    from harness.row import Row

    row = Row("latency", "50,000/s", "native p99", 12.0, "ms")
    mark_goals([row])
    assert (row.goal, row.reached) == ("<= 10 ms", False)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0123, "0.0123"), (21.62, "21.6"), (812.4, "812"), (123_456, "123,000")],
)
def test_three_digits_are_shown(value, text):
    from harness.table import number

    assert number(value) == text


def test_the_tutorials_pipeline_maps_as_the_engine_does():
    import events

    for source in (events.small_events(), events.large_events()):
        sample = events.take(source, 200)
        native = cxrelay.Mapping.default().apply_json_many(sample)
        expected = [(update.key, update.payload) for update in events.updates(sample)]
        assert [(key, json.loads(payload)) for key, payload in native] == expected


def test_events_ascend_in_time_and_share_no_id():
    import events

    updates = events.updates(events.take(events.small_events(), 1000))
    times = [update.event_time_us for update in updates]
    assert times == sorted(times)
    assert len({update.interaction_id for update in updates}) == 1000
    assert sum(len(update.original) for update in updates) / 1000 == pytest.approx(264, abs=2)
