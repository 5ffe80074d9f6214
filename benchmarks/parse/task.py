"""Runs the task: two sizes of event, all contenders, and the engine's core beside its limit."""

from pathlib import Path

import events
from harness.native import run_program
from harness.options import Options
from harness.rounds import check_agreement, time_rounds
from harness.row import Row, rate_rows
from harness.workspace import empty_directory
from parse.base import ParseContender
from parse.msgspec_typed import Msgspec
from parse.native_call import NativeCall
from parse.native_list import NativeList
from parse.orjson_untyped import Orjson
from parse.tutorial import Tutorial

KEPT = 100  # results that stay while time counts
DISTINCT = 1000  # events that a round goes through again and again


def contenders() -> list[ParseContender]:
    """All, the tutorial first."""
    return [Tutorial(), Msgspec(), Orjson(), NativeCall(), NativeList()]


def measure(options: Options) -> list[Row]:
    """Rows of both sizes."""
    rows = []
    cases = (
        ("264 B", events.take(events.small_events(), DISTINCT), 20),
        ("4 kB", events.take(events.large_events(), DISTINCT), 2),
    )
    for case, sample, repeats in cases:
        found = contenders()
        check_agreement(f"parse {case}", found, sample, options.directory)
        for contender in found:
            contender.keep = KEPT
        timings = time_rounds(
            found, sample * repeats, options.rounds, options.directory, never_waits=True
        )
        rows += rate_rows("parse", case, timings)
        rows += _core_rows(case, sample, options)
    return rows


def _core_rows(case: str, sample: list[bytes], options: Options) -> list[Row]:
    """The engine without Python, and the first stage of simdjson, which nothing on it can beat."""
    with empty_directory(options.directory) as directory:
        file: Path = directory / "events.jsonl"
        file.write_bytes(b"\n".join(sample))
        found = run_program("parse_core", events=file, milliseconds=options.pick(60, 300))
    core, limit = 1e9 / found["map_ns"], 1e9 / found["stage1_ns"]
    return [
        Row("parse", case, "native core, without Python", core, "/s", of_limit=core / limit),
        Row("parse", case, "limit: simdjson stage 1", limit, "/s"),
    ]
