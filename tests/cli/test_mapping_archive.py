"""Mappings over past traffic: what is left over again and again, and what a change would do before it goes live."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edi.mapping.source import shipped_files
from tests.cli.conftest import Called

Call = Callable[..., Called]


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """The shipped mapping with one change, in a file of its own."""
    _, text = shipped_files(name) or ("", "")
    assert old in text
    place = folder / f"{name}.map.yaml"
    place.write_text(text.replace(old, new, 1), encoding="utf-8")
    return place


def test_what_was_left_over_is_summed_over_a_partners_messages(demo: tuple[Path, Called], call: Call) -> None:
    found = call("mapping", "coverage", "orders-eancom", "--over", "archive", "--partner", "acme", folder=demo[0])

    assert "QTY+XXL in 1 of 2 messages of partner acme, never mapped" in found.out


def test_a_change_of_a_mapping_that_reads_is_shown_by_field(demo: tuple[Path, Called], call: Call, tmp_path: Path) -> None:
    new = changed(tmp_path, "orders-eancom", "[PCE, C62]", "[PCE, KGM]")
    found = call("mapping", "diff", "orders-eancom", new, "--over", "archive", "--json", folder=demo[0])

    assert 2 == found.code
    assert "lines.unit" in found.json["documents"]


def test_a_change_of_a_mapping_that_only_writes_is_shown_by_what_it_writes(demo: tuple[Path, Called], call: Call, tmp_path: Path) -> None:
    new = changed(tmp_path, "invoic-eancom", "MOA+9|86:{totals.payable}", "MOA+86|9:{totals.payable}")
    found = call("mapping", "diff", "invoic-eancom", new, "--over", "archive", "--json", folder=demo[0])

    assert 2 == found.code
    assert {} == found.json["documents"]
    assert any(path.startswith("segment MOA+86:") for path in found.json["outputs"])


def test_nothing_differs_where_nothing_was_changed(demo: tuple[Path, Called], call: Call) -> None:
    assert 0 == call("mapping", "diff", "invoic-eancom", "invoic-eancom", "--over", "archive", folder=demo[0]).code
