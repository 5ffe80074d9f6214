"""The routes of the simulated CXone: Request to Response. No sockets here.

The order of things for a PATCH: the head (a scripted drop, expired tokens), the bearer token and
its scope, the script, the body, the items, the ledger.
"""

from __future__ import annotations

import hmac
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .credentials import (
    bearer_token,
    client_credentials,
    parse_form,
    safe_headers,
    without_secrets,
)
from .effects import DropAtHead, ExpireTokens, Plan
from .http import PROMPT, Delivery, Ending, ProtocolError, Request, Response
from .items import (
    PATH_PREFIX,
    Item,
    Refusal,
    interaction_id_of,
    parse_batch,
    parse_single,
)
from .ledger import Kind, Ledger, LedgerEntry
from .replies import (
    as_status,
    error,
    json_reply,
    oauth_error,
    padded,
    phrase,
    scripted,
    token_reply,
    unauthorized,
)
from .script import Script
from .state import IdempotencyKeys, Interactions, Tokens

OAUTH_PATH = "/oauth2/token"
USERINFO_PATH = "/api/v2/oauth2/userinfo"
BATCH_PATH = PATH_PREFIX + "batch"
WRITE_SCOPE = "interaction:modify"
READ_SCOPE = "interaction:read"

_METHODS: dict[Kind, str] = {
    "token": "POST",
    "userinfo": "GET",
    "batch": "PATCH",
    "single": "PATCH",
    "read": "GET",
}
_FIXED: dict[str, Kind] = {OAUTH_PATH: "token", USERINFO_PATH: "userinfo", BATCH_PATH: "batch"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What kind of CXone this is; see ``Simulator`` for each value."""

    client_id: str
    client_secret: str = field(repr=False)
    seed: int = 0
    expires_in: int | None = 300
    scopes: tuple[str, ...] = (WRITE_SCOPE, READ_SCOPE, "dataactions:read")
    userinfo_scope: bool = True
    max_batch: int = 25
    reject_whole_batch: bool = False
    deduplicate: bool = False
    echo_ids: bool = False
    latency_ms: float = 0.0
    record_bodies: bool = True


@dataclass(slots=True)
class _Outcome:
    status: int | str
    message: str
    applied: bool = False
    members: Mapping[str, Any] | None = None


_APPLIED = _Outcome(200, "OK", True)
_REPLAYED = _Outcome(200, "OK")


class Api:
    """Routes and state. Every public method may be called from any thread.

    Args:
        settings: what kind of CXone this is.
        clock: monotonic seconds, for the life of tokens and rate limits.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.condition = threading.Condition()
        self.rng = random.Random(settings.seed)  # noqa: S311 - not for secrets
        self.ledger = Ledger(self.condition)
        self.script = Script(self.rng)
        self.interactions = Interactions()
        self.tokens = Tokens()
        self.keys = IdempotencyKeys()
        self._clock = clock
        self._usual = (
            Delivery(delay_s=settings.latency_ms / 1000) if settings.latency_ms else PROMPT
        )

    def reset(self) -> None:
        """Forget everything but the tokens, and start the random numbers anew."""
        with self.condition:
            self.ledger.clear()
            self.script.clear()
            self.interactions.clear()
            self.keys.clear()
            self.rng.seed(self.settings.seed)

    def begin(self, request: Request) -> Response | None:
        """See ``connection.Handler``."""
        kind = _kind(request)
        with self.condition:
            behaviour = self.script.at_head(kind)
            if isinstance(behaviour, ExpireTokens):
                self.tokens.expire_all()
            elif isinstance(behaviour, DropAtHead):
                plan = Plan(names=[behaviour.name], delivery=behaviour.delivery)
                return self._record(request, kind, Response(503), plan)
        return None

    def handle(self, request: Request) -> Response:
        """See ``connection.Handler``."""
        kind = _kind(request)
        with self.condition:
            if kind == "other":
                plan = self.script.plan(kind, (), self._clock())
                return self._record(request, kind, self._answer(plan, error(404)), plan)
            if request.method != _METHODS[kind]:
                refusal = error(405, headers=(("Allow", _METHODS[kind]),))
                return self._record(request, kind, refusal, Plan())
            if kind == "token":
                plan = self.script.plan(kind, (), self._clock())
                return self._record(request, kind, self._answer(plan, self._token(request)), plan)
            if kind == "userinfo":
                return self._userinfo(request)
            if kind == "read":
                return self._read(request)
            return self._patch(request, kind)

    def invalid(self, request: Request | None, problem: ProtocolError) -> Response:
        """See ``connection.Handler``."""
        kind: Kind = "invalid" if request is None else _kind(request)
        known = request or Request("", "", {}, self._clock())
        with self.condition:
            self.ledger.append(self._entry(known, kind, problem.status, "answered", Plan()))
        return error(problem.status, problem.reason)

    def incomplete(self, request: Request | None) -> None:
        """See ``connection.Handler``."""
        kind: Kind = "invalid" if request is None else _kind(request)
        known = request or Request("", "", {}, self._clock())
        with self.condition:
            self.ledger.append(self._entry(known, kind, None, "incomplete", Plan()))

    # --- routes; called with the condition held ---

    def _token(self, request: Request) -> Response:
        settings = self.settings
        form = parse_form(request.body)
        if form.get("grant_type") != "client_credentials":
            return oauth_error(400, "unsupported_grant_type" if form else "invalid_request")
        given = client_credentials(request, form)
        expected = (settings.client_id, settings.client_secret)
        if not all(
            hmac.compare_digest(a.encode(), b.encode())
            for a, b in zip(given, expected, strict=True)
        ):
            return oauth_error(401, "invalid_client")
        lifetime_s = 300 if settings.expires_in is None else settings.expires_in
        content: dict[str, Any] = {
            "access_token": self.tokens.issue(self._clock(), lifetime_s),
            "token_type": "Bearer",
            "scope": " ".join(settings.scopes),
        }
        if settings.expires_in is not None:
            content["expires_in"] = settings.expires_in
        return token_reply(content)

    def _userinfo(self, request: Request) -> Response:
        if not self._signed_in(request):
            return self._record(request, "userinfo", unauthorized(), Plan())
        content = {"sub": self.settings.client_id}
        if self.settings.userinfo_scope:
            content["scope"] = " ".join(self.settings.scopes)
        plan = self.script.plan("userinfo", (), self._clock())
        return self._record(request, "userinfo", self._answer(plan, json_reply(200, content)), plan)

    def _read(self, request: Request) -> Response:
        """Every interaction exists; one that was never written has no attributes."""
        interaction_id = interaction_id_of(request.path)
        if interaction_id is None:
            return self._record(request, "read", error(404), Plan())
        ids = (interaction_id,)
        if not self._signed_in(request):
            return self._record(request, "read", unauthorized(), Plan(), ids)
        if READ_SCOPE not in self.settings.scopes:
            response = error(403, f"the scope {READ_SCOPE} is missing")
            return self._record(request, "read", response, Plan(), ids)
        attributes = self.interactions.get(interaction_id) or {}
        usual = json_reply(200, {"id": interaction_id, "attributes": attributes})
        plan = self.script.plan("read", ids, self._clock())
        return self._record(request, "read", self._answer(plan, usual), plan, ids)

    def _patch(self, request: Request, kind: Kind) -> Response:
        settings = self.settings
        key = request.headers.get("idempotency-key")
        if kind == "batch":
            items, refusal = parse_batch(request.body, settings.max_batch)
            if settings.reject_whole_batch and refusal is None:
                bad = next((item for item in items if item.status != 200), None)
                if bad is not None:
                    refusal = Refusal(bad.status, bad.message)
        else:
            items, refusal = parse_single(interaction_id_of(request.path), request.body, key)
        ids = tuple([item.interaction_id for item in items])
        keys = tuple([item.key for item in items])

        if not self._signed_in(request):
            return self._record(request, kind, unauthorized(), Plan(), ids, keys)
        if WRITE_SCOPE not in settings.scopes:
            response = error(403, f"the scope {WRITE_SCOPE} is missing")
            return self._record(request, kind, response, Plan(), ids, keys)

        plan = self.script.plan(kind, ids, self._clock())
        outcomes: list[_Outcome] = []
        if refusal is None and plan.apply and (plan.answer is None or plan.answer.applied):
            number = self.ledger.next_number()
            outcomes = [
                self._write(number, item, _item_key(item, key, index, kind), plan, index)
                for index, item in enumerate(items)
            ]
        if refusal is not None:
            response = error(refusal.status, refusal.message)
        elif kind == "single":
            response = self._single_reply(ids, outcomes)
        else:
            response = self._batch_reply(ids, outcomes, plan)
        return self._record(request, kind, self._answer(plan, response), plan, ids, keys, outcomes)

    def _write(self, number: int, item: Item, key: str | None, plan: Plan, index: int) -> _Outcome:
        override = plan.items.get(index)
        if override is not None:
            if override.applied and item.status == 200:
                self._apply(number, item, key)
            message = override.message or phrase(override.status)
            applied = override.applied and item.status == 200
            return _Outcome(override.status, message, applied, override.members)
        if item.status != 200:
            return _Outcome(item.status, item.message)
        if self.settings.deduplicate and key is not None:
            seen = self.keys.seen(key, item.interaction_id, item.attributes)
            if seen:
                return _REPLAYED
            if seen is False:
                return _Outcome(422, "the idempotency key belongs to another update")
        self._apply(number, item, key)
        return _APPLIED

    def _apply(self, number: int, item: Item, key: str | None) -> None:
        self.interactions.apply(number, item.interaction_id, item.attributes)
        if self.settings.deduplicate and key is not None:
            self.keys.remember(key, item.interaction_id, item.attributes)

    def _single_reply(self, ids: tuple[str, ...], outcomes: list[_Outcome]) -> Response:
        if not outcomes:
            return error(503)  # stands in for an answer that the script replaces or drops
        outcome = outcomes[0]
        status = as_status(outcome.status)
        if status != 200:
            return json_reply(status, {"message": outcome.message, **(outcome.members or {})})
        attributes = self.interactions.get(ids[0]) or {}
        return json_reply(200, {"id": ids[0], "message": outcome.message, "attributes": attributes})

    def _batch_reply(self, ids: tuple[str, ...], outcomes: list[_Outcome], plan: Plan) -> Response:
        results: list[dict[str, Any]] = []
        for outcome in outcomes:
            result: dict[str, Any] = {"status": outcome.status, "message": outcome.message}
            if outcome.members:
                result.update(outcome.members)
            results.append(result)
        member = plan.echo_member or ("id" if self.settings.echo_ids else None)
        if member is not None:
            for result, interaction_id in zip(results, ids, strict=False):
                result[member] = interaction_id
        content: dict[str, Any] = {"results": results}
        for reshape in plan.reshapes:
            reshape.reshape(content, self.rng)
        return json_reply(200, content)

    # --- shared by the routes; called with the condition held ---

    def _signed_in(self, request: Request) -> bool:
        token = bearer_token(request)
        return token is not None and self.tokens.valid(token, self._clock())

    def _answer(self, plan: Plan, usual: Response) -> Response:
        """The usual response, or what the script puts in its place."""
        answer = plan.answer
        if answer is not None:
            return scripted(answer)
        if plan.bad_body is not None:
            headers = (("Content-Type", plan.bad_body.content_type),)
            return Response(usual.status, plan.bad_body.body, headers)
        if plan.pad_to_bytes:
            return padded(usual, plan.pad_to_bytes)
        return usual

    def _record(
        self,
        request: Request,
        kind: Kind,
        response: Response,
        plan: Plan,
        ids: tuple[str, ...] = (),
        keys: tuple[str | None, ...] = (),
        outcomes: list[_Outcome] | None = None,
    ) -> Response:
        """Enter the request in the ledger and let its response travel as planned."""
        delivery = plan.delivery
        if self._usual is not PROMPT:
            delivery = self._usual if delivery is PROMPT else self._usual.merged(delivery)
        status = None if delivery.unanswered else response.status
        ending: Ending = "answered" if delivery is PROMPT else "waiting"
        entry = self._entry(request, kind, status, ending, plan, ids, keys, outcomes)
        self.ledger.append(entry)
        if delivery is PROMPT:
            return response

        def done(ending: Ending) -> None:
            with self.condition:
                self.ledger.finish(entry, ending)

        return response.with_delivery(delivery, done)

    def _entry(
        self,
        request: Request,
        kind: Kind,
        status: int | None,
        ending: Ending,
        plan: Plan,
        ids: tuple[str, ...] = (),
        keys: tuple[str | None, ...] = (),
        outcomes: list[_Outcome] | None = None,
    ) -> LedgerEntry:
        body = request.body if self.settings.record_bodies else b""
        if kind == "token" and body:
            body = without_secrets(body)
        return LedgerEntry(
            number=self.ledger.next_number(),
            received_at=request.received_at,
            kind=kind,
            method=request.method,
            path=request.path,
            headers=safe_headers(request, self.tokens),
            body=body,
            interaction_ids=ids,
            idempotency_keys=keys,
            request_key=request.headers.get("idempotency-key"),
            status=status,
            ending=ending,
            item_statuses=tuple([outcome.status for outcome in outcomes or ()]),
            applied=tuple([outcome.applied for outcome in outcomes or ()]),
            behaviours=tuple(plan.names),
        )


def _kind(request: Request) -> Kind:
    path = request.path
    fixed = _FIXED.get(path)
    if fixed is not None:
        return fixed
    if not path.startswith(PATH_PREFIX):
        return "other"
    rest = path[len(PATH_PREFIX) :]
    if not rest or "/" in rest or rest in (".", ".."):
        return "other"
    return "read" if request.method == "GET" else "single"


def _item_key(item: Item, request_key: str | None, index: int, kind: Kind) -> str | None:
    """The item's own key, or one made from the request's key and the item's place."""
    if item.key is not None or request_key is None or kind == "single":
        return item.key
    return f"{request_key}#{index}"
