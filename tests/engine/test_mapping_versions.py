"""Mappings of then and of now: kept with what they made, explained from the stored bytes, chosen for a replay, named in refusals."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from edi.engine.operator import Act
from edi.engine.provenance import Provenance, provenance, wanted
from edi.engine.translate import Mappings
from edi.store import mapping_texts
from edi.store.tables import document
from tests.engine.house import FILES, House, StillClock, invoice, order
from tests.engine.look import rows
from tests.engine.test_acknowledgements import contrl

ANNA = Act(who="anna", why="asked")
ORDERS = """\
mapping: orders-eancom
kind: order
syntax: {edifact: ORDERS, versions: [D.96A], association: [EAN008]}
codes:
  units:
    pairs: [[PCE, C62]]
    other: error
header:
  - BGM+220+{number!}+9
  - DTM+137:{issue_date!}
  - at: buyer
    NAD+BY+{gln}::9:
  - at: seller
    NAD+SU+{gln}::9:
detail:
  - each: lines
    LIN+{id}++{item.gtin}:EN:
      - QTY+21:{quantity}:{unit|codes(units)}
summary:
  - UNS+S !always
"""
INVOICE = """\
mapping: invoic-eancom
kind: invoice
syntax: {edifact: INVOIC, versions: [D.96A], association: [EAN008]}
header:
  - BGM+{type_code}+{number!}+9
  - DTM+137:{issue_date!}
  - at: seller
    NAD+SU+{gln}::9:
  - at: buyer
    NAD+BY+{gln}::9:
  - CUX+2:{currency}:4
detail:
  - each: lines
    LIN+{id}:
      - QTY+47:{quantity}:{unit}
      - MOA+203:{net_amount}
summary:
  - UNS+S !always
  - MOA+77:142.8 !always
"""
OURS = {
    "mappings/orders-eancom.map.yaml": ORDERS,
    "mappings/invoic-eancom.map.yaml": INVOICE,
    "mappings/erp-order.map.yaml": "mapping: erp-order\nkind: order\nsyntax: {json: order}\nbody: document\n",
    "mappings/erp-invoice.map.yaml": "mapping: erp-invoice\nkind: invoice\nsyntax: {json: invoice}\nbody: document\n",
    "routes.yaml": FILES["routes.yaml"].replace("read: erp-invoice\n", "read: erp-invoice\n    accept_loss: [seller.name, buyer.name]\n"),
}
WITH_UNIT = order().replace(b"QTY+21:48'", b"QTY+21:48:PCE'")


class TranslatingHouse(House):
    """With the mappings of the workspace."""

    def again(self, *, start: bool = True):  # type: ignore[no-untyped-def]  # as the house has it
        engine = super().again(start=False)
        # The translator needs the workspace, which the house loads.
        self.translator = Mappings(engine.context.workspace, StillClock())  # type: ignore[assignment]
        engine.close()
        return super().again(start=start)


@pytest.fixture
def translating(tmp_path: Path) -> House:
    return TranslatingHouse(tmp_path, changes=OURS)


def change(house: House, old: str, new: str) -> None:
    """Somebody edits the mapping of orders."""
    place = house.folder / "mappings/orders-eancom.map.yaml"
    place.write_text(place.read_text().replace(old, new))
    house.again()


def ways(house: House, message: int = 1, **options: int) -> Provenance:
    with house.engine.context.store.reading() as view:
        return provenance(house.engine.context, view, message, **options)


def test_the_text_of_a_mapping_is_kept_with_what_it_made(translating: House) -> None:
    translating.drop("a.edi", WITH_UNIT)
    translating.engine.run_once()

    with translating.engine.context.store.reading() as view:
        version = view.connection.execute(select(document.c.mapping)).scalar_one()
        kept = mapping_texts.text_of(view, version)

    assert kept is not None
    assert "[[PCE, C62]]" in kept


def test_a_stored_value_is_traced_from_its_byte_to_the_output(translating: House) -> None:
    translating.drop("a.edi", WITH_UNIT)
    translating.engine.run_once()

    [way] = wanted(ways(translating).ways, path="lines.unit")

    assert ("lines[0].unit", "C62", "PCE", "units: PCE = C62") == (way.path, way.value, way.wire, way.table)
    assert b"QTY+21:48:PCE'" == WITH_UNIT[way.where.offset :][:14]
    assert (7, 1, 3) == (way.where.segment, way.where.element, way.where.component)
    assert way.line == "orders-eancom.map.yaml:18"
    assert [("O1", "lines[0].unit")] == [(one.output, one.where.path) for one in way.arrivals]


def test_backwards_from_a_segment(translating: House) -> None:
    translating.drop("a.edi", WITH_UNIT)
    translating.engine.run_once()

    assert ["lines[0].quantity", "lines[0].unit"] == sorted(way.path for way in wanted(ways(translating).ways, segment=7))


def test_what_was_translated_then_is_explained_with_the_mapping_of_then(translating: House) -> None:
    translating.drop("a.edi", WITH_UNIT)
    translating.engine.run_once()
    change(translating, "[PCE, C62]", "[PCE, H87]")

    found = ways(translating)

    assert ["C62"] == [way.value for way in wanted(found.ways, path="lines.unit")]
    assert all(used.of_then for used in found.mappings)


def test_a_replay_chooses_the_mapping_of_then_or_of_now_and_shows_the_difference_first(translating: House) -> None:
    translating.drop("a.edi", WITH_UNIT)
    translating.engine.run_once()
    change(translating, "[PCE, C62]", "[PCE, H87]")
    operator = translating.engine.operator

    then, now = operator.replay_preview("T1", as_of="then"), operator.replay_preview("T1")

    assert ["same"] == [effect.verdict for effect in then.effects]
    [effect] = now.effects
    assert effect.verdict == "differs"
    assert b'"C62"' in (effect.before or b"")
    assert b'"H87"' in (effect.after or b"")
    assert [("orders-eancom", True)] == [(one.name, one.changed) for one in now.mappings if one.changed]


def test_a_failure_is_replayed_with_the_mapping_of_now_unless_then_is_asked_for(translating: House) -> None:
    translating.drop("a.edi", WITH_UNIT)
    translating.engine.run_once()
    change(translating, "[PCE, C62]", "[PCE, H87]")

    translating.engine.operator.replay("T1", ANNA, as_of="then")
    translating.engine.operator.replay("T1", ANNA)

    # The message had its effect, so neither makes another output.
    assert 1 == len(rows(translating, "outbound"))


def test_a_refused_element_names_the_field_the_mapping_line_and_the_value_it_came_from(translating: House) -> None:
    translating.drop("r.json", invoice(), channel="erp/in")
    translating.engine.run_once()

    translating.drop("c.edi", contrl(action="4", more="UCM+1+INVOIC:D:96A:UN:EAN008+4'UCS+8'UCD+12+1:2'"))
    translating.engine.run_once()

    [sent] = [row for row in rows(translating, "outbound") if row.kind == "invoice"]
    assert "lines[0].quantity '12', written by invoic-eancom.map.yaml:15; it came from lines[0].quantity '12'" in sent.findings


def test_an_application_that_refuses_a_line_is_shown_the_line_of_the_document(translating: House) -> None:
    translating.drop("r.json", invoice(), channel="erp/in")
    translating.engine.run_once()

    head = "UNB+UNOC:3+4054321000009:14+4012345500004:14+261124:1000+78'UNH+1+APERAK:D:96A:UN:EAN004'"
    body = [
        "BGM++A-1+27'",
        "DTM+137:20261124:102'",
        "RFF+IV:R-1'",
        "NAD+BY+4054321000009::9'",
        "ERC+42::92'",
        "FTX+AAO+++Price is not agreed'",
        "RFF+LI:1'",
    ]
    translating.drop("c.edi", "".join([head, *body, f"UNT+{len(body) + 2}+1'UNZ+1+78'"]).encode())
    translating.engine.run_once()

    [sent] = [row for row in rows(translating, "outbound") if row.kind == "invoice"]
    assert "Price is not agreed" in sent.findings
    assert "lines[0].id '1', written by invoic-eancom.map.yaml:14" in sent.findings


def test_the_cross_references_of_then_go_with_the_mapping_of_then(tmp_path: Path) -> None:
    asked = ORDERS.replace("{unit|codes(units)}", "{unit|xref(units)}")
    changes = {**OURS, "mappings/orders-eancom.map.yaml": asked, "xref/units.csv": "wire,canonical\nPCE,C62\n"}
    house = TranslatingHouse(tmp_path, changes=changes)
    house.drop("a.edi", WITH_UNIT)
    house.engine.run_once()
    (house.folder / "xref/units.csv").write_text("wire,canonical\nPCE,H87\n")
    house.again()

    then, now = house.engine.operator.replay_preview("T1", as_of="then"), house.engine.operator.replay_preview("T1")

    assert ["C62"] == [way.value for way in wanted(ways(house).ways, path="lines.unit")]
    assert ["same"] == [effect.verdict for effect in then.effects]
    assert ["differs"] == [effect.verdict for effect in now.effects]


def test_rows_of_a_database_are_those_of_the_start_until_a_reload_and_of_then_in_a_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erp = tmp_path / "erp.db"
    with closing(sqlite3.connect(erp)) as database:
        database.executescript("CREATE TABLE units (wire, canonical); INSERT INTO units VALUES ('PCE', 'C62')")
    monkeypatch.setenv("ERP_DATABASE", f"sqlite:///{erp}")
    asked = ORDERS.replace("{unit|codes(units)}", "{unit|xref(units)}")
    query = "database: ${env:ERP_DATABASE}\nquery: SELECT wire, canonical FROM units\n"
    house = TranslatingHouse(tmp_path, changes={**OURS, "mappings/orders-eancom.map.yaml": asked, "xref/units.yaml": query})
    house.drop("a.edi", WITH_UNIT)
    house.engine.run_once()
    with closing(sqlite3.connect(erp)) as database, database:
        database.execute("UPDATE units SET canonical = 'H87'")

    assert ["same"] == [effect.verdict for effect in house.engine.operator.replay_preview("T1").effects], "nothing was asked anew"
    house.again()
    assert ["differs"] == [effect.verdict for effect in house.engine.operator.replay_preview("T1").effects]
    erp.unlink()
    house.again()
    assert ["same"] == [effect.verdict for effect in house.engine.operator.replay_preview("T1", as_of="then").effects]
    assert ["C62"] == [way.value for way in wanted(ways(house).ways, path="lines.unit")]


def test_a_table_is_kept_once_for_all_mappings_that_ask_it(tmp_path: Path) -> None:
    house = TranslatingHouse(tmp_path, changes=OURS)
    texts = [f'{{"{name}":["","text"],"xref/units":["","[[null,\\"PCE\\",\\"C62\\",\\"\\",\\"\\"]]"]}}' for name in ("a", "b")]
    with house.engine.context.store.writing("test", house.engine.context.clock.now()) as transaction:
        for number, text in enumerate(texts):
            mapping_texts.keep(transaction, f"m{number}#1", text)

    with house.engine.context.store.reading() as view:
        kept = view.connection.execute(select(mapping_texts.mapping_text.c.version)).scalars().all()
        assert texts == [mapping_texts.text_of(view, f"m{number}#1") for number in range(2)]
    assert 3 == len(kept)
