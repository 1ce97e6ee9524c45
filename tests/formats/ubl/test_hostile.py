"""The cases X01-X26 of bad XML that concern the format: each ends as its named finding, within a second and 256 MB."""

from __future__ import annotations

import base64
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edi.findings import Finding
from edi.formats.ubl import reader, xsd
from tests.formats.ubl.invoices import EXT, INVOICE, attachment, enveloped, invoice

SECONDS_MAX = 1.0
MEMORY_KIB_MAX = 256 * 1024


def memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def own_data(mebibytes: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test itself needs that much memory for its data."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        OWN_DATA_MIB[test.__name__] = mebibytes
        return test

    return mark


OWN_DATA_MIB: dict[str, int] = {}


@pytest.fixture(autouse=True)
def bounded(request: pytest.FixtureRequest) -> Iterator[None]:
    """Processor time, since the machine may be busy; memory beyond what the test's own data needed."""
    before, started = memory_kib(), time.process_time()
    yield
    own = OWN_DATA_MIB.get(request.function.__name__, 0)
    assert time.process_time() - started < SECONDS_MAX * (4 if own else 1)
    assert memory_kib() - before < MEMORY_KIB_MAX + own * 1024


def findings(data: bytes) -> tuple[Finding, ...]:
    outcome = reader.read(data, source="in.xml")
    return outcome.findings if outcome.value is None else outcome.findings + xsd.validate(outcome.value)


def codes(data: bytes) -> list[str]:
    return [finding.code for finding in findings(data)]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\t "])
def test_x01_empty(data: bytes) -> None:
    assert codes(data) == ["xml.empty"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"<Invoice>\n<cbc:ID>1</ID></Invoice>", 2),
        (b"<a>\n\n<b></a>", 3),
        (b"<a", 1),
        (b"hello", 1),
        (b'<a b="1" b="2"/>', 1),
        (b"<a>&unknown;</a>", 1),
    ],
)
def test_x02_not_well_formed_says_line_and_column(data: bytes, line: int) -> None:
    found = findings(data)

    assert [finding.code for finding in found] == ["xml.not_well_formed"]
    assert (found[0].where.line, found[0].where.column is not None) == (line, True)


@pytest.mark.parametrize(
    "doctype",
    [
        pytest.param('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', id="X03"),
        pytest.param('<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]>', id="X04"),
        pytest.param('<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', id="X05"),
        pytest.param(
            "<!DOCTYPE a [<!ENTITY x0 'ha'>" + "".join(f"<!ENTITY x{i} '{f'&x{i - 1};' * 10}'>" for i in range(1, 10)) + "]>", id="X06"
        ),
        pytest.param("<!DOCTYPE a [<!ENTITY x '" + "a" * 100_000 + "'>]>", id="X07"),
        pytest.param('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">', id="X08"),
        pytest.param("<?xml version='1.0'?><!-- <!-no-> --><?pi <!DOCTYPE?>\n<!DOCTYPE a>", id="behind comments"),
        pytest.param("<!doctype a>", id="small letters"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig", "utf-32"])
def test_x03_to_x08_any_doctype_is_refused_in_any_encoding(doctype: str, encoding: str) -> None:
    data = f"{doctype}{invoice().decode()}".encode(encoding)

    assert codes(data) == ["xml.dtd_forbidden"]


def test_x09_xinclude_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    extra = f'<cbc:Note><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret}" parse="text"/></cbc:Note>'
    document = reader.read(invoice(extra=extra)).value

    assert document is not None
    assert "secret words" not in "".join(document.root.itertext())
    assert [finding.code for finding in xsd.validate(document)] == ["ubl.element_unknown"]


def test_x10_a_stylesheet_instruction_is_ignored() -> None:
    assert codes(invoice(before='<?xml-stylesheet type="text/xsl" href="file:///etc/passwd"?>')) == []


@pytest.mark.parametrize("depth", [201, 300, 100_000])
def test_x11_too_deep(depth: int) -> None:
    assert codes(b"<a>" * depth + b"</a>" * depth) == ["xml.limit"]


@pytest.mark.parametrize("count", [201, 200_000])
def test_x12_too_many_attributes(count: int) -> None:
    assert codes(("<a " + " ".join(f'a{index}="x"' for index in range(count)) + "/>").encode()) == ["xml.limit"]


@own_data(40)
@pytest.mark.parametrize(
    "data",
    [
        b'<a b="' + b"x" * 11_000_000 + b'"/>',
        b"<a>" + b"x" * 11_000_000 + b"</a>",
        b"<a><![CDATA[" + b"x" * 11_000_000 + b"]]></a>",
        b"<!--" + b"x" * 11_000_000 + b"--><a/>",
    ],
    ids=["attribute", "text", "cdata", "comment"],
)
def test_x13_an_attribute_or_text_of_eleven_megabytes(data: bytes) -> None:
    assert codes(data) == ["xml.limit"]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("ISO-8859-1", "latin-1"),
        ("ISO-8859-15", "iso8859-15"),
        ("windows-1252", "cp1252"),
        ("UTF-16", "utf-16"),
        ("UTF-16LE", "utf-16-le"),
        ("utf-8", "utf-8"),
    ],
)
def test_x14_what_is_written_as_declared_is_decoded_right(declared: str, written: str) -> None:
    text = invoice(
        before=f'<?xml version="1.0" encoding="{declared}"?>',
        extra="<cbc:Note>grün €</cbc:Note>" if written != "latin-1" else "<cbc:Note>grün</cbc:Note>",
    )
    document = reader.read(text.decode().encode(written)).value

    assert document is not None
    assert document.root.findtext("{*}Note", "").startswith("grün")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param('<?xml version="1.0" encoding="UTF-8"?><a>grün</a>'.encode("latin-1"), id="Latin-1 bytes declared as UTF-8"),
        pytest.param("<a>grün</a>".encode("latin-1"), id="Latin-1 bytes, nothing declared"),
        pytest.param(b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', id="UTF-7"),
        pytest.param('<?xml version="1.0" encoding="cp037"?><a/>'.encode("cp037"), id="EBCDIC"),
        pytest.param(b'<?xml version="1.0" encoding="martian"?><a/>', id="unknown"),
        pytest.param(b'<?xml version="1.0" encoding="zlib"?><a/>', id="a codec that is no charset"),
        pytest.param(b'<?xml version="1.0" encoding="us-ascii"?><a>\xe4</a>', id="not ASCII"),
        pytest.param("<a/>".encode("utf-16-le") + b"\x00", id="half a UTF-16 unit"),
        pytest.param(b"<a>\xc0\xaf\xed\xa0\x80</a>", id="overlong and surrogate"),
    ],
)
def test_x14_what_cannot_be_decoded_is_named(data: bytes) -> None:
    assert codes(data) == ["xml.encoding"]


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x1b", "&#0;", "&#x1F;", "\ufffe"])
def test_x15_control_characters(character: str) -> None:
    assert codes(invoice(extra=f"<cbc:Note>{character}</cbc:Note>")) == ["xml.character"]


@pytest.mark.parametrize(
    "data",
    [
        b"<Invoice/>",
        b'<Invoice xmlns="urn:other"/>',
        invoice().replace(b"Invoice-2", b"Rechnung-2"),
        invoice().replace(b"Invoice-2", b"Invoice-1"),
        invoice().replace(b"<Invoice ", b"<Order ").replace(b"</Invoice>", b"</Order>"),
    ],
)
def test_x16_an_unknown_root_or_namespace(data: bytes) -> None:
    assert codes(data) == ["ubl.unsupported_type"]


def test_x16_an_older_version_is_read_with_the_tables_that_contain_it() -> None:
    document = reader.read(invoice(head="<cbc:UBLVersionID>2.0</cbc:UBLVersionID>")).value

    assert document is not None
    assert (document.declared_version, document.version, document.kind) == ("2.0", "2.1", "Invoice")


def test_x17_a_schema_fault_says_the_path() -> None:
    found = findings(invoice().replace(b"<cbc:IssueDate>2026-11-22</cbc:IssueDate>", b"<cbc:IssueDate>22.11.2026</cbc:IssueDate>"))

    assert [(finding.code, finding.where.path, finding.value) for finding in found] == [
        ("ubl.value", "/Invoice/cbc:IssueDate", "22.11.2026")
    ]


def test_x19_customisation_and_profile_are_there_to_choose_by() -> None:
    document = reader.read(invoice(head="<cbc:CustomizationID> urn:a </cbc:CustomizationID><cbc:ProfileID>urn:b</cbc:ProfileID>")).value

    assert document is not None
    assert (document.customization, document.profile, document.id) == ("urn:a", "urn:b", "R-1")


@pytest.mark.parametrize("content", ["SGFsbG8", "####", "SGFs=G8=", "=AAA", "grün"])
def test_x22_an_attachment_whose_base64_is_broken(content: str) -> None:
    assert "ubl.attachment_base64" in codes(invoice(extra=attachment(content)))


def test_x22_a_program_named_pdf() -> None:
    found = findings(invoice(extra=attachment(base64.b64encode(b"MZ\x90\x00").decode())))

    assert [(finding.code, finding.is_error) for finding in found] == [("ubl.attachment_type", True)]


@pytest.mark.parametrize("filename", ["../../etc/passwd", "a\\b.pdf", "/etc/x", "..", "a&#10;b"])
def test_x22_a_file_name_that_is_a_path(filename: str) -> None:
    outcome = reader.read(invoice(extra=attachment("JVBERi0=", filename=filename)))

    assert [finding.code for finding in outcome.findings] == ["ubl.attachment_name"]
    assert outcome.value is not None
    assert not set("/\\\n") & set(outcome.value.attachments[0].safe_name)
    assert outcome.value.attachments[0].safe_name not in {"", ".", ".."}


@own_data(600)
def test_x22_an_attachment_of_two_hundred_megabytes_never_reaches_the_parser() -> None:
    head, tail = invoice(extra=attachment("@")).split(b"@")
    piece = base64.b64encode(b"%PDF" + bytes(50))
    outcome = reader.read(b"".join((head, piece * 2_800_000, tail)))

    assert outcome.findings == ()
    assert outcome.value is not None
    assert len(outcome.value.attachments[0].encoded) == len(piece) * 2_800_000
    assert outcome.value.root.findtext(".//{*}EmbeddedDocumentBinaryObject") == "attachment:1"


@pytest.mark.parametrize("amount", ["NaN", "1e5", "1,00", "1" * 40, "0." + "1" * 40, "INF", "", "٣", "1 000"])
def test_x24_odd_amounts(amount: str) -> None:
    found = findings(invoice(amount=amount))

    assert [(finding.code, finding.where.path, finding.is_error) for finding in found] == [
        ("ubl.amount", "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount", True)
    ]


def test_x24_minus_zero_is_a_warning() -> None:
    assert [(finding.code, finding.is_error) for finding in findings(invoice(amount="-0.00"))] == [("ubl.amount", False)]


def test_x25_a_second_invoice_inside_the_first() -> None:
    """Signature wrapping: what is signed is moved into an extension, another invoice stands in its place."""
    extension = f"<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>{invoice().decode()}</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>"

    found = findings(invoice(head=extension))

    assert [finding.code for finding in found] == ["xml.multiple_roots"]
    assert found[0].where.path is not None
    assert found[0].where.path.endswith("ext:ExtensionContent/*")


def test_x25_two_roots_one_after_the_other() -> None:
    assert codes(invoice() + invoice()) == ["xml.multiple_roots"]


def test_x25_two_documents_in_an_envelope() -> None:
    assert codes(enveloped(invoice() + invoice())) == ["xml.multiple_roots"]


def test_x26_an_envelope_that_announces_another_type() -> None:
    assert codes(enveloped(invoice(), kind="CreditNote")) == ["sbdh.type_mismatch"]


def test_x26_the_instance_identifier_is_there_to_find_duplicates_by() -> None:
    document = reader.read(enveloped(invoice(), instance="abc")).value

    assert document is not None
    assert document.envelope is not None
    assert document.envelope.instance_identifier == "abc"


def test_an_extension_in_a_namespace_nobody_knows_is_fine() -> None:
    extension = f'<ext:UBLExtensions xmlns:ext="{EXT}"><ext:UBLExtension><ext:ExtensionContent><x:any xmlns:x="urn:x" a="1">t</x:any></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>'

    assert codes(invoice(head=extension)) == []


def test_the_namespace_of_an_invoice_is_the_one_we_test_with() -> None:
    document = reader.read(invoice()).value

    assert document is not None
    assert document.namespace == INVOICE


def test_a_schema_the_document_names_is_not_fetched(tmp_path: Path) -> None:
    """An xsi:schemaLocation is a hint we do not take: the verdict is by our own tables."""
    lax = tmp_path / "lax.xsd"
    lax.write_text(
        f'<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="{INVOICE}"><xsd:element name="Invoice"/></xsd:schema>'
    )
    spoilt = invoice().replace(
        b"<Invoice ", f'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{INVOICE} {lax}" '.encode(), 1
    )

    assert codes(spoilt) == []
    assert codes(spoilt.replace(b"<cbc:ID>R-1</cbc:ID>", b"")) == ["ubl.element_missing"]
