"""Everything that can be wrong with EDIFACT, written down once: code, severity, how a CONTRL says it, what to do.

The codes are published (docs/reference/edifact-findings.md) and stay. `answer` is the syntax error code 0085 of
ISO 9735-4, `level` the CONTRL segment that carries it: UCI for the interchange, UCF group, UCM message,
UCS segment, UCD element.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edi.findings import NOWHERE, Finding, Location, Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which EDIFACT data can be odd."""

    meaning: str
    severity: Severity
    level: str | None
    answer: str | None
    hint: str


KINDS = {
    # -- the file ------------------------------------------------------------------------------------------------
    "edifact.empty": Kind("The file holds no bytes.", ERROR, None, None, "ask for the file again"),
    "edifact.not_edifact": Kind("The bytes are something else.", ERROR, None, None, "look at the first bytes; EDIFACT starts with UNA or UNB"),
    "edifact.limit": Kind("A bound was passed.", ERROR, "UCI", "39", "send less at once"),
    "edifact.text_before": Kind("Bytes stood before UNA or UNB.", WARNING, None, None, "the sender or a gateway put them there; nothing was lost"),
    "edifact.text_after": Kind("Bytes stood after the interchange.", WARNING, "UCI", "33", "they belong to no interchange; ask the sender what they are"),
    "edifact.byte_order_mark": Kind("A byte order mark stood before UNA.", WARNING, None, None, "EDIFACT has none; nothing was lost"),
    "edifact.line_ends": Kind("Line ends stood between segments.", INFO, None, None, "ISO 9735 has none; they were skipped"),
    "edifact.line_end_inside": Kind("A line end stood inside a segment.", WARNING, "UCS", "21", "lines were wrapped; the line end was left out of the value"),
    # -- interchange ---------------------------------------------------------------------------------------------
    "edifact.una_malformed": Kind("UNA had not six different usable characters.", ERROR, "UCI", "20", "the service characters were taken from UNB; let the sender correct UNA"),
    "edifact.decimal_mark": Kind("UNA gave a decimal mark that is neither comma nor full stop.", ERROR, "UCI", "19", "ISO 9735 allows `,` and `.`"),
    "edifact.unb_missing": Kind("There was no interchange header.", ERROR, None, None, "a message alone cannot be acknowledged; ask for the whole interchange"),
    "edifact.unb_incomplete": Kind("The interchange header lacked what an answer needs.", ERROR, None, None, "no CONTRL can be sent; tell the sender by other means"),
    "edifact.truncated": Kind("The data ended inside a segment.", ERROR, "UCI", "13", "the file was cut in transfer; ask for it again"),
    "edifact.terminator_released": Kind("The last terminator had a release character before it.", ERROR, "UCI", "22", "a question mark in data is sent as `??`"),
    "edifact.terminator_missing": Kind("The last segment had no terminator.", WARNING, "UCI", "13", "the segment was read; let the sender end it"),
    "edifact.syntax_identifier": Kind("0001 named no known character set.", ERROR, "UCI", "2", "UNOA to UNOL, UNOW, UNOX, UNOY and KECA are known"),
    "edifact.syntax_agency": Kind("0001 named a character set of another agency than UN.", WARNING, None, None, "it was read as Latin-1"),
    "edifact.terminator_guessed": Kind("Lines ended where segments should, and there was no terminator.", ERROR, "UCI", "20", "announce the line end as terminator in UNA, or end segments with an apostrophe"),
    "edifact.syntax_version": Kind("0002 named no known syntax version.", ERROR, "UCI", "2", "versions 1 to 4 are known"),
    "edifact.unz_missing": Kind("There was no interchange trailer.", ERROR, "UCI", "13", "the file was cut, or the sender forgot it; ask for it again"),
    "edifact.unz_count": Kind("UNZ 0036 did not match.", ERROR, "UCI", "29", "messages were lost or added on the way, or the sender counts wrongly"),
    "edifact.unz_reference": Kind("UNZ 0020 differed from UNB 0020.", ERROR, "UCI", "28", "header and trailer belong to different interchanges, or the sender numbers wrongly"),
    "edifact.no_message": Kind("The interchange held no message.", ERROR, "UCI", "32", "nothing was done with it"),
    "edifact.mixed_levels": Kind("Groups and messages stood side by side.", ERROR, "UCI", "30", "either all messages stand in groups or none"),
    "edifact.between_messages": Kind("A segment stood outside any message.", ERROR, "UCI", "33", "UNH is missing before it, or it does not belong there"),
    "edifact.envelope": Kind("An envelope segment stood where it cannot.", ERROR, "UCI", "33", "look at the segments around it"),
    "edifact.prepared_long_ago": Kind("The interchange was prepared longer ago than agreed.", ERROR, "UCI", "24", "ask the sender whether it still holds; `oldest` in the agreement is the limit"),
    "edifact.prepared_ahead": Kind("The interchange was prepared in the future.", WARNING, None, None, "the sender's clock is wrong"),
    "edifact.interactive": Kind("The interchange was an interactive one (UIB).", ERROR, "UCI", "47", "only batch interchanges (UNB) are processed"),
    "edifact.object_length": Kind("An object's length did not match.", ERROR, "UCI", "29", "the object was cut or changed; ask for it again"),
    "edifact.message_reference_twice": Kind("Two messages had the same reference 0062.", ERROR, "UCM", "26", "the sender must number messages within an interchange"),
    # -- group ---------------------------------------------------------------------------------------------------
    "edifact.une_missing": Kind("There was no group trailer.", ERROR, "UCF", "13", "the group was read up to where the next thing began"),
    "edifact.une_count": Kind("UNE 0060 did not match.", ERROR, "UCF", "29", "messages were lost or added on the way, or the sender counts wrongly"),
    "edifact.une_reference": Kind("UNE 0048 differed from UNG 0048.", ERROR, "UCF", "28", "header and trailer belong to different groups, or the sender numbers wrongly"),
    "edifact.group_empty": Kind("The group held no message.", ERROR, "UCF", "32", "nothing was done with it"),
    "edifact.group_mixed": Kind("A group held messages of two types.", ERROR, "UCF", "31", "each group holds one type of message"),
    # -- message -------------------------------------------------------------------------------------------------
    "edifact.unh_incomplete": Kind("The message header lacked reference or type.", ERROR, "UCM", "13", "the message cannot be identified"),
    "edifact.unt_missing": Kind("There was no message trailer.", ERROR, "UCM", "13", "the message was read up to where the next thing began"),
    "edifact.unt_count": Kind("UNT 0074 did not match.", ERROR, "UCM", "29", "segments were lost or added on the way, or the sender counts wrongly; UNH and UNT count too"),
    "edifact.unt_reference": Kind("UNT 0062 differed from UNH 0062.", ERROR, "UCM", "28", "header and trailer belong to different messages, or the sender numbers wrongly"),
    "edifact.message_unknown": Kind("The directory has no such message.", ERROR, "UCM", "17", "agree on a message type and release"),
    "edifact.release_nearest": Kind("The release is not at hand; the nearest one was used.", WARNING, None, None, "import the directory to check against it"),
    "edifact.security": Kind("The message was secured (ISO 9735-5).", ERROR, "UCM", "27", "security segments are not verified; agree with the partner to leave them out"),
    "edifact.body_differs": Kind("The body was another type of message than UNH says.", ERROR, "UCM", "12", "the sender filled UNH S009 wrongly"),
    "edifact.too_many_findings": Kind("More was wrong than is worth listing.", ERROR, "UCM", "18", "repair what is listed, then check again"),
    # -- segment -------------------------------------------------------------------------------------------------
    "edifact.segment_unknown": Kind("The message has no such segment.", ERROR, "UCS", "15", "it is not part of this message in this release"),
    "edifact.segment_unexpected": Kind("A segment stood where the message does not have it.", ERROR, "UCS", "15", "check the order of segments against the message's structure"),
    "edifact.segment_missing": Kind("A mandatory segment was missing.", ERROR, "UCS", "13", "the sender must send it"),
    "edifact.segment_repeats": Kind("A segment stood more often than allowed.", ERROR, "UCS", "35", "the structure allows fewer"),
    "edifact.group_repeats": Kind("A segment group stood more often than allowed.", ERROR, "UCS", "36", "the structure allows fewer"),
    "edifact.tag_malformed": Kind("A segment tag was not three capital letters or digits.", ERROR, "UCS", "15", "look for a service character that was not released before it"),
    "edifact.elements_too_many": Kind("A segment had more elements than it has places.", ERROR, "UCS", "16", "look for a separator that was not released"),
    "edifact.trailing_separator": Kind("Separators stood at the end with nothing after them.", ERROR, "UCS", "45", "ISO 9735 leaves them out"),
    # -- element -------------------------------------------------------------------------------------------------
    "edifact.character": Kind("A character is not in the declared set.", ERROR, "UCD", "21", "declare a larger character set in UNB 0001, or replace the character"),
    "edifact.charset_differs": Kind("The bytes follow another encoding than declared.", WARNING, "UCI", "21", "let the sender declare what it sends; the policy `repair` reads what was found"),
    "edifact.charset_raised": Kind("A larger character set was declared than asked for.", WARNING, None, None, "agree on it with the partner"),
    "edifact.transliterated": Kind("Characters were replaced by their nearest likeness.", WARNING, None, None, "agree on a larger character set to send them as they are"),
    "edifact.element_missing": Kind("A mandatory element was missing.", ERROR, "UCD", "13", "the sender must send it"),
    "edifact.component_missing": Kind("A mandatory component was missing.", ERROR, "UCD", "13", "the sender must send it"),
    "edifact.components_too_many": Kind("An element had more components than it has places.", ERROR, "UCD", "16", "look for a separator that was not released"),
    "edifact.element_repeats": Kind("An element was repeated more often than allowed.", ERROR, "UCD", "35", "the directory allows fewer"),
    "edifact.too_long": Kind("A value was too long.", ERROR, "UCD", "39", "the receiver may cut it or refuse it"),
    "edifact.too_short": Kind("A value was too short.", ERROR, "UCD", "40", "the element has a minimum length"),
    "edifact.not_numeric": Kind("A numeric value held something else.", ERROR, "UCD", "37", "digits, one leading minus and one decimal mark are allowed"),
    "edifact.not_alphabetic": Kind("An alphabetic value held a digit.", ERROR, "UCD", "37", "the element is of type a"),
    "edifact.decimal_mark_alone": Kind("No digit stood on one side of the decimal mark.", ERROR, "UCD", "38", "ISO 9735 wants 0.5 and 5, not .5 and 5."),
    "edifact.decimal_mark_differs": Kind("A number used another decimal mark than UNA gives.", ERROR, "UCD", "19", "let the sender use the mark UNA announces, or announce the mark it uses"),
    "edifact.code_unconfirmed": Kind("A coded value is not in the UN list; EANCOM, whose additions we know in part, may have it.", WARNING, None, None, "look it up in EANCOM's code lists, and add it to schemas/edifact/own_codes.txt"),
    "edifact.code_unknown": Kind("A coded value is not in its list.", ERROR, "UCD", "12", "check the code list of the release, or agree on the code"),
    "edifact.partner_rejected": Kind("The partner's CONTRL refused something that we sent.", ERROR, None, None, "correct what we sent, or ask the partner what was expected"),
    "edifact.date": Kind("A date or time does not exist, or does not fit its format code.", ERROR, "UCD", "12", "check the value against its format code 2379"),
}  # fmt: skip

OLD_ANSWERS = {"45": "16", "46": "21", "47": "18", "48": "12"}
"""Codes of newer service lists, and what a partner with syntax version 3 understands instead."""

ANSWERS = {
    "2": "Syntax version or level not supported",
    "7": "Interchange recipient not actual recipient",
    "12": "Invalid value",
    "13": "Missing",
    "14": "Value not supported in this position",
    "15": "Not supported in this position",
    "16": "Too many constituents",
    "17": "No agreement",
    "18": "Unspecified error",
    "19": "Invalid decimal notation",
    "20": "Character invalid as service character",
    "21": "Invalid character(s)",
    "22": "Invalid service character(s)",
    "23": "Unknown interchange sender",
    "24": "Too old",
    "25": "Test indicator not supported",
    "26": "Duplicate detected",
    "27": "Security function not supported",
    "28": "References do not match",
    "29": "Control count does not match number of instances received",
    "30": "Functional groups and messages mixed",
    "31": "More than one message type in group",
    "32": "Lower level empty",
    "33": "Invalid occurrence outside message, package, or functional group",
    "34": "Nesting indicator not allowed",
    "35": "Too many data element or segment repetitions",
    "36": "Too many segment group repetitions",
    "37": "Invalid type of character(s)",
    "38": "Missing digit in front of decimal sign",
    "39": "Data element too long",
    "40": "Data element too short",
    "41": "Permanent communication network error",
    "42": "Temporary communication network error",
    "43": "Unknown interchange recipient",
    "45": "Trailing separator",
    "46": "Character set not supported",
    "47": "Envelope functionality not supported",
    "48": "Dependency condition violated",
}
"""The codes of 0085 that are sent and understood."""


def finding(code: str, text: str, where: Location = NOWHERE, *, value: str | None = None, expected: str | None = None) -> Finding:
    """A finding of a published kind; severity, hint, answer and level come from `KINDS`."""
    kind = KINDS[code]
    return Finding(
        code=code,
        text=text,
        severity=kind.severity,
        where=where,
        value=value,
        expected=expected,
        hint=kind.hint,
        answer=kind.answer,
        level=kind.level,
    )


def tolerated(complaint: Finding, tolerate: frozenset[str]) -> Finding:
    """The finding, as a warning that no answer mentions if the agreement tolerates it.

    `tolerate` holds codes without their area: `unt_count` for `edifact.unt_count`.
    """
    if complaint.is_error and complaint.code.partition(".")[2] in tolerate:
        return replace(complaint, severity=WARNING, answer=None, level=None)
    return complaint
