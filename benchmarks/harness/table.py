"""Rows as text for a terminal, or as the Markdown of the README."""

from collections.abc import Sequence

from harness.row import Row

HEADINGS = (
    "task",
    "case",
    "contender",
    "median",
    "spread",
    "CPU us each",
    "to tutorial",
    "of limit",
    "must reach",
    "",
)
LEFT = 3  # columns of words


def number(value: float | None) -> str:
    """Three digits that count, with thousands separated."""
    if value is None:
        return ""
    if abs(value) >= 100:
        digits = 10 ** max(0, len(str(int(abs(value)))) - 3)
        return f"{round(value / digits) * digits:,.0f}"
    return f"{value:.3g}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{number(value)}x"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _verdict(row: Row) -> str:
    if row.reached is None:
        return "not measured" if row.goal else ""
    return "yes" if row.reached else "NO"


def cells(row: Row) -> tuple[str, ...]:
    """The row's cells as text."""
    spread = "" if row.low is None else f"{number(row.low)} .. {number(row.high)}"
    unit = "" if row.unit == "/s" else f" {row.unit}"
    rate = "/s" if row.unit == "/s" else ""
    return (
        row.task,
        row.case,
        f"{row.contender} ({row.note})" if row.note else row.contender,
        f"{number(row.value)}{rate}{unit}",
        spread,
        number(row.cpu_us),
        _ratio(row.over_tutorial),
        _share(row.of_limit),
        row.goal,
        _verdict(row),
    )


def as_text(rows: Sequence[Row]) -> str:
    """Aligned columns."""
    lines = [HEADINGS, *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i < LEFT or i >= len(HEADINGS) - 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """A Markdown table."""
    rule = ["---" if i < LEFT else "---:" for i in range(len(HEADINGS))]
    lines = [HEADINGS, rule, *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
