"""The engine's queue, blocking calls from many threads: they share commits."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from put.native_call import NativePut, Values


class NativeThreads(NativePut):
    """Each thread waits for its own update before it puts the next."""

    threads = 32
    name = f"native put, {threads} threads"
    size = 20_000

    def run(self, items: Sequence[Values]) -> None:
        def put_all(part: Sequence[Values]) -> None:
            for update in part:
                self.queue.put(*update)

        parts = [items[i :: self.threads] for i in range(self.threads)]
        with ThreadPoolExecutor(self.threads) as pool:
            for done in [pool.submit(put_all, part) for part in parts]:
                done.result()
