"""Spoilt bytes: whatever is still a document keeps its elements through writing, and the findings agree with the verdict."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from lxml import etree

from edi.formats.ubl import model, reader, view, writer, xsd
from edi.formats.ubl.sample import sample
from tests.formats.ubl.invoices import CAC, CBC, invoice

JUNK = (
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"&#x41;",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<?x",
    b"?>",
    b'"',
    b"\x00",
    b"\xff\xfe",
    b"<cbc:ID/>",
    b'<a xmlns="urn:q"/>',
    b"<!DOCTYPE x>",
    b"EmbeddedDocumentBinaryObject",
)
DECLARATIONS = (
    ' xmlns=""',
    ' xmlns:cbc="urn:x"',
    f' xmlns="{CBC}"',
    f' xmlns:cac="{CBC}"',
    f' xmlns:q="{CAC}"',
    ' a="1"',
    ' currencyID="EUR"',
)


def spoilt(data: bytes, chance: random.Random) -> bytes:
    text = bytearray(data)
    for _ in range(chance.randint(1, 2)):
        position = chance.randrange(len(text))
        starts = list(re.finditer(rb"<[\w:]+", bytes(text)))
        leaves = list(re.finditer(rb"<([\w:]+)[^<>]*>[^<]*</\1>", bytes(text)))
        match chance.randrange(6):
            case 0:
                del text[position : position + chance.randint(1, 50)]
            case 1:
                text[position:position] = chance.choice(JUNK)
            case 2:
                text[position] = chance.randrange(256)
            case 3 if leaves:
                place = chance.choice(leaves).start()
                text[place:place] = chance.choice(leaves).group()
            case _ if starts:
                place = chance.choice(starts).end()
                text[place:place] = chance.choice(DECLARATIONS).encode()
    return bytes(text) or b" "


def shape(root: Any) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
    return [(str(node.tag), tuple(sorted(node.attrib.items())), node.text or "") for node in root.iter() if isinstance(node.tag, str)]


def check(data: bytes) -> None:
    reader.looks_like(data)
    outcome = reader.read(data)
    document = outcome.value
    if document is None:
        assert outcome.findings
        return
    errors = [finding for finding in xsd.validate(document) if finding.is_error]
    assert bool(errors) >= bool(xsd.schema(document.version, document.kind).complaints(document.root))
    assert len(list(view.rows(document))) == sum(1 for node in document.root.iter() if isinstance(node.tag, str))
    before = shape(document.root)
    as_is = reader.read(writer.write(document.root, version=document.version, ordered=True)).value
    assert as_is is not None
    assert shape(as_is.root) == before
    once = writer.write(document.root, version=document.version)
    again = reader.read(once).value
    assert again is not None
    assert sorted(shape(again.root)) == sorted(before)
    assert writer.write(again.root, version=again.version) == once


def documents() -> list[bytes]:
    made = [sample(model.load("2.1"), kind, random.Random(kind).randrange) for kind in ("Invoice", "Order", "DespatchAdvice")]
    foreign = invoice().replace(b"xmlns:cbc", b"xmlns:b").replace(b"cbc:", b"b:")
    return [invoice(lines=2), foreign, *(etree.tostring(root) for root in made)]


def test_some_hundred_spoilt_documents() -> None:
    chance = random.Random(1)
    for data in documents():
        for _ in range(80):
            check(spoilt(data, chance))


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(4))
def test_twenty_thousand_spoilt_documents(seed: int) -> None:
    chance = random.Random(f"proof {seed}")
    made = documents()
    for _ in range(5_000):
        check(spoilt(chance.choice(made), chance))
