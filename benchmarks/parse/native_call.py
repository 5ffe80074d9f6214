"""The engine, one call for each event."""

from collections.abc import Sequence

from cxrelay import Mapping
from parse.base import ParseContender


class NativeCall(ParseContender):
    """Validates everything, values that are not mapped included."""

    name = "native call"

    def map_all(self, items: Sequence[bytes]) -> None:
        add = self.pairs.append
        apply_json = Mapping.default().apply_json
        for raw in items:
            pair = apply_json(raw)
            if pair is not None:
                add(pair)
