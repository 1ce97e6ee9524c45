"""Routes: everything they name exists (Y12), no two tie, none goes in a circle (Y14), test stays test (P38)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from edi import shipped
from edi.documents import KINDS
from edi.formats.yaml.problem import suggest
from edi.formats.yaml.reader import Path
from edi.workspace.files import Files
from edi.workspace.model import ChannelFile, Route
from edi.workspace.routing import may_tie
from edi.workspace.shapes import Shapes

_FILE = "routes.yaml"


def check_routes(files: Files, shapes: Shapes) -> None:
    """All routes; where routes.yaml itself could not be typed there is nothing to check."""
    if _FILE not in files.read:
        return
    us = shapes.routes.us
    if us not in shapes.partners and f"partners/{us}.yaml" not in files.hashes:
        files.complain(
            _FILE,
            ("us",),
            f"there is no partner {us!r}",
            hint=suggest(us, shapes.partners) or f"our own ids stand in partners/{us}.yaml",
            code="config.reference",
        )
    for index, route in enumerate(shapes.routes.routes):
        _check_source(files, shapes, ("routes", index), route)
        _check_targets(files, shapes, ("routes", index), route)
        _check_agreed(files, shapes, ("routes", index), route)
    _check_names_and_ties(files, shapes)
    _check_circles(files, shapes)


def _check_source(files: Files, shapes: Shapes, where: Path, route: Route) -> None:
    source = route.source
    _check_mapping(files, (*where, "read"), route.read)
    if source.partner is not None:
        _check_known(files, (*where, "from", "partner"), "partner", source.partner, shapes)
    if source.kind is not None and source.kind not in KINDS:
        text = f"unknown document kind {source.kind!r}"
        files.complain(_FILE, (*where, "from", "kind"), text, hint=suggest(source.kind, KINDS), code="config.reference")
    channel = _channel(files, shapes, (*where, "from", "channel"), source.channel)
    if channel is None:
        return
    if channel.direction == "out":
        files.complain(
            _FILE,
            (*where, "from", "channel"),
            f"channel {channel.name!r} only sends",
            hint="name one with direction in",
            code="config.route",
        )
    if channel.status == "test" and not source.test:
        text = f"channel {channel.name!r} is for tests, the route takes live documents only"
        files.complain(_FILE, (*where, "from"), text, hint="add test: true", code="config.test")
    if channel.partner and source.partner and source.partner not in channel.partners:
        text = f"partner {source.partner!r} does not come through channel {channel.name!r}"
        files.complain(_FILE, (*where, "from", "partner"), text, hint="name it in the channel's speaks_for", code="config.route")


def _check_targets(files: Files, shapes: Shapes, where: Path, route: Route) -> None:
    for index, target in enumerate(route.to):
        here = (*where, "to", index)
        _check_mapping(files, (*here, "write"), target.write)
        channel = _channel(files, shapes, (*here, "channel"), target.channel)
        if channel is None:
            continue
        if channel.direction == "in":
            files.complain(
                _FILE,
                (*here, "channel"),
                f"channel {channel.name!r} only receives",
                hint="name one with direction out",
                code="config.route",
            )
        if route.source.test and channel.status == "live":
            text = f"test documents would go to the live channel {channel.name!r}"
            files.complain(_FILE, (*here, "channel"), text, hint="make a channel with status test for them", code="config.test")
        if not route.source.test and channel.status == "test":
            text = f"live documents would go to the test channel {channel.name!r}"
            files.complain(_FILE, (*here, "channel"), text, hint="add test: true to the route's from", code="config.test")


def _channel(files: Files, shapes: Shapes, where: Path, name: str | None) -> ChannelFile | None:
    """The channel; None, with a problem if it does not exist at all."""
    if name is None:
        return None
    _check_known(files, where, "channel", name, shapes)
    return shapes.channels.get(name)


def _check_known(files: Files, where: Path, what: str, name: str, shapes: Shapes) -> None:
    known: dict[str, object] = dict(shapes.channels if what == "channel" else shapes.partners)
    # A file that is there and could not be typed has problems of its own already.
    if name not in known and f"{what}s/{name}.yaml" not in files.hashes:
        hint = suggest(name, known) or f"it would be {what}s/{name}.yaml"
        files.complain(_FILE, where, f"there is no {what} {name!r}", hint=hint, code="config.reference")


def _check_mapping(files: Files, where: Path, name: str) -> None:
    """The workspace's own, or one that comes with the program."""
    path = f"mappings/{name}.map.yaml"
    if path not in files.mappings and not shipped.exists("mappings", f"{name}.map.yaml"):
        known = [found.removeprefix("mappings/").removesuffix(".map.yaml") for found in files.mappings]
        files.complain(
            _FILE, where, f"there is no mapping {name!r}", hint=suggest(name, known) or f"it would be {path}", code="config.reference"
        )


def _check_agreed(files: Files, shapes: Shapes, where: Path, route: Route) -> None:
    """What comes from a partner and what goes to one needs an agreement: it holds envelope, references and answers."""
    kind, source = route.source.kind, route.source
    if kind is None:
        return
    to_partners = {channel.partner for target in route.to if (channel := shapes.channels.get(target.channel)) and channel.partner}
    from_house = source.channel is not None and (found := shapes.channels.get(source.channel)) is not None and found.partner is None
    if source.partner and source.partner not in to_partners and not from_house:
        _check_agreement(files, shapes, (*where, "from", "kind"), source.partner, kind, "in")
    for name in sorted(to_partners):
        _check_agreement(files, shapes, (*where, "from", "kind"), name, kind, "out")


def _check_agreement(files: Files, shapes: Shapes, where: Path, name: str, kind: str, direction: str) -> None:
    partner = shapes.partners.get(name)
    if partner is not None and not any(one.kind == kind and one.direction == direction for one in partner.agreements):
        text = f"nothing was agreed with partner {name!r} for {kind!r}, direction {direction}"
        files.complain(_FILE, where, text, hint=f"add it to the agreements in partners/{name}.yaml", code="config.agreement")


def _check_names_and_ties(files: Files, shapes: Shapes) -> None:
    names: dict[str, int] = {}
    for index, route in enumerate(shapes.routes.routes):
        if names.setdefault(route.name, index) != index:
            files.complain(
                _FILE, ("routes", index, "route"), f"two routes are called {route.name!r}", hint="rename one", code="config.route"
            )
    for first, second in _rivals(shapes.routes.routes):
        one, other = shapes.routes.routes[first], shapes.routes.routes[second]
        if may_tie(one.source, other.source):
            text = f"a document can fit the routes {one.name!r} and {other.name!r} equally well"
            files.complain(_FILE, ("routes", second, "from"), text, hint="add a condition to the one that shall win", code="config.tie")


def _rivals(routes: tuple[Route, ...]) -> Iterator[tuple[int, int]]:
    """Pairs of indexes that could tie: of one partner, or where one names no partner. Thousands of routes stay cheap."""
    by_partner: dict[str | None, list[int]] = defaultdict(list)
    for index, route in enumerate(routes):
        by_partner[route.source.partner].append(index)
    anybody = by_partner.pop(None, [])
    yield from combinations(anybody, 2)
    for own in by_partner.values():
        yield from combinations(own, 2)
        yield from ((min(one, other), max(one, other)) for one in own for other in anybody)


def _check_circles(files: Files, shapes: Shapes) -> None:
    """Within our own house a channel may not lead back to itself; a partner in between makes it another document."""
    for index, route in enumerate(shapes.routes.routes):
        for target_index, target in enumerate(route.to):
            way = _way_back(shapes, route, target.channel)
            if way:
                text = "the route goes in a circle: " + " → ".join(way)
                files.complain(
                    _FILE, ("routes", index, "to", target_index), text, hint="let one of them end elsewhere", code="config.circle"
                )


def _way_back(shapes: Shapes, start: Route, channel: str) -> tuple[str, ...]:
    """Channels from the start's own over one it delivers to and back again; empty if there is no such way."""
    home = start.source.channel
    if home is None:
        return ()
    ways: list[tuple[str, ...]] = [(home, channel)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] in seen or not _is_ours(shapes, way[-1]):
            continue
        if way[-1] == home:
            return way
        seen.add(way[-1])
        onward = (route for route in shapes.routes.routes if route.source.channel == way[-1] and _kinds_meet(start, route))
        ways += [(*way, target.channel) for route in onward for target in route.to]
    return ()


def _is_ours(shapes: Shapes, channel: str) -> bool:
    found = shapes.channels.get(channel)
    return found is not None and found.partner is None


def _kinds_meet(one: Route, other: Route) -> bool:
    kinds = {one.source.kind, other.source.kind} - {None}
    return len(kinds) < 2 and one.source.test == other.source.test
