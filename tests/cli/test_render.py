"""`edi render` shows the five kinds of document of every syntax as text and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner, Result

from edi import library
from edi.cli.app import app
from edi.formats.edifact.envelope import InterchangeParty
from edi.formats.edifact.writer import EnvelopeValues
from edi.formats.json import writer
from edi.library import READERS
from tests.engine.house import NOW
from tests.mappings import samples

INVOICE = {
    **{name: samples.ORDER[name] for name in ("issue_date", "currency", "seller", "buyer", "totals")},
    "kind": "invoice",
    "number": "R-1",
    "type_code": "380",
    "lines": [{name: samples.ORDER["lines"][0][name] for name in ("id", "quantity", "unit", "net_amount", "price", "item")}],
}
DOCUMENTS = {
    "order": samples.ORDER,
    "order_response": samples.RESPONSE,
    "despatch_advice": samples.DESPATCH,
    "invoice": INVOICE,
    "credit_note": {**INVOICE, "kind": "credit_note", "number": "G-1", "type_code": "381"},
}
ENVELOPE = EnvelopeValues(
    sender=InterchangeParty("4012345500004", "14"), recipient=InterchangeParty("4054321000009", "14"), control_reference="1", prepared=NOW
)


def render(*words: str | Path, data: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["render", *(str(word) for word in words)], input=data)


def written(kind: str, syntax: str) -> bytes:
    """The sample of a kind in a syntax."""
    own = writer.write(DOCUMENTS[kind])
    if syntax == "json":
        return own
    made = library.convert(own, read=f"erp-{kind.replace('_', '-')}", write=READERS[syntax, kind], envelope=ENVELOPE).value
    assert made is not None
    return made[0].payload


@pytest.mark.parametrize("syntax", ["edifact", "ubl", "json"])
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_is_shown_as_text_and_as_a_page(tmp_path: Path, kind: str, syntax: str) -> None:
    document = DOCUMENTS[kind]
    file, page = tmp_path / "in", tmp_path / "out.html"
    file.write_bytes(written(kind, syntax))

    text = render(file)
    shown = render(file, "-o", page, "--language", "de")

    assert (text.exit_code, shown.exit_code, shown.stdout) == (0, 0, "")
    root = html.fromstring(page.read_bytes().decode())
    words = " ".join(root.find("body").itertext())
    for said in (document["number"], document["lines"][0]["item"]["gtin"], samples.SELLER["gln"]):
        assert said in text.stdout
        assert said in words
    assert len(root.findall(".//tbody/tr")) == len(document["lines"])
    assert root.xpath("//link | //script | //img | //@src") == []


def test_a_page_holds_what_a_document_says_as_text(tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_bytes(writer.write({**samples.ORDER, "number": "<script>alert(1)</script>"}))

    page = render(file, "--html").stdout

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_programs_get_json(tmp_path: Path) -> None:
    file = tmp_path / "in.xml"
    file.write_bytes(written("invoice", "ubl"))

    (shown,) = json.loads(render(file, "--json").stdout)

    assert (shown["kind"], shown["number"]) == ("invoice", INVOICE["number"])


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    file = tmp_path / "in.edi"
    file.write_bytes(written("order", "edifact").replace(b"UNT+", b"UNT+9"))

    result = render(file)

    assert result.exit_code == 2
    assert "UNT says" in result.stderr


def test_a_language_pages_do_not_speak_is_named(tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_bytes(written("order", "json"))

    assert "pages do not speak 'xx'" in str(render(file, "--html", "--language", "xx").exception)
