"""The test bench: a file is worked out as if it had come through the partner's channel, and nothing of it is kept or sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Final
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from edi.documents.render import Rendering, render
from edi.engine.plan import InterchangePlan, Plan
from edi.engine.planning import Source, make_plan
from edi.findings import Finding, has_errors
from edi.formats.edifact import contrl
from edi.formats.edifact.envelope import Interchange
from edi.formats.edifact.layout import lines
from edi.formats.edifact.reader import read
from edi.web.status import golive, words
from edi.web.status.desk import Desk, Guest
from edi.web.status.documents import NUMERIC
from edi.web.status.forms import FILE_BYTES_MAX, Form

AT_ONCE_MAX: Final = 2
"""Files worked out at a time: the engine has other things to do."""
USABLE: Final = frozenset({"routed", "settled", "unroutable"})
"""Message states that are not the sender's fault; a partner on test may have no route yet."""
DOCUMENTS_MAX: Final = 5
"""Shown of one file."""
PASTED_CHARACTERS_MAX: Final = 20_000
"""Given back for correction."""
BODY_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What would become of the file."""

    passed: bool
    checks: tuple[tuple[str, bool], ...]
    findings: tuple[words.Shown, ...]
    ours: bool
    answers: tuple[str, ...]
    """Each CONTRL, one segment a line."""
    documents: tuple[Rendering, ...]


def routes(desk: Desk) -> list[Route]:
    """The bench."""
    bench = Bench(desk)
    return [
        Route("/test", desk.looks(bench.show), methods=["GET"]),
        Route("/test", desk.acts(bench.test, bytes_max=BODY_BYTES_MAX), methods=["POST"]),
    ]


class Bench:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._free = BoundedSemaphore(AT_ONCE_MAX)

    def show(self, guest: Guest) -> Response:
        """The empty form."""
        self._desk.looked(guest, guest.partner.name, "page_looked_at", page="test")
        return self._page(guest, None, "")

    def test(self, guest: Guest, form: Form) -> Response:
        """The form with the result."""
        data = form.file or form.fields.get("text", "").strip().encode()
        if not data:
            return self._page(guest, None, "bench.empty")
        if len(data) > FILE_BYTES_MAX:
            raise HTTPException(413)
        if not self._desk.bench.allows(f"session {guest.session.id}") or not self._free.acquire(timeout=5):
            raise HTTPException(429)
        try:
            result = self._result(guest, data)
        finally:
            self._free.release()
        if result is not None and result.passed:
            for kind in dict.fromkeys(one.kind for one in result.documents):
                self._desk.taken(guest, golive.tested(guest.partner.name, kind), "page_test_passed")
        else:
            self._desk.looked(guest, guest.partner.name, "page_test_failed")
        return self._page(guest, result, "", form.fields.get("text", "")[:PASTED_CHARACTERS_MAX])

    def _result(self, guest: Guest, data: bytes) -> Result | None:
        channel = min(self._desk.channels(guest.partner.name), default=None)
        if channel is None:
            raise HTTPException(404)
        plan = make_plan(self._desk.context, data, Source(channel=channel, filename="file", released=True))
        now = self._desk.context.clock.now().astimezone(ZoneInfo(guest.partner.timezone))
        found = _all(plan)
        shown, ours = words.findings(found, data, self._desk.reader(guest.request, guest).language)
        documents = [one.document for each in plan.interchanges for one in each.messages if one.document is not None]
        answers = [_contrl(one, now) for one in plan.interchanges]
        states = {one.state for each in plan.interchanges for one in each.messages}
        passed = plan.state == "accepted" and bool(states) and states <= USABLE and not has_errors(found)
        return Result(
            passed=passed,
            checks=_checks(plan, found, read_all=bool(documents) if documents or states != {"unroutable"} else None),
            findings=shown,
            ours=ours,
            answers=tuple(filter(None, answers)),
            documents=tuple(render(one) for one in documents[:DOCUMENTS_MAX]),
        )

    def _page(self, guest: Guest, result: Result | None, complaint: str, pasted: str = "") -> Response:
        with self._desk.context.store.reading() as view:
            steps = golive.steps(guest.partner, view, self._desk.narrowed(view, guest))
        return self._desk.page(
            "bench.html",
            guest.request,
            guest,
            here="test_bench",
            result=result,
            complaint=complaint,
            pasted=pasted,
            numeric=NUMERIC,
            steps=steps,
        )


def _all(plan: Plan) -> tuple[Finding, ...]:
    inside = [
        finding
        for one in plan.interchanges
        for finding in (*one.findings, *(each for message in one.messages for each in message.findings))
    ]
    return (*plan.findings, *inside)


def _checks(plan: Plan, found: tuple[Finding, ...], *, read_all: bool | None) -> tuple[tuple[str, bool], ...]:
    """The checklist, from the outside in. `read_all`: None where no route of ours takes it (yet), so that it was not tried."""

    def none_of(*areas: str) -> bool:
        return not any(one.is_error and one.code.partition(".")[0] in areas for one in found)

    known = plan.format is not None
    return (
        ("format", known),
        ("syntax", known and none_of(*(words.THEIRS - {"duplicate"}))),
        ("agreed", known and none_of("agreement", "origin")),
        *(() if read_all is None else (("read", read_all),)),
    )


def _contrl(plan: InterchangePlan, now: datetime) -> str | None:
    """The CONTRL we would send, one segment a line; None where the format knows none."""
    source = plan.interchange.source
    if not isinstance(source, Interchange):
        return None
    findings = [*plan.findings, *(finding for message in plan.messages for finding in message.findings)]
    version = next((one.agreement.acknowledge.contrl_version for one in plan.messages if one.agreement), None)
    written = contrl.answer(source, findings, control_reference="1", prepared=now, message_version=version or "")
    return "".join(lines(one).decode("utf-8", "replace") for one in read(written).value or ()) if written else None
