"""The converter from published directory files, on files made up in each published layout."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edi.findings import Finding, Severity
from edi.formats.edifact.directory_import import Entry, ReleaseTables, Use, import_archive
from edi.formats.edifact.directory_import.pool import Pool
from edi.formats.edifact.directory_import.text import lines_of
from edi.formats.edifact.directory_messages import walk
from edi.formats.edifact.directory_types import GroupUse, MessageType, SegmentUse
from tests.formats.edifact import published as p

OLD = {
    **p.files("96A", TRED=p.ELEMENTS_OLD, TRCD=p.COMPOSITES_OLD, TRSD=p.SEGMENTS_OLD),
    **p.files("96A", UNCL_1=p.CODES_OLD),
    **p.message("TESTER", "96A", p.TABLE_BOX),
}
NEW = {
    **p.files("24A", EDED=p.ELEMENTS_NEW, EDCD=p.COMPOSITES_NEW, EDSD=p.SEGMENTS_NEW, UNCL=p.CODES_NEW),
    **p.message("TESTER", "24A", p.TABLE_NEW),
}


def tables_of(files: dict[str, bytes]) -> ReleaseTables:
    outcome = import_archive(files)
    assert outcome.value is not None
    return outcome.value


def shape(message: MessageType) -> list[str]:
    """One line per item, indented: position, tag or group, status and repeats."""
    return [
        f"{'  ' * depth}{item.position} {item.name if isinstance(item, GroupUse) else item.tag} "
        f"{'M' if item.mandatory else 'C'}{item.repeats_max}".strip()
        if depth == 0
        else f"{'  ' * depth}{item.position} {item.name if isinstance(item, GroupUse) else item.tag} "
        f"{'M' if item.mandatory else 'C'}{item.repeats_max}"
        for depth, item in walk(message.items)
    ]


def codes_of(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_a_release_in_the_layout_up_to_99a_converts_without_a_finding() -> None:
    assert () == import_archive(OLD).findings
    assert "D.96A" == tables_of(OLD).release


def test_a_release_in_the_layout_from_99b_converts_without_a_finding() -> None:
    assert () == import_archive(NEW).findings
    assert "D.24A" == tables_of(NEW).release


def test_groups_are_nested_as_the_lines_at_the_edge_draw_them() -> None:
    assert [
        "0010 UNH M1",
        "0020 BGM M1",
        "0030 SG1 C9999999",
        "  0040 LIN M1",
        "  0050 BGM C35",
        "  0060 SG2 M10",
        "    0070 BGM M1",
        "    0080 SG3 C5",
        "      0090 LIN M1",
        "  0100 BGM C1",
        "0110 UNT M1",
    ] == shape(tables_of(OLD).messages["TESTER"])


def test_the_oldest_table_has_no_positions() -> None:
    files = {**OLD, **p.message("TESTER", "96A", p.TABLE_OLDEST)}

    assert ["UNH M1", "BGM M1", "SG1 C200000", "   LIN M1", "   SG2 C10", "     BGM M1", "     LIN C5", "UNT M1"] == shape(
        tables_of(files).messages["TESTER"]
    )


def test_positions_can_have_five_digits_and_lines_can_be_ascii() -> None:
    assert ["00010 UNH M1", "00020 SG1 C99999", "  00030 BGM M1", "  00040 BGM C9", "00050 UNT M1"] == shape(
        tables_of(NEW).messages["TESTER"]
    )


@pytest.mark.parametrize("head", ["", "Pos. Tag  Name   S  R", "TAG NAME S REPT", "Position Tag and so on"])
def test_a_table_is_found_whatever_stands_above_it(head: str) -> None:
    table = head + p.TABLE_BOX.removeprefix("Pos    Tag Name                                      S   R")

    assert shape(tables_of(OLD).messages["TESTER"]) == shape(tables_of({**OLD, **p.message("TESTER", "96A", table)}).messages["TESTER"])


def test_a_message_is_named_as_its_contents_begin() -> None:
    assert "Made up for tests message" == tables_of(OLD).messages["TESTER"].name


def test_a_title_ends_where_the_first_chapter_begins_and_says_message_once() -> None:
    def name(old: bytes, new: bytes) -> str:
        files = {path: content.replace(old, new) for path, content in OLD.items()}
        return tables_of(files).messages["TESTER"].name

    assert "Made up for tests message" == name(b"message\r\n\r\n0.   INTRO", b"message\r\n0.   INTRO")
    assert "Made up for tests MESSAGE" == name(b"        message\r\n", b"        MESSAGE MESSAGE\r\n")


def test_elements_have_format_and_name_without_marks_and_usage() -> None:
    assert {
        "1004": ("an..35", "Document/message number"),
        "5105": ("n2", "A name that is too long for its line and goes on with the second one"),
        "1131": ("an..3", "Code list qualifier"),
    } == tables_of(OLD).elements
    assert ("an..17", "Monetary amount function detail description code") == tables_of(NEW).elements["5105"]


def test_composites_and_segments_list_what_they_use() -> None:
    old = tables_of(OLD)

    assert (
        Entry(
            name="DOCUMENT/MESSAGE NAME",
            uses=(Use(id="1004", mandatory=False, format="an..35"), Use(id="1131", mandatory=True, format="an..3")),
        )
        == old.composites["C002"]
    )
    assert ("C002", "5105", "1004") == tuple(use.id for use in old.segments["BGM"].uses)
    assert "LINE ITEM" == old.segments["LIN"].name
    assert (Use(id="C008", mandatory=False, repeats=5), Use(id="1004", mandatory=False, repeats=99, format="an..70")) == tables_of(
        NEW
    ).segments["BGM"].uses


def test_codes_keep_values_and_short_names_only() -> None:
    assert {
        "1": "First",
        "12": "Second, whose name is too long for its line",
        "ABC": "Third",
        "NOT": "Notes",
        "ZZZ": "Mutually defined",
    } == tables_of(OLD).codes["1131"]
    assert {
        "1": "First",
        "2": "Second, long enough to go on",
        "3": "Third, behind a tab",
        "X": "A code that looks like a mark",
    } == tables_of(NEW).codes["5105"]


def test_a_code_list_in_two_files_is_one() -> None:
    second = p.CODES_OLD.replace("* 1131", "  5105")
    files = {**OLD, **p.files("96A", UNCL_2=second)}

    assert {"1131", "5105"} == tables_of(files).codes.keys()


def test_a_file_that_begins_with_an_entry_loses_none() -> None:
    """The second file of a code list has neither title nor ruler before its first element."""
    second = p.CODES_OLD.replace("* 1131", "  5105").split(p.RULER_BOX)[1].lstrip()
    files = {**OLD, **p.files("96A", UNCL_2=second)}

    assert {"1131", "5105"} == tables_of(files).codes.keys()


def test_folders_letter_case_and_other_files_do_not_matter() -> None:
    renamed = {f"some\\folder/{name.lower()}": content for name, content in OLD.items()}

    assert tables_of(OLD) == tables_of({**renamed, "DOC/README.TXT": b"nothing", "DIR/UNSL.96A": b"nothing", "IDCD.96A": b"nothing"})


def test_a_format_that_differs_where_it_is_used_is_kept_there() -> None:
    pool = Pool()
    pool.add(tables_of(OLD))

    assert "BGM\n D.96A- C002M 5105C 1004C=an..17 : BEGINNING OF MESSAGE\n" in pool.write()["segments.txt"]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (p.TABLE_BOX.replace("1───────────┘", "1"), "directory.line_not_read"),
        (p.TABLE_BOX.split("0110")[0], "directory.no_segment_table"),
        (p.TABLE_BOX.partition("0020")[2], "directory.no_segment_table"),
        (
            p.TABLE_BOX.replace("0020   BGM Beginning of message                      M   1", "0020   BGM Beginning"),
            "directory.line_not_read",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_file_and_line(table: str, code: str) -> None:
    outcome = import_archive({**OLD, **p.message("OTHERS", "96A", table)})

    assert code in codes_of(outcome.findings)
    assert {"OTHERS_D.96A"} == {finding.where.source for finding in outcome.findings}
    assert "TESTER" in outcome.value.messages  # type: ignore[union-attr]  # the rest is converted


def test_a_corner_too_many_is_found_by_its_column() -> None:
    drawn = p.TABLE_BOX.replace(
        "0050 + BGM Beginning of message                      C   35          │",
        "0050 + BGM Beginning of message                      C   35─────────┘│",
    )
    outcome = import_archive({**OLD, **p.message("TESTER", "96A", drawn)})

    assert ["directory.spare_corner"] == codes_of(outcome.findings)
    assert shape(tables_of(OLD).messages["TESTER"]) == shape(outcome.value.messages["TESTER"])  # type: ignore[union-attr]  # it was made


def test_a_table_that_begins_twice_counts_from_the_second_time() -> None:
    head, rest = p.TABLE_BOX.split("           HEADER SECTION\n")
    twice = f"{head}           HEADER SECTION\n{rest.split('0030')[0]}\n           HEADER SECTION\n{rest}"
    outcome = import_archive({**OLD, **p.message("TESTER", "96A", twice)})

    assert ["directory.table_begins_twice"] == codes_of(outcome.findings)
    assert shape(tables_of(OLD).messages["TESTER"]) == shape(outcome.value.messages["TESTER"])  # type: ignore[union-attr]  # it was made


def test_groups_misnumbered_in_print_are_numbered_in_order() -> None:
    outcome = import_archive({**OLD, **p.message("TESTER", "96A", p.TABLE_BOX.replace("group 3 ", "group 1 "))})

    assert ["directory.groups_renumbered"] == codes_of(outcome.findings)
    assert shape(tables_of(OLD).messages["TESTER"]) == shape(outcome.value.messages["TESTER"])  # type: ignore[union-attr]  # it was made


def test_where_two_files_disagree_about_a_composite_the_composite_file_counts() -> None:
    files = {**OLD, **p.files("96A", TRCD=p.COMPOSITES_OLD.split("020 +")[0])}
    outcome = import_archive(files)

    assert ["directory.files_disagree"] == codes_of(outcome.findings)
    assert ("1004",) == tuple(use.id for use in tables_of(files).composites["C002"].uses)


def test_a_segment_that_uses_what_no_file_defines_is_left_out_and_named() -> None:
    files = {**OLD, **p.files("96A", TRED=p.ELEMENTS_OLD.split("*  5105")[0])}
    outcome = import_archive(files)

    assert {"directory.element_undefined"} == set(codes_of(outcome.findings))
    assert "BGM" not in tables_of(files).segments


def test_an_archive_without_messages_or_segments_says_what_is_missing() -> None:
    outcome = import_archive({"readme.txt": b"hello"})

    assert outcome.value is None
    assert ["the archive holds no message file that could be read", "the archive holds no segment file that could be read"] == [
        finding.text for finding in outcome.findings
    ]
    assert {Severity.ERROR} == {finding.severity for finding in outcome.findings}


def test_any_bytes_at_all_are_read_as_far_as_they_go() -> None:
    noise = bytes(range(256)) * 40
    for name in OLD:
        assert import_archive({**OLD, name: noise}) is not None
        assert import_archive({**OLD, name: OLD[name][: len(OLD[name]) // 2]}) is not None


def test_the_items_of_a_message_stay_values() -> None:
    first = tables_of(OLD).messages["TESTER"].items[0]

    assert SegmentUse(position="0010", tag="UNH", mandatory=True, repeats_max=1) == first


@pytest.mark.parametrize(
    "change", [bytes, lambda raw: raw.decode("cp1252").encode(), lambda raw: b"\xef\xbb\xbf" + raw.decode("cp1252").encode()]
)
def test_names_keep_the_letters_they_were_published_with(change: Callable[[bytes], bytes]) -> None:
    published = "    275   Banco de España, forwarder’s".encode("cp1252")

    assert ["    275   Banco de España, forwarder’s"] == [line.text for line in lines_of(change(published))]


def test_drawn_lines_are_drawn_whatever_a_copy_took_them_for() -> None:
    row = "0940   LIN Line item                                 M   1          ─┐│".encode("cp437")

    for copy in (row, row.decode("cp437").encode(), row.decode("latin-1").encode()):
        assert ["0940   LIN Line item                                 M   1          -+|"] == [line.text for line in lines_of(copy)]
