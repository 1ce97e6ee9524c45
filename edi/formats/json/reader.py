"""Reads JSON strictly: what two programs could read differently is refused and named, with line, column and path.

Rule 1: integers become int, other numbers Decimal with the sender's own digits; never float.
Rule 2: the fast way only notices that something is odd; `faults` then says what and where.
"""

from __future__ import annotations

import codecs
import json
import re
from decimal import Decimal
from itertools import accumulate

from edi import limits
from edi.findings import Finding, Location, Outcome, Severity
from edi.formats.json.faults import find_faults, syntax_fault

Value = dict[str, "Value"] | list["Value"] | str | int | Decimal | bool | None

STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
BLANKS = b" \t\r\n"


class _OddError(ValueError):
    """Something strictness forbids was met; the slow way says what and where."""


def looks_like(data: bytes) -> bool:
    """True if the bytes begin as a JSON object or array does, in any Unicode encoding."""
    start = data.removeprefix(codecs.BOM_UTF8).removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
    return start[:64].replace(b"\0", b"").lstrip(BLANKS)[:1] in {b"{", b"["}


def read(data: bytes, *, source: str | None = None) -> Outcome[Value]:
    """The value the bytes say, or None and the findings why not (`json.*`)."""
    if not data.strip(BLANKS):
        return Outcome(
            None, (Finding(code="json.empty", text="there is nothing in it", where=Location(source=source), hint="ask for it again"),)
        )
    text, findings = _decode(data, source)
    if text is None:
        return Outcome(None, findings)
    if _depth(text) > limits.JSON_DEPTH_MAX:
        return Outcome(None, (*findings, *find_faults(text, source)))
    try:
        value = json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object)
        _refuse_lone_surrogates(text, value)
    except _OddError:
        return Outcome(None, (*findings, *find_faults(text, source)))
    except json.JSONDecodeError as error:
        return Outcome(None, (*findings, syntax_fault(error, source)))
    return Outcome(value, findings)


def _decode(data: bytes, source: str | None) -> tuple[str | None, tuple[Finding, ...]]:
    """J10: UTF-8 is JSON's encoding; a byte order mark and other Unicode encodings are read and mentioned."""
    encoding = json.detect_encoding(data)
    try:
        text = data.decode("utf-8-sig" if encoding.startswith("utf-8") else encoding)
    except UnicodeDecodeError as error:
        where = Location(source=source, offset=error.start)
        sentence = f"byte {error.start} {data[error.start : error.start + 1]!r} is not {encoding.upper()}"
        return None, (Finding(code="json.encoding", text=sentence, where=where, hint="write the file as UTF-8"),)
    if encoding == "utf-8":
        return text, ()
    sentence = "the file begins with a byte order mark" if encoding == "utf-8-sig" else f"the file is {encoding.upper()}, JSON is UTF-8"
    severity = Severity.INFO if encoding == "utf-8-sig" else Severity.WARNING
    return text.removeprefix("\ufeff"), (
        Finding(code="json.encoding", text=sentence, severity=severity, where=Location(source=source, offset=0)),
    )


def _depth(text: str) -> int:
    """How deep brackets nest; strings do not count. Linear, and mostly in C."""
    bare = STRING.sub("", text) if text.count("[") + text.count("{") > limits.JSON_DEPTH_MAX else ""
    return max(accumulate(STEPS.get(character, 0) for character in bare), default=0)


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _OddError
    return found


def _integer(digits: str) -> int:
    if len(digits) > limits.JSON_DIGITS_MAX:
        raise _OddError
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > limits.JSON_DIGITS_MAX:
        raise _OddError
    number = Decimal(digits)
    if abs(number.adjusted()) > limits.JSON_DIGITS_MAX:
        raise _OddError
    plain = Decimal(format(number, "f"))
    return plain or plain.copy_abs()


def _refuse_lone_surrogates(text: str, value: Value) -> None:
    """They can only come from escapes, so most files cost one search for them."""
    if "\\u" in text and LONE_SURROGATE.search(json.dumps(value, default=str, ensure_ascii=False)):
        raise _OddError


def _constant(_name: str) -> Value:
    raise _OddError
