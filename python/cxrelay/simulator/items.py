"""The items of a PATCH: which interaction gets which attributes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote

PATH_PREFIX = "/api/v2/interactions/"


@dataclass(slots=True)
class Item:
    """One interaction to write; ``status`` is not 200 where the item itself is wrong."""

    interaction_id: str
    attributes: dict[str, Any]
    key: str | None
    status: int = 200
    message: str = "OK"


@dataclass(slots=True)
class Refusal:
    """Why a whole request is not carried out."""

    status: int
    message: str


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_single(
    interaction_id: str | None, body: bytes, key: str | None
) -> tuple[list[Item], Refusal | None]:
    """The one item of ``PATCH /api/v2/interactions/{id}``.

    Args:
        interaction_id: decoded id of the path; None if it cannot be decoded.
        body: ``{"attributes": {...}}``.
        key: the request's Idempotency-Key.
    """
    if interaction_id is None:
        return [], Refusal(400, "the interaction id is not UTF-8")
    item = Item(interaction_id, {}, key)
    content = _decode(body)
    _read_attributes(item, content)
    if item.status != 200:
        return [item], Refusal(item.status, item.message)
    return [item], None


def parse_batch(body: bytes, max_batch: int) -> tuple[list[Item], Refusal | None]:
    """The items of ``PATCH /api/v2/interactions/batch``.

    Args:
        body: ``{"requests": [{"method": ..., "path": ..., "body": ...}, ...]}``.
        max_batch: more items than this are refused with 413.

    Returns:
        The items as far as they can be read, and why the batch is refused, if it is.
    """
    content = _decode(body)
    requests = content.get("requests") if isinstance(content, dict) else None
    if not isinstance(requests, list) or not requests:
        return [], Refusal(400, "requests must be a list with at least one item")
    if not all(isinstance(request, dict) for request in requests):
        return [], Refusal(400, "each of requests must be an object")
    items = [_item(request) for request in requests]
    if len(items) > max_batch:
        return items, Refusal(413, f"a batch has at most {max_batch} items")
    return items, None


def interaction_id_of(path: str) -> str | None:
    """The decoded id of ``/api/v2/interactions/{id}``; None for every other path."""
    if not path.startswith(PATH_PREFIX):
        return None
    rest = path[len(PATH_PREFIX) :]
    # Dot segments would be resolved by a real server and reach another resource.
    if not rest or "/" in rest or "?" in rest or "#" in rest or rest in (".", "..", "batch"):
        return None
    if "%" not in rest:
        return rest
    try:
        return unquote(rest, errors="strict")
    except UnicodeDecodeError:
        return None


def _item(request: dict[str, Any]) -> Item:
    path = request.get("path")
    interaction_id = interaction_id_of(path) if isinstance(path, str) else None
    item = Item(interaction_id or "", {}, _key(request))
    if interaction_id is None:
        item.status, item.message = 404, "no such path in a batch"
    elif request.get("method") != "PATCH":
        item.status, item.message = 405, "only PATCH is possible in a batch"
    else:
        _read_attributes(item, request.get("body"))
    return item


def _read_attributes(item: Item, content: object) -> None:
    attributes = content.get("attributes") if isinstance(content, dict) else None
    if not isinstance(attributes, dict) or not attributes:
        item.status, item.message = 400, "attributes must be an object with at least one member"
        return
    for value in attributes.values():
        if value is None or value == "":
            item.status, item.message = 400, "an attribute is null or empty"
            return
    item.attributes = attributes


def _key(request: dict[str, Any]) -> str | None:
    key = request.get("idempotencyKey")
    if key is None:
        headers = request.get("headers")
        if isinstance(headers, dict):
            for name, value in headers.items():
                if name.lower() == "idempotency-key":
                    key = value
    return key if isinstance(key, str) else None


def _decode(body: bytes) -> Any:
    """The JSON value of a body; None if it is not JSON."""
    try:
        return _DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        return None
