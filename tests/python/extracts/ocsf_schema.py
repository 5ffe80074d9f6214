"""What OCSF 1.6.0 says of the class API Activity, as far as a producer without profiles needs it.

Facts of the schema (github.com/ocsf/ocsf-schema: events/base_event, events/application/*, objects/*,
dictionary.json), written down here by hand. ``problems`` is a validator of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LONG = range(-(2**63), 2**63)
INTEGER = range(-(2**31), 2**31)


@dataclass(frozen=True)
class Attribute:
    """Type (string_t, integer_t, long_t, timestamp_t, json_t or an object's name), and what is demanded."""

    type: str
    required: bool = False
    is_array: bool = False
    enum: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kind:
    """An object of the schema."""

    attributes: dict[str, Attribute]
    at_least_one: tuple[str, ...] = ()


STRING, INT, LONG_T = Attribute("string_t"), Attribute("integer_t"), Attribute("long_t")
TIME = Attribute("timestamp_t")


def need(kind: str, *enum: int) -> Attribute:
    return Attribute(kind, required=True, enum=enum)


API_ACTIVITY = Kind(
    {
        "activity_id": need("integer_t", 0, 1, 2, 3, 4, 99),
        "activity_name": STRING,
        "actor": need("actor"),
        "api": need("api"),
        "category_name": STRING,
        "category_uid": need("integer_t", 6),
        "class_name": STRING,
        "class_uid": need("integer_t", 6003),
        "count": INT,
        "dst_endpoint": Attribute("network_endpoint"),
        "duration": LONG_T,
        "end_time": TIME,
        "http_response": Attribute("http_response"),
        "message": STRING,
        "metadata": need("metadata"),
        "raw_data": STRING,
        "resources": Attribute("resource_details", is_array=True),
        "severity": STRING,
        "severity_id": need("integer_t", 0, 1, 2, 3, 4, 5, 6, 99),
        "src_endpoint": need("network_endpoint"),
        "start_time": TIME,
        "status": STRING,
        "status_code": STRING,
        "status_detail": STRING,
        "status_id": Attribute("integer_t", enum=(0, 1, 2, 99)),
        "time": need("timestamp_t"),
        "timezone_offset": INT,
        "type_name": STRING,
        "type_uid": need("long_t", *(600300 + n for n in (0, 1, 2, 3, 4, 99))),
        "unmapped": Attribute("json_t"),
    }
)
KINDS = {
    "actor": Kind(
        {"app_name": STRING, "app_uid": STRING, "user": Attribute("user")},
        ("process", "user", "invoked_by", "session", "app_name", "app_uid"),
    ),
    "user": Kind(
        {"name": STRING, "uid": STRING, "full_name": STRING, "email_addr": STRING},
        ("account", "name", "uid"),
    ),
    "api": Kind(
        {
            "operation": need("string_t"),
            "request": Attribute("request"),
            "response": Attribute("response"),
            "service": Attribute("service"),
            "version": STRING,
        }
    ),
    "request": Kind({"uid": need("string_t"), "flags": Attribute("string_t", is_array=True)}),
    "response": Kind(
        {"code": INT, "error": STRING, "error_message": STRING, "message": STRING},
    ),
    "service": Kind({"name": STRING, "uid": STRING, "version": STRING}, ("name", "uid")),
    "http_response": Kind({"code": need("integer_t"), "message": STRING, "status": STRING}),
    "network_endpoint": Kind(
        {"name": STRING, "svc_name": STRING, "hostname": STRING, "uid": STRING, "port": INT},
        ("ip", "uid", "name", "hostname", "svc_name", "instance_uid", "interface_uid"),
    ),
    "resource_details": Kind({"name": STRING, "type": STRING, "uid": STRING}, ("name", "uid")),
    "metadata": Kind(
        {
            "correlation_uid": STRING,
            "event_code": STRING,
            "log_name": STRING,
            "original_time": STRING,
            "product": need("product"),
            "sequence": INT,
            "uid": STRING,
            "version": need("string_t"),
        }
    ),
    "product": Kind({"name": STRING, "vendor_name": STRING, "version": STRING}, ("name", "uid")),
}
CAPTIONS = {
    "activity_id": (
        "activity_name",
        {0: "Unknown", 1: "Create", 2: "Read", 3: "Update", 4: "Delete"},
    ),
    "category_uid": ("category_name", {6: "Application Activity"}),
    "class_uid": ("class_name", {6003: "API Activity"}),
    "severity_id": (
        "severity",
        {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"},
    ),
    "status_id": ("status", {0: "Unknown", 1: "Success", 2: "Failure"}),
    "type_uid": (
        "type_name",
        {
            600301: "API Activity: Create",
            600303: "API Activity: Update",
            600304: "API Activity: Delete",
            600399: "API Activity: Other",
        },
    ),
}
"""Of a number: the text beside it, and what it must be. 99 lets the source choose it."""


def problems(event: Any) -> list[str]:
    """What is wrong with an event; empty if it is valid."""
    found = _object("event", event, API_ACTIVITY)
    if found:
        return found
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid is not class_uid * 100 + activity_id")
    for number, (text, captions) in CAPTIONS.items():
        caption = captions.get(event.get(number))
        if caption is not None and text in event and event[text] != caption:
            found.append(f"{text} is not {caption}")
    if event["metadata"]["version"].count(".") != 2:
        found.append("metadata.version is no version")
    return found


def _object(place: str, value: Any, kind: Kind) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place} is no object"]
    found = [
        f"{place}.{name} is missing"
        for name, attribute in kind.attributes.items()
        if attribute.required and name not in value
    ]
    found += [f"{place}.{name} is unknown" for name in value.keys() - kind.attributes.keys()]
    if kind.at_least_one and not value.keys() & set(kind.at_least_one):
        found.append(f"{place} has none of {', '.join(kind.at_least_one)}")
    for name in value.keys() & kind.attributes.keys():
        found += _value(f"{place}.{name}", value[name], kind.attributes[name])
    return found


def _value(place: str, value: Any, attribute: Attribute) -> list[str]:
    if attribute.is_array:
        if not isinstance(value, list):
            return [f"{place} is no array"]
        one = Attribute(attribute.type, enum=attribute.enum)
        return [text for n, item in enumerate(value) for text in _value(f"{place}[{n}]", item, one)]
    if attribute.type in KINDS:
        return _object(place, value, KINDS[attribute.type])
    fits = {
        "string_t": isinstance(value, str) and value != "",
        "integer_t": type(value) is int and value in INTEGER,
        "long_t": type(value) is int and value in LONG,
        # Milliseconds: what is meant to be of our time, and is in seconds or microseconds, is not.
        "timestamp_t": type(value) is int and 10**11 < value < 10**14,
        "json_t": isinstance(value, dict),
    }
    if not fits[attribute.type]:
        return [f"{place} is no {attribute.type}"]
    if attribute.enum and value not in attribute.enum:
        return [f"{place} is {value}, which the schema does not have"]
    return []
