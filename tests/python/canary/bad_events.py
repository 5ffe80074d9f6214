"""Events that are refused, with personal data and secrets wherever a value or a name may stand."""

from __future__ import annotations

import json

from echo_server import HARMFUL
from place import event

from support.canaries import EMAIL, PHONE

SAID = f"{PHONE.text} {EMAIL.text}"
_HEAD = event()[:-1]

_VALUES: dict[str, object] = {
    "a text": SAID,
    "a text with line breaks": SAID + HARMFUL,
    "an object": {SAID: SAID},
    "a list": [SAID, {SAID: [SAID]}],
    "a number": 12345,
    "nothing": None,
    "a lone surrogate": "\ud800" + SAID,
}
_FIELDS = ("interactionId", "contactId", "timestamp", "attributes", "legacyCrmId", "sourceChannel")

BAD_EVENTS: dict[str, bytes] = {
    **{
        f"{field}: {kind}": event(**{field: value})
        for field in _FIELDS
        for kind, value in _VALUES.items()
    },
    "a member named twice": _HEAD
    + json.dumps({SAID: 1}).encode()[1:-1].join([b", ", b", "])
    + b"}",
    "a field named twice": _HEAD + f', "contactId": {json.dumps(SAID)}}}'.encode(),
    "cut in a value": f'{{"interactionId": "{SAID}'.encode(),
    "cut in a name": f'{{"{SAID}'.encode(),
    "no JSON": SAID.encode(),
    "a JSON text": json.dumps(SAID).encode(),
    "a list": json.dumps([SAID]).encode(),
    "an unknown escape": f'{{"a": "\\q{SAID}"}}'.encode(),
    "a control character": f'{{"a": "\x01{SAID}"}}'.encode(),
    "NaN": _HEAD + f', "{SAID}": NaN}}'.encode(),
    "1e400": _HEAD + f', "{SAID}": 1e400}}'.encode(),
    "invalid UTF-8": _HEAD + b', "x": "' + SAID.encode() + b'\xff\xfe"}',
    "too deep": _HEAD + b', "x": ' + f'{{"{SAID}": '.encode() * 99 + b"1" + b"}" * 100,
    "too many keys": _HEAD
    + b"".join(f', "{SAID}{number}": 1'.encode() for number in range(1100))
    + b"}",
    "too large": _HEAD + b', "x": "' + SAID.encode() * 5000 + b'"}',
    "nothing required": json.dumps({SAID: SAID}).encode(),
    "a NUL in an id": event(f"i\0{SAID}"),
    "an id too long": event("i" * 200 + SAID),
    "a time out of range": event(timestamp=f"9999-99-99T{SAID}"),
    "a hostile id": event(f"../../{SAID}"),
}
"""Name to a line. Some of these are no error to the tutorial's model; most are."""
