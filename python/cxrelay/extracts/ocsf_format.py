"""Events of the Open Cybersecurity Schema Framework: class API Activity."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cxrelay import _core

from .request_book import RequestPlace
from .trail_line import TrailLine, utc_text

OCSF_VERSION = "1.6.0"

_CATEGORY, _CLASS = 6, 6003
_ACTIVITIES = {1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: "Other"}
_SEVERITIES = {1: "Informational", 2: "Low", 3: "Medium", 4: "High"}
_STATUSES = {1: "Success", 2: "Failure", 99: "Other"}


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What an action is in the schema's words."""

    activity: int
    operation: str
    severity: int = 1
    status: int = 1


_MEANINGS = {
    "accepted": _Meaning(1, "accept event"),
    "skipped": _Meaning(1, "accept event"),
    "upgraded": _Meaning(1, "take over update"),
    "rejected": _Meaning(1, "accept event", severity=2, status=2),
    "started": _Meaning(3, "send request", status=99),
    "finished": _Meaning(3, "send request"),
    "superseded": _Meaning(3, "supersede update"),
    "dead": _Meaning(3, "give up update", severity=3, status=2),
    "parked": _Meaning(3, "park update", severity=3, status=99),
    "revived": _Meaning(3, "revive updates"),
    "erased": _Meaning(4, "erase payloads"),
    "exported": _Meaning(2, "export segment"),
    "retained": _Meaning(4, "remove old segments"),
}
_FINISHED = {  # by processingStatus: severity and status
    "success": (1, 1),
    "partial": (2, 99),
    "failed": (2, 2),
    "released": (1, 99),
}
_OURS = ("interactionId", "idempotencyKey", "mappingVersion", "requestId")
_DIGESTS = ("originalDigest", "mappedDigest", "previousHash", "hash")


class OcsfFormat:
    """One event a line, in ASCII.

    Args:
        payloads: with the payloads as texts, in ``unmapped``.
    """

    def __init__(self, payloads: bool = False) -> None:
        self._payloads = payloads

    def head(self) -> str:
        """Nothing."""
        return ""

    def row(self, line: TrailLine, place: RequestPlace) -> str:
        """One record."""
        return json.dumps(self.event(line, place), separators=(",", ":")) + "\n"

    def event(self, line: TrailLine, place: RequestPlace) -> dict[str, Any]:
        """The record as an event of the schema."""
        meaning = _MEANINGS.get(line.action) or _Meaning(99, line.action, status=99)
        severity, status = meaning.severity, meaning.status
        word = line.member("processingStatus")
        if line.action == "finished":
            severity, status = _FINISHED.get(word, (1, 99))
            if line.updates("dead", "parked"):
                severity = 3
        event = {
            **_classification(meaning.activity, line.action),
            "time": line.time_us // 1000,
            "severity_id": severity,
            "severity": _SEVERITIES[severity],
            "status_id": status,
            "status": word if status == 99 else _STATUSES[status],
            "metadata": _metadata(line),
            "actor": _actor(line),
            "api": _api(line, meaning.operation),
            "src_endpoint": {"name": "cxrelay", "svc_name": "cxrelay"},
            "message": f"{line.action}: {word}" if word != line.action else line.action,
        }
        return event | self._details(line, place)

    def _details(self, line: TrailLine, place: RequestPlace) -> dict[str, Any]:
        """What not every record has."""
        found: dict[str, Any] = {}
        if place.target:
            found["dst_endpoint"] = {"name": place.target, "svc_name": place.target}
        if line.http_status:
            found["http_response"] = {"code": line.http_status}
        code = line.error_class or (str(line.http_status) if line.http_status else "")
        if code:
            found["status_code"] = code
        if reason := line.member("errorMessage"):
            found["status_detail"] = reason
        if line.interaction_id:
            found["resources"] = [
                {
                    "type": "interaction",
                    "uid": line.interaction_id,
                    "name": line.member("idempotencyKey") or line.interaction_id,
                }
            ]
        return found | {"unmapped": self._unmapped(line, place)}

    def _unmapped(self, line: TrailLine, place: RequestPlace) -> dict[str, Any]:
        """Our own members, under the names of the trail."""
        found: dict[str, Any] = {
            "seq": line.seq,
            "action": line.action,
            "timeUs": line.time_us,
            "processingStatus": line.member("processingStatus"),
        }
        found |= {name: line.member(name) for name in (*_OURS, *_DIGESTS) if line.member(name)}
        if line.event_time_us is not None:
            found["eventTimeUs"] = line.event_time_us
        if place.attempt:
            found["attempt"] = place.attempt
        if line.detail:
            found["detail"] = line.detail
        if self._payloads:
            names = ("originalPayload", "transformedPayload")
            texts = zip(names, line.payloads(), strict=True)
            found |= {name: text for name, text in texts if text is not None}
        return found


def _classification(activity: int, action: str) -> dict[str, Any]:
    name = action if activity == 99 else _ACTIVITIES[activity]
    return {
        "category_uid": _CATEGORY,
        "category_name": "Application Activity",
        "class_uid": _CLASS,
        "class_name": "API Activity",
        "activity_id": activity,
        "activity_name": name,
        "type_uid": _CLASS * 100 + activity,
        "type_name": f"API Activity: {_ACTIVITIES[activity]}",
    }


def _metadata(line: TrailLine) -> dict[str, Any]:
    found = {
        "version": OCSF_VERSION,
        "product": {"name": "cxrelay", "vendor_name": "cxrelay", "version": _core.__version__},
        "uid": line.member("hash"),
        "event_code": line.action,
        "log_name": "audit_transformations",
        "original_time": utc_text(line.time_us),
        "sequence": line.seq,
    }
    if line.request_id:
        found["correlation_uid"] = line.request_id
    return found


def _actor(line: TrailLine) -> dict[str, Any]:
    found: dict[str, Any] = {"app_name": "cxrelay"}
    if line.operator:
        found["user"] = {"name": line.operator}
    return found


def _api(line: TrailLine, operation: str) -> dict[str, Any]:
    found: dict[str, Any] = {"operation": operation, "service": {"name": "cxrelay"}}
    if line.request_id:
        found["request"] = {"uid": line.request_id}
    if line.http_status:
        found["response"] = {"code": line.http_status}
    return found
