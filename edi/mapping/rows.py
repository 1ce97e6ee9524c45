"""CSV for mappings: rows with a heading line become JSON objects `{rows: [...]}`, one object per document, and back."""

from __future__ import annotations

import csv
import io

from edi.errors import FormatError
from edi.mapping.codecs.base import Value
from edi.mapping.nodes import CsvSyntax


def read(data: bytes, syntax: CsvSyntax) -> list[dict[str, Value]]:
    """One value per document: the columns of its first row, and all its rows under `rows`. Raises FormatError."""
    try:
        text = data.decode("utf-8-sig")
        found = list(csv.DictReader(io.StringIO(text), delimiter=syntax.delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(
            f"this is not CSV with {syntax.delimiter!r} between values: {error}", hint="UTF-8, with a heading line"
        ) from error
    documents: dict[tuple[str, ...], dict[str, Value]] = {}
    for row in found:
        plain: dict[str, Value] = {name: value for name, value in row.items() if isinstance(name, str) and isinstance(value, str) and value}
        key = tuple(str(plain.get(name, "")) for name in syntax.by)
        document = documents.setdefault(key, {**plain, "rows": []})
        lines = document["rows"]
        assert isinstance(lines, list)
        lines.append(plain)
    return list(documents.values())


def write(value: dict[str, Value], syntax: CsvSyntax) -> bytes:
    """A heading line and the rows; what stands beside `rows` is repeated in each of them."""
    lines = value.get("rows")
    head = {name: inner for name, inner in value.items() if name != "rows"}
    table = [{**head, **line} for line in lines if isinstance(line, dict)] if isinstance(lines, list) and lines else [head]
    names = list(dict.fromkeys(name for row in table for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=syntax.delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue().encode()
