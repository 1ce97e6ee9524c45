"""From bytes to a plan: read, check who it is from, choose routes, translate, check the outputs as if we had received them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edi import documents
from edi.engine import origin
from edi.engine.content import Address, Document, Reading, ReadInterchange, ReadMessage
from edi.engine.context import Context
from edi.engine.dated import date_findings
from edi.engine.guided import guide_findings
from edi.engine.identity import document_bytes
from edi.engine.kinds import ACKNOWLEDGEMENTS, ISSUED_BY_BUYER
from edi.engine.output_check import check_output
from edi.engine.plan import InterchangePlan, MessagePlan, Output, Plan
from edi.engine.reading import EdifactContent, Terms, TermsOf, read
from edi.errors import ConfigError, FormatError
from edi.findings import Finding, Location, Severity, has_errors
from edi.formats.edifact.charset import Policy
from edi.store.payloads import pack
from edi.workspace import routing
from edi.workspace.loss import unaccepted
from edi.workspace.model import ChannelFile, Partner, Route
from edi.workspace.routing import Choice, Facts

UNREPORTABLE = frozenset({"edifact.unb_missing", "edifact.unb_incomplete"})
"""Without these parts of UNB no CONTRL can be built; the sender must be told by other means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a transmission came from."""

    channel: str
    filename: str
    released: bool = False
    """True: the operator looked at what held it back and let it go on."""
    findings: tuple[Finding, ...] = ()
    """What was wrong with how it came."""


def make_plan(context: Context, data: bytes, source: Source) -> Plan:
    """What is to become of the bytes. Raises ConfigError only if the operator's files cannot be used at all."""
    channel = context.channel(source.channel)
    if source.findings and not source.released:
        return Plan(format=None, state="quarantined", findings=source.findings, reason=source.findings[0].text)
    found = read(data, source=source.filename, tables=context.workspace.table_source, terms=terms_with(context))
    if not found.interchanges:
        reason = found.findings[0].text if found.findings else "it could not be read"
        return Plan(format=found.format, state="quarantined", findings=found.findings, reason=reason)
    interchanges = tuple(_plan_interchange(context, one, channel, source) for one in found.interchanges)
    held = next((one for one in interchanges if one.state == "rejected" and _is_origin(one.findings)), None)
    return Plan(
        format=found.format,
        state="quarantined" if held else "accepted",
        findings=found.findings,
        reason=held.reason if held else None,
        interchanges=interchanges,
    )


# -- interchange ------------------------------------------------------------------------------------------------------


def _plan_interchange(context: Context, interchange: ReadInterchange, channel: ChannelFile, source: Source) -> InterchangePlan:
    from_whom = origin.of_interchange(interchange, channel, context.workspace)
    partner = context.partner(from_whom.partner)
    findings = (*interchange.findings, *from_whom.findings, *date_findings(interchange, partner, context.clock.now()))
    test = interchange.test or (partner is not None and partner.status == "test")
    state, reason = _first_verdict(interchange, findings, channel, test=test, released=source.released)
    messages = tuple(_plan_message(context, message, channel, partner, test=test, state=state) for message in interchange.messages)
    if state == "accepted":
        state = _verdict(messages)
    return InterchangePlan(
        interchange=interchange, state=state, findings=findings, partner=from_whom.partner, test=test, reason=reason, messages=messages
    )


def _first_verdict(
    interchange: ReadInterchange, findings: tuple[Finding, ...], channel: ChannelFile, *, test: bool, released: bool
) -> tuple[str, str | None]:
    """The verdict on the envelope alone, and why; `accepted` as long as nothing speaks against it."""
    bad = next((finding for finding in findings if finding.is_error), None)
    if bad is not None:
        return ("unreportable" if bad.code in UNREPORTABLE and not interchange.control_reference else "rejected"), bad.text
    if interchange.test and not test_allowed(channel) and not released:
        return "held_test", f"UNB 0035 marks it as a test, and channel {channel.name!r} is live"
    if not test and channel.status == "test":
        return "held_test", f"it is not marked as a test, and channel {channel.name!r} carries only tests"
    return "accepted", None


def test_allowed(channel: ChannelFile) -> bool:
    """True if test interchanges may come through a channel without anybody looking."""
    return channel.status == "test"


def _verdict(messages: tuple[MessagePlan, ...]) -> str:
    bad = sum(message.state == "invalid" for message in messages)
    if not bad:
        return "accepted"
    return "rejected" if bad == len(messages) else "accepted_in_part"


def terms_with(context: Context) -> TermsOf:
    """What the agreements with a sender, taken together, say of reading: the envelope is read before the kind is known."""

    def terms(sender: Address | None) -> Terms:
        partner = context.workspace.partner_called("unb", sender.id, sender.qualifier) if sender else None
        agreed = partner.agreements if partner else ()
        characters = {each.characters for each in agreed if each.direction == "in"}
        return Terms(
            tolerate=frozenset(name for each in agreed for name in each.tolerate),
            characters=Policy.REPAIR if characters - {Policy.STRICT} else Policy.STRICT,
        )

    return terms


def _is_origin(findings: tuple[Finding, ...]) -> bool:
    return any(finding.is_error and finding.code.startswith("origin.") for finding in findings)


# -- message ----------------------------------------------------------------------------------------------------------


def _plan_message(
    context: Context, message: ReadMessage, channel: ChannelFile, partner: Partner | None, *, test: bool, state: str
) -> MessagePlan:
    """Where one message goes; whatever is wrong with it concerns nobody else."""
    base = MessagePlan(message=message, state="invalid", partner=partner.name if partner else None, test=test, findings=message.findings)
    if has_errors(message.findings):
        return replace(base, reason=_first_error(message.findings))
    if state != "accepted":
        return replace(base, state="held" if state == "held_test" else "invalid", reason="its interchange was not accepted")
    if message.kind in ACKNOWLEDGEMENTS:
        return replace(base, state="settled")
    base = _with_agreement(context, base, channel, partner)
    if has_errors(base.findings):
        return replace(base, reason=_first_error(base.findings))
    try:
        if base.agreement is not None:
            base = replace(base, findings=(*base.findings, *context.checks.received(message, base.agreement, context.clock.now().date())))
        if has_errors(base.findings):
            return replace(base, reason=_first_error(base.findings))
        return _routed(context, base, channel)
    except (ConfigError, FormatError) as error:
        finding = Finding(code="mapping.stopped", text=error.message, hint=error.hint)
        return replace(base, state="map_failed", reason=error.message, findings=(*base.findings, finding))


def _with_agreement(context: Context, base: MessagePlan, channel: ChannelFile, partner: Partner | None) -> MessagePlan:
    """With what was agreed for it, or a finding that nothing was (M09). Our own house needs no agreement with itself."""
    if partner is None or not channel.partners:
        return base
    message = base.message
    agreement = partner.agreement(message.kind, "in", message.type) if message.kind else None
    if agreement is None and message.kind and message.syntax != "edifact":
        agreement = partner.agreement(message.kind, "in")
    if agreement is None:
        text = f"{partner.name} sent {message.type!r}, which was not agreed"
        hint = f"add an agreement `direction: in, message: {message.type}` to partners/{partner.name}.yaml, or ask them what they meant"
        where = Location(message=message.reference, tag="UNH", element=2) if message.syntax == "edifact" else Location()
        finding = Finding(code="agreement.not_agreed", text=text, where=where, value=message.type, hint=hint, answer="17", level="UCM")
        return replace(base, findings=(*base.findings, finding))
    tree = message.content.tree if isinstance(message.content, EdifactContent) else None
    findings = (*base.findings, *guide_findings(context.workspace, agreement, tree, message.reference))
    return replace(base, agreement=agreement, test=base.test or partner.status_of(agreement) == "test", findings=findings)


def _routed(context: Context, base: MessagePlan, channel: ChannelFile) -> MessagePlan:
    """Read by the mappings of the routes that may fit, choose the route, and write its outputs."""
    readings = _Readings(context, base, channel)
    choice, reading = readings.choose()
    if choice.route is None:
        return _unroutable(readings, base, choice)
    if reading is None:
        findings = (*base.findings, *readings.findings_of(choice.route.read))
        return replace(base, state="map_failed", route=choice.route.name, findings=findings, reason=_first_error(findings))
    who = readings.origin_of(choice.route.read)
    plan = replace(
        base,
        route=choice.route.name,
        partner=base.partner or who.partner,
        test=readings.is_test(base.partner or who.partner),
        mapping=context.translator.version(choice.route.read),
        document=reading.document,
        kept=pack(document_bytes(reading.document)),
        unmapped=reading.unmapped,
        findings=(*base.findings, *readings.findings_of(choice.route.read), *who.findings),
    )
    plan = replace(plan, findings=(*plan.findings, *documents.validate(str(plan.document_kind), reading.document)))
    if has_errors(plan.findings):
        return replace(plan, state="map_failed", reason=_first_error(plan.findings))
    return _with_outputs(context, plan, choice.route, reading.document)


def _unroutable(readings: _Readings, base: MessagePlan, choice: Choice) -> MessagePlan:
    """Held in lost-and-found; what kept the nearest route from reading it is said first."""
    failed = readings.failures()
    if failed:
        return replace(base, state="map_failed", findings=(*base.findings, *failed), reason=_first_error(failed))
    tied = " and ".join(repr(route.name) for route in choice.tied)
    reason = f"routes {tied} fit equally well" if tied else "no route fits"
    hint = "run `edi explain` for each route and the first condition that failed"
    finding = Finding(code="routing.tie" if tied else "routing.none", text=reason, severity=Severity.WARNING, hint=hint)
    document = readings.any_document()
    kept = pack(document_bytes(document)) if document is not None else None
    return replace(base, state="unroutable", reason=reason, findings=(*base.findings, finding), document=document, kept=kept)


class _Readings:
    """The documents a message gives under the mappings of the routes that may take it, each read once."""

    def __init__(self, context: Context, base: MessagePlan, channel: ChannelFile) -> None:
        self._context = context
        self._base = base
        self._channel = channel
        self._documents: dict[str, Reading | None] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}

    def choose(self) -> tuple[Choice, Reading | None]:
        """The route, every route's answer, and the document under the chosen one's mapping."""
        candidates = [
            route for route in self._context.workspace.routes if routing.first_mismatch(route.source, self._hopeful(route)) is None
        ]
        for mapping in dict.fromkeys(route.read for route in candidates):
            self._read(mapping)
        answers = [(route, routing.first_mismatch(route.source, self._facts(route))) for route in self._context.workspace.routes]
        fitting = [route for route, mismatch in answers if mismatch is None]
        choice = routing.choose(fitting, Facts()) if not fitting else _best(fitting)
        choice = replace(choice, answers=tuple(answers))
        return choice, self._documents.get(choice.route.read) if choice.route else None

    def findings_of(self, mapping: str) -> tuple[Finding, ...]:
        return self._findings.get(mapping, ())

    def failures(self) -> tuple[Finding, ...]:
        """What kept mappings from reading it, if none could."""
        if not self._documents or any(self._documents.values()):
            return ()
        return next(iter(self._findings.values()))

    def any_document(self) -> Document | None:
        return next((reading.document for reading in self._documents.values() if reading), None)

    def origin_of(self, mapping: str) -> origin.Origin:
        """Who is on the other side, as the document says."""
        reading = self._documents.get(mapping)
        if reading is None:
            return origin.Origin(partner=self._base.partner)
        kind = str(reading.document.get("kind"))
        issuer = "buyer" if kind in ISSUED_BY_BUYER else "seller"
        return origin.of_document(reading.document, issuer, self._channel, self._context.workspace)

    def _read(self, mapping: str) -> None:
        outcome = self._context.translator.read(mapping, self._base.message, partner=self._base.partner)
        self._documents[mapping] = outcome.value if outcome.ok else None
        self._findings[mapping] = outcome.findings

    def is_test(self, partner: str | None) -> bool:
        """True if it came marked as a test, or the other side is still on test: what our house has for them is one too."""
        found = self._context.partner(partner)
        return self._base.test or (found is not None and found.status == "test")

    def _hopeful(self, route: Route) -> Facts:
        """As if everything only the document can tell were as the route wants it."""
        facts = self._facts(route)
        partner = facts.partner or route.source.partner
        return replace(
            facts,
            partner=partner,
            kind=facts.kind or route.source.kind,
            test=self.is_test(partner) if partner else facts.test or route.source.test,
            content=lambda _text: True,
        )

    def _facts(self, route: Route) -> Facts:
        reading = self._documents.get(route.read)
        document = reading.document if reading else None
        base = self._base
        partner = base.partner or self.origin_of(route.read).partner
        return Facts(
            partner=partner,
            channel=self._channel.name,
            kind=base.message.kind or (str(document["kind"]) if document and "kind" in document else None),
            message=base.message.type,
            test=self.is_test(partner),
            content=(lambda text: self._context.translator.holds(text, document)) if document is not None else None,
        )


def _best(fitting: list[Route]) -> Choice:
    """The most specific of routes that all fit."""
    highest = max(routing.specificity(route.source) for route in fitting)
    winners = tuple(route for route in fitting if routing.specificity(route.source) == highest)
    return Choice(route=winners[0] if len(winners) == 1 else None, tied=winners if len(winners) > 1 else (), answers=())


def explain(context: Context, plan: MessagePlan, channel: str) -> Choice:
    """Every route and the first of its conditions that failed for a message that was planned."""
    return _Readings(context, replace(plan, findings=()), context.channel(channel)).choose()[0]


# -- outputs ----------------------------------------------------------------------------------------------------------


def _with_outputs(context: Context, plan: MessagePlan, route: Route, document: Document) -> MessagePlan:
    """All outputs of a route, or none: a document that reached half of its receivers helps nobody."""
    outputs: list[Output] = []
    findings: list[Finding] = list(plan.findings)
    for position, destination in enumerate(route.to, start=1):
        if destination.when is not None and not context.translator.holds(destination.when, document):
            continue
        channel = context.channel(destination.channel)
        findings += _test_findings(channel, test=plan.test)
        partner = context.partner(channel.partner)
        agreement = partner.agreement(str(document["kind"]), "out") if partner else None
        message_type = agreement.message if agreement else None
        outcome = context.translator.write(destination.write, document, message_type=message_type, partner=channel.partner or plan.partner)
        findings += (*unaccepted(outcome.findings, route.accept_loss), *context.translator.losses(route, destination.write, document))
        if outcome.value is None:
            continue
        written = outcome.value
        checked = check_output(context, written, agreement=agreement, partner=partner, now=context.clock.now(), document=document)
        findings += [replace(finding, text=f"our own output: {finding.text}") for finding in checked]
        output = Output(
            position=position,
            channel=destination.channel,
            mapping=context.translator.version(destination.write),
            written=written,
            partner=channel.partner,
            agreement=agreement,
            whole=pack(written.body) if isinstance(written.body, bytes) else None,
        )
        outputs.append(output)
    if has_errors(findings):
        return replace(plan, state="map_failed", findings=tuple(findings), reason=_first_error(findings))
    return replace(plan, state="routed", findings=tuple(findings), outputs=tuple(outputs))


def _test_findings(channel: ChannelFile, *, test: bool) -> list[Finding]:
    """A test document never enters our own live house, nor a live one a channel for tests (P38)."""
    if test and channel.status != "test" and not channel.partner:
        text = f"a test document was to go to the live channel {channel.name!r}"
        return [Finding(code="routing.test_to_live", text=text, hint="give the route a destination with `status: test`")]
    if not test and channel.status == "test":
        text = f"a live document was to go to channel {channel.name!r}, which carries only tests"
        return [
            Finding(code="routing.live_to_test", text=text, hint="give the route another destination, or set the channel's status to live")
        ]
    return []


def _first_error(findings: tuple[Finding, ...] | list[Finding]) -> str:
    return next((finding.text for finding in findings if finding.is_error), "it could not be used")
