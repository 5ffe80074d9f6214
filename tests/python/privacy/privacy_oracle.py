"""Privacy policies once more, by regular expressions over places: shares no code with the engine."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

import cxrelay

STRICTNESS = ["keep", "hash", "mask", "drop"]
KEY = b"a key for tests, 32 bytes of it."
DROPPED = object()


def folded(name: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in name if c not in "_-")


def member(name: str) -> str:
    return f"\n.{folded(name).encode().hex()} "


def element(index: int) -> str:
    return f"\n#{index} "


def expression(path: str) -> re.Pattern[str]:
    """A pattern as an expression over the members and elements on the way to a value."""
    if path.startswith("/"):
        tokens = [t.replace("~1", "/").replace("~0", "~") for t in path[1:].split("/")]
        return re.compile("".join(map(name, tokens)))
    text = ""
    for part in path.split("."):
        if part == "**":
            text += r"(?:\n[^\n]*)*"
        elif part == "*":
            text += r"\n[^\n]*"
        elif part.startswith("*"):
            text += rf"\n\.(?:[0-9a-f]{{2}})*{folded(part[1:]).encode().hex()} "
        else:
            text += name(part)
    return re.compile(text)


def name(part: str) -> str:
    is_index = re.fullmatch("0|[1-9][0-9]{0,8}", part)
    return f"(?:{member(part)}|{element(int(part))})" if is_index else member(part)


@dataclass
class Oracle:
    """What a policy with KEY makes of parsed events."""

    fields: dict[str, str]
    defaults: bool
    default_action: str

    def __post_init__(self) -> None:
        rules = [(path, action, True) for path, action in self.fields.items()]
        if self.defaults:
            rules += [(f"**.{n}", "mask", False) for n in cxrelay.PrivacyPolicy.secret_names()]
        self.rules = [
            (
                (own, path.startswith("/") or "*" not in path, STRICTNESS.index(action)),
                expression(path),
                action,
            )
            for path, action, own in rules
        ]

    def stored(self, event: dict[str, Any]) -> Any:
        return self.children(event, "", self.default_action)

    def value(self, value: Any, place: str, inherited: str) -> Any:
        meant = [(w, action) for w, rule, action in self.rules if rule.fullmatch(place)]
        action = max(meant)[1] if meant else inherited
        is_open = isinstance(value, (dict, list)) and value and (not meant or action == "keep")
        if is_open:
            kept = self.children(value, place, action)
            return DROPPED if action == "drop" and not kept else kept
        if action == "drop":
            return DROPPED
        return {"keep": value, "mask": "***", "hash": hashed(value)}[action]

    def children(self, value: Any, place: str, inherited: str) -> Any:
        if isinstance(value, dict):
            made = {k: self.value(v, place + member(k), inherited) for k, v in value.items()}
            return {k: v for k, v in made.items() if v is not DROPPED}
        items = [self.value(v, place + element(i), inherited) for i, v in enumerate(value)]
        return [v for v in items if v is not DROPPED]


def hashed(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    key_id = hmac.new(KEY, b"cxrelay privacy key id", hashlib.sha256).hexdigest()[:8]
    digest = hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()
    return f"hmac-sha256:{key_id}:{digest}"
