"""One line of the table."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from harness.contender import TUTORIAL
from harness.rounds import Timing


@dataclass
class Row:
    """What one contender reached in one case of a task.

    ``over_tutorial`` is how many times better than the tutorial it is, ``of_limit`` the share of
    the limit that it reaches; None where there is nothing to compare with.
    """

    task: str
    case: str
    contender: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    cpu_us: float | None = None
    over_tutorial: float | None = None
    of_limit: float | None = None
    note: str = ""
    goal: str = ""
    reached: bool | None = None
    gated: bool = False

    @property
    def name(self) -> str:
        """What goals refer to it by."""
        return f"{self.task}/{self.case}/{self.contender}"


def rate_rows(task: str, case: str, timings: dict[str, Timing], limit: str = "") -> list[Row]:
    """Rows of contenders that took turns, compared round by round."""
    base = timings.get(TUTORIAL)
    bound = timings.get(limit)
    return [
        Row(
            task,
            case,
            name,
            timing.rate,
            "/s",
            min(timing.rates),
            max(timing.rates),
            median(timing.cpu_us),
            over_tutorial=_ratio(timing, base) if base and name != TUTORIAL else None,
            of_limit=_ratio(timing, bound) if bound and name != limit else None,
        )
        for name, timing in timings.items()
    ]


def _ratio(timing: Timing, base: Timing) -> float:
    """Median of the ratios within a round: what slows both in a minute cancels out."""
    return median(a / b for a, b in zip(timing.rates, base.rates, strict=True))


def plain_row(
    task: str, case: str, contender: str, values: Iterable[float], unit: str, note: str = ""
) -> Row:
    """A row of measured values without comparison."""
    found = list(values)
    return Row(task, case, contender, median(found), unit, min(found), max(found), note=note)
