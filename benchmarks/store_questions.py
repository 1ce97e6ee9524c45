"""What commands, pages and the daemon ask of a store: every list with each of its conditions, every look at the whole, every page.

Large and small partners take turns, old and new, common and rare, and what nobody has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from benchmarks.engine_walk import Memory
from benchmarks.store_history import CAUSES, DAYS, KINDS, OPEN, PARTNERS
from benchmarks.store_house import HistoryClock
from edi.cli.glance import Watch
from edi.engine import alerts, causes, outbound, silence, threads, timers
from edi.engine.engine import Engine
from edi.engine.states import HELD, Machine
from edi.engine.translate import Mappings
from edi.store import flow, overview, queries, retention, selection, trace
from edi.store.given import answers_given
from edi.store.links import Scope
from edi.store.partner_entries import Wanted
from edi.store.partner_view import PartnerView
from edi.store.queries import Filter
from edi.store.store import Reading, Store
from edi.web import metrics
from edi.web.ops.views import Views
from edi.workspace.workspace import Workspace

Question = Callable[[Reading, int], object]
"""Asked again and again; the number makes each time another one."""
TURNS: Final = 40
END: Final = datetime(2025, 12, 28, 23, 30, tzinfo=UTC)
"""Of the history."""
DAYS_ASKED: Final = [f"20{24 + n // 336}-{n % 336 // 28 + 1:02d}-{n % 28 + 1:02d}" for n in range(0, DAYS, DAYS // TURNS)]
STATES: Final = {name: sorted(HELD[Machine(name)]) for name in ("message", "transmission", "outbound")}
FINISHED: Final = {"message": "delivered", "transmission": "accepted", "outbound": "acknowledged"}
LISTS: Final[Mapping[str, Callable[..., object]]] = {
    "message": queries.messages,
    "outbound": queries.outbounds,
    "transmission": queries.transmissions,
}


def questions(store: Store, workspace: Workspace, count: int) -> Mapping[str, Question]:
    """All of them, by name."""
    found = {**dict(_single(count)), **dict(_answers()), **dict(_of_the_whole(store, workspace)), **dict(_pages(count))}
    for what in LISTS:
        found |= dict(_lists(what, count))
    return found


def _partner(turn: int) -> str:
    return "partner1" if turn % 2 else f"partner{4 + turn * 37 % (PARTNERS - 4)}"


def _day(turn: int) -> str:
    return DAYS_ASKED[turn % len(DAYS_ASKED)]


def _number(turn: int, count: int) -> int:
    """Of a message, a third of which await an acknowledgement."""
    return max(3, count // (turn + 1) // 3 * 3)


def _lists(what: str, count: int) -> Iterator[tuple[str, Question]]:
    """A list with each condition it takes, and with those that people put together."""
    ask, held = LISTS[what], STATES[what]

    def by(**conditions: Callable[[int], object]) -> Question:
        return lambda view, turn: ask(view, Filter(**{name: value(turn) for name, value in conditions.items()}))  # type: ignore[arg-type]

    stuck: Mapping[str, Callable[[int], object]] = {"states": lambda _: held}
    whose: Mapping[str, Callable[[int], object]] = {"partner": _partner}
    way = "out" if what == "outbound" else "in"
    through: Mapping[str, Callable[[int], object]] = {"channel": lambda turn: f"{_partner(turn)}-{way}"}
    since: Mapping[str, Callable[[int], object]] = {"since": _day}
    until: Mapping[str, Callable[[int], object]] = {"until": _day}
    one_day: Mapping[str, Callable[[int], object]] = {"since": _day, "until": lambda turn: _day(turn) + "U"}
    yield f"{what}: newest", by()
    yield f"{what}: a later page", lambda view, turn: ask(view, before=count // (turn + 2))
    yield f"{what}: one partner's", by(**whose)
    yield f"{what}: one partner's of one day", by(**whose, **one_day)
    yield f"{what}: held ones", by(**stuck)
    yield f"{what}: held ones of one day", by(**stuck, **one_day)
    yield f"{what}: one partner's held ones", by(**whose, **stuck)
    yield f"{what}: one partner's finished ones", by(**whose, states=lambda _: [FINISHED[what]])
    yield f"{what}: one channel's", by(**through)
    yield f"{what}: one channel's of one day", by(**through, **one_day)
    yield f"{what}: one channel's held ones", by(**through, **stuck)
    yield f"{what}: one channel's of another partner", by(**through, partner=lambda turn: _partner(turn + 1))
    yield f"{what}: of one day long ago", by(**until)
    yield f"{what}: since a day", by(**since)
    yield f"{what}: of a partner nobody has", by(partner=lambda turn: f"nobody{turn}")
    if what == "transmission":
        return
    kind: Mapping[str, Callable[[int], object]] = {"kind": lambda turn: KINDS[turn % 5]}
    strange: Mapping[str, Callable[[int], object]] = {"kind": lambda _: "price_catalogue"}
    start: Mapping[str, Callable[[int], object]] = {"number": lambda turn: f"B{turn + 1}*"}
    yield f"{what}: of a kind", by(**kind)
    yield f"{what}: held ones of a kind", by(**kind, **stuck)
    yield f"{what}: held ones of a kind there is none of", by(**strange, **stuck)
    yield f"{what}: one partner's of a kind", by(**whose, **kind)
    yield f"{what}: one partner's held ones of a kind", by(**whose, **kind, **stuck)
    yield f"{what}: one channel's of a kind", by(**through, **kind)
    yield f"{what}: one channel's of a kind there is none of", by(**through, **strange)
    yield f"{what}: of a number", by(number=lambda turn: f"B{count // (turn + 1)}")
    yield f"{what}: of a beginning of numbers", by(**start)
    yield f"{what}: one partner's of a beginning", by(**whose, **start)
    yield f"{what}: held ones of a beginning", by(**stuck, **start)


def _single(count: int) -> Iterator[tuple[str, Question]]:
    """One thing whole."""

    def show(view: Reading, turn: int) -> object:
        row = _number(turn, count)
        return queries.message_detail(view, row), answers_given(view, row), trace.branch(view, f"M{row}")

    def follow(view: Reading, turn: int) -> object:
        return [trace.chain(view, one) for one in trace.find(view, f"B{_number(turn, count)}")]

    yield "show: a message", show
    yield "show: an output", lambda view, turn: trace.branch(view, f"O{2 * _number(turn, count) - 1}")
    yield "trace: a number", follow
    yield "trace: a control reference", lambda view, turn: trace.find(view, f"R{_number(turn, count)}")
    yield "trace: an acknowledgement", lambda view, turn: trace.find(view, f"A{_number(turn, count) // 3}")
    yield "all of one cause", lambda view, turn: selection.of_cause(view, f"cause:{turn % CAUSES}")


def _answers() -> Iterator[tuple[str, Question]]:
    """What partners owe."""
    owed = queries.acknowledgements
    yield "acknowledgements: all", lambda view, _: owed(view)
    yield "acknowledgements: late or refused", lambda view, _: owed(view, states={"overdue", "rejected"})
    yield "acknowledgements: one partner's", lambda view, turn: owed(view, partner=_partner(turn))
    yield "acknowledgements: one partner's late ones", lambda view, turn: owed(view, partner=_partner(turn), states={"overdue"})


def _of_the_whole(store: Store, workspace: Workspace) -> Iterator[tuple[str, Question]]:
    """Looks at everything: what `edi status`, `edi top`, the operators' page, metrics and the daemon's duties ask."""
    clock = HistoryClock(END)
    engine = Engine(store, workspace, Memory([]), clock, Mappings(workspace, clock))
    views, watch = Views(engine.context), Watch(workspace, store)
    yield "counts by state", lambda view, _: overview.counts(view)
    yield "failures by cause", lambda view, _: overview.failures(view)
    yield "work that waits", lambda view, _: overview.oldest(view)
    yield "throughput of a day", lambda view, turn: flow.hours(view, END.replace(hour=turn % 24))
    yield "silent partners", lambda view, _: silence.silences(workspace, view, END)
    yield "jams", lambda view, _: threads.jams(view)
    yield "what needs somebody", lambda view, _: causes.causes(workspace, view, END)
    yield "alerts: a look", lambda _view, _: alerts.look(engine.context)
    yield "deadlines: a look", lambda _view, _: (timers.tick(engine.context), timers.expire(engine.context), outbound.sweep(engine.context))
    yield "metrics", lambda _view, _: metrics.text(engine)
    yield "operators' page", lambda _view, _: views.overview()
    yield "operators' page of one", lambda _view, turn: views.item(f"M{turn * OPEN + 1}")
    yield "top", lambda _view, _: watch.look()
    yield "legal holds", lambda view, _: retention.holds(view)


def _pages(count: int) -> Iterator[tuple[str, Question]]:
    """The partners' page."""

    def asked(wanted: Callable[[int], Wanted]) -> Question:
        def ask(view: Reading, turn: int) -> object:
            name = _partner(turn)
            page = PartnerView(view, Scope(partner=name), [f"{name}-in"])
            return page.page(wanted(turn))

        return ask

    def detail(view: Reading, turn: int) -> object:
        row = _number(turn, count) | 1  # an odd one is the first partner's
        return PartnerView(view, Scope(partner="partner1"), ["partner1-in"]).detail(f"M{row}")

    yield "partner's page: newest", asked(lambda _: Wanted())
    yield "partner's page: of a kind", asked(lambda turn: Wanted(kind=KINDS[turn % 5]))
    yield "partner's page: of a number", asked(lambda turn: Wanted(number=f"B{_number(turn, count)}"))
    yield "partner's page: of a beginning", asked(lambda turn: Wanted(number=f"B{turn + 1}*"))
    yield "partner's page: of one day", asked(lambda turn: Wanted(since=_day(turn), until=_day(turn) + "U"))
    yield "partner's page: one document", detail
    yield (
        "partner's page: an order's thread",
        lambda view, turn: PartnerView(view, Scope(partner="partner1"), ["partner1-in"]).thread(f"B{_number(turn, count) // 5 * 5}"),
    )
