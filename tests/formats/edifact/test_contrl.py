from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edi.findings import Finding, Location
from edi.formats import edifact
from edi.formats.edifact import contrl, directory, reader, validation
from edi.formats.edifact.contrl_report import ElementReport
from tests.formats.edifact.building import ORDER, check, group, interchange, message, only

NOON = datetime(2024, 1, 31, 12, 5, tzinfo=UTC)


def answered(data: bytes, **options: object) -> list[str]:
    """The segments of the CONTRL between UNH and UNT, as an EDI person reads them."""
    found = only(data)
    return [str(each) for each in contrl.answer_segments(found, check(data), **options)]  # type: ignore[arg-type]


def bad(*changes: tuple[str, str], reference: str = "1") -> str:
    body = list(ORDER)
    for old, new in changes:
        body = [new if each.startswith(old) else each for each in body]
    return message(*body, reference=reference)


def test_a_receipt_says_only_that_the_interchange_arrived() -> None:
    assert answered(interchange(), kind=contrl.Answer.RECEIPT) == ["UCI+REF1+4012345000009:14+5412345000013:14+8"]


def test_a_clean_interchange_is_accepted() -> None:
    assert answered(interchange()) == ["UCI+REF1+4012345000009:14+5412345000013:14+7"]


def test_accepted_messages_are_listed_if_the_partner_wants_that() -> None:
    assert answered(interchange(), list_accepted=True)[1:] == ["UCM+1+ORDERS:D:96A:UN+7"]


def test_an_error_of_the_interchange_rejects_all_of_it_and_names_the_element() -> None:
    # 0098 counts the tag, so element 1 of UNZ is position 2.
    assert answered(interchange(unz="UNZ+2+REF1'")) == ["UCI+REF1+4012345000009:14+5412345000013:14+4+29+UNZ+2"]


def test_a_missing_trailer_is_named() -> None:
    assert answered(interchange(unz="")) == ["UCI+REF1+4012345000009:14+5412345000013:14+4+13+UNZ"]


def test_data_cut_off_say_that_unz_is_missing() -> None:
    assert answered(interchange()[:150])[0].endswith("+4+13+UNZ")


def test_a_bad_message_is_rejected_alone_down_to_the_component() -> None:
    data = interchange(message(reference="1"), bad(("DTM", "DTM+137:20230230:102"), ("QTY", "QTY+21:5A"), reference="2"))

    assert answered(data) == [
        "UCI+REF1+4012345000009:14+5412345000013:14+7",
        "UCM+2+ORDERS:D:96A:UN+4",
        "UCS+3",
        "UCD+12+2:2",
        "UCS+7",
        "UCD+37+2:2",
    ]


def test_an_error_of_the_message_itself_stands_in_ucm() -> None:
    assert answered(interchange(message(count=14)))[1:] == ["UCM+1+ORDERS:D:96A:UN+4+29+UNT+2"]


def test_an_error_of_a_segment_stands_in_ucs() -> None:
    data = interchange(message(*ORDER[:2], "XYZ+1", *ORDER[2:]))

    assert answered(data)[1:] == ["UCM+1+ORDERS:D:96A:UN+4", "UCS+4+15"]


def test_a_missing_segment_is_reported_at_the_last_good_one() -> None:
    assert answered(interchange(message(*[each for each in ORDER if each[:3] != "UNS"])))[1:] == ["UCM+1+ORDERS:D:96A:UN+4", "UCS+7+13"]


def test_messages_of_a_group_are_reported_under_it() -> None:
    data = interchange(group(message(), bad(("QTY", "QTY+21:5A"), reference="2")))

    assert answered(data)[1:] == ["UCF+G1+SENDER+RECIPIENT+7", "UCM+2+ORDERS:D:96A:UN+4", "UCS+7", "UCD+37+2:2"]


def test_an_error_of_a_group_rejects_the_group() -> None:
    assert answered(interchange(group(message(), count=3)))[1:] == ["UCF+G1+SENDER+RECIPIENT+4+29+UNE+2"]


def test_a_code_that_version_3_does_not_know_becomes_one_it_knows() -> None:
    data = interchange(bad(("QTY", "QTY+21:5+")))

    assert answered(data)[-1] == "UCS+7+16"


def test_version_4_gets_the_newer_code() -> None:
    data = interchange(bad(("QTY", "QTY+21:5+")), syntax="UNOC:4")

    assert answered(data)[-1] == "UCS+7+45"


@pytest.mark.parametrize(
    ("syntax", "identifier", "moment"),
    [("UNOA:1", "D:3", "240131:1205"), ("UNOC:3", "D:3", "240131:1205"), ("UNOW:4", "4:1", "20240131:1205")],
)
def test_the_answer_is_in_the_senders_own_syntax_version(syntax: str, identifier: str, moment: str) -> None:
    found = only(interchange(syntax=syntax))
    data = contrl.answer(found, [], control_reference="9", prepared=NOON)

    assert (
        data
        == (
            f"UNB+{syntax}+5412345000013:14+4012345000009:14+{moment}+9'UNH+1+CONTRL:{identifier}:UN'"
            "UCI+REF1+4012345000009:14+5412345000013:14+7'UNT+3+1'UNZ+1+9'"
        ).encode()
    )


def test_a_test_is_answered_as_a_test() -> None:
    found = only(interchange(unb="UNB+UNOC:3+A:14+B:14+240131:1200+REF1++++++1'"))

    assert b"+9++++++1'" in (contrl.answer(found, [], control_reference="9", prepared=NOON) or b"")


@pytest.mark.parametrize(
    "unb",
    ["UNB+UNOC:3+A:14+B:14+240131:1200'", "UNB+UNOC:3++B:14+240131:1200+R'", "UNB+UNOC:3+A:14++240131:1200+R'", ""],
)
def test_what_cannot_be_identified_is_not_answered(unb: str) -> None:
    found = only(interchange(unb=unb))

    assert contrl.answer(found, [], control_reference="9", prepared=NOON) is None


def test_a_contrl_is_never_answered() -> None:
    found = only(contrl.answer(only(interchange()), [], control_reference="9", prepared=NOON) or b"")

    assert contrl.answer(found, [], control_reference="10", prepared=NOON) is None


def test_fk01_two_engines_answering_each_other_stop_at_once() -> None:
    data: bytes | None = interchange()
    exchanged = 0
    while data is not None:
        exchanged += 1
        data = contrl.answer(only(data), [], control_reference=str(exchanged), prepared=NOON)

    assert exchanged == 2


def test_what_we_answer_is_a_valid_contrl() -> None:
    data = interchange(bad(("DTM", "DTM+137:20230230:102"), ("QTY", "QTY+21:5A:"), reference="2"), message(reference="3", count=1))
    written = contrl.answer(only(data), check(data), control_reference="9", prepared=NOON) or b""
    found = only(written)

    assert found.all_findings() == ()
    assert validation.validate(found.messages[0], directory.service("3")) == ()
    assert validation.validate_envelope(found) == ()


def test_a_contrl_is_read_to_plain_values() -> None:
    data = interchange(bad(("DTM", "DTM+137:20230230:102")), message(reference="2", count=1))
    written = contrl.answer(only(data), check(data), control_reference="9", prepared=NOON) or b""
    report = contrl.read(only(written).messages[0])

    assert report is not None
    assert (report.reference, report.action, report.is_receipt) == ("REF1", "7", False)
    assert [(each.reference, each.rejected, each.error, each.tag) for each in report.messages] == [
        ("1", True, "", ""),
        ("2", True, "29", "UNT"),
    ]
    assert report.messages[0].segments[0].elements == (ElementReport(error="12", element=1, component=2),)
    assert (report.accepts("1"), report.accepts("7")) == (False, True)


def test_a_rejection_is_traced_to_the_value_that_we_sent() -> None:
    data = interchange(bad(("DTM", "DTM+137:20230230:102")))
    written = contrl.answer(only(data), check(data), control_reference="9", prepared=NOON) or b""
    report = contrl.read(only(written).messages[0])
    assert report is not None
    (said,) = contrl.explain(report, only(data))

    assert said.text == "the partner refused '20230230' in DTM+137:20230230:102: Invalid value (0085 = 12)"
    assert (said.where.segment, said.where.tag, said.where.element, said.where.component, said.value) == (3, "DTM", 1, 2, "20230230")


def test_a_rejection_without_reason_is_still_said() -> None:
    report = contrl.read(only(interchange(message("UCI+REF1+A+B+7", "UCM+1+ORDERS:D:96A:UN+4", identifier="CONTRL:D:3:UN"))).messages[0])
    assert report is not None

    assert ["no reason given" in each.text for each in contrl.explain(report, only(interchange()))] == [True]


def test_fk03_a_contrl_without_uci_says_nothing() -> None:
    assert contrl.read(only(interchange(message("UCM+1+ORDERS:D:96A:UN+4", identifier="CONTRL:D:3:UN"))).messages[0]) is None


@pytest.mark.parametrize("numbers", ["UCS+x", "UCS+99999999999999999999", "UCS+1+12'UCD+12+y:z", "UCD+12+2"])
def test_a_contrl_with_odd_numbers_is_read_without_harm(numbers: str) -> None:
    body = ["UCI+REF1+A+B+7", "UCM+1+ORDERS:D:96A:UN+4", *numbers.split("'")]
    report = contrl.read(only(interchange(message(*body, identifier="CONTRL:D:3:UN"))).messages[0])

    assert report is not None
    assert contrl.explain(report, only(interchange())) is not None


def test_a_tolerated_finding_is_not_answered() -> None:
    data = interchange(message(count=14))
    findings: list[Finding] = check(data, tolerate=frozenset({"unt_count"}))

    assert contrl.is_accepted(findings)
    assert [each.tag for each in contrl.answer_segments(only(data), findings)] == ["UCI"]


def test_an_unreadable_message_is_rejected_although_nothing_of_it_is_known() -> None:
    data = interchange("UNH+1+ORDERS:D:96A:UN'\x00\x01'UNT+3+1'")

    assert answered(data)[1] == "UCM+1+ORDERS:D:96A:UN+4"


def test_reading_again_what_was_answered_loses_nothing() -> None:
    data = interchange(bad(("DTM", "DTM+137:20230230:102")))
    written = contrl.answer(only(data), check(data), control_reference="9", prepared=NOON) or b""

    assert edifact.rewrite(only(written)) == written
    assert reader.read(written).ok


@pytest.mark.parametrize(
    ("wanted", "identifier"),
    [("2:2", "CONTRL:2:2:UN"), ("D:3", "CONTRL:D:3:UN"), ("4:1", "CONTRL:4:1:UN"), ("D:3:UN:EAN002", "CONTRL:D:3:UN:EAN002")],
)
@pytest.mark.parametrize("syntax", ["3", "4"])
def test_a_partner_gets_the_contrl_it_wants(wanted: str, identifier: str, syntax: str) -> None:
    data = interchange(message()).replace(b"UNOC:3", f"UNOC:{syntax}".encode())
    (found,) = reader.read(data).value or ()
    answer = contrl.answer(found, [], control_reference="1", prepared=NOON, message_version=wanted)

    assert answer is not None
    assert f"UNH+1+{identifier}'".encode() in answer


def test_codes_are_those_of_the_contrl_that_was_agreed() -> None:
    (found,) = reader.read(interchange(message()).replace(b"UNOC:3", b"UNOC:4")).value or ()
    broken = Finding(code="guide.rule", text="d", where=Location(message="1", segment=2, tag="BGM"), answer="48", level="UCS")
    newer = contrl.answer(found, [broken], control_reference="1", prepared=NOON)
    older = contrl.answer(found, [broken], control_reference="1", prepared=NOON, message_version="D:3")

    assert b"UCS+2+48'" in (newer or b"")
    assert b"UCS+2+12'" in (older or b"")


def test_there_is_no_other_contrl() -> None:
    (found,) = reader.read(interchange(message())).value or ()

    with pytest.raises(ValueError, match="no version of CONTRL"):
        contrl.answer(found, [], control_reference="1", prepared=NOON, message_version="5:1")
