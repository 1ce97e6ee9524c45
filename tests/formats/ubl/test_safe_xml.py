"""There is one way from bytes to a tree, and nothing goes around it."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edi.formats.ubl import reader, safe_xml, writer
from tests.formats.ubl.invoices import invoice

EDI = Path(__file__).parents[3] / "edi"
PARSING = {
    "parse",
    "fromstring",
    "XML",
    "iterparse",
    "HTML",
    "parseid",
    "fromstringlist",
    "XMLParser",
    "XMLPullParser",
    "HTMLParser",
    "xinclude",
    "XMLID",
}
ALLOWED = {"edi/formats/ubl/safe_xml.py", "edi/formats/ubl/xsd.py"}
"""`xsd` parses texts of our own making."""


def test_nothing_else_in_the_project_parses_xml() -> None:
    """Threat T06. `xml.sax.saxutils` only escapes text."""
    found = set()
    for path in EDI.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr in PARSING
                and isinstance(node.value, ast.Name)
                and node.value.id in {"etree", "objectify", "lxml"}
            ):
                found.add(path.relative_to(EDI.parent).as_posix())
            if isinstance(node, ast.Import | ast.ImportFrom):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                assert not [module for module in modules if module.split(".")[0] == "xml" and module != "xml.sax.saxutils"], path

    assert found <= ALLOWED


def test_a_prolog_of_comments_and_instructions_is_no_doctype() -> None:
    data = invoice(before="<?xml version='1.0'?>\n<!-- <!DOCTYPE a> -->\n<?x <!DOCTYPE a>?>\n")

    assert reader.read(data).findings == ()


def test_the_finding_of_a_doctype_names_its_line() -> None:
    found = safe_xml.parse(b"<?xml version='1.0'?>\n\n<!DOCTYPE a>\n<a/>", source="a.xml").findings

    assert [(finding.code, finding.where.line, finding.where.source) for finding in found] == [("xml.dtd_forbidden", 3, "a.xml")]


def test_two_documents_do_not_share_their_faults() -> None:
    first = safe_xml.parse(b"<a>").findings
    second = safe_xml.parse(b"<a>\x01</a>").findings

    assert ([finding.code for finding in first], [finding.code for finding in second]) == (["xml.not_well_formed"], ["xml.character"])


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_a_document_or_findings(data: bytes) -> None:
    outcome = reader.read(data)

    assert (outcome.value is None) == bool(outcome.findings)
    reader.looks_like(data)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 700),
            st.sampled_from([b"<", b">", b"&", b"]]>", b"<!--", b"\xff", b"\x00", b"<a>", b"</", b'"', b"<?", b"xmlns:q=''", b"<!DOCTYPE"]),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=300, deadline=None)
def test_a_spoilt_invoice_gives_a_document_or_findings(spoils: list[tuple[int, bytes]]) -> None:
    data = invoice()
    for position, junk in spoils:
        data = data[:position] + junk + data[position:]
    outcome = reader.read(data)

    assert outcome.value is not None or outcome.findings
    if outcome.value is not None:
        writer.write(outcome.value.root)
