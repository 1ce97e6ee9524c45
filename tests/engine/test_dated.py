"""The moment an interchange says it was prepared: older than agreed, ahead of our clock, on another channel than its sender's."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.store.findings_text import from_json
from tests.engine.house import FILES, House, order
from tests.engine.look import rows, states

PREPARED = b"261124:0900"
ACME = FILES["partners/acme.yaml"].replace("direction: in,", "direction: in, oldest: 365d,")


def outcome(folder: Path, prepared: bytes) -> tuple[list[str], list[str], bytes]:
    """States of the interchange, codes found in it, and the answer."""
    house = House(folder, contrl="always", changes={"partners/acme.yaml": ACME})
    house.drop("x.edi", order().replace(PREPARED, prepared))
    house.engine.run_once()
    codes = [each.code for each in from_json(rows(house, "interchange")[0].findings)]
    found = (states(house, "interchange"), codes, b"".join(house.files("acme/out").values()))
    house.engine.close()
    return found


def test_m12_an_interchange_older_than_agreed_is_refused_with_24(tmp_path: Path) -> None:
    state, codes, answer = outcome(tmp_path, b"231124:0900")

    assert (["rejected"], ["edifact.prepared_long_ago"]) == (state, codes)
    assert b"+4+24" in answer


def test_m13_an_interchange_from_the_future_is_taken_with_a_warning(tmp_path: Path) -> None:
    state, codes, answer = outcome(tmp_path, b"271124:0900")

    assert (["accepted"], ["edifact.prepared_ahead"]) == (state, codes)
    assert b"+7'" in answer


@pytest.mark.parametrize("prepared", [PREPARED, b"261125:0100", b"251125:0900", b"991399:9999", b"x:y"])
def test_any_other_moment_and_what_is_none_is_not_held_against_it(tmp_path: Path, prepared: bytes) -> None:
    assert not {code for code in outcome(tmp_path, prepared)[1] if "prepared" in code}


def test_m08_a_known_sender_through_the_channel_of_another_is_held_and_nothing_of_it_used(tmp_path: Path) -> None:
    (tmp_path / "data" / "globex" / "in").mkdir(parents=True)
    ids = "[{gln: '4098765000010'}, {unb: '4098765000010', qualifier: '14'}]"
    channel = "channel: globex-in\nkind: directory\ndirection: in\npartner: globex\nfolder: data/globex/in\npattern: '*.edi'\n"
    partner = f"partner: globex\nname: Globex\nstatus: live\nids: {ids}\n"
    house = House(tmp_path, changes={"partners/globex.yaml": partner, "channels/globex-in.yaml": channel})
    house.drop("x.edi", order(), channel="globex/in")
    house.engine.run_once()

    assert (["quarantined"], {}) == (states(house, "transmission"), house.files("erp/out"))
    assert "acme" in (rows(house, "transmission")[0].reason or "")
    house.engine.close()
