"""How a violation is put into words."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

_MAX_EXAMPLES = 3


def some(which: Collection[object], what: str) -> Iterator[str]:
    """Nothing, or how many there are and the first few."""
    if which:
        examples = ", ".join(map(str, islice(which, _MAX_EXAMPLES)))
        yield f"{len(which):,} {what}, for example {examples}"


def unequal(what: str, one: tuple[str, int], other: tuple[str, int]) -> Iterator[str]:
    """Nothing, or two counts that should be equal."""
    if one[1] != other[1]:
        yield f"{what}: {one[1]:,} {one[0]}, but {other[1]:,} {other[0]}"
