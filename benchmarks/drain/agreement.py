"""Both pipelines must leave the same state behind, in the server and in the queue."""

import events
from cxrelay import Simulator
from drain.base import DrainContender
from drain.native import Native, NativeExported
from drain.tutorial import Tutorial
from harness.options import Options
from harness.rounds import DisagreementError
from harness.workspace import empty_directory

COUNT = 210  # the last batch is not full


def final_state(contender: DrainContender, options: Options) -> dict[str, dict[str, object]]:
    """Every interaction's attributes in the simulator after a drain."""
    updates = events.updates(events.take(events.small_events(), COUNT))
    with Simulator(seed=1) as simulator, empty_directory(options.directory) as directory:
        contender.open(directory, simulator.base_url, simulator.client_id, simulator.client_secret)
        try:
            contender.fill(updates)
            contender.drain()
            if contender.completed() != COUNT:
                raise DisagreementError(
                    f"drain: {contender.name} completed {contender.completed()} of {COUNT}"
                )
        finally:
            contender.close()
        return simulator.interactions()


def check_agreement(options: Options) -> None:
    """Raises DisagreementError unless the states are equal."""
    expected = final_state(Tutorial(), options)
    for contender in (Native(), NativeExported()):
        if final_state(contender, options) != expected:
            raise DisagreementError(f"drain: {contender.name} left another state in the server")
