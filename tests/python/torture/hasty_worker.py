"""A worker that is broken on purpose: it hands out receipts at once, and stores the events a little later."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from cxrelay import InteractionEvent, Relay, ValidationError
from cxrelay.torture import worker

DELAY_S = 0.1


@dataclass(frozen=True)
class Promise:
    """Looks like a receipt."""

    idempotency_key: str
    status: str = "accepted"
    seq: int = 0


def put(relay: Relay, bodies: list[bytes]) -> Sequence[Promise | ValidationError]:
    def later() -> None:
        time.sleep(DELAY_S)
        relay.ingest_many(bodies)

    threading.Thread(target=later).start()
    return [promised(body) for body in bodies]


def promised(body: bytes) -> Promise | ValidationError:
    try:
        return Promise(InteractionEvent.model_validate_json(body).idempotency_key)
    except ValidationError as error:
        return error


if __name__ == "__main__":
    sys.exit(worker.main(put))  # type: ignore[arg-type]
