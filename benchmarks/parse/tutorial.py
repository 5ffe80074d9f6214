"""pydantic 2, the mapper, json.dumps."""

import json
from collections.abc import Sequence

import tutorial_pipeline as tutorial
from harness.contender import TUTORIAL
from parse.base import ParseContender


class Tutorial(ParseContender):
    """Validates; one event at a time."""

    name = TUTORIAL

    def map_all(self, items: Sequence[bytes]) -> None:
        add = self.pairs.append
        for raw in items:
            event = tutorial.parse_event(raw)
            payload = tutorial.map_event(event)
            if payload:
                key = tutorial.update_key(event.interaction_id, event.timestamp.isoformat())
                add((key, json.dumps(payload)))
