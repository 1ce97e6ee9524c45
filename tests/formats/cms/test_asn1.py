"""Structures of other programs: taken apart as they came, and whatever is wrong with one is said in words."""

from __future__ import annotations

import random

import pytest
from asn1crypto import core, x509

from edi.formats import cms
from edi.formats.cms import Certificate, CmsError
from edi.formats.cms.asn1 import Value, dotted, integer, octets, oid, value, values
from edi.formats.cms.certificates import named
from edi.formats.cms.der import SEQUENCE, wrap
from edi.formats.cms.signed import digest_of
from tests.formats.cms.conftest import NOW, make_identity


@pytest.mark.parametrize(
    "written", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26", "2.999.3", "0.9.2342.19200300.100.1.25"]
)
def test_object_identifiers_are_what_another_library_makes_of_them(written: str) -> None:
    assert oid(written) == core.ObjectIdentifier(written).dump()
    assert dotted(value(oid(written))) == written


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 1 << 70, -1, -129])
def test_integers_are_what_another_library_makes_of_them(number: int) -> None:
    assert integer(value(core.Integer(number).dump())) == number


def test_unknown_length_and_cut_octets_are_read() -> None:
    cut = b"\x24\x80\x04\x02ab\x24\x80\x04\x01c\0\0\0\0"
    found = values(b"\x30\x80" + cut + b"\x02\x01\x05\0\0" + b"\x02\x01\x07")

    assert [one.tag for one in found] == [SEQUENCE, 2]
    inner = values(found[0].content)
    assert (octets(inner[0]), inner[0].raw, integer(inner[1])) == (b"abc", cut, 5)


@pytest.mark.parametrize(
    "damage", [b"\x30", b"\x30\x05\x02\x01", b"\x30\x80\x02\x01\x01", b"\x1f\x01\x00", b"\x30\x80" * 1000, b"\x30\x84\xff\xff\xff\xff"]
)
def test_damage_is_a_value_error(damage: bytes) -> None:
    with pytest.raises(ValueError, match=r"tag|middle|deep"):
        values(damage)


def named_otherwise(certificate: Certificate, change: object) -> Value:
    """Issuer and serial number, the name written with another kind of string."""
    found = x509.Certificate.load(certificate.der)
    name = x509.Name.build({"common_name": change})
    return value(wrap(SEQUENCE, name.dump(), core.Integer(found.serial_number).dump()))


def test_a_signer_is_known_though_its_name_is_written_otherwise() -> None:
    certificate = make_identity("Acme AG").certificate

    assert named([certificate], named_otherwise(certificate, "ACME  ag")) == (certificate,)
    assert named([certificate], named_otherwise(certificate, "Acme KG")) == ()
    assert named([make_identity("Acme AG", "ec").certificate], named_otherwise(certificate, "Acme AG")) == (), "another serial number"


def test_whatever_byte_is_changed_the_answer_is_yes_or_a_reason() -> None:
    """Of a signature and of the structure around what is encrypted, each byte, one after the other."""
    us = make_identity("us")
    signature = cms.sign(digest_of([b"x"], "sha256"), us, digest="sha256", at=NOW)
    sealed = b"".join(cms.encrypt([b"x"], 1, [us.certificate], cipher="aes256-gcm", random=random.Random(1).randbytes))
    drawn = random.Random(2)
    good = bad = 0
    for at in range(len(signature)):
        changed = signature[:at] + bytes([signature[at] ^ drawn.randrange(1, 256)]) + signature[at + 1 :]
        try:
            good += cms.verify(changed, [b"x"], [us.certificate], at=NOW).signer == us.certificate
        except CmsError:
            bad += 1
    for at in (at for at in range(len(sealed)) if not 60 < at < 310):  # what lies between is the key itself, and slow
        changed = sealed[:at] + bytes([sealed[at] ^ drawn.randrange(1, 256)]) + sealed[at + 1 :]
        try:
            good += b"".join(cms.decrypt([changed], [us], allowed=tuple(cms.CIPHERS))) == b"x"
        except CmsError:
            bad += 1

    assert bad > 400, "what is signed or authenticated cannot be changed"
    assert good > 0, "the certificate inside proves nothing, so it may be"
