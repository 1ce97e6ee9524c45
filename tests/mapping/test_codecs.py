"""Every codec undoes itself, and its examples are true."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from edi.mapping.codecs import CODECS, CodecError, Setting, TextCodec, ValueCodec, WireCodec
from edi.mapping.codecs.tables import Joined
from edi.mapping.tables import Table, pairs_column

ARGUMENTS = {
    "chunk": "2x35", "codes": "units", "cut": "35", "default": "C62", "fixed": "10", "joined": "', '", "like": "'PO-{}'", "lines": "5x70",
    "map": "A=false, C=true", "pad": "18", "scale": "100", "wrap": "5x35", "xref": "articles, same",
}  # fmt: skip
UNITS = Table(name="units", columns={"": pairs_column((("PCE", "C62", ""), ("PCE", "H87", ""), ("CT", "XCT", "")), other="same")})
KINDS = {"date": "moment", "time": "moment", "dtm": "moment"}


@pytest.mark.parametrize("name", sorted(CODECS))
def test_what_a_codec_writes_it_reads_back(name: str) -> None:
    codec = CODECS[name](ARGUMENTS.get(name), Setting(tables={"units": UNITS}, kind=KINDS.get(name, "text")))
    for number in range(200):
        value = codec.image(number)
        value = f"v{number}" if value is None else value
        match codec:
            case Joined():
                assert [str(value), "b"] == codec.split(codec.join([str(value), "b"]))
            case WireCodec():
                assert value == codec.read(codec.write(value))
            case TextCodec() if name != "time":
                written = codec.write(str(value))
                assert written is not None
                assert str(value) == codec.read(written)
            case ValueCodec() if name not in ("default", "abs"):
                written_value = codec.write(value)
                assert written_value is not None
                assert value == codec.read(written_value)
            case _:
                pass


@pytest.mark.parametrize("module", ["text", "numbers", "moments", "tables", "wrapping", "types"])
def test_the_examples_of_the_codecs_are_true(module: str) -> None:
    found = import_module(f"edi.mapping.codecs.{module}")
    from decimal import Decimal

    results = doctest.testmod(found, extraglobs={"Decimal": Decimal})

    assert results.attempted
    assert 0 == results.failed


def test_every_codec_says_what_it_does() -> None:
    for name in CODECS:
        codec = CODECS[name](ARGUMENTS.get(name), Setting(tables={"units": UNITS}, kind=KINDS.get(name, "text")))
        assert codec.usage.startswith(name)


@pytest.mark.parametrize("text", ["1e5", "NaN", "Infinity", "1_000", "", "-", "1.2.3", "٣", "0x10"])
def test_what_is_no_number_is_refused(text: str) -> None:
    from edi.mapping.codecs.types import Number

    with pytest.raises(CodecError):
        Number().read(text)
