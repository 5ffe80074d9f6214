"""The engine's queue, a thousand updates in a call."""

from collections.abc import Sequence

from put.native_call import NativePut, Values


class NativeMany(NativePut):
    """Lists of a thousand; a call is one commit."""

    name = "native put_many of 1,000"
    size = 100_000
    group = 1000

    def run(self, items: Sequence[Values]) -> None:
        for i in range(0, len(items), self.group):
            self.queue.put_many(items[i : i + self.group])
