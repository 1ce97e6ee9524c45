"""Deadlines and silence in the partner's working hours."""

from __future__ import annotations

from pathlib import Path

from edi.engine.silence import silences
from tests.engine.house import FILES, House, invoice, order
from tests.engine.look import rows

WORKING_DAYS = "timezone: Europe/Berlin\ncalendar: {days: mon-fri, hours: '08:00-16:00'}\n"


def quiet_house(folder: Path) -> House:
    """Acme's orders are expected within sixteen working hours, anything through its channel within a week of them."""
    partner = FILES["partners/acme.yaml"].replace("timezone: Europe/Berlin\n", WORKING_DAYS)
    partner = partner.replace("acknowledge: {contrl: CONTRL}", "silent_after: 16h").replace("expect: {contrl: 4h}", "expect: {contrl: 8h}")
    channel = FILES["channels/acme-in.yaml"] + "silent_after: 40h\n"
    return House(folder, changes={"partners/acme.yaml": partner, "channels/acme-in.yaml": channel})


def said(house: House) -> list[str]:
    with house.engine.context.store.reading() as view:
        return [one.text for one in silences(house.engine.context.workspace, view, house.clock.now())]


def test_a_deadline_counts_the_partners_working_hours(tmp_path: Path) -> None:
    """Sent on Tuesday at 10:14 in Berlin, eight working hours end on Wednesday at 10:14."""
    house = quiet_house(tmp_path)
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()

    assert "2026-11-25T09:14:00.000000Z" == rows(house, "acknowledgement")[0].deadline


def test_a_partner_who_stays_away_is_named_with_when_something_was_expected(tmp_path: Path) -> None:
    house = quiet_house(tmp_path)
    house.drop("a.edi", order())
    house.engine.run_once()
    house.clock.forward(days=1)
    assert [] == said(house)

    house.clock.forward(days=1)

    expected = "partner 'acme' brought no order since 2026-11-24T09:14:00.000000Z; expected by 2026-11-26T09:14:00.000000Z"
    assert [expected] == said(house)


def test_a_channel_that_never_brought_anything_is_silent_since_the_store_began(tmp_path: Path) -> None:
    house = quiet_house(tmp_path)
    assert [] == said(house)
    house.drop("r.json", invoice(), channel="erp/in")
    house.engine.run_once()
    house.clock.forward(days=9)

    assert "channel 'acme-in' brought nothing yet, and is looked at since 2026-11-24T09:14:00.000000Z" == said(house)[1].split(";")[0]


def test_a_weekend_is_not_silence(tmp_path: Path) -> None:
    house = quiet_house(tmp_path)
    house.clock.forward(days=3)  # Friday, 10:14
    house.drop("a.edi", order())
    house.engine.run_once()
    house.clock.forward(days=3)

    assert [] == said(house)
