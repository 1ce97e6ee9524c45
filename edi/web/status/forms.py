"""Reads the body of a POST: few fields, few bytes, not for ever (H14)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from edi.errors import EdiError
from edi.formats.mime.entity import parse
from edi.formats.mime.headers import parameters

FIELDS_MAX: Final = 20
SMALL_BYTES_MAX: Final = 8 * 1024
FILE_BYTES_MAX: Final = 2 * 1024 * 1024
"""A file to be tested. Real orders have 5 kB; larger ones are tested through the channel."""
BODY_SECONDS_MAX: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was posted."""

    fields: Mapping[str, str] = field(default_factory=dict)
    file: bytes = b""
    filename: str = ""


async def read(request: Request, *, bytes_max: int = SMALL_BYTES_MAX) -> Form:
    """The form. Raises HTTPException for a body that is too large, too slow, or no form."""
    content = request.headers.get("content-type", "")
    body = await _body(request, bytes_max)
    kind = content.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded" or (not kind and not body):
        return _pairs(body)
    if kind == "multipart/form-data":
        return _multipart(content, body)
    raise HTTPException(400)


async def _body(request: Request, bytes_max: int) -> bytes:
    claimed = request.headers.get("content-length", "0")
    if not claimed.isdigit() or int(claimed) > bytes_max:
        raise HTTPException(413 if claimed.isdigit() else 400)
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for piece in request.stream():
                found += piece
                if len(found) > bytes_max:
                    raise HTTPException(413)
    except (TimeoutError, ClientDisconnect) as error:
        raise HTTPException(400) from error
    return bytes(found)


def _pairs(body: bytes) -> Form:
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise HTTPException(400) from error
    return Form(fields=dict(pairs))


def _multipart(content: str, body: bytes) -> Form:
    """The parts of a multipart form, read as the MIME it is."""
    try:
        whole = parse(f"Content-Type: {content}\r\n\r\n".encode("latin-1") + body)
        parts = whole.parts()
        if len(parts) > FIELDS_MAX:
            raise HTTPException(400)
        fields, file, filename = {}, b"", ""
        for part in parts:
            named = parameters(part.headers.get("content-disposition"))
            name = named.get("name", "")
            if "filename" in named:
                file, filename = part.content(), named["filename"]
            else:
                fields[name] = part.content().decode("utf-8")
    except (EdiError, UnicodeError) as error:
        raise HTTPException(400) from error
    return Form(fields=fields, file=file, filename=filename)
