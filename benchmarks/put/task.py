"""Runs the task: one update after the other, and many together."""

import events
from harness.options import Options
from harness.rounds import check_agreement, time_rounds
from harness.row import Row, rate_rows
from put.base import PutContender
from put.native_call import NativePut
from put.native_ingest import NativeIngest
from put.native_many import NativeMany
from put.native_threads import NativeThreads
from put.persist_queue import PersistQueue
from put.raw_append import RawAppend, RawAppendMany
from put.sqlite_module import SqliteMany, SqliteModule
from put.tutorial import Tutorial

ONE_CALL: tuple[type[PutContender], ...] = (Tutorial, SqliteModule, PersistQueue, NativePut)
TOGETHER: tuple[type[PutContender], ...] = (
    Tutorial,
    SqliteMany,
    NativeThreads,
    NativeMany,
    NativeIngest,
)


def measure(options: Options) -> list[Row]:
    """Rows of both cases. The tutorial has no way to put many together and is the base of both."""
    items = events.updates(events.take(events.small_events(), 100_000))
    twice = items[:300] + items[:20]  # some come again: they must be stored once
    distinct = list(dict.fromkeys((*ONE_CALL, *TOGETHER)))
    check_agreement("put", [made() for made in distinct], twice, options.directory)

    rounds = options.rounds
    one_call = [*(made() for made in ONE_CALL), RawAppend()]
    timings = time_rounds(one_call, items, rounds, options.directory)
    rows = rate_rows("put", "one call", timings, RawAppend.name)

    together = [*(made() for made in TOGETHER), RawAppendMany()]
    timings = time_rounds(together, items, rounds, options.directory)
    return rows + rate_rows("put", "together", timings, RawAppendMany.name)
