"""The OpenAPI document of the interface for programs."""

from __future__ import annotations

from typing import Any, Final

import edi
from edi.documents import KINDS, json_schema

_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}


def document() -> dict[str, Any]:
    """OpenAPI 3.1; the canonical documents are among its schemas, for programs that hand them over as they are."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "EDI documents", "version": edi.__version__},
        "paths": {
            "/api/documents": {"post": _post()},
            "/api/documents/{transmission}": {"get": _get()},
        },
        "webhooks": {"changed": {"post": _webhook()}},
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key, made by `edi api make`."}},
            "schemas": {"Problem": _PROBLEM, "Finding": _FINDING, "Accepted": _ACCEPTED, "Status": _STATUS, "Change": _CHANGE},
        },
        "security": [{"key": []}],
        "x-document-kinds": {kind: json_schema(kind) for kind in KINDS},
    }


def _post() -> dict[str, Any]:
    media: dict[str, Any] = {name: {"schema": {}} for name in ("application/json", "application/xml", "application/edifact")}
    header = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "One per document, 1 to 200 visible characters; without it the document's own bytes are its identity.",
        "schema": {"type": "string", "maxLength": 200},
    }
    return {
        "operationId": "handOver",
        "summary": "Hand over a document: JSON, UBL or EDIFACT. It is checked at once; 202 means that it is kept.",
        "parameters": [header],
        "requestBody": {"required": True, "content": media},
        "responses": {
            "202": _json("Accepted", "Kept. Handed over again, the same answer comes again with `first: false`."),
            "400": _json("Problem", "No document, or no usable Idempotency-Key."),
            "401": _json("Problem", "The API key is missing, unknown or revoked."),
            "403": _json("Problem", "The key is not for this partner or kind."),
            "409": _json("Problem", "Another document was handed over under this Idempotency-Key."),
            "413": _json("Problem", "Too long."),
            "422": _json("Problem", "Not taken, nothing was kept; `findings` and `reasons` say why."),
            "429": _json("Problem", "This key asked too often; Retry-After says when to come again."),
            "503": _json("Problem", "Could not be kept now; hand it over again."),
        },
    }


def _get() -> dict[str, Any]:
    place = {"name": "transmission", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^T[0-9]+$"}}
    return {
        "operationId": "whatBecameOf",
        "summary": "What became of a document.",
        "parameters": [place],
        "responses": {
            "200": _json("Status", "Its state now."),
            "401": _json("Problem", "No key."),
            "404": _json("Problem", "None of yours."),
            "429": _json("Problem", "This key asked too often; Retry-After says when to come again."),
        },
    }


def _webhook() -> dict[str, Any]:
    signature = {
        "name": "X-Signature",
        "in": "header",
        "description": "HMAC-SHA256, in hexadecimal, over `<X-Timestamp>.<body>` with the secret of the webhook.",
        "schema": _TEXT,
    }
    stamp = {"name": "X-Timestamp", "in": "header", "description": "Seconds since 1970.", "schema": _TEXT}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}}
    return {
        "summary": "Sent by us, in order, at least once, when something changes its state; `id` tells repeated ones.",
        "parameters": [signature, stamp],
        "requestBody": {"required": True, "content": content},
        "responses": {"2XX": {"description": "Taken."}, "default": {"description": "It is sent again later."}},
    }


def _json(schema: str, text: str) -> dict[str, Any]:
    kind = "application/problem+json" if schema == "Problem" else "application/json"
    return {"description": text, "content": {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_FINDING: Final = _object(
    ("code", "severity", "text"),
    code=_TEXT,
    severity={"enum": ["error", "warning", "info"]},
    text=_TEXT,
    where=_TEXT,
    hint=_TEXT,
)
_FINDINGS: Final = _list({"$ref": "#/components/schemas/Finding"})
_PROBLEM: Final = _object(
    ("type", "title", "status"),
    type=_TEXT,
    title=_TEXT,
    status={"type": "integer"},
    reasons=_list(_TEXT),
    findings=_FINDINGS,
    transmission=_TEXT,
)
_ACCEPTED: Final = _object(
    ("transmission", "first", "messages"),
    transmission=_TEXT,
    first={"type": "boolean"},
    messages=_list(
        _object(
            ("findings",),
            kind=_MAYBE,
            number=_MAYBE,
            partner=_MAYBE,
            route=_MAYBE,
            test={"type": "boolean"},
            held=_MAYBE,
            findings=_FINDINGS,
        )
    ),
)
_OUTPUT: Final = _object(
    ("output", "delivery"),
    output=_TEXT,
    kind=_TEXT,
    partner=_MAYBE,
    delivery=_TEXT,
    sent=_MAYBE,
    reason=_MAYBE,
    acknowledgements={"type": "object", "additionalProperties": _TEXT},
)
_STATUS: Final = _object(
    ("transmission", "received", "processing", "messages"),
    transmission=_TEXT,
    received=_TEXT,
    processing=_TEXT,
    reason=_MAYBE,
    messages=_list(
        _object(
            ("message", "processing", "outputs"),
            message=_TEXT,
            kind=_MAYBE,
            number=_MAYBE,
            partner=_MAYBE,
            processing=_TEXT,
            reason=_MAYBE,
            outputs=_list(_OUTPUT),
        )
    ),
)
_CHANGE: Final = _object(
    ("id", "at", "subject", "state"),
    id={"type": "integer"},
    at=_TEXT,
    subject=_TEXT,
    state=_TEXT,
    before=_MAYBE,
    kind=_MAYBE,
    number=_MAYBE,
    partner=_MAYBE,
    channel=_MAYBE,
    transmission=_MAYBE,
    reason=_MAYBE,
)
