"""Queues that are broken on purpose, to see that the state machine finds it. Each breaks one promise."""

from types import SimpleNamespace
from typing import Any

from cxrelay import _core
from cxrelay.errors import FencedError


class Wrapped:
    """A queue that passes everything on. Its claims can be looked at and changed before they are handed out."""

    def __init__(self, path: str) -> None:
        self.real = _core.Queue(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def claim_many(self, *args: Any) -> list[Any]:
        return [self.changed(claim) for claim in self.real.claim_many(*args)]

    def settle(self, claim: Any, outcomes: list[Any]) -> None:
        self.real.settle(claim.real, outcomes)

    def changed(self, claim: Any) -> Any:
        return SimpleNamespace(real=claim, updates=[self.change(u) for u in claim.updates])

    def change(self, update: Any) -> Any:
        names = ("seq", "idempotency_key", "payload", "attempts", "merged")
        return SimpleNamespace(**{name: getattr(update, name) for name in names})


class WritesOldOverNew(Wrapped):
    """P5: a late event is sent with all that it says."""

    def change(self, update: Any) -> Any:
        out = super().change(update)
        if not out.merged:
            stored = self.real.find(out.idempotency_key)
            assert stored is not None
            out.payload = stored.payload
        return out


class SendsUnderAnotherKey(Wrapped):
    """P3: an attempt after the first has a key of its own."""

    def change(self, update: Any) -> Any:
        out = super().change(update)
        if out.attempts:
            out.idempotency_key += f"-{out.attempts}"
        return out


class HandsOutTwice(Wrapped):
    """P5: what is in flight is in the next claim too."""

    last: Any = None

    def claim_many(self, *args: Any) -> list[Any]:
        claims = super().claim_many(*args)
        if claims and self.last:
            claims[-1].updates.append(self.last)
        if claims:
            self.last = claims[-1].updates[0]
        return claims

    def settle(self, claim: Any, outcomes: list[Any]) -> None:
        super().settle(claim, outcomes[: len(claim.real.updates)])
        self.last = None


class ForgetsAMember(Wrapped):
    """P5: the oldest of three that go as one is left out of the payload's account."""

    def change(self, update: Any) -> Any:
        out = super().change(update)
        if len(out.merged) > 1:
            out.merged = out.merged[1:]
        return out


class StoresTwice(Wrapped):
    """P2: a redelivery with other whitespace becomes an update of its own."""

    def put_many(self, rows: list[Any]) -> Any:
        return self.real.put_many(
            [
                (
                    key,
                    name,
                    time_us,
                    b"[1," + original + b"]" if b" " in original else original,
                    mapped,
                )
                for key, name, time_us, original, mapped in rows
            ]
        )


class AnswersWithoutStoring(Wrapped):
    """P1: the last event of a call has a receipt and is nowhere."""

    def put_many(self, rows: list[Any]) -> Any:
        receipts = self.real.put_many(rows[:-1])
        made_up = SimpleNamespace(status="accepted", seq=self.real.stats().journal_records + 1)
        return [*receipts, SimpleNamespace(**vars(made_up), idempotency_key=rows[-1][0])]


class SettlesWithoutARight(Wrapped):
    """P8: a settlement that comes too late is swallowed instead of refused."""

    def settle(self, claim: Any, outcomes: list[Any]) -> None:
        try:
            super().settle(claim, outcomes)
        except FencedError:
            return


class LosesARetry(Wrapped):
    """P1: what is to be sent again is taken for done."""

    def settle(self, claim: Any, outcomes: list[Any]) -> None:
        done = [
            ("completed", *rest) if word == "retry" else (word, *rest) for word, *rest in outcomes
        ]
        super().settle(claim, done)


class KeepsNothingBack(Wrapped):
    """P7: a time before which nothing is to be sent is ignored."""

    def settle(self, claim: Any, outcomes: list[Any]) -> None:
        super().settle(claim, [(word, status, why, 0) for word, status, why, _ in outcomes])


# Each with what the machine says of it.
FINDINGS: dict[type[Wrapped], str] = {
    WritesOldOverNew: "claimed .*, expected one of",
    SendsUnderAnotherKey: "claimed .*, expected one of",
    HandsOutTwice: "is in flight",
    ForgetsAMember: "claimed .*, expected one of",
    StoresTwice: "receipts: ",
    AnswersWithoutStoring: "stats|receipts|records",
    SettlesWithoutARight: "settled without a right",
    LosesARetry: "(states|stats): ",
    KeepsNothingBack: "stats: .*'delayed': 0.* expected",
}
