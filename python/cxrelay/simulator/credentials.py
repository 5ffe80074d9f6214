"""Credentials in requests: read, and kept out of the ledger."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl, unquote_plus, urlencode

from .http import Request
from .state import Tokens

_SHOWN = frozenset(["grant_type", "scope", "client_id"])


def bearer_token(request: Request) -> str | None:
    """The token of ``Authorization: Bearer``."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def client_credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret, from HTTP Basic or else from the form; empty where missing."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("latin-1")
    except ValueError:
        return "", ""
    name, _, secret = text.partition(":")
    # RFC 6749 2.3.1: both are form-encoded before they are joined.
    return unquote_plus(name), unquote_plus(secret)


def parse_form(body: bytes) -> dict[str, str]:
    """The members of a form body; the last of several with one name."""
    return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))


def without_secrets(body: bytes) -> bytes:
    """A token request's form with everything replaced that might be a secret."""
    return urlencode(
        [(name, value if name in _SHOWN else "...") for name, value in parse_form(body).items()]
    ).encode()


def safe_headers(request: Request, tokens: Tokens) -> dict[str, str]:
    """The headers with a marker in the place of credentials."""
    value = request.headers.get("authorization")
    if value is None:
        return request.headers
    token = bearer_token(request)
    if token is not None:
        serial = tokens.serial(token)
        marker = f"Bearer ... #{serial}" if serial else "Bearer ... (unknown)"
    else:
        scheme, space, _ = value.partition(" ")
        marker = f"{scheme} ..." if space else "..."  # without a scheme all of it may be secret
    return {**request.headers, "authorization": marker}
