"""What the simulated CXone remembers: interactions, tokens and idempotency keys."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_MAX_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Applied:
    """One write to an interaction.

    Attributes:
        number: ledger number of the request that wrote.
        attributes: what it wrote.
    """

    number: int
    attributes: Mapping[str, Any]


class Interactions:
    """Attributes of every interaction, and the order in which they were written."""

    def __init__(self) -> None:
        self._attributes: dict[str, dict[str, Any]] = {}
        self._history: dict[str, list[tuple[int, dict[str, Any]]]] = {}

    def apply(self, number: int, interaction_id: str, attributes: dict[str, Any]) -> None:
        """Merge attributes into the interaction, which exists from then on."""
        current = self._attributes.get(interaction_id)
        if current is None:
            self._attributes[interaction_id] = dict(attributes)
            self._history[interaction_id] = [(number, attributes)]
        else:
            current.update(attributes)
            self._history[interaction_id].append((number, attributes))

    def get(self, interaction_id: str) -> dict[str, Any] | None:
        """A copy of the attributes; None if nothing was ever written."""
        return copy.deepcopy(self._attributes.get(interaction_id))

    def all(self) -> dict[str, dict[str, Any]]:
        """A copy of everything."""
        return copy.deepcopy(self._attributes)

    def history(self, interaction_id: str) -> list[Applied]:
        """Every write to the interaction, oldest first."""
        writes = self._history.get(interaction_id, [])
        return [Applied(number, copy.deepcopy(attributes)) for number, attributes in writes]

    def clear(self) -> None:
        self._attributes.clear()
        self._history.clear()


@dataclass(slots=True)
class _Token:
    serial: int
    expires_at: float


class Tokens:
    """Access tokens that were issued. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._tokens: dict[str, _Token] = {}
        self._issued = 0

    def issue(self, now: float, lifetime_s: float) -> str:
        """A new token, valid until ``now + lifetime_s``."""
        if len(self._tokens) >= _MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self._issued += 1
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(self._issued, now + lifetime_s)
        return token

    def serial(self, token: str) -> int | None:
        """Which token this is, counted from 1; None if it was never issued."""
        known = self._tokens.get(token)
        return None if known is None else known.serial

    def valid(self, token: str, now: float) -> bool:
        known = self._tokens.get(token)
        return known is not None and now < known.expires_at

    def expire_all(self) -> None:
        for token in self._tokens.values():
            token.expires_at = float("-inf")


@dataclass(slots=True)
class IdempotencyKeys:
    """Which update was applied under which key.

    Only applied updates are remembered: a refused one changed nothing and may be tried again.
    """

    _applied: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def remember(self, key: str, interaction_id: str, attributes: dict[str, Any]) -> None:
        self._applied[key] = (interaction_id, attributes)

    def seen(self, key: str, interaction_id: str, attributes: dict[str, Any]) -> bool | None:
        """None: a new key. True: applied before. False: the key belongs to another update."""
        known = self._applied.get(key)
        return None if known is None else known == (interaction_id, attributes)

    def clear(self) -> None:
        self._applied.clear()
