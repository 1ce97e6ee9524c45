"""What every page of a partner needs: who is signed in, what they may see, and a page in their language."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from edi.engine.context import Context
from edi.store import links
from edi.store.partner_view import PartnerView
from edi.store.store import Reading, Transaction
from edi.web.pages import site
from edi.web.pages.site import Reader
from edi.web.pages.texts import accepted, spoken
from edi.web.settings import StatusPage
from edi.web.status import forms, rights
from edi.web.status.notebook import Notebook
from edi.web.status.security import Rate
from edi.workspace.model import Partner
from edi.workspace.people import User

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
SIGN_IN_RATE: Final = 10
"""Sign-ins of one address in a minute."""
LETTER_RATE: Final = 0.2
LETTER_BURST: Final = 3
"""Sign-in mails to one address: three at once, then one in five minutes."""
BENCH_RATE: Final = 6
"""Files of one person in a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A request of somebody who is signed in."""

    request: Request
    session: links.Session
    partner: Partner
    user: User | None
    """As the partner's file has them; None: somebody with a link alone."""
    scope: links.Scope
    csrf: str

    @property
    def actor(self) -> str:
        """Who the audit trail names."""
        return f"partner:{self.partner.name}:{self.session.person}"

    @property
    def zone(self) -> str:
        """The time zone the person reads in."""
        return rights.zone(self.partner, self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The memory, the operator's files and the settings of the page."""

    context: Context
    settings: StatusPage
    rate: Rate
    notebook: Notebook
    sign_ins: Rate = field(default_factory=lambda: Rate(SIGN_IN_RATE))
    letters: Rate = field(default_factory=lambda: Rate(LETTER_RATE, burst=LETTER_BURST))
    bench: Rate = field(default_factory=lambda: Rate(BENCH_RATE))
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    """Makes CSRF tokens of session secrets; a restart only makes people press a button again."""

    @property
    def base(self) -> str:
        """`/status`: where the page stands on its host; empty for the whole host."""
        return urlsplit(self.settings.url).path

    @property
    def cookie(self) -> str:
        """The cookie's name; over TLS one that no other host can have set."""
        return "__Host-edi" if self.settings.url.startswith("https:") else "edi"

    @property
    def may_ask(self) -> bool:
        """True if somebody can ask for a sign-in link by mail."""
        return self.context.workspace.notices.mail is not None

    # -- who ----------------------------------------------------------------------------------------------------------

    def guest(self, request: Request) -> Guest:
        """Who asks. Raises HTTPException 403 if nobody is signed in, 429 if they ask too often."""
        secret = request.cookies.get(self.cookie, "")
        if not self.rate.allows(f"session {links.digest(secret)}" if secret else f"address {address(request)}"):
            raise HTTPException(429)
        with self.context.store.reading() as view:
            known = links.session(view, secret, self.context.clock.now())
        partner = self.context.workspace.partners.get(known.scope.partner) if known else None
        if known is None or partner is None:
            raise HTTPException(403, "sign_in.needed")
        if not rights.is_admitted(partner, known, self.context.clock.now()):
            raise HTTPException(403, "sign_in.closed")
        token = hmac.new(self.key, secret.encode(), hashlib.sha256).hexdigest()
        user = rights.member(partner, known.member) if known.member else None
        return Guest(request=request, session=known, partner=partner, user=user, scope=rights.scope(partner, known), csrf=token)

    @contextmanager
    def view(self, guest: Guest) -> Iterator[PartnerView]:
        """The memory as this guest may see it (T28)."""
        with self.context.store.reading() as view:
            yield self.narrowed(view, guest)

    def narrowed(self, view: Reading, guest: Guest) -> PartnerView:
        """A reading connection, narrowed to the guest."""
        return PartnerView(view, guest.scope, self.channels(guest.partner.name))

    def channels(self, partner: str) -> frozenset[str]:
        """The channels through which a partner's documents come in."""
        return frozenset(name for name, channel in self.context.workspace.channels.items() if partner in channel.partners)

    @contextmanager
    def writing(self, guest: Guest) -> Iterator[Transaction]:
        """A transaction in the guest's name."""
        with self.context.store.writing(guest.actor, self.context.clock.now()) as transaction:
            yield transaction

    def looked(self, guest: Guest, subject: str, event: str, **detail: object) -> None:
        """Write down what was looked at."""
        self.notebook.look(guest.actor, subject, event, link=f"L{guest.session.link_id}", **detail)

    def taken(self, guest: Guest, subject: str, event: str = "page_taken", **detail: object) -> None:
        """Write down what is taken away, before it is."""
        self.notebook.take(guest.actor, subject, event, link=f"L{guest.session.link_id}", **detail)

    # -- pages --------------------------------------------------------------------------------------------------------

    def reader(self, request: Request, guest: Guest | None) -> Reader:
        """For whom the page is written."""
        if guest is None:
            return Reader(language=spoken(*accepted(request.headers.get("accept-language", ""))), timezone="UTC")
        wanted = (guest.session.language, guest.user.language if guest.user else None, guest.partner.language)
        return Reader(language=spoken(*wanted), timezone=guest.zone)

    def page(
        self, template: str, request: Request, guest: Guest | None, *, status: int = 200, here: str = "", **values: object
    ) -> Response:
        """The page as an answer."""
        reader = self.reader(request, guest)
        html = site.render(
            template,
            reader,
            base=self.base,
            us=self.context.workspace.us.title,
            signed_in=guest is not None,
            may_upload=guest is not None and guest.user is not None and guest.user.upload is not None,
            may_ask=self.may_ask,
            maintenance=self.settings.planned(self.context.clock.now()),
            csrf=guest.csrf if guest else "",
            here=here,
            zone=reader.timezone,
            contact=self.settings.contact,
            notice=self.settings.notice,
            **values,
        )
        return HTMLResponse(html, status_code=status)

    # -- handlers -----------------------------------------------------------------------------------------------------

    def looks(self, page: Callable[[Guest], Response]) -> Handler:
        """A GET of somebody signed in, on a thread of its own."""

        async def handle(request: Request) -> Response:
            return await run_in_threadpool(lambda: page(self.guest(request)))

        return handle

    def acts(self, act: Callable[[Guest, forms.Form], Response], *, bytes_max: int = forms.SMALL_BYTES_MAX) -> Handler:
        """A POST of somebody signed in, with their CSRF token (T29)."""

        async def handle(request: Request) -> Response:
            guest = await run_in_threadpool(lambda: self.guest(request))
            form = await forms.read(request, bytes_max=bytes_max)
            if not hmac.compare_digest(guest.csrf.encode(), form.fields.get("csrf", "").encode()):
                raise HTTPException(403)
            return await run_in_threadpool(lambda: act(guest, form))

        return handle


def address(request: Request) -> str:
    """Where a request comes from; a reverse proxy on this host says it for others, in the last entry of X-Forwarded-For."""
    host = request.client.host if request.client else "?"
    forwarded = request.headers.getlist("x-forwarded-for")
    return forwarded[-1].rpartition(",")[2].strip()[:45] if forwarded and host in LOOPBACK else host
