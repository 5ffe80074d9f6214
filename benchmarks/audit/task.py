"""Runs the task."""

import events
from audit.native import NativeExport, NativeVerify
from audit.tutorial import TutorialAudit
from harness.options import Options
from harness.rounds import check_agreement, time_rounds
from harness.row import Row, rate_rows


def measure(options: Options) -> list[Row]:
    """Lines a second."""
    sample = events.updates(events.take(events.small_events(), 500))
    check_agreement("audit", [TutorialAudit(), NativeExport(sample)], sample, options.directory)
    items = events.updates(events.take(events.small_events(), NativeExport.size))
    contenders = [TutorialAudit(), NativeExport(items), NativeVerify(items)]
    timings = time_rounds(contenders, items, options.pick(3, 7), options.directory)
    return rate_rows("audit", "lines", timings)
