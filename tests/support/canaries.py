"""Texts that must show up nowhere, and a search for them in whatever form they may have taken."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

_PIECE = 14  # characters of a secret at its begin or end; less is no use to anybody


def forms_of(text: str) -> dict[str, bytes]:
    """The forms that a text takes on its way through programs; name to bytes."""
    raw = text.encode()
    escaped = json.dumps(text)[1:-1]
    found = {
        "raw": raw,
        "url": quote(text, safe="").encode(),
        "form": quote_plus(text).encode(),
        "url lower": re.sub("%..", lambda m: m[0].lower(), quote(text, safe="")).encode(),
        "json": escaped.encode(),
        "json with \\/": escaped.replace("/", "\\/").encode(),
        "base64": base64.b64encode(raw).rstrip(b"="),
        "base64url": base64.urlsafe_b64encode(raw).rstrip(b"="),
        "utf-16 le": text.encode("utf-16-le"),
        "utf-16 be": text.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    # Inside a longer text that is base64, a text has one of three forms; its ends belong to its neighbours.
    for skipped in (0, 1, 2):
        whole = raw[skipped : skipped + (len(raw) - skipped) // 3 * 3]
        found[f"base64 inside, {skipped}"] = base64.b64encode(whole)
        found[f"base64url inside, {skipped}"] = base64.urlsafe_b64encode(whole)
    return found


@dataclass(frozen=True)
class Canary:
    """A text, and what it stands for.

    Attributes:
        name: ``client_secret``, ``phone``.
        text: unique.
        is_secret: a piece of it is a leak too.
    """

    name: str
    text: str
    is_secret: bool = True

    def forms(self) -> dict[str, bytes]:
        """All that are looked for."""
        found = forms_of(self.text)
        if self.is_secret and len(self.text) > 2 * _PIECE:
            found["its begin"] = self.text[:_PIECE].encode()
            found["its end"] = self.text[-_PIECE:].encode()
        return found


CLIENT_ID = "cxrelay-canary"
CLIENT_SECRET = Canary("client_secret", "cnryS3cret/7f3a+Q9=zX_kP&w41aVvN8/tr0u7Lm2Bc")
TOKEN = Canary("token", "cnryT0ken.eyJzdWIiOiJxN2Y5In0/Zk3+9Lw8x.s1gn4tureOfTheT0kenHere==")
BASIC = Canary(
    "basic",
    base64.b64encode(f"{CLIENT_ID}:{quote_plus(CLIENT_SECRET.text)}".encode()).decode(),
)
PHONE = Canary("phone", "+49 30 5550173-88461", is_secret=False)
EMAIL = Canary("email", "cnry.person+tag/1@mail.example", is_secret=False)
SECRETS = (CLIENT_SECRET, TOKEN, BASIC)
PERSONAL = (PHONE, EMAIL)


class Search:
    """Looks for canaries. Two that share a form are both named.

    Args:
        canaries: what is looked for.
    """

    def __init__(self, canaries: Iterable[Canary] = (*SECRETS, *PERSONAL)) -> None:
        self._names: dict[bytes, str] = {}
        for canary in canaries:
            for form, data in canary.forms().items():
                self._names.setdefault(data, f"{canary.name} ({form})")
        longest_first = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(re.escape(data) for data in longest_first))

    def in_bytes(self, data: bytes) -> set[str]:
        """``{"token (raw)"}``: what was found, and in which form."""
        found = {self._names[match[0]] for match in self._pattern.finditer(data)}
        if data[:2] == b"\x1f\x8b":
            found |= self.in_bytes(gzip.decompress(data))
        return found

    def in_text(self, text: str) -> set[str]:
        """The same for a text."""
        return self.in_bytes(text.encode(errors="surrogatepass"))

    def in_folder(self, folder: Path, policy: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
        """File to what was found in its content and its name.

        Args:
            folder: searched to its leaves.
            policy: canary to patterns of file names (``*.db``) that may hold it.
        """
        found = {}
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            hits = self.in_text(name)
            if path.is_file() and not path.is_symlink():
                hits |= {
                    hit
                    for hit in self.in_bytes(path.read_bytes())
                    if not any(path.match(pattern) for pattern in policy.get(hit.split()[0], ()))
                }
            if hits:
                found[name] = hits
        return found
