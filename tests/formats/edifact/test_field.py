"""What users of other EDIFACT software ran into, thread by thread, as tests of ours. The thread's name is the test's."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest

from edi.errors import FormatError
from edi.formats import edifact
from edi.formats.edifact import contrl, directory, reader, structure, validation
from edi.formats.edifact.charset import Policy
from tests.formats.edifact.building import ORDER, check, errors, interchange, message, only

D96A = directory.load("D.96A")


def tree(data: bytes, kind: str = "ORDERS", release: str = "D.96A") -> edifact.Group:
    spec = directory.load(release).message(kind)
    assert spec is not None
    outcome = structure.build(only(data).messages[0], spec)
    assert outcome.findings == ()
    assert outcome.value is not None
    return outcome.value


# -- 13: segment groups are the hard part --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "thread", ["indice-co/EDI.Net#149", "#196", "#203", "#216", "nerdocs/pydifact#18", "pydifact PR#37", "xlate/staedi#44"]
)
def test_repeated_groups_are_told_apart_without_hints_in_the_data(thread: str) -> None:
    body = [*ORDER[:4], "LIN+1++A:EN", "QTY+21:5", "PRI+AAA:2", "LIN+2++B:EN", "QTY+21:6", "DTM+2:20240201:102", "UNS+S"]
    lines = list(tree(interchange(message(*body))).groups("LIN"))

    assert [[item.tag if isinstance(item, edifact.Segment) else f"{item.name}" for item in line.items] for line in lines] == [
        ["LIN", "QTY", "SG28"],
        ["LIN", "QTY", "DTM"],
    ]
    assert [line.repetition for line in lines] == [1, 2]


@pytest.mark.parametrize("thread", ["indice-co/EDI.Net#257", "#274", "#279", "xlate/staedi#79"])
def test_the_same_tag_at_two_levels_goes_to_the_nearest_place(thread: str) -> None:
    body = [*ORDER[:2], "RFF+CT:1", "DTM+171:20240101:102", "NAD+BY+1::9", "RFF+VA:2", "LIN+1++A:EN", "QTY+21:5", "RFF+ON:3", "UNS+S"]
    root = tree(interchange(message(*body)))

    assert [each.get(1, 2) for each in root.find("DTM")] == ["20240131"]
    assert [[each.tag for each in found.segments()] for found in root.groups("SG1")] == [["RFF", "DTM"]]
    (party,) = root.groups("NAD")
    assert [each.name for each in party.groups("RFF")] == ["SG3"]


@pytest.mark.parametrize("thread", ["indice-co/EDI.Net#280", "#287", "xlate/staedi#441"])
def test_a_group_right_after_its_like_is_a_new_repetition(thread: str) -> None:
    root = tree(interchange(message(*ORDER[:2], "NAD+BY+1::9", "NAD+SU+2::9", "NAD+DP+3::9", *ORDER[4:])))

    assert [group.trigger.get(1) for group in root.groups("SG2")] == ["BY", "SU", "DP"]


# -- 14: directories wrong, missing, or closed lists ----------------------------------------------------------------


@pytest.mark.parametrize("thread", ["smooks-edi-cartridge#236", "smooks#446"])
def test_a_code_of_another_agencys_list_is_not_refused(thread: str) -> None:
    data = interchange(message(*ORDER[:4], "LIN+1++4000862141404:EN", "PIA+1+X:ZZQ::9", "QTY+21:5", "UNS+S"))

    assert errors(check(data)) == []


@pytest.mark.parametrize(
    "thread", ["pydifact#81", "pydifact#92", "pydifact#100", "smooks-edi-cartridge#90", "php-edifact#13", "edifact-mapping#3"]
)
@pytest.mark.parametrize("release", ["D.93A", "D.96A", "D.01B", "D.24A"])
def test_orders_of_any_release_have_a_structure(thread: str, release: str) -> None:
    assert directory.load(release).message("ORDERS") is not None


def test_a_message_that_no_directory_knows_gives_one_finding_and_no_noise() -> None:
    found = only(interchange(message("BGM+1+2+3+4+5+6+7", "PDI++C:3+Y::3+F::1", identifier="PAORES:93:1:IA")))

    assert [each.code for each in validation.validate(found.messages[0], D96A)] == ["edifact.message_unknown"]


@pytest.mark.parametrize("thread", ["smooks-edi-cartridge#55"])
def test_a_code_that_eancom_adds_is_right_where_eancom_is_named_and_wrong_elsewhere(thread: str) -> None:
    body = (*ORDER[:3], "RFF+YC1:7", *ORDER[3:])
    eancom, plain = (
        only(interchange(message(*body, identifier=name))).messages[0] for name in ("ORDERS:D:96A:UN:EAN008", "ORDERS:D:96A:UN")
    )

    assert [] == [each.code for each in validation.validate(eancom, directory.load("D.96A", association="EAN008"))]
    assert ["edifact.code_unknown"] == [each.code for each in validation.validate(plain, D96A)]


# -- 18: charset ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", ["Azure/logicapps#737", "php-edifact#25", "sapstern/edifactconverter#30"])
def test_the_declared_set_rules_byte_by_byte(thread: str) -> None:
    data = interchange(message("BGM+220+\xfc+9", *ORDER[1:]))

    assert only(data).messages[0].segments[1].get(2) == "ü"


@pytest.mark.parametrize("thread", ["bots#11", "bots#157", "OCA/edi PR#835", "pydifact#52"])
def test_a_wrong_declaration_is_said_and_repaired_only_on_request(thread: str) -> None:
    data = interchange(message("BGM+220+\xc3\xbc+9", *ORDER[1:]))
    strict, repaired = reader.read(data), reader.read(data, policy=Policy.REPAIR)
    assert strict.value is not None
    assert repaired.value is not None

    assert [each.value[0].messages[0].segments[1].get(2) for each in (strict, repaired) if each.value] == ["Ã¼", "ü"]
    assert [each.code for each in strict.findings] == [each.code for each in repaired.findings] == ["edifact.charset_differs"]
    assert edifact.rewrite(strict.value[0]) == edifact.rewrite(repaired.value[0]) == data


@pytest.mark.parametrize("thread", ["smooks#554", "tdecaluwe/node-edifact#8", "node-edifact#22", "php-edifact#71"])
def test_no_character_becomes_a_question_mark_in_silence(thread: str) -> None:
    data = interchange(message("BGM+220+\xff\xfe+9", *ORDER[1:]), syntax="UNOW:4")
    outcome = reader.read(data)
    assert outcome.value is not None

    assert errors(list(outcome.findings)) == [("character", "21@UCD")]
    assert edifact.rewrite(outcome.value[0]) == data


# -- 19: UNA, release character, decimal mark, line breaks, junk -----------------------------------------------------


@pytest.mark.parametrize("thread", ["php-edifact#65", "pydifact#58", "staedi#167"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" \n"])
def test_line_ends_between_segments_do_no_harm(thread: str, end: bytes) -> None:
    data = interchange(una="UNA:+.? '").replace(b"'", b"'" + end)

    assert [segment.tag for segment in only(data).messages[0].body] == [each[:3] for each in ORDER]
    assert edifact.rewrite(only(data)) == data


@pytest.mark.parametrize("thread", ["php-edifact#91", "pydifact#11", "EdiFabric/EDIFACT.NET#4"])
@pytest.mark.parametrize(("raw", "value"), [("a??", "a?"), ("?+49", "+49"), ("O?'Neill", "O'Neill"), ("4?:3", "4:3"), ("????", "??")])
def test_released_characters_are_text_wherever_they_stand(thread: str, raw: str, value: str) -> None:
    assert only(interchange(message("BGM+220+" + raw + "+9", *ORDER[1:]))).messages[0].segments[1].get(2) == value


@pytest.mark.parametrize("thread", ["php-edifact#134", "php-edifact PR#146", "metormote/edifact-xml#8"])
def test_every_character_of_una_may_differ(thread: str) -> None:
    data = interchange(message(*ORDER[:5], "QTY+21:5,5", "UNS+S")).replace(b"?", b"!")
    table = bytes.maketrans(b":+'", b"|^~")
    data = b"UNA|^,! ~" + data.translate(table)

    assert errors(check(data)) == []
    assert edifact.rewrite(only(data)) == data


@pytest.mark.parametrize("thread", ["staedi#170", "staedi#174", "bots#257"])
def test_a_line_end_may_be_the_terminator(thread: str) -> None:
    data = interchange(una="UNA:+.? '").replace(b"'", b"\n")

    assert errors(check(data)) == []
    assert edifact.rewrite(only(data)) == data


@pytest.mark.parametrize("thread", ["staedi#406", "EdiFabric/EDIFACT.NET#29", "bots#326", "sapstern/edifactconverter#35"])
@pytest.mark.parametrize("junk", [b"\xef\xbb\xbf", b"\x00\x00", b"Content-Type: x\r\n\r\n", b"\r\n\r\n  "])
def test_what_stands_before_una_does_not_hide_the_interchange(thread: str, junk: bytes) -> None:
    data = junk + interchange(una="UNA:+.? '")

    assert len(only(data).messages) == 1
    assert edifact.rewrite(only(data)) == data


@pytest.mark.parametrize("thread", ["pydifact#24", "pydifact PR#77"])
def test_una_is_optional_and_unused_characters_are_blank(thread: str) -> None:
    assert errors(check(interchange())) == errors(check(interchange(una="UNA:+.? '"))) == []


# -- 20: acknowledgement depth ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", ["bots-edi/bots#20", "eppye-bots#102", "EDIFACT.NET#61"])
def test_the_acknowledgement_names_segment_element_and_component(thread: str) -> None:
    data = interchange(message(*ORDER[:5], "QTY+21:many", "UNS+S"))

    assert [str(each) for each in contrl.answer_segments(only(data), check(data))][-2:] == ["UCS+7", "UCD+37+2:2"]


@pytest.mark.parametrize("thread", ["eppye-bots#5", "eppye-bots#239", "eppye-bots#366"])
@pytest.mark.parametrize("syntax", ["UNOA:1", "UNOB:2", "UNOC:3", "UNOW:4"])
def test_the_acknowledgement_has_the_senders_version(thread: str, syntax: str) -> None:
    noon = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
    written = contrl.answer(only(interchange(syntax=syntax)), [], control_reference="1", prepared=noon) or b""

    assert written.startswith(f"UNB+{syntax}+".encode())


@pytest.mark.parametrize("thread", ["node-x12#46", "imsweb/x12-parser#77"])
def test_a_receipt_says_that_the_interchange_came_and_nothing_of_its_messages(thread: str) -> None:
    found, noon = only(interchange(message(*ORDER[:5], "QTY+21:many", "UNS+S"))), datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
    written = contrl.answer(found, [], control_reference="1", prepared=noon, kind=contrl.Answer.RECEIPT) or b""

    assert (True, False) == (b"UCI+REF1+4012345000009:14+5412345000013:14+8'" in written, b"UCM" in written)


# -- 7 and 8: errors that do not say where, or hide each other ---------------------------------------------------------


@pytest.mark.parametrize("thread", ["eppye-bots/bots#121", "#177", "#247"])
def test_one_bad_message_neither_stops_nor_hides_the_others(thread: str) -> None:
    bad = message(*ORDER[:5], "QTY+21:many", "UNS+S", reference="2", count=99)
    data = interchange(message(), bad, message(reference="3"))
    found = only(data)

    assert [bool(one.findings or validation.validate(one, D96A)) for one in found.messages] == [False, True, False]
    assert errors(check(data)) == [("unt_count", "29@UCM"), ("not_numeric", "37@UCD")]


@pytest.mark.parametrize("thread", ["staedi#340", "MicrosoftDocs/azure-docs#5949"])
def test_an_error_says_segment_element_value_and_what_to_do(thread: str) -> None:
    (said,) = [each for each in check(interchange(message(count=14))) if each.is_error]

    assert str(said) == (
        "message 1 segment 9 UNT element 1: UNT says 14 segments, there are 9\n"
        "  hint: segments were lost or added on the way, or the sender counts wrongly; UNH and UNT count too"
    )


# -- 21: speed and memory ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thread", ["kputnam/stupidedi#65", "smooks-examples#363"])
def test_a_long_interchange_is_read_message_by_message(thread: str) -> None:
    data = interchange(*(message(reference=str(number)) for number in range(2000)))

    assert sum(isinstance(each, edifact.Message) for each in reader.stream(BytesIO(data))) == 2000


@pytest.mark.parametrize("syntax", ["UNOC:2", "UNOC:1", "UNOD:2", "UNOY:3"])
def test_a_character_set_newer_than_the_syntax_version_is_no_error(syntax: str) -> None:
    (found,) = reader.read(interchange(message()).replace(b"UNOC:3", syntax.encode())).value or ()

    assert [] == [each.code for each in (*found.all_findings(), *validation.validate_envelope(found)) if each.is_error]


def test_a_character_set_nobody_knows_is_still_an_error() -> None:
    (found,) = reader.read(interchange(message()).replace(b"UNOC:3", b"UNOZ:3")).value or ()

    assert {"edifact.syntax_identifier", "edifact.code_unknown"} == {
        each.code for each in (*found.all_findings(), *validation.validate_envelope(found))
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(FormatError, match="UTF-16"):
        reader.read(interchange(message()).decode().encode(encoding))
