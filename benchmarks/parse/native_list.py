"""The engine, one call for a hundred events."""

from collections.abc import Sequence

from cxrelay import Mapping
from parse.base import ParseContender

LIST = 100


class NativeList(ParseContender):
    """As the call, in lists."""

    name = f"native list of {LIST}"

    def map_all(self, items: Sequence[bytes]) -> None:
        apply_json_many = Mapping.default().apply_json_many
        for i in range(0, len(items), LIST):
            self.pairs += apply_json_many(items[i : i + LIST])
