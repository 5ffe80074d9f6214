"""The interface of a contender: one way to do a task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")

TUTORIAL = "tutorial"
"""Name of the contender that ratios refer to."""


class Contender(Generic[Item]):
    """Prepares something, does the task on a list of items, and can show what came out.

    Only ``run`` is timed. ``result`` gives what it produced in the form that the task's contenders
    agreed on; ``count`` tells how many items it finished, and is checked after every timed round.
    """

    name = ""
    size = 1000
    """Items in one timed round: enough for about a quarter of a second."""

    def prepare(self, directory: Path) -> None:
        """Gets ready for one run, in an empty directory."""

    def inputs(self, items: Sequence[Item]) -> Sequence[Any]:
        """The items as ``run`` takes them: what a caller of this contender would have at hand."""
        return items

    def run(self, items: Sequence[Any]) -> None:
        """Does the task."""
        raise NotImplementedError

    def count(self) -> int:
        """How many items are done."""
        raise NotImplementedError

    def result(self) -> object:
        """What came out, comparable with ``==``."""
        raise NotImplementedError

    def close(self) -> None:
        """Gives back what ``prepare`` took."""
