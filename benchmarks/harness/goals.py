"""What must be reached, and which rows it is asked of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.row import Row


@dataclass(frozen=True)
class Goal:
    """A bound on one column of one row; ``gated`` ones can fail a run with --gate."""

    row: str
    column: Literal["over_tutorial", "of_limit", "value"]
    bound: float
    at_most: bool = False
    gated: bool = False

    def text(self, unit: str) -> str:
        """The bound as the table shows it."""
        sign = "<=" if self.at_most else ">="
        if self.column == "over_tutorial":
            return f"{sign} {self.bound:g}x"
        if self.column == "of_limit":
            return f"{sign} {self.bound:.0%} of limit"
        return f"{sign} {self.bound:g} {unit}".rstrip()

    def is_reached(self, row: Row) -> bool | None:
        """None if the row has no such value."""
        value = getattr(row, self.column)
        if value is None:
            return None
        return bool(value <= self.bound if self.at_most else value >= self.bound)


GOALS = (
    Goal("parse/264 B/native call", "over_tutorial", 20, gated=True),
    Goal("parse/264 B/native list of 100", "over_tutorial", 30, gated=True),
    Goal("parse/4 kB/native call", "over_tutorial", 6, gated=True),
    Goal("put/one call/native put", "over_tutorial", 4),
    Goal("put/one call/native put", "of_limit", 0.85),
    Goal("put/together/native put_many of 1,000", "over_tutorial", 120, gated=True),
    Goal("chain/one call/native, records chained", "of_limit", 0.65),
    Goal("chain/put_many of 1,000/native, records chained", "of_limit", 0.65),
    Goal("audit/lines/native verify", "value", 500_000),
    Goal("latency/50,000/s/native p99", "value", 10, at_most=True),
    Goal("claim/growth/native 1e4 to 3e6", "value", 1.3, at_most=True),
    Goal("drain/0 ms/native", "over_tutorial", 150),
    Goal("drain/0 ms, backlog 1e6/native", "over_tutorial", 1000),
    Goal("drain/50 ms, 16 in flight/native", "of_limit", 0.93),
    Goal("drain/50 ms, 64 in flight/native", "of_limit", 0.93),
    Goal("memory/1e6 queued/native", "value", 64, at_most=True),
    Goal("import/beyond the interpreter/native", "value", 15, at_most=True),
)


def mark_goals(rows: Iterable[Row]) -> None:
    """Writes into each row what is asked of it and whether all of that is reached."""
    for row in rows:
        asked = [goal for goal in GOALS if goal.row == row.name]
        verdicts = [goal.is_reached(row) for goal in asked]
        row.goal = ", ".join(goal.text(row.unit) for goal in asked)
        row.gated = any(goal.gated for goal in asked)
        known = [verdict for verdict in verdicts if verdict is not None]
        row.reached = all(known) if known else None
