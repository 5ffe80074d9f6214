"""What happened to an event, told from the journal (see ``cpp/docs/explain.md``).

::

    for story in cxrelay.explain("a1b2", "audit_transformations.log"):
        print(story.state, [wait.cause for wait in story.waits])

``tell`` makes the stories of many events in one pass over records that ``QueueJournal`` or
``LogJournal`` reads.
"""

from .explaining import explain
from .log_journal import LogJournal
from .queue_journal import QueueJournal
from .record import Journal, Record
from .steps import (
    Attempt,
    Contradicted,
    Ended,
    Mapped,
    Received,
    RecordRef,
    Redacted,
    Revived,
    Rule,
    Step,
    UpdateRef,
    Validated,
    Wait,
)
from .story import Story
from .teller import Stories, tell

__all__ = [
    "Attempt",
    "Contradicted",
    "Ended",
    "Journal",
    "LogJournal",
    "Mapped",
    "QueueJournal",
    "Received",
    "Record",
    "RecordRef",
    "Redacted",
    "Revived",
    "Rule",
    "Step",
    "Stories",
    "Story",
    "UpdateRef",
    "Validated",
    "Wait",
    "explain",
    "tell",
]
