"""The story of one event, or of every event of one interaction."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cxrelay import _core

from .log_journal import LogJournal
from .queue_journal import QueueJournal
from .story import Story
from .teller import tell

if TYPE_CHECKING:
    from cxrelay.mapping import Mapping


def explain(
    name: str,
    source: _core.Queue | str | os.PathLike[str],
    mapping: Mapping | None = None,
) -> list[Story]:
    """Tells what happened to an event, or to every event of an interaction.

    Reads the journal twice; in memory are only the events of the interaction.

    Args:
        name: an idempotency key, or the id of an interaction.
        source: an open queue, or the path of an exported audit log, which needs no queue file and
            may be a copy.
        mapping: its rules are told if it is the one that mapped the event.

    Returns:
        The stories in the order of arrival; empty if there is no such event. The log holds what was
        exported.

    Raises:
        AuditError: the log cannot be read, or records are missing in the middle of it.
        StoreError: the queue file cannot be read.
    """
    journal = QueueJournal(source) if isinstance(source, _core.Queue) else LogJournal(source)
    interactions = journal.interactions_of(name)
    if not interactions:
        return []
    stories = list(tell(journal.records(interactions), interactions, mapping))
    return [story for story in stories if story.idempotency_key == name] or stories
