"""What a scripted behaviour does to one request.

Behaviours are frozen values, so that they can be printed, compared and sent to another process.
Each one joins a ``Plan``, which the routes then carry out. Users build them with the functions of
``behaviours``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

from .http import PROMPT, Delivery
from .ledger import Kind

Shape = Literal[
    "short_results",
    "long_results",
    "shuffled_results",
    "duplicated_results",
    "null_results",
    "null_result",
    "missing_results",
    "string_statuses",
]
Result = dict[str, Any]


@dataclass(slots=True)
class Scene:
    """What a behaviour may look at when it decides whether it acts.

    Attributes:
        kind: what the request is for.
        ids: the interaction of each item.
        match: the interactions that the script is limited to; None = all.
        now: monotonic seconds.
        rng: the simulator's seeded random numbers.
        memory: numbers that belong to this step of the script and outlive the request.
    """

    kind: Kind
    ids: tuple[str, ...]
    match: frozenset[str] | None
    now: float
    rng: random.Random
    memory: dict[str, float]

    def roll(self, p: float) -> bool:
        return p >= 1.0 or self.rng.random() < p


@dataclass(slots=True)
class Plan:
    """What will happen to one request. The first behaviour to say something wins."""

    names: list[str] = field(default_factory=list)
    answer: Answer | None = None
    apply: bool = True
    items: dict[int, ItemStatus] = field(default_factory=dict)
    reshapes: list[Reshape] = field(default_factory=list)
    echo_member: str | None = None
    bad_body: BadBody | None = None
    pad_to_bytes: int = 0
    delivery: Delivery = PROMPT


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Base of all scripted behaviours."""

    @property
    def name(self) -> str:
        """How the ledger calls it; empty for one that only holds others."""
        return ""

    @property
    def at_head(self) -> bool:
        """Whether it acts as soon as the head of a request was read."""
        return False

    def take_part(self, plan: Plan, scene: Scene) -> bool:
        """Join the plan and sign it; False if this request is not concerned."""
        joined = self.join(plan, scene)
        if joined and self.name:
            plan.names.append(self.name)
        return joined

    def join(self, plan: Plan, scene: Scene) -> bool:
        """Add the effect to the plan; False if this request is not concerned."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Answer(Behaviour):
    """Answers a status instead of doing the work."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    message: str | None = None
    applied: bool = False

    @property
    def name(self) -> str:
        return f"status({self.status})"

    def join(self, plan: Plan, scene: Scene) -> bool:
        plan.answer = plan.answer or self
        return True


@dataclass(frozen=True, slots=True)
class ItemStatus(Behaviour):
    """Answers a status for some items of a request."""

    status: int | str
    message: str | None = None
    indexes: frozenset[int] | None = None
    match: frozenset[str] | None = None
    p: float = 1.0
    applied: bool = False
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"item_status({self.status})"

    def join(self, plan: Plan, scene: Scene) -> bool:
        hit = False
        for index, interaction_id in enumerate(scene.ids):
            if self._chosen(index, interaction_id, scene) and scene.roll(self.p):
                plan.items.setdefault(index, self)
                hit = True
        return hit

    def _chosen(self, index: int, interaction_id: str, scene: Scene) -> bool:
        if self.indexes is not None and self.indexes.isdisjoint((index, index - len(scene.ids))):
            return False
        return all(ids is None or interaction_id in ids for ids in (self.match, scene.match))


@dataclass(frozen=True, slots=True)
class Reshape(Behaviour):
    """Makes the list of results differ from the list of requests."""

    shape: Shape
    count: int = 1

    @property
    def name(self) -> str:
        return self.shape

    def join(self, plan: Plan, scene: Scene) -> bool:
        if scene.kind != "batch":
            return False
        plan.reshapes.append(self)
        return True

    def reshape(self, payload: dict[str, Any], rng: random.Random) -> None:
        """Change a reply ``{"results": [...]}`` in place."""
        results: list[Result] | None = payload.get("results")
        if self.shape == "missing_results":
            payload.pop("results", None)
        elif self.shape == "null_results":
            payload["results"] = None
        elif results:
            payload["results"] = _reshaped(results, self.shape, self.count, rng)


def _reshaped(
    results: list[Result], shape: Shape, count: int, rng: random.Random
) -> list[Result | None]:
    changed: list[Result | None] = [*results]
    if shape == "short_results":
        return changed[: max(0, len(changed) - count)]
    if shape == "long_results":
        return changed + [{"status": 200, "message": "OK"} for _ in range(count)]
    if shape == "duplicated_results":
        return [*changed[:-1], changed[0]]
    if shape == "null_result":
        changed[count % len(changed)] = None
    elif shape == "string_statuses":
        return [{**result, "status": str(result["status"])} for result in results]
    elif shape == "shuffled_results":
        rng.shuffle(changed)
        if len(changed) > 1 and all(a is b for a, b in zip(changed, results, strict=True)):
            changed.reverse()  # a shuffle that changed nothing would make a test pass by luck
    return changed


@dataclass(frozen=True, slots=True)
class EchoIds(Behaviour):
    """Adds the interaction id to each result."""

    member: str

    @property
    def name(self) -> str:
        return "echo_ids"

    def join(self, plan: Plan, scene: Scene) -> bool:
        plan.echo_member = self.member
        return scene.kind == "batch"


@dataclass(frozen=True, slots=True)
class BadBody(Behaviour):
    """Does the work, then answers 200 with another body."""

    body: bytes
    content_type: str

    @property
    def name(self) -> str:
        return "bad_body"

    def join(self, plan: Plan, scene: Scene) -> bool:
        plan.bad_body = plan.bad_body or self
        return True


@dataclass(frozen=True, slots=True)
class HugeBody(Behaviour):
    """Pads the JSON of the answer."""

    total_bytes: int

    @property
    def name(self) -> str:
        return "huge_body"

    def join(self, plan: Plan, scene: Scene) -> bool:
        plan.pad_to_bytes = self.total_bytes
        return True


@dataclass(frozen=True, slots=True)
class Deliver(Behaviour):
    """Does the work (or not) and changes how the answer travels."""

    label: str
    delivery: Delivery
    applied: bool = True

    @property
    def name(self) -> str:
        return self.label

    def join(self, plan: Plan, scene: Scene) -> bool:
        plan.delivery = plan.delivery.merged(self.delivery)
        plan.apply = plan.apply and self.applied
        return True


@dataclass(frozen=True, slots=True)
class DropAtHead(Behaviour):
    """Ends the connection when the head of a request was read."""

    delivery: Delivery

    @property
    def name(self) -> str:
        return "drop"

    @property
    def at_head(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ExpireTokens(Behaviour):
    """Makes every token that was issued invalid, then lets the request go on."""

    @property
    def name(self) -> str:
        return "expired_tokens"

    @property
    def at_head(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class RateLimit(Behaviour):
    """A token bucket; a request that finds it empty is answered 429."""

    per_second: float
    burst: float
    retry_after: str | None
    computed: bool

    @property
    def name(self) -> str:
        return "rate_limit"

    def join(self, plan: Plan, scene: Scene) -> bool:
        memory = scene.memory
        elapsed = scene.now - memory.get("at", scene.now)
        level = min(self.burst, memory.get("level", self.burst) + elapsed * self.per_second)
        memory["at"] = scene.now
        if level >= 1.0:
            memory["level"] = level - 1.0
            return False
        memory["level"] = level
        retry_after = self.retry_after
        if self.computed:
            retry_after = str(ceil((1.0 - level) / self.per_second))
        headers = () if retry_after is None else (("Retry-After", retry_after),)
        plan.answer = plan.answer or Answer(429, headers)
        return True


@dataclass(frozen=True, slots=True)
class Together(Behaviour):
    """Several behaviours on the same request."""

    parts: tuple[Behaviour, ...]

    def join(self, plan: Plan, scene: Scene) -> bool:
        joined = [
            part.take_part(plan, scene) for part in self.parts
        ]  # all join, not only the first
        return any(joined)


@dataclass(frozen=True, slots=True)
class OneOf(Behaviour):
    """At most one of several behaviours, each with its own probability."""

    choices: tuple[tuple[float, Behaviour], ...]

    def join(self, plan: Plan, scene: Scene) -> bool:
        roll = scene.rng.random()
        for p, behaviour in self.choices:
            if roll < p:
                return behaviour.take_part(plan, scene)
            roll -= p
        return False
