"""One comparison of cxrelay with what the oracle expects."""

from parity_oracle import Expectation, Reason, TutorialEvent, expectation

import cxrelay


def check(raw: str | bytes) -> Expectation:
    """Asserts that cxrelay answers as expected; returns the expectation, for counting."""
    expected = expectation(raw)
    try:
        event = cxrelay.InteractionEvent.model_validate_json(raw)
    except cxrelay.ValidationError as error:
        _check_refusal([(reason["type"], reason["loc"]) for reason in error.errors()], expected)
    else:
        assert expected.model is not None, (expected.reasons, expected.one_of)
        _check_values(event, expected.model)
    return expected


def _check_refusal(reasons: list[Reason], expected: Expectation) -> None:
    if expected.one_of:
        assert len(reasons) == 1
        assert reasons[0][0] in expected.one_of
        assert reasons[0][1] == ()
    else:
        assert reasons == expected.reasons


def _check_values(event: cxrelay.InteractionEvent, model: TutorialEvent) -> None:
    assert event.model_dump() == model.model_dump()
    assert event.model_dump(by_alias=True) == model.model_dump(by_alias=True)
    assert event.timestamp.isoformat() == model.timestamp.isoformat()
    assert event.model_dump_json() == model.model_dump_json()
    assert event.model_dump_json(by_alias=True) == model.model_dump_json(by_alias=True)
    assert event.idempotency_key == f"{model.interaction_id}_{model.timestamp.isoformat()}"
