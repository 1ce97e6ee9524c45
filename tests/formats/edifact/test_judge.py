"""The quick judge never says clean where the exact check finds something, and finds clean what is clean."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generate import mixed
from edi.formats.edifact import Message, directory, reader, validation
from edi.formats.edifact.structure import build
from tests.formats.edifact.building import ORDER, interchange, message

D96A = directory.load("D.96A", association="EAN008")

GENERATED = next(each.messages for each in reader.read(mixed(150_000)).value or ())
EXTRA = reader.read(interchange(message(*ORDER[:2], "DTM+2:2024013112:203", *ORDER[2:5], "PIA+1+X:ZZQ::9", "QTY+21:-5.5", "UNS+S"))).value


def judged(found: Message) -> bool:
    spec = D96A.message(found.identifier.type)
    assert spec is not None
    judge = validation.judge_of(D96A, spec, found.syntax, found.syntax_version)
    return judge.is_clean([each.raw or b"" for each in found.segments], [(each.raw or b"")[:4] for each in found.segments])


def exact(found: Message) -> bool:
    spec = D96A.message(found.identifier.type)
    assert spec is not None
    tree = build(found, spec)
    return not tree.findings and not validation.validate(found, D96A, tree=tree.value)


def test_what_is_clean_is_judged_clean() -> None:
    assert all(exact(each) for each in GENERATED)
    assert all(judged(each) for each in GENERATED)


CHARACTERS = [*list("0123456789.,-+:?'AZaz ²ä×*\r\n"), "", "++", "::", "12345678901234567890", "20240230", "XXXXXXXXXXXXXXXXXXXX"]


def changed(found: Message, segment: int, at: int, length: int, put: str) -> Message | None:
    """The message with one segment's bytes changed, read again; None if it is no longer one message."""
    raws = [each.raw or b"" for each in found.segments]
    index = 1 + segment % (len(raws) - 2)
    raw = raws[index]
    place = at % (len(raw) + 1)
    raws[index] = raw[:place] + put.encode("latin-1") + raw[place + length :]
    outcome = reader.read(b"UNB+UNOC:3+A+B+240131:1200+1'" + b"'".join([*raws, b"UNZ+1+1'"]))
    messages = outcome.value[0].messages if outcome.value else ()
    return messages[0] if len(messages) == 1 else None


@given(st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 60), st.integers(0, 4), st.sampled_from(CHARACTERS))
def test_judge_and_exact_check_agree_on_changed_elements(which: int, segment: int, at: int, length: int, put: str) -> None:
    one = changed(GENERATED[which], segment, at, length, put)
    if one is None:
        return

    # The judge may decline (line ends, for one); it must never call clean what is not.
    assert not judged(one) or exact(one)


@given(st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 3))
def test_judge_and_exact_check_agree_on_moved_segments(which: int, source: int, target: int, count: int) -> None:
    raws = [each.raw or b"" for each in GENERATED[which].segments]
    body = raws[1:-1]
    start = source % len(body)
    moved = body[start : start + 1] * count
    rest = body[:start] + body[start + 1 :]
    place = target % (len(rest) + 1)
    body = rest[:place] + moved + rest[place:]
    outcome = reader.read(b"UNB+UNOC:3+A+B+240131:1200+1'" + b"'".join([raws[0], *body, raws[-1], b"UNZ+1+1'"]))
    assert outcome.value is not None
    one = outcome.value[0].messages[0]

    assert judged(one) == exact(one)


@pytest.mark.proof
@settings(max_examples=20_000, deadline=None)
@given(st.integers(0, 5), st.integers(0, 10_000), st.integers(0, 60), st.integers(0, 4), st.sampled_from(CHARACTERS))
def test_judge_and_exact_check_agree_for_long(which: int, segment: int, at: int, length: int, put: str) -> None:
    one = changed(GENERATED[which], segment, at, length, put)

    assert one is None or not judged(one) or exact(one)


def test_another_agencys_code_and_a_date_are_judged_as_exactly_as_ever() -> None:
    assert EXTRA is not None
    one = EXTRA[0].messages[0]

    assert judged(one) == exact(one)


def test_validation_says_the_same_with_and_without_the_judge() -> None:
    for each in GENERATED:
        assert validation.validate(each, D96A) == ()
