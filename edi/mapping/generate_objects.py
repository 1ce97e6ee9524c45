"""Generated statements that open the object an entry's fields belong to, and put it where it belongs afterwards."""

from __future__ import annotations

from edi.mapping.emission import Emission
from edi.mapping.nodes import Entry, nests_its_own_list
from edi.mapping.paths import Target, maker
from edi.mapping.python_text import Body


def open_object(body: Body, entry: Entry) -> str:
    """`inner` becomes the entry's own object; comes back with the Python expression of its index in the list."""
    if entry.each is not None or entry.reference is not None or (entry.at is not None and is_item(entry.at)):
        body.put("inner = {}")
    else:
        assert entry.at is not None
        body.put(f"inner = {entry.at.get()}")
        body.put("fresh = inner is None")
        body.put("if fresh: inner = {}")
    for join in entry.joins:
        if join.parent is not None:
            body.open(f"if {join.parent.get()} is not None:")
            body.put(join.child.put(join.parent.get(), "inner"))
            body.close()
    if entry.each is not None and nests_its_own_list(entry):
        body.put(f"items_{entry.number} = {entry.each.parent()}.setdefault({entry.each.steps[-1].name!r}, [])")
        body.put(f"number_{entry.number} = len(items_{entry.number})")
        body.put(f"items_{entry.number}.append(inner)")
        return f"number_{entry.number}"
    if entry.each is not None and entry.at is not None:
        body.put("outer_item, inner = inner, {}")
    return f"len({entry.each.get()} or ())" if entry.each is not None else "0"


def items_written(entry: Entry) -> str:
    """A Python expression for the items that a list entry writes."""
    assert entry.each is not None
    items = f"{entry.each.get()} or ()"
    if entry.joins:
        names = tuple(join.child.steps[-1].name for join in entry.joins)
        values = ", ".join("None" if join.parent is None else join.parent.get() for join in entry.joins)
        items = f"x.having({entry.each.get()}, {names!r}, ({values},), {entry.number})"
    return items if entry.start == 1 else f"({items})[{entry.start - 1}:]"


def limited_items(body: Body, emit: Emission, entry: Entry) -> str:
    """The same, no more than `max` allows; what is over is said before, unless it may be dropped."""
    items = items_written(entry)
    if entry.maximum is None:
        return items
    assert entry.each is not None
    listed = f"listed_{entry.number}"
    body.put(f"{listed} = {items}")
    if entry.more != "drop":
        severity = "error" if entry.more == "error" else "note"
        report = f"x.more({entry.number}, None, {severity!r}, {emit.path(entry.each)})" if emit.traced else "x.trouble = True"
        body.put(f"if len({listed}) > {entry.maximum}: {report}")
    return f"{listed}[:{entry.maximum}]"


def is_item(target: Target) -> bool:
    """True if the path ends at an item of a list."""
    return bool(target.steps[-1].select or target.steps[-1].first)


def place_object(body: Body, entry: Entry) -> None:
    """Put `inner`, if it holds anything, into its list or field."""
    if entry.each is not None and nests_its_own_list(entry):
        body.put(f"if not inner: del items_{entry.number}[number_{entry.number}]")
        return
    body.open("if inner:")
    if entry.reference is not None:
        into, reference = entry.reference.into, entry.reference
        listed = f"{into.parent()}.setdefault({into.steps[-1].name!r}, [])"
        body.put(f"found = x.referred({listed}, {reference.by.steps[-1].name!r}, inner)")
        body.open("if found is not None:")
        body.put(reference.field.put("found"))
        body.close()
    elif entry.each is not None:
        if entry.at is not None:
            body.put(entry.at.put("inner", "outer_item"))
            body.put("inner = outer_item")
        body.put(f"{entry.each.parent()}.setdefault({entry.each.steps[-1].name!r}, []).append(inner)")
    elif entry.at is not None and not is_item(entry.at):
        body.open("if fresh:")
        body.put(entry.at.put("inner"))
        body.close()
    elif entry.at is not None:
        body.put(f"{maker(entry.at.base(), entry.at.steps)}.update(inner)")
    body.close()


def place_if_allowed(body: Body, entry: Entry) -> None:
    """The same, where the entry's `when`, asked of the object that was read, says so."""
    if entry.when is None or entry.when.settings is not None:
        place_object(body, entry)
        return
    body.open(f"if (lambda o: {entry.when.python})(inner):")
    place_object(body, entry)
    body.close()


def when_allows(entry: Entry) -> list[str]:
    """Python conditions of `when: field == constant`: the field is absent or says so already."""
    if entry.when is None or entry.owns_object:
        return []
    return [f"{target.get()} in (None, {literal})" for target, literal in entry.when.settings or ()]


def set_when(body: Body, entry: Entry) -> None:
    """What reading sets for `when: field == constant`."""
    for target, literal in (entry.when.settings or ()) if entry.when is not None else ():
        body.put(target.put(literal))
