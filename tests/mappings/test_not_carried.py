"""What a shipped mapping says it does not carry, its message has indeed no place for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from edi import mapping, shipped
from edi.formats.edifact.directory import GroupUse, MessageType, SegmentUse
from edi.formats.ubl import model
from edi.formats.ubl.model import AggregateType
from edi.mapping.bindings import EdifactBinding, TreeBinding
from edi.mapping.bound import BoundSegment, bound_leaves
from edi.mapping.checks import _fitting
from edi.mapping.nodes import EdifactSyntax, UblSyntax
from edi.mapping.tree import TreeNode

NAMES = tuple(name.removesuffix(".map.yaml") for name in shipped.names("mappings") if name.endswith(".map.yaml"))
UBL = tuple(name for name in NAMES if name.startswith("ubl-"))
EANCOM = tuple(name for name in NAMES if name.endswith("-eancom"))
Places = dict[str, set[tuple[str, ...]]]
"""Path of the model -> where a mapping carries it both ways: elements from the root, or tags from the outermost group."""

OTHERWISE = {
    "ubl-invoice invoicee": "the accounting customer is the buyer, as EN 16931 has it",
    "ubl-credit-note invoicee": "the accounting customer is the buyer, as EN 16931 has it",
    "ubl-receipt-advice delivery.actual": "the day of receipt stands there",
    "ubl-remittance-advice payment.due_date": "the day of payment stands there",
    "ubl-remittance-advice tax_currency": "the amounts of tax are those of the invoices",
    "aperak-eancom answer": "the answer itself stands there",
    "ordrsp-eancom answer": "the answer itself stands there",
    "ordrsp-eancom function": "the answer itself stands there",
    "invrpt-eancom lines.item.expiry": "the dates of lots stand under instances",
    "recadv-eancom lines.instances.quantity": "the marks of a line are one instance: the lot that came",
    "recadv-eancom lines.delivery": "five DTM are allowed below a line, and those are of its lots",
    "recadv-eancom shipment.package_count": "one CNT is allowed, that of the lines",
    "recadv-eancom shipment.unit_count": "one CNT is allowed, that of the lines",
    **{f"{name} transport.carrier": "TDT names the carrier, by number and name" for name in (
        "invoic-eancom", "credit-note-eancom", "orders-eancom", "ordchg-eancom", "ordrsp-eancom",
    )},
}  # fmt: skip
"""Mapping and path -> why the place that a sibling has for it is taken by something else."""


@cache
def load(name: str) -> mapping.Spoke:
    return mapping.load(name)


def not_carried(name: str) -> Iterator[str]:
    """The paths a mapping does not carry both ways."""
    spoke = load(name)
    bound = spoke.bound()
    yield from (leaf.path for leaf in spoke.definition.root.leaves() if not leaf.engine and leaf.path not in bound)


def otherwise(name: str, path: str) -> bool:
    return any(f"{name} {path}" == known or f"{name} {path}".startswith(f"{known}.") for known in OTHERWISE)


def elements(nodes: list[TreeNode], above: tuple[str, ...], found: Places) -> None:
    for node in nodes:
        here = (*above, node.name)
        if node.entry.direction == "both" and len(here) < 16:
            for part in node.fields():
                for leaf in bound_leaves(part.target):
                    found.setdefault(leaf.path, set()).add(here)
            elements(node.children, here, found)


@cache
def places_in_ubl() -> Places:
    """Where the shipped UBL mappings carry each path."""
    found: Places = {}
    for name in UBL:
        binding = load(name).binding
        assert isinstance(binding, TreeBinding)
        elements(binding.nodes, (), found)
    return found


def has_element(root: str, path: tuple[str, ...]) -> bool:
    """True if the document's schema knows the element."""
    tables = model.load("2.1")
    document = tables.document(root)
    assert document is not None
    here: object = document.type
    for name in path:
        use = here.child(name) if isinstance(here, AggregateType) else None
        if use is None:
            return False
        here = tables.type_of_use(use)
    return True


@pytest.mark.parametrize("name", UBL)
def test_what_one_ubl_document_carries_another_with_the_same_element_does_too(name: str) -> None:
    syntax = load(name).syntax
    assert isinstance(syntax, UblSyntax)
    places = places_in_ubl()
    excused = {
        path: "/".join(place)
        for path in not_carried(name)
        for place in sorted(places.get(path, ()))
        if has_element(syntax.root, place) and not otherwise(name, path)
    }

    assert excused == {}


def test_what_stands_otherwise_is_still_not_carried() -> None:
    assert [one for one in OTHERWISE if not any(path.startswith(one.split()[1]) for path in not_carried(one.split()[0]))] == []


def tags(segments: list[BoundSegment], above: tuple[str, ...], found: Places) -> None:
    for segment in segments:
        here = (*above, segment.tag)
        if segment.entry.direction == "both" and len(here) < 9:
            for part in segment.fields():
                for leaf in bound_leaves(part.target):
                    found.setdefault(leaf.path, set()).add(here)
            tags(segment.children, here, found)


def has_segment(message: MessageType, path: tuple[str, ...]) -> bool:
    """True if the message has such a segment in such a group."""
    items: tuple[SegmentUse | GroupUse, ...] = message.items
    for tag in path[:-1]:
        group = next((item for item in items if isinstance(item, GroupUse) and item.trigger == tag), None)
        if group is None:
            return False
        items = group.items
    return any(isinstance(item, SegmentUse) and item.tag == path[-1] for item in items)


@cache
def places_in_edifact() -> Places:
    """Where the shipped EANCOM mappings carry each path."""
    found: Places = {}
    for name in EANCOM:
        binding = load(name).binding
        assert isinstance(binding, EdifactBinding)
        for sections in binding.bound.values():
            for segments in sections.values():
                tags(segments, (), found)
    return found


@pytest.mark.parametrize("name", EANCOM)
def test_what_one_message_carries_another_with_the_same_segment_does_too(name: str) -> None:
    binding = load(name).binding
    assert isinstance(binding, EdifactBinding)
    assert isinstance(load(name).syntax, EdifactSyntax)
    places = places_in_edifact()
    excused = {
        path: " ".join(place)
        for path in not_carried(name)
        for place in sorted(places.get(path, ()))
        if all(has_segment(message, place) for message in binding.messages.values()) and not otherwise(name, path)
    }

    assert excused == {}


def test_no_business_term_of_en_16931_is_said_to_be_unknown_to_it() -> None:
    spoke = load("invoic-en16931")
    bound, reasons = spoke.bound(), spoke.definition.not_carried
    known: dict[str, set[str]] = {}
    for leaf in spoke.definition.root.leaves():
        if leaf.bt and not leaf.engine:
            why = "" if leaf.path in bound else next(reason for said, reason in reasons.items() if re.fullmatch(_fitting(said), leaf.path))
            known.setdefault(leaf.bt, set()).add(why)

    assert [bt for bt, said in known.items() if said == {"EN 16931 does not know it"}] == []
