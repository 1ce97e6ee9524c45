"""Entities are slices of what was received."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.errors import FormatError
from edi.formats import mime

SIGNED = (
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n\tmicalg=sha-256; boundary="--=_ \'x?"\r\n\r\n'
    b"preamble\r\n----=_ 'x?\r\nContent-Type: application/edifact\r\nX-Odd:   two  blanks \r\n\r\nUNA:+.? '\r\nUNZ+1+1'\r\n"
    b"\r\n----=_ 'x?\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nAQID\r\n----=_ 'x?--\r\nepilogue"
)


def test_row_51_a_part_is_the_very_bytes_that_were_sent() -> None:
    content, signature = mime.parse(SIGNED).parts()

    assert bytes(content.raw) == b"Content-Type: application/edifact\r\nX-Odd:   two  blanks \r\n\r\nUNA:+.? '\r\nUNZ+1+1'\r\n"
    assert signature.content() == b"\1\2\3"


@pytest.mark.parametrize(
    ("between", "expected"),
    [(b"\r\n", b"text"), (b"\r\n\r\n", b"text\r\n"), (b"\n", b"text"), (b"\n\n", b"text\n")],
)
def test_row_53_the_line_end_before_a_boundary_belongs_to_the_boundary(between: bytes, expected: bytes) -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext" + between + b"--b--"

    assert bytes(mime.parse(data).parts()[0].body) == expected


def test_a28_a_boundary_inside_a_line_is_text() -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx --b y\r\n--bc\r\n--b--\r\n"

    assert bytes(mime.parse(data).parts()[0].body) == b"x --b y\r\n--bc"


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 2000 + b"--b--",
    ],
)
def test_a28_a_multipart_without_boundary_end_or_parts_is_named(data: bytes) -> None:
    with pytest.raises(FormatError):
        mime.parse(data).parts()


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ('attachment; filename="a b.edi"', "filename", "a b.edi"),
        ("attachment; filename=a.edi", "filename", "a.edi"),
        ("attachment; filename*=UTF-8''%c3%a4.edi; filename=x", "filename", "ä.edi"),
        ('attachment; filename*0=one; filename*1="two.edi"', "filename", "onetwo.edi"),
        ('x; a="q\\"q"', "a", 'q"q'),
        ("multipart/signed; micalg=sha1;boundary = b", "boundary", "b"),
    ],
)
def test_row_85_parameters_are_read_as_partners_write_them(field: str, name: str, value: str) -> None:
    assert mime.parameters(field)[name] == value


@given(st.binary(max_size=5000))
def test_base64_comes_back(data: bytes) -> None:
    raw = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)

    assert mime.parse(raw).content() == data


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_any_bytes_give_an_entity_or_a_format_error(start: bytes, rest: bytes) -> None:
    found = mime.parse(b"Content-Type: multipart/mixed; boundary=b\r\n" + start + b"\r\n--b\r\n" + rest)
    try:
        for part in found.parts():
            part.content()
    except FormatError:
        pass
