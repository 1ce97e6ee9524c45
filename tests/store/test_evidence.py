"""Evidence of one document stands alone: every file of a pack is proven, and changing any of them is found (P27, T37, T42)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edi.engine.operator import Act
from edi.errors import ConfigError, StoreError
from edi.store import audit_heads, evidence, evidence_proof
from edi.store.evidence_pieces import pieces_of
from tests.engine.house import House, invoice, order


@pytest.fixture
def worked(tmp_path: Path) -> Iterator[House]:
    """An order that needed a patch, answered and delivered; an invoice after it."""
    house = House(tmp_path, contrl="always")
    house.drop("a.edi", order().replace(b"UNT+9", b"UNT+8"))
    house.engine.run_once()
    house.engine.operator.patch("T1", order(), Act(who="anna", why="the count was wrong"))
    house.drop("b.json", invoice(), channel="erp/in")
    house.engine.run_once()
    yield house
    house.engine.close()


def packed(house: House, number: int = 1) -> bytes:
    with house.engine.context.store.reading() as view:
        return evidence.pack(view, number)


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def resealed(files: dict[str, bytes], change: Callable[[dict[str, Any]], None] = lambda trail: None) -> bytes:
    """As somebody would forge it who knows how packs are made."""
    trail = json.loads(files["trail.json"])
    change(trail)
    rest = {name: content for name, content in files.items() if name != "trail.json"}
    trail["seal"] = evidence_proof.seal(trail, rest)
    return repacked({**rest, "trail.json": json.dumps(trail).encode()})


def test_a_pack_holds_what_came_the_patch_the_answer_and_what_was_sent(worked: House) -> None:
    files = files_of(packed(worked))
    with worked.engine.context.store.reading() as view:
        roles = {(piece.of[0], piece.role) for piece in pieces_of(view, 1)}

    assert {("T", "received"), ("T", "patched"), ("I", "interchange"), ("D", "document"), ("O", "sent")} <= roles
    for bytes_ in (order(), order().replace(b"UNT+9", b"UNT+8"), *worked.files("erp/out").values(), *worked.files("acme/out").values()):
        if b"INVOIC" not in bytes_:
            assert f"payloads/{hashlib.sha256(bytes_).hexdigest()}" in files
    assert () == evidence_proof.verify(packed(worked))


def test_the_pack_of_the_same_evidence_is_the_same_bytes(worked: House) -> None:
    assert packed(worked) == packed(worked)


def test_a_pack_is_verified_by_hand_as_its_readme_says(worked: House) -> None:
    files = files_of(packed(worked))
    trail = json.loads(files["trail.json"])

    assert files["README.txt"].startswith(b"This pack shows")
    for name in files:
        if name.startswith("payloads/"):
            assert name == f"payloads/{hashlib.sha256(files[name]).hexdigest()}"
    for entry in trail["entries"]:
        fields = [entry[name] for name in ("seq", "at", "actor", "subject", "event", "detail", "previous")]
        canonical = json.dumps(fields, separators=(",", ":"), ensure_ascii=True).encode()
        assert entry["hash"] == hashlib.sha256(b"\0" + canonical).hexdigest()


def test_a_change_of_any_byte_of_any_file_is_found(worked: House) -> None:
    files = files_of(packed(worked))
    for name, content in files.items():
        for place in {0, len(content) // 2, len(content) - 1}:
            changed = bytearray(content)
            changed[place] ^= 0x01
            try:
                assert evidence_proof.verify(repacked({**files, name: bytes(changed)})), (name, place)
            except StoreError:
                assert name == "trail.json"
    for name in files:
        with_less = repacked({one: content for one, content in files.items() if one != name})
        try:
            assert evidence_proof.verify(with_less), name
        except StoreError:
            assert name == "trail.json"
    assert evidence_proof.verify(repacked({**files, "payloads/more": b"x"}))


@pytest.mark.parametrize("forge", ["entry", "proof", "payload", "left_out", "mapping"])
def test_a_forged_seal_does_not_help(worked: House, forge: str) -> None:
    files = files_of(packed(worked))
    digest = hashlib.sha256(order()).hexdigest()

    def change(trail: dict[str, Any]) -> None:
        match forge:
            case "entry":
                trail["entries"][0]["actor"] = "nobody"
            case "proof":
                trail["entries"][0]["proof"][0] = "00" * 32
            case "payload":
                for piece in trail["pieces"]:
                    if piece["sha256"] == digest:
                        piece["sha256"] = hashlib.sha256(b"other").hexdigest()
            case "left_out":
                trail["pieces"].append({"of": "T1", "role": "received", "sha256": hashlib.sha256(b"other").hexdigest()})

    if forge == "mapping":
        files["mappings/orders-eancom#000000000000.json"] = b"{}"
    if forge in {"payload", "left_out"}:
        files[f"payloads/{hashlib.sha256(b'other').hexdigest()}"] = b"other"

    assert evidence_proof.verify(resealed(files, change))


def test_a_pack_of_another_trail_is_found_against_a_head_that_was_kept(worked: House, tmp_path: Path) -> None:
    data = packed(worked)
    with worked.engine.context.store.reading() as view:
        kept = audit_heads.read("head.json", audit_heads.as_json(view, at="now"))
    other = House(tmp_path / "other", contrl="always")
    other.drop("a.edi", order())
    other.engine.run_once()

    assert () == evidence_proof.verify(data, kept)
    assert evidence_proof.verify(packed(other), kept)
    assert kept.root == evidence_proof.head_of(data).root
    other.engine.close()


@pytest.mark.parametrize("name", ["nothing", "cut", "list", "empty", "other"])
def test_what_is_no_pack_is_said_to_be_none(name: str) -> None:
    data = {
        "nothing": b"",
        "cut": b"PK",
        "list": repacked({"trail.json": b"[]"}),
        "empty": repacked({"trail.json": b"{}"}),
        "other": repacked({"x": b""}),
    }
    with pytest.raises(StoreError, match="no evidence pack"):
        evidence_proof.verify(data[name])


def test_a_transmission_is_found_by_what_came_of_it(worked: House) -> None:
    with worked.engine.context.store.reading() as view:
        assert {1} == {evidence.transmission_of(view, name) for name in ("T1", "M1", "D1", "O1")}
        with pytest.raises(StoreError, match="there is no transmission"):
            evidence.transmission_of(view, "M99")


# -- heads ------------------------------------------------------------------------------------------------------------


def exported(house: House, since: str | None = None) -> str:
    with house.engine.context.store.reading() as view:
        older = audit_heads.read("older", since) if since else None
        return audit_heads.as_json(view, at="2026-11-24T09:14:00.000000Z", since=older)


def test_heads_prove_by_themselves_that_the_trail_only_grew(worked: House) -> None:
    first = exported(worked)
    worked.drop("c.edi", order("4713", reference="3"))
    worked.engine.run_once()
    second = exported(worked, since=first)
    worked.drop("d.edi", order("4714", reference="4"))
    worked.engine.run_once()
    third = exported(worked, since=second)

    assert () == audit_heads.verify([("3", third), ("1", first), ("2", second)])
    assert [found.text for found in audit_heads.verify([("1", first), ("3", third)])] == ["3 has no proof that it begins with 1"]
    forged = json.dumps({**json.loads(second), "root": "ab" * 32})
    assert "2 does not begin with 1: the trail was rewritten" in [one.text for one in audit_heads.verify([("1", first), ("2", forged)])]
    assert ["b and a are two trails"] == [one.text[:22] for one in audit_heads.verify([("a", second), ("b", forged)])]
    assert () == worked.engine.context.store.verify((audit_heads.read("1", first), audit_heads.read("3", third)))


def test_a_head_of_a_longer_trail_has_no_proof(worked: House) -> None:
    told = json.loads(exported(worked))

    with pytest.raises(ConfigError, match="its end was cut off"):
        exported(worked, since=json.dumps({**told, "size": told["size"] + 1}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"size": "x"}'])
def test_what_is_no_head_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ConfigError, match="holds no head"):
        audit_heads.read("x.json", text)
