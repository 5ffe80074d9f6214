"""One validated webhook payload.

:class:`InteractionEvent` behaves like the tutorial's pydantic model, without pydantic: the same
names, verdicts and values. It is immutable and keeps the bytes that it was made from.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from cxrelay import _core
from cxrelay.errors import ValidationError

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["InteractionEvent", "parse_event"]

_EPOCH: Final = datetime(1970, 1, 1)
_NO_LIMIT: Final = 2**32 - 1024
_MAX_DEPTH: Final = 32
_INT_BOUND: Final = 10**4300  # the default limit of Python and pydantic for text to int

_ALIASES: Final = {
    "interaction_id": "interactionId",
    "contact_id": "contactId",
    "timestamp": "timestamp",
    "attributes": "attributes",
    "legacy_crm_id": "legacyCrmId",
    "source_channel": "sourceChannel",
}
"""Python name to the name in webhooks."""
_FIELDS: Final = frozenset(_ALIASES) | frozenset(_ALIASES.values())


class InteractionEvent(_core.InteractionEvent):
    """An interaction event: ids, time, attributes. Equal events are equal in every field.

    Built from JSON with :meth:`model_validate_json`, from Python values with :meth:`model_validate`
    or with keywords, each field by its Python name or by its name in webhooks::

        InteractionEvent(interaction_id="i-1", contactId="c-1", timestamp="2024-05-15T10:30:00Z")

    Python values must have a JSON form: None, bool, int, finite float, str, list, tuple and dict
    with str keys; ``timestamp`` may also be a datetime or a date. Anything else is refused, in
    unknown fields too. A datetime's offset must be whole minutes.
    """

    __slots__ = ()

    def __init__(self, /, **data: Any) -> None:
        super().__init__(_json_of(data))

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray | memoryview) -> Self:
        """Validates JSON text; a :class:`~cxrelay.errors.ValidationError` has every reason."""
        event = cls.__new__(cls)
        _core.InteractionEvent.__init__(event, json_data)
        return event

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """Validates a dict of Python values; an event is returned as it is."""
        if isinstance(obj, cls):
            return obj
        if not isinstance(obj, dict):
            message = "Event should be a dict or an InteractionEvent"
            raise ValidationError([("model_type", (), message)])
        return cls.model_validate_json(_json_of(obj))

    @property
    def timestamp(self) -> datetime:
        """When it happened: naive if the sender gave no offset, else with the sender's."""
        offset_s = self.timestamp_offset_s
        local = _EPOCH + timedelta(microseconds=self.timestamp_utc_us, seconds=offset_s or 0)
        if offset_s is None:
            return local
        return local.replace(tzinfo=timezone(timedelta(seconds=offset_s)))

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes as a dict of its own: integers exact, decimals as float."""
        attributes: dict[str, Any] = json.loads(self.attributes_json)
        return attributes

    def model_dump(
        self, *, mode: Literal["python", "json"] = "python", by_alias: bool = False
    ) -> dict[str, Any]:
        """Returns the fields as a dict; with mode "json" the timestamp is text."""
        if mode == "json":
            fields: dict[str, Any] = json.loads(self.to_json(by_alias=by_alias))
            return fields
        return {_ALIASES[name] if by_alias else name: value for name, value in self._fields()}

    def model_dump_json(self, *, by_alias: bool = False) -> str:
        """Returns the fields as JSON text, as pydantic writes the tutorial's model."""
        return self.to_json(by_alias=by_alias)

    def _fields(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in _ALIASES)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, InteractionEvent):
            return NotImplemented
        return all(value == getattr(other, name) for name, value in self._fields())

    def __hash__(self) -> int:
        return hash((self.interaction_id, self.contact_id, self.timestamp))

    def __str__(self) -> str:
        return " ".join(f"{name}={value!r}" for name, value in self._fields())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._fields())
        return f"{type(self).__name__}({fields})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.original)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls.model_validate,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda event, info: event.model_dump(mode=info.mode, by_alias=bool(info.by_alias)),
                info_arg=True,
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return _json_schema(cls.__name__)


def parse_event(raw: str | bytes | bytearray | memoryview) -> InteractionEvent:
    """Validates one webhook body: short for :meth:`InteractionEvent.model_validate_json`."""
    return InteractionEvent.model_validate_json(raw)


def _restore(cls: type[InteractionEvent], original: bytes) -> InteractionEvent:
    """Unpickles, without limits: those that held when the event was made are not known here."""
    event = cls.__new__(cls)
    _core.InteractionEvent.__init__(
        event, original, max_bytes=_NO_LIMIT, max_depth=_NO_LIMIT, max_keys=_NO_LIMIT
    )
    return event


def _json_of(data: dict[Any, Any]) -> str:
    """The JSON text of an event given as Python values, or a ValidationError."""
    when = data.get("timestamp")
    if isinstance(when, date):  # which a datetime is, too
        data = {**data, "timestamp": when.isoformat()}
    refused = [
        ("json_value", loc, "Value should be one that JSON can express")
        for loc in _without_json_form(data, (), 1)
    ]
    if refused:
        raise ValidationError(refused)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _without_json_form(value: Any, loc: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    """The fields with values and keys that JSON cannot express; other names are input, and not told."""
    if value is None or isinstance(value, (bool, str)):
        return
    if isinstance(value, int):
        if abs(value) >= _INT_BOUND:
            yield loc
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield loc
    elif not isinstance(value, (dict, list, tuple)):
        yield loc
    elif depth > _MAX_DEPTH:
        message = f"Event should be nested at most {_MAX_DEPTH} levels deep"
        raise ValidationError([("json_too_deep", (), message)])
    else:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            inner = loc if depth > 1 or key not in _FIELDS else (str(key),)
            if isinstance(value, dict) and not isinstance(key, str):
                yield inner
            yield from _without_json_form(item, inner, depth + 1)


def _json_schema(title: str) -> dict[str, Any]:
    """What pydantic generates for the tutorial's model, with the narrower ids of ours."""
    identifier = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}$"}
    optional_text = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    return {
        "title": title,
        "type": "object",
        "properties": {
            "interactionId": {"title": "Interactionid", **identifier},
            "contactId": {"title": "Contactid", **identifier},
            "timestamp": {"title": "Timestamp", "type": "string", "format": "date-time"},
            "attributes": {"title": "Attributes", "type": "object", "additionalProperties": True},
            "legacyCrmId": {"title": "Legacycrmid", **optional_text},
            "sourceChannel": {"title": "Sourcechannel", **optional_text},
        },
        "required": ["interactionId", "contactId", "timestamp"],
    }
