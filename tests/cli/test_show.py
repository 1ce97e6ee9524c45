"""`edi show`: one thing in words, what to do about it, and what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Called, edi


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("T2", ("T2  transmission: done: faulty-order.edi through acme-in from acme", "what came of it", "I2   interchange: quarantined")),
        ("I2", ("I2  interchange: quarantined", "M2   message: quarantined")),
        ("M2", ("M2  message: quarantined", "error edifact.code_unknown", "what you can do", "edi patch M2 --segment N", "edi replay T2")),
        ("D1", ("D1  document: order 4711 read by orders-eancom",)),
        ("A1", ("A1  acknowledgement: awaited: contrl",)),
        ("o5", ("O5  output: delivered: contrl", "attempt 1", "UCI+4711000018+")),
    ],
)
def test_anything_with_a_name_is_shown(demo: tuple[Path, Called], name: str, said: tuple[str, ...]) -> None:
    called = edi("-w", demo[0], "show", name, folder=demo[0])

    assert called.code == 0, called.err
    for text in said:
        assert text in called.out


def test_segments_stand_one_a_line_however_they_came(demo: tuple[Path, Called]) -> None:
    called = edi("-w", demo[0], "show", "O5", folder=demo[0])

    assert [line.split("+")[0].strip() for line in called.out.splitlines() if line.startswith("  U")][:3] == ["UNB", "UNH", "UCI"]
