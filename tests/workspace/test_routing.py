"""The most specific route wins, every other one says why it did not, and what `edi check` passes never ties."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edi.workspace.model import Route, RouteFrom
from edi.workspace.routing import Facts, choose, first_mismatch, may_both_fit, may_tie


def route(name: str, **conditions: object) -> Route:
    return Route.model_validate(
        {"route": name, "from": {key: str(value) for key, value in conditions.items()}, "read": "x", "to": [{"write": "y", "channel": "z"}]}
    )


ORDER = Facts(partner="acme", channel="acme-in", kind="order", message="ORDERS:D:96A:UN:EAN008", content=lambda text: text == "yes")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, None),
        ({"partner": "acme", "kind": "order"}, None),
        ({"message": "ORDERS"}, None),
        ({"message": "ORDERS:D:96A"}, None),
        ({"content": "yes"}, None),
        ({"partner": "nordwind"}, "partner: the route asks for 'nordwind', the document has 'acme'"),
        ({"kind": "invoice", "partner": "acme"}, "kind: the route asks for 'invoice', the document has 'order'"),
        ({"message": "ORDERS:D:01B"}, "message: the route asks for 'ORDERS:D:01B', the document has 'ORDERS:D:96A:UN:EAN008'"),
        ({"message": "ORD"}, "message: the route asks for 'ORD', the document has 'ORDERS:D:96A:UN:EAN008'"),
        ({"test": "true"}, "test: the route asks for 'true', the document has 'false'"),
        ({"content": "no"}, "content: no is not true of the document"),
    ],
)
def test_a_route_fits_or_names_the_first_condition_that_failed(conditions: dict[str, object], expected: str | None) -> None:
    found = first_mismatch(route("r", **conditions).source, ORDER)
    assert (str(found) if found else None) == expected


def test_the_route_with_more_conditions_wins_and_all_answers_are_kept() -> None:
    routes = (
        route("any"),
        route("acme", partner="acme"),
        route("acme-orders", partner="acme", kind="order"),
        route("other", partner="nordwind"),
    )
    choice = choose(routes, ORDER)
    assert choice.route is not None
    assert choice.route.name == "acme-orders"
    assert [(answered.name, mismatch is None) for answered, mismatch in choice.answers] == [
        ("any", True),
        ("acme", True),
        ("acme-orders", True),
        ("other", False),
    ]


def test_more_of_the_message_identifier_wins_over_less() -> None:
    choice = choose((route("some", message="ORDERS:D"), route("more", message="ORDERS:D:96A:UN")), ORDER)
    assert choice.route is not None
    assert choice.route.name == "more"


def test_two_that_fit_equally_well_are_a_tie_and_none_is_chosen() -> None:
    choice = choose((route("one", partner="acme"), route("two", channel="acme-in")), ORDER)
    assert choice.route is None
    assert ["one", "two"] == [tied.name for tied in choice.tied]


def test_p38_a_test_document_takes_a_test_route_only() -> None:
    routes = (route("live", partner="acme"), route("test", partner="acme", test="true"))
    live, test = choose(routes, ORDER), choose(routes, Facts(partner="acme", test=True))
    assert live.route is not None
    assert test.route is not None
    assert (live.route.name, test.route.name) == ("live", "test")


PARTNERS, CHANNELS, DOCUMENTS = ("a", "b"), ("c1", "c2"), ("order", "invoice")
MESSAGES = ("ORDERS", "ORDERS:D", "ORDERS:D:96A", "INVOIC:D")
SOURCES = st.builds(
    RouteFrom,
    partner=st.none() | st.sampled_from(PARTNERS),
    channel=st.none() | st.sampled_from(CHANNELS),
    kind=st.none() | st.sampled_from(DOCUMENTS),
    message=st.none() | st.sampled_from(MESSAGES),
    test=st.booleans(),
)
FACTS = st.builds(
    Facts,
    partner=st.sampled_from(PARTNERS),
    channel=st.sampled_from(CHANNELS),
    kind=st.sampled_from(DOCUMENTS),
    message=st.sampled_from(("ORDERS:D:96A:UN", "INVOIC:D:96A:UN")),
    test=st.booleans(),
)


@given(st.lists(SOURCES, max_size=5), FACTS)
def test_routes_that_may_not_tie_never_do(sources: list[RouteFrom], facts: Facts) -> None:
    routes = [Route.model_construct(name=str(index), source=source) for index, source in enumerate(sources)]
    choice = choose(routes, facts)
    for one, other in combinations(choice.tied, 2):
        assert may_tie(one.source, other.source)


@given(SOURCES, SOURCES, FACTS)
def test_routes_that_may_not_both_fit_never_do(one: RouteFrom, other: RouteFrom, facts: Facts) -> None:
    if not may_both_fit(one, other):
        assert first_mismatch(one, facts) or first_mismatch(other, facts)
