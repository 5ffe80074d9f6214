"""What is wrong with an event is said without a value of it, and without its unknown names."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable

import pytest
from bad_events import BAD_EVENTS
from place import Place, event, unsafe_lines, unsafe_modes

import cxrelay
from cxrelay import InteractionEvent, Mapping, Relay, RelayConfig, ValidationError, parse_event
from support.canaries import CLIENT_SECRET, EMAIL, PHONE, TOKEN, Search

LINES = b"".join(line.replace(b"\n", b" ") + b"\n" for line in BAD_EVENTS.values())


@pytest.mark.parametrize(
    "command",
    [
        ("ingest", "input-events.jsonl"),
        ("ingest", "-"),
        ("ingest", "input-events.jsonl", "--json"),
    ],
    ids=" ".join,
)
def test_ingest(place: Place, command: tuple[str, ...]) -> None:
    place.write("input-events.jsonl", LINES)
    outputs = []
    for arguments in (
        command,
        ("queue", "stats"),
        ("queue", "list"),
        ("explain", "i-1"),
        ("audit", "export"),
        ("audit", "export", "--format", "csv"),
        ("audit", "export", "--format", "ocsf"),
    ):
        ran = place.run(*arguments, stdin=LINES if arguments[-1] == "-" else b"")
        assert b"Traceback" not in ran.err, ran.err.decode()
        assert unsafe_lines(ran.err) == []
        outputs += [ran.out, ran.err]
    assert b"rejected" in outputs[0]
    assert len(outputs[1].splitlines()) > 30, "one line for each refused event"
    assert place.leaks(*outputs) == {}
    assert unsafe_modes(place.folder) == []


def test_map_run_shows_what_is_mapped_and_nothing_of_what_is_not(place: Place) -> None:
    place.write("input-events.jsonl", LINES)
    for arguments in (("map", "run", "input-events.jsonl"), ("map", "run", "-", "--json")):
        ran = place.run(*arguments, stdin=LINES)
        assert b"Traceback" not in ran.err
        assert place.leaks(ran.err) == {}
        assert unsafe_lines(ran.err) == []
        errors = [line for line in ran.out.splitlines() if b'"errors"' in line]
        assert place.leaks(*errors) == {}


def told(error: BaseException) -> str:
    """All that a program may make of an exception, with the values of its frames left out."""
    chain = []
    at: BaseException | None = error
    while at is not None:
        chain += [
            str(at),
            repr(at),
            repr(at.args),
            repr(vars(at)),
            repr(getattr(at, "__notes__", "")),
        ]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join([*traceback.format_exception(error), *chain])


def raised_by(action: Callable[[], object]) -> ValueError | None:
    try:
        action()
    except ValueError as error:
        return error
    return None


@pytest.mark.parametrize("name", BAD_EVENTS)
def test_exceptions(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    body, search = BAD_EVENTS[name], Search()
    folder = tmp_path_factory.mktemp("relay")
    config = RelayConfig(
        queue=cxrelay.QueueConfig(path=str(folder / "q.db")),
        audit=cxrelay.AuditConfig(path=str(folder / "audit.log")),
    )
    mapping = Mapping.default()
    with Relay(config) as relay:
        calls = {
            "parse": lambda: parse_event(body),
            "model": lambda: InteractionEvent.model_validate_json(body),
            "values": lambda: InteractionEvent.model_validate(json.loads(body)),
            "mapping": lambda: mapping.apply(body),
            "mapping to JSON": lambda: mapping.apply_json(body),
            "trace": lambda: mapping.trace(body),
            "ingest": lambda: relay.ingest(body),
        }
        for call, action in calls.items():
            error = raised_by(action)
            if isinstance(error, ValidationError):
                assert search.in_text(told(error) + json.dumps(error.errors())) == set(), call
            elif error is not None:  # json.loads, before anything of ours
                assert call == "values"
        (result,) = relay.ingest_many([body])
        if isinstance(result, ValidationError):
            assert search.in_text(told(result)) == set()
        reasons = relay.queue.query("SELECT detail FROM journal WHERE action = 'rejected'")
    assert search.in_text(repr(reasons)) == set()


def test_mapping_rules(place: Place) -> None:
    """Rules are named by their place; a default may be anything."""
    secret = CLIENT_SECRET.text
    rules = [
        {"from": "x", "to": "y", "apply": [secret]},
        {"from": "x", "to": "y", "default": {secret: secret}, "lookup": secret},
        {"from": {secret: 1}, "to": "y"},
        {"from": "x", "to": "y", "when_missing": secret},
    ]
    for rule in rules:
        with pytest.raises(cxrelay.MappingError) as caught:
            Mapping.from_rules([rule])
        assert Search().in_text(told(caught.value)) == set()
        place.write("input-rules.json", json.dumps([rule]))
        place.write("input-events.jsonl", event())
        ran = place.run("map", "run", "input-events.jsonl", "--rules", "input-rules.json")
        assert ran.code == 3
        assert place.leaks(ran.out, ran.err) == {}


def test_a_mapping_that_demands_what_is_not_there() -> None:
    mapping = Mapping.from_rules([{"from": "attributes.none", "to": "x", "when_missing": "error"}])
    with pytest.raises(ValidationError) as caught:
        mapping.apply(event())
    assert Search().in_text(told(caught.value)) == set()
    shown = (
        f"{mapping!r} {mapping.trace(event())!r} {[vars(type(t)) for t in mapping.trace(event())]}"
    )
    assert Search().in_text(shown) == set()


def test_an_event_shows_what_it_holds_only_when_asked() -> None:
    """The model of the tutorial has a repr with its fields: documented, and no part of any message."""
    parsed = parse_event(event())
    assert {hit.split()[0] for hit in Search().in_text(repr(parsed))} <= {PHONE.name, EMAIL.name}
    assert TOKEN.text not in repr(parsed)
