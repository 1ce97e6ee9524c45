"""`edi link`: personal sign-in links to the partners' status page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edi.cli.options import AsJson, family

if TYPE_CHECKING:
    from datetime import timedelta

    from edi.store.links import Scope
    from edi.store.store import Transaction
    from edi.web.settings import StatusPage
    from edi.workspace.model import Partner
    from edi.workspace.people import User
    from edi.workspace.workspace import Workspace

app = family("Make, list and revoke sign-in links to the partners' status page.")


@app.command()
def make(
    context: typer.Context,
    partner: Annotated[str, typer.Argument(help="The partner, as its file is called.")],
    person: Annotated[
        str, typer.Option("--for", help="Who gets it. Somebody named in `users` of the partner's file sees what the file says.")
    ] = "",
    kinds: Annotated[list[str] | None, typer.Option("--kind", help="Shows only this kind of document; may be given again.")] = None,
    direction: Annotated[str, typer.Option("--direction", help="Shows only what they sent us (in), or what we sent (out).")] = "both",
    valid: Annotated[
        str | None, typer.Option("--valid", help="How long it can be used to sign in, e.g. 2d; else as web.yaml says.")
    ] = None,
    mail: Annotated[
        bool, typer.Option("--mail", help="Write the mail to send, in the partner's language, instead of the bare link.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Send the mail to the person named in the partner's file, through the channel of notices.yaml.")
    ] = False,
) -> None:
    """Make a link that signs one person in, once. It is shown only now: what is kept of it opens nothing.

    `edi partner link` is the same command.
    """
    from edi.cli import assembly, output
    from edi.documents.kinds import KINDS
    from edi.errors import ConfigError
    from edi.store import links

    loaded = assembly.workspace(context)
    page, found = _page(loaded), _partner(loaded, partner)
    unknown = [kind for kind in kinds or () if kind not in KINDS]
    if unknown:
        raise ConfigError(f"unknown kind of document {unknown[0]!r}", hint=f"one of: {', '.join(KINDS)}")
    if direction not in links.DIRECTIONS:
        raise ConfigError(f"unknown direction {direction!r}", hint=f"one of: {', '.join(links.DIRECTIONS)}")
    span = _valid(valid, page)
    scope = links.Scope(partner=partner, kinds=frozenset(kinds or ()), direction=direction)
    user = _user(found, person)
    to = user.email if user else person or next((one.email for one in found.contacts if one.email), None) or partner
    with assembly.writing(loaded.folder) as transaction:
        if send:
            _send(transaction, loaded, page, _addressed(found, user, loaded), span, scope)
            output.say(f"a mail to {to} is queued; edi run sends it")
            return
        token = links.make(transaction, scope, person=to, valid=span, member=user.email if user else None)
    url = f"{page.url}/in/{token}"
    output.say(_mail(loaded, found, url, to if "@" in to else "", span) if mail else url)


def _user(partner: Partner, person: str) -> User | None:
    """Whom the partner's file names so, by mail address or name; None: nobody."""
    wanted = person.casefold()
    return next((one for one in partner.users if wanted and wanted in {one.email.casefold(), one.name.casefold()}), None)


def _addressed(partner: Partner, user: User | None, loaded: Workspace) -> User:
    """Who can be written to. Raises ConfigError if it is nobody, or nothing leaves the house by mail."""
    from edi.errors import ConfigError

    if loaded.notices.mail is None:
        raise ConfigError("no mail leaves this workspace", hint="write notices.yaml: `mail: {channel: ...}`")
    if user is None:
        known = ", ".join(one.email for one in partner.users) or "nobody so far"
        raise ConfigError("--send writes to people whom `users` of the partner's file names", hint=f"--for one of: {known}")
    return user


def _send(transaction: Transaction, loaded: Workspace, page: StatusPage, user: User, span: timedelta, scope: Scope) -> None:
    from edi.web.pages.site import Reader
    from edi.web.pages.texts import spoken
    from edi.web.status import letters, rights

    partner = loaded.partners[scope.partner]
    reader = Reader(language=spoken(user.language, partner.language), timezone=rights.zone(partner, user))
    to = letters.Addressee(partner=partner, user=user, reader=reader, url=page.url, us=loaded.us.title)
    letters.invite(transaction, to, valid=span, scope=scope)


@app.command("list")
def list_(
    context: typer.Context,
    partner: Annotated[str | None, typer.Argument(help="Only this partner's.")] = None,
    as_json: AsJson = False,
) -> None:
    """List links: for whom, until when, whether they were used or revoked. The links themselves are not kept."""
    from edi.cli import assembly, output
    from edi.store import links

    with assembly.reading(context) as view:
        found = links.links(view, partner)
    if as_json:
        output.as_json(found)
        return
    rows = (
        (
            f"L{one.id}",
            one.scope.partner,
            one.person,
            ", ".join(sorted(one.scope.kinds)),
            one.scope.direction,
            output.moment(one.made),
            output.moment(one.expires),
            output.moment(one.spent),
            output.moment(one.revoked),
        )
        for one in found
    )
    output.table(("link", "partner", "for", "kinds", "direction", "made", "expires", "used", "revoked"), rows)


@app.command()
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LINK", help="As `edi link list` names it: L3.")],
) -> None:
    """Revoke a link: it signs nobody in any more, and who signed in with it is signed out."""
    from edi.cli import assembly, output
    from edi.errors import EdiError
    from edi.store import links
    from edi.store.naming import number_in

    number = number_in(name, "L")
    if number is None:
        raise EdiError(f"{name!r} is not a name like L3", hint="edi link list shows the names")
    with assembly.writing(assembly.folder(context)) as transaction:
        done = links.revoke(transaction, number)
    if not done:
        raise EdiError(f"there is no link {name} that could be revoked", hint="edi link list shows them")
    output.say(f"{name} is revoked")


def _page(loaded: Workspace) -> StatusPage:
    from edi.errors import ConfigError
    from edi.web.settings import load

    page = load(loaded.folder).status
    if page is None:
        hint = "write web.yaml: `status: {url: 'https://edi.example/status'}`"
        raise ConfigError("the workspace serves no status page, so a link would lead nowhere", hint=hint)
    return page


def _partner(loaded: Workspace, name: str) -> Partner:
    from edi.errors import ConfigError

    found = loaded.partners.get(name)
    if found is None:
        raise ConfigError(f"there is no partner {name!r}", hint=f"one of: {', '.join(sorted(loaded.partners))}")
    return found


def _valid(text: str | None, page: StatusPage) -> timedelta:
    from edi.errors import ConfigError
    from edi.workspace.values import read_duration

    if text is None:
        return page.link_valid
    try:
        return read_duration(text)
    except ValueError as error:
        raise ConfigError(str(error), hint="write e.g. 2d or 12h") from error


def _mail(loaded: Workspace, partner: Partner, url: str, to: str, span: timedelta) -> str:
    """The mail as text, in the partner's language and time zone."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from edi.web.pages.site import Reader
    from edi.web.pages.texts import spoken

    reader = Reader(language=spoken(partner.language), timezone=partner.timezone)
    until = (datetime.now(UTC) + span).astimezone(ZoneInfo(partner.timezone)).strftime("%Y-%m-%d %H:%M")
    us = loaded.us.title
    text = reader.say("mail.text", us=us, until=f"{until} ({partner.timezone})")
    return f"To: {to}\nSubject: {reader.say('mail.subject', us=us)}\n\n{text}\n\n{url}\n"
