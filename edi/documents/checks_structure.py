"""Checks of lines, references between parts of the document, and dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from edi.documents.checks_reading import Document, error, items, lines, number, part, text, warning
from edi.findings import Finding

SENSIBLE_YEARS: Final = (1990, 2099)
"""Outside this a date is a typing error more often than a date."""


def some_lines(document: Document) -> Iterator[Finding]:
    """J13: a document that must have lines has one at least."""
    if document.get("lines") == []:
        yield error("no_lines", "the document has no lines", "lines", hint="leave the document out, or say what it is about")


def different_line_numbers(document: Document) -> Iterator[Finding]:
    """A line number stands for one line: answers refer to it."""
    counted = Counter(text(line, "id") for _, line in lines(document))
    packed = document.get("kind") in {"despatch_advice", "receiving_advice"}
    for path, line in lines(document):
        id_ = text(line, "id")
        if id_ is not None and counted[id_] > 1:
            counted[id_] = 0
            make = warning if packed else error
            yield make(
                "line_number_twice",
                f"line number {id_!r} is used more than once",
                f"{path}.id",
                value=id_,
                hint="number the lines so that an answer can name one",
            )


def sensible_quantities(document: Document) -> Iterator[Finding]:
    """J13: an ordered quantity of zero or less is a mistake, except where a change cancels the line."""
    cancels = document.get("kind") == "order_change"
    if document.get("kind") not in {"order", "order_change"}:
        return
    for path, line in lines(document):
        quantity = number(line, "quantity")
        if quantity is None and not cancels:
            yield error("quantity_missing", f"{path} has no quantity", f"{path}.quantity", hint="say how much is ordered")
        elif quantity is not None and (quantity < 0 or (quantity == 0 and not cancels)):
            yield error(
                "quantity_not_positive",
                f"{path} orders {quantity}",
                f"{path}.quantity",
                value=quantity,
                hint="order a positive quantity, or leave the line out",
            )


def parents_exist(document: Document) -> Iterator[Finding]:
    """A line's parent, a unit's parent and a line's unit are there, and nothing stands in itself."""
    yield from _tree([(path, text(line, "id"), text(line, "parent_line")) for path, line in lines(document)], "parent_line")
    units = [
        (f"handling_units[{index}]", text(unit, "id"), text(unit, "parent")) for index, unit in enumerate(items(document, "handling_units"))
    ]
    yield from _tree(units, "parent")
    known = {id_ for _, id_, _ in units}
    for path, line in lines(document):
        unit = text(line, "handling_unit")
        if unit is not None and unit not in known:
            yield error(
                "handling_unit_unknown",
                f"{path} lies in handling unit {unit!r}, which is not in the document",
                f"{path}.handling_unit",
                value=unit,
            )


def _tree(nodes: list[tuple[str, str | None, str | None]], field: str) -> Iterator[Finding]:
    above = {id_: parent for _, id_, parent in nodes}
    for path, id_, parent in nodes:
        if parent is None:
            continue
        if parent not in above:
            yield error("parent_unknown", f"{path} belongs to {parent!r}, which is not in the document", f"{path}.{field}", value=parent)
        elif _is_below_itself(id_, above):
            yield error("parent_circle", f"{path} stands within itself", f"{path}.{field}", value=parent)


def _is_below_itself(start: str | None, above: dict[str | None, str | None]) -> bool:
    """At most as many steps up as there are nodes, so circles further up end too."""
    current = above.get(start)
    for _ in range(len(above)):
        if current is None:
            return False
        if current == start:
            return True
        current = above.get(current)
    return False


def periods_run_forward(document: Document) -> Iterator[Finding]:
    """No period ends before it starts."""
    for path, period in _periods(document, ""):
        start, end = text(period, "start"), text(period, "end")
        if start and end and end[:10] < start[:10]:
            yield error("period_backward", f"{path} ends {end} before it starts {start}", path, value=end, expected=f"{start} or later")


def _periods(owner: Document, path: str) -> Iterator[tuple[str, Document]]:
    for name, value in owner.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, list):
            for index, one in enumerate(value):
                if isinstance(one, dict):
                    yield from _periods(one, f"{here}[{index}]")
        elif isinstance(value, dict):
            if "start" in value and "end" in value:
                yield here, value
            yield from _periods(value, here)


def sensible_dates(document: Document) -> Iterator[Finding]:
    """Issue date within living memory; due date and delivery not long before it."""
    issued = text(document, "issue_date")
    if issued is None:
        return
    first, last = SENSIBLE_YEARS
    if not first <= int(issued[:4]) <= last:
        yield warning(
            "date_odd", f"the document was issued in {issued[:4]}", "issue_date", value=issued, hint="check the date format the sender uses"
        )
    due = text(part(document, "payment"), "due_date")
    if due and due[:10] < issued[:10] and document.get("kind") == "invoice":
        yield warning(
            "due_before_issue", f"the payment was due {due} before the invoice was issued {issued}", "payment.due_date", value=due
        )
    requested = text(part(document, "delivery"), "requested")
    if requested and requested[:10] < issued[:10] and document.get("kind") == "order":
        yield warning(
            "delivery_before_issue",
            f"delivery is asked for {requested} before the order was issued {issued}",
            "delivery.requested",
            value=requested,
        )


EARLIER: Final = ("order", "sales_order", "despatch", "receipt", "preceding_invoices")
"""Documents an invoice or advice refers to; they were there first."""


def references_came_first(document: Document) -> Iterator[Finding]:
    """A document that is referred to was issued before, or on the same day."""
    issued = text(document, "issue_date")
    if issued is None:
        return
    for name in EARLIER:
        several = [(f"{name}[{index}]", one) for index, one in enumerate(items(document, name))]
        for path, link in several or [(name, part(document, name))]:
            day = text(link, "date")
            if day and day[:10] > issued[:10]:
                yield warning("reference_later", f"{path} is of {day}, after the document was issued {issued}", f"{path}.date", value=day)


def control_characters(document: Document) -> Iterator[Finding]:
    """J15: characters that no XML can hold and most partners refuse."""
    for path, value in _texts(document, ""):
        found = CONTROL.search(value)
        if found is not None:
            odd = found[0]
            yield warning(
                "control_character",
                f"{path} holds the control character {odd!r}",
                path,
                value=value[:80],
                hint="remove it at the source; UBL cannot carry it",
            )


CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, below in value.items():
            if isinstance(below, str):
                yield (f"{path}.{name}" if path else name), below
            elif isinstance(below, (dict, list)):
                yield from _texts(below, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            if isinstance(below, str):
                yield f"{path}[{index}]", below
            elif isinstance(below, (dict, list)):
                yield from _texts(below, f"{path}[{index}]")


CHECKS: Final[tuple[Callable[[Document], Iterator[Finding]], ...]] = (
    some_lines,
    different_line_numbers,
    sensible_quantities,
    parents_exist,
    periods_run_forward,
    sensible_dates,
    references_came_first,
    control_characters,
)
