"""The directories as loaded from our tables."""

from __future__ import annotations

import pytest

from edi.errors import ConfigError
from edi.formats.edifact import directory
from edi.formats.edifact.directory import CompositeType, GroupUse, SegmentUse
from edi.formats.edifact.directory_messages import walk


class Shelf:
    """The operator's tables, by path."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self.asked: list[str] = []

    def read(self, *path: str) -> bytes | None:
        name = "/".join(path)
        self.asked.append(name)
        text = self._files.get(name)
        return None if text is None else text.encode()


OWN = {
    "schemas/edifact/releases.txt": "D.30A\n",
    "schemas/edifact/elements.txt": "1004\n D.30A- an..70 Document identifier\n",
    "schemas/edifact/segments.txt": "BGM\n D.30A- 1004C : BEGINNING OF MESSAGE\n",
    "schemas/edifact/messages.txt": "ORDERS D.30A- Purchase order message\n",
    "schemas/edifact/messages/ORDERS.txt": "= D.30A- 5 Purchase order message\nUNH M1\nBGM M1\nUNT M1\n",
}


def test_orders_of_d96a_is_the_tree_that_the_directory_prints() -> None:
    orders = directory.load("D.96A").message("ORDERS")

    assert orders is not None
    assert ("ORDERS", "D.96A", "Purchase order message") == (orders.type, orders.release, orders.name)
    assert SegmentUse(position="0010", tag="UNH", mandatory=True, repeats_max=1) == orders.items[0]
    lines = next(item for item in orders.items if isinstance(item, GroupUse) and item.trigger == "LIN")
    assert ("SG25", "0930", False, 200000) == (lines.name, lines.position, lines.mandatory, lines.repeats_max)
    assert ["SG28", "SG30"] == [item.name for item in lines.items if isinstance(item, GroupUse) and item.trigger in {"PRI", "PAC"}]
    assert "UNT" == orders.items[-1].tag  # type: ignore[union-attr]  # the last item is a segment


def test_a_group_that_repeats_ten_million_times_keeps_all_seven_digits() -> None:
    invoic = directory.load("D.96A").message("INVOIC")

    assert invoic is not None
    assert 9_999_999 == max(item.repeats_max for _, item in walk(invoic.items))


def test_a_position_has_as_many_digits_as_its_directory_prints() -> None:
    def first(release: str) -> str:
        message = directory.load(release).message("INVOIC")
        assert message is not None
        return message.items[0].position

    assert {"D.93A": "", "D.96A": "0010", "D.24A": "00010"} == {release: first(release) for release in ("D.93A", "D.96A", "D.24A")}


def test_a_segment_has_its_composites_with_their_components() -> None:
    nad = directory.load("D.96A").segment("NAD")

    assert nad is not None
    assert ["3035", "C082", "C058", "C080", "C059", "3164", "3229", "3251", "3207"] == [use.type.id for use in nad.elements]
    party = nad.elements[1].type
    assert isinstance(party, CompositeType)
    assert [(1, "3039", "an..35", True), (2, "1131", "an..3", False), (3, "3055", "an..3", False)] == [
        (part.position, part.type.id, part.type.format, part.mandatory) for part in party.components
    ]


def test_an_element_of_fixed_length_has_that_least_length() -> None:
    element = directory.service("3").element("0017")

    assert element is not None
    assert ("n", 6, 6, "n6") == (element.kind, element.length_min, element.length_max, element.format)


def test_a_composite_repeats_where_the_directory_lets_it() -> None:
    loc = directory.load("D.24A").segment("ADR")

    assert loc is not None
    assert {"C819": 5, "C517": 5} == {use.type.id: use.repeats_max for use in loc.elements if use.repeats_max > 1}


def test_codes_have_their_short_names_and_differ_between_releases() -> None:
    assert "Order" == (directory.load("D.96A").codes("1001") or {})["220"]
    assert ("Party information", "Party information") == tuple(
        (directory.load(name).codes("1001") or {})["10"] for name in ("D.96A", "D.24A")
    )
    assert len(directory.load("D.96A").codes("1001") or {}) < len(directory.load("D.24A").codes("1001") or {})
    assert directory.load("D.96A").codes("1004") is None
    assert directory.load("D.93A").codes("1001") is None


def test_what_a_release_does_not_have_is_none() -> None:
    d96a = directory.load("D.96A")

    assert d96a.message("VERMAS") is None
    assert directory.load("D.24A").message("VERMAS") is not None
    assert d96a.message("../segments") is None
    assert d96a.segment("UNH") is None
    assert d96a.segment("QQQ") is None
    assert d96a.element("9999") is None
    assert d96a.composite("C999") is None
    assert d96a.codes("..") is None


def test_every_release_is_loaded_by_the_same_code_and_lists_its_messages() -> None:
    counts = {release: len(directory.load(release).message_types()) for release in directory.releases()}

    assert 57 <= len(counts)
    assert ("D.93A", "D.24A") == (directory.releases()[0], directory.releases()[-1])
    assert {"D.93A": 55, "D.96A": 125, "D.01B": 208, "D.24A": 210} == {
        release: counts[release] for release in ("D.93A", "D.96A", "D.01B", "D.24A")
    }


def test_an_unknown_release_names_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as caught:
        directory.load("D.09A")

    assert (
        "there are no tables of the EDIFACT release 'D.09A'\n  hint: the nearest is D.09B; edi directory import ARCHIVE adds a release"
        == str(caught.value)
    )


@pytest.mark.parametrize(
    ("release", "nearest"),
    [
        ("D.96A", "D.96A"),
        ("D.09A", "D.09B"),
        ("D.30B", "D.24A"),
        ("D.92A", "D.93A"),
        ("D.97B", "D.98A"),
        ("S.93A", "D.93A"),
        ("1.911", "D.93A"),
        ("", "D.24A"),
    ],
)
def test_the_nearest_release_is_the_next_newer_one_else_the_newest(release: str, nearest: str) -> None:
    assert nearest == directory.nearest_release(release)


def test_the_operators_own_release_stands_beside_the_shipped_ones() -> None:
    shelf = Shelf(OWN)

    assert "D.30A" == directory.releases(shelf)[-1]
    own = directory.load("D.30A", tables=shelf)
    assert ("ORDERS",) == own.message_types()
    assert "an..70" == own.segment("BGM").elements[0].type.format  # type: ignore[union-attr]  # it is there, and simple
    assert directory.load("D.96A", tables=shelf).message("INVOIC") is not None


def test_the_operators_own_tables_win_over_shipped_ones_of_the_same_release() -> None:
    shelf = Shelf({name: text.replace("D.30A", "D.96A") for name, text in OWN.items()})

    assert ("ORDERS",) == directory.load("D.96A", tables=shelf).message_types()


def test_a_shipped_file_behind_the_operators_own_set_says_nothing_about_a_release_it_does_not_know() -> None:
    """A workspace's tables fall back to shipped files one by one."""
    shelf = Shelf({**OWN, "schemas/edifact/codes/1001.txt": "220 D.93A- Order\n380 D.96A Commercial invoice\n"})

    assert directory.load("D.30A", tables=shelf).codes("1001") is None


def test_own_tables_that_cannot_be_read_are_the_operators_business() -> None:
    broken = {**OWN, "schemas/edifact/segments.txt": "BGM\n D.30A- 1004? : BEGINNING OF MESSAGE\n"}

    with pytest.raises(ConfigError, match="the EDIFACT tables of BGM cannot be read: '1004\\?' is not the use of an element"):
        directory.load("D.30A", tables=Shelf(broken)).segment("BGM")


def test_own_codes_extend_a_list_and_make_one_where_the_un_has_none() -> None:
    shelf = Shelf({"schemas/edifact/own_codes.txt": "# units we use\n6411 PCE Piece\n6411 KGM\n1001 Z99 Our own document\n"})
    own = directory.load("D.96A", tables=shelf)

    assert {"PCE": "Piece", "KGM": "KGM"} == own.codes("6411")
    assert directory.load("D.96A").codes("6411") is None
    assert "Our own document" == (own.codes("1001") or {})["Z99"]
    assert "Order" == (own.codes("1001") or {})["220"]


def test_one_message_type_costs_two_files() -> None:
    shelf = Shelf(OWN)

    directory.load("D.30A", tables=shelf).message("ORDERS")

    assert ["schemas/edifact/releases.txt", "schemas/edifact/messages/ORDERS.txt"] == list(dict.fromkeys(shelf.asked))


def test_eancom_adds_code_values_by_0057() -> None:
    assert "33E" not in (directory.load("D.96A").codes("4233") or {})
    assert "Marked with serial shipping container code" == (directory.load("D.96A", association="EAN008").codes("4233") or {})["33E"]
    assert {"33E", "36E", "39E"} <= (directory.load("D.01B", association="EAN007").codes("4233") or {}).keys()
    assert "33E" not in (directory.load("D.96A", association="EANABC").codes("4233") or {})


def test_eancom_narrows_beside_the_un_structure_not_in_its_place() -> None:
    eancom = directory.load("D.96A", association="EAN008")

    def of_lines(message: directory.MessageType | None) -> list[str]:
        assert message is not None
        lines = next(item for item in message.items if isinstance(item, GroupUse) and item.number == 25)
        return [item.tag for item in lines.items if isinstance(item, SegmentUse)]

    assert of_lines(directory.load("D.96A").message("ORDERS")) == of_lines(eancom.message("ORDERS"))
    assert ["LIN", "PIA", "IMD", "MEA", "QTY", "DTM", "MOA", "GIN", "QVR", "FTX"] == of_lines(eancom.narrowed("ORDERS"))
    assert eancom.message("DESADV") == eancom.narrowed("DESADV")
    assert eancom.narrowed("XXXXXX") is None


def test_what_an_association_does_not_change_is_shared_and_unknown_associations_cost_nothing() -> None:
    plain = directory.load("D.96A")

    assert plain is directory.load("D.96A", association="ACME01")
    assert plain.segment("NAD") is directory.load("D.96A", association="EAN008").segment("NAD")
    assert directory.load("D.96A", association="EAN008") is directory.load("D.96A", association="EAN008B")
    assert "Directory('D.96A', association='EAN008')" == repr(directory.load("D.96A", association="EAN008"))
