"""The operators' page: what waits for a person, what failed and why, what is overdue, how much goes through; and the verbs that help.

Off unless web.yaml names it. Looking and acting are two rights; who acts gives a reason where the command line wants one.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from edi.engine.context import Context
from edi.engine.operator import Act, Operator
from edi.engine.verbs import LETTERS, VERBS, offered, verb
from edi.errors import EdiError, StoreError
from edi.web.ops.oidc import Provider
from edi.web.ops.people import Person, Porter
from edi.web.ops.tokens import RefusedTokenError
from edi.web.ops.views import NAME, Views
from edi.web.pages import site
from edi.web.settings import OpsPage
from edi.web.status import forms
from edi.web.status.security import Guard, Rate

WHY_CHARACTERS_MAX: Final = 300
STATE_SECONDS: Final = 600
LOG = structlog.get_logger("edi.web")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def app(context: Context, settings: OpsPage, *, rate: float = 120) -> ASGIApp:
    """The page as an application. `rate`: requests of one person in a minute."""
    inside = Starlette(
        routes=[Mount(urlsplit(settings.url).path, routes=routes(context, settings, rate=rate))],
        exception_handlers={HTTPException: _Refusal(settings), Exception: _failed},
    )
    return Guard(inside, url=settings.url)


ACTS: Final[Mapping[str, Callable[[Operator, str, Act], object]]] = {one.name: getattr(Operator, one.name) for one in VERBS}
"""The engine's own functions: the command line calls the same."""


def routes(context: Context, settings: OpsPage, *, rate: float = 120) -> list[Route]:
    """Every route, below the page's address."""
    pages = Pages(context, settings, Rate(rate))
    found = [
        Route("/style.css", _style, methods=["GET"]),
        Route("/", pages.looks(pages.overview), methods=["GET"]),
        Route("/items/{name}", pages.looks(pages.item), methods=["GET"]),
        Route("/items/{name}/replay", pages.acts(pages.preview), methods=["POST"]),
        Route("/items/{name}/replayed", pages.acts(pages.replay), methods=["POST"]),
        Route("/items/{name}/act", pages.acts(pages.act), methods=["POST"]),
        Route("/outbox", pages.acts(pages.outbox), methods=["POST"]),
        Route("/find", pages.looks(pages.find), methods=["GET"]),
    ]
    if settings.oidc is not None:
        found += [
            Route("/sign-in", pages.sign_in, methods=["GET"]),
            Route("/callback", pages.callback, methods=["GET"]),
            Route("/out", pages.signs_out, methods=["POST"]),
        ]
    return found


class Pages:
    """See the module."""

    def __init__(self, context: Context, settings: OpsPage, rate: Rate) -> None:
        self._settings = settings
        self._rate = rate
        self._operator = Operator(context)
        self._views = Views(context)
        self._base = urlsplit(settings.url).path
        secret = context.workspace.secret
        self._porter = Porter(settings, secret(str(settings.proxy_secret)) if settings.proxy_secret else None)
        oidc = settings.oidc
        known = secret(str(oidc.client_secret)) if oidc and oidc.client_secret else None
        self._provider = Provider(oidc, known, f"{settings.url}/callback") if oidc else None
        self._us = context.workspace.us

    # -- looking ------------------------------------------------------------------------------------------------------

    def overview(self, _request: Request, person: Person) -> Response:
        """The store at a glance."""
        return self._page("ops.html", person, **self._views.overview())

    def item(self, request: Request, person: Person, *, said: str = "", complaint: str = "") -> Response:
        """One row: what it is, what happened, what can be done."""
        name = _name(request)
        found = self._views.item(name)
        if found is None:
            raise HTTPException(404)
        verbs = offered(LETTERS[name[:1]], str(found["state"])) if person.may_act and name[:1] in LETTERS else ()
        replayable = person.may_act and name[:1] in "TM"
        return self._page("ops_item.html", person, said=said, complaint=complaint, verbs=verbs, replayable=replayable, **found)

    def find(self, request: Request, person: Person) -> Response:
        """What has this name, number or reference."""
        wanted = "".join(one for one in request.query_params.get("wanted", "") if one.isprintable()).strip()[:70]
        names = self._views.find(wanted) if wanted else ()
        if len(names) == 1:
            return RedirectResponse(f"{self._base}/items/{names[0]}", status_code=303)
        return self._page("ops_found.html", person, wanted=wanted, names=names)

    # -- acting -------------------------------------------------------------------------------------------------------

    def act(self, request: Request, person: Person, form: forms.Form) -> Response:
        """One verb on one row."""
        name, why = _name(request), _why(form)
        machine = LETTERS.get(name[:1])
        chosen = verb(form.fields.get("verb", ""), machine) if machine else None
        if chosen is None:
            raise HTTPException(400)
        if chosen.needs_why and why is None:
            return self.item(request, person, complaint=f"{chosen.name} needs a reason.")
        try:
            ACTS[chosen.name](self._operator, name, Act(who=person.name, why=why, key=form.fields.get("key") or None))
        except StoreError:
            raise
        except EdiError as error:
            return self.item(request, person, complaint=str(error))
        return self.item(request, person, said=f"{chosen.name}: done.")

    def outbox(self, request: Request, person: Person, form: forms.Form) -> Response:
        """Hold everything that would leave the house, or let it go."""
        act, verb = Act(who=person.name, why=_why(form)), form.fields.get("verb", "")
        if verb not in {"hold", "release"} or (verb == "hold" and act.why is None):
            raise HTTPException(400)
        (self._operator.hold_all if verb == "hold" else self._operator.release_all)(act)
        return self.overview(request, person)

    def preview(self, request: Request, person: Person, _form: forms.Form) -> Response:
        """What would leave the house if it was processed again; changes nothing."""
        name = _name(request)
        try:
            found = self._operator.replay_preview(name)
        except StoreError:
            raise
        except EdiError as error:
            return self.item(request, person, complaint=str(error))
        return self._page("ops_replay.html", person, name=name, preview=found, key=secrets.token_hex(16))

    def replay(self, request: Request, person: Person, form: forms.Form) -> Response:
        """Process it again; pressed twice is done once."""
        try:
            done = self._operator.replay(_name(request), Act(who=person.name, why=_why(form), key=form.fields.get("key") or None))
        except StoreError:
            raise
        except EdiError as error:
            return self.item(request, person, complaint=str(error))
        return self.item(request, person, said=f"T{done.transmission_id} is {done.state} now; {len(done.made)} new outputs are queued.")

    # -- signing in ---------------------------------------------------------------------------------------------------

    async def sign_in(self, request: Request) -> Response:
        """To the provider."""
        self._limit(request)
        assert self._provider is not None, "this route is there with a provider"
        try:
            address, state = await run_in_threadpool(self._provider.begin)
        except RefusedTokenError as error:
            LOG.warning("sign_in_failed", reason=str(error))
            raise HTTPException(503) from error
        answer = RedirectResponse(address, status_code=303)
        self._set(answer, f"{self._porter.cookie}-state", state, STATE_SECONDS, "lax")
        return answer

    async def callback(self, request: Request) -> Response:
        """Back from the provider. The answer is a page, so that the cookie goes with the next request although another site led here."""
        self._limit(request)
        assert self._provider is not None, "this route is there with a provider"
        query, cookie = request.query_params, f"{self._porter.cookie}-state"
        state, code = query.get("state", "")[:200], query.get("code", "")[:2_000]
        if not state or not hmac.compare_digest(request.cookies.get(cookie, "").encode(), state.encode()):
            raise HTTPException(403)
        provider = self._provider
        try:
            name = await run_in_threadpool(lambda: provider.finish(state, code))
        except RefusedTokenError as error:
            LOG.warning("sign_in_failed", reason=str(error))
            raise HTTPException(403) from error
        LOG.info("signed_in", person=name)
        answer = HTMLResponse(site.render("ops_entered.html", self._views.reader, base=self._base, us=self._us.title))
        self._set(
            answer, self._porter.cookie, self._porter.sessions.begin(name), int(self._settings.session_valid.total_seconds()), "strict"
        )
        answer.delete_cookie(cookie, path="/", secure=self._is_secure, httponly=True, samesite="lax")
        return answer

    async def signs_out(self, request: Request) -> Response:
        """End the session."""
        person = self._person(request)
        await self._form(request, person)
        self._porter.sessions.end(request.cookies.get(self._porter.cookie, ""))
        answer = PlainTextResponse("You are signed out.")
        answer.delete_cookie(self._porter.cookie, path="/", secure=self._is_secure, samesite="strict")
        return answer

    @property
    def _is_secure(self) -> bool:
        return self._settings.url.startswith("https:")

    def _set(self, answer: Response, name: str, value: str, seconds: int, same_site: Any) -> None:
        answer.set_cookie(name, value, max_age=seconds, path="/", secure=self._is_secure, httponly=True, samesite=same_site)

    # -- how ----------------------------------------------------------------------------------------------------------

    def looks(self, page: Callable[[Request, Person], Response]) -> Handler:
        """A GET of somebody who may look."""

        async def handle(request: Request) -> Response:
            person = self._person(request)
            return await run_in_threadpool(lambda: page(request, person))

        return handle

    def acts(self, act: Callable[[Request, Person, forms.Form], Response]) -> Handler:
        """A POST of somebody who may act, with the token of their page."""

        async def handle(request: Request) -> Response:
            person = self._person(request)
            if not person.may_act:
                raise HTTPException(403)
            form = await self._form(request, person)
            return await run_in_threadpool(lambda: act(request, person, form))

        return handle

    def _person(self, request: Request) -> Person:
        person = self._porter.person(request)
        if not self._rate.allows(person.name):
            raise HTTPException(429)
        return person

    def _limit(self, request: Request) -> None:
        if not self._rate.allows(f"address {request.client.host if request.client else ''}"):
            raise HTTPException(429)

    @staticmethod
    async def _form(request: Request, person: Person) -> forms.Form:
        form = await forms.read(request)
        if not hmac.compare_digest(person.csrf.encode(), form.fields.get("csrf", "").encode()):
            raise HTTPException(403)
        return form

    def _page(self, template: str, person: Person, **values: object) -> Response:
        html = site.render(
            template,
            self._views.reader,
            base=self._base,
            us=self._us.title,
            zone=self._us.timezone,
            person=person,
            signs_out=self._settings.oidc is not None,
            **values,
        )
        return HTMLResponse(html)


def _name(request: Request) -> str:
    """The row the address names. Raises HTTPException 404 for what is no name."""
    name = str(request.path_params["name"])
    if not NAME.fullmatch(name):
        raise HTTPException(404)
    return name


def _why(form: forms.Form) -> str | None:
    """The reason, as one line; None if none was given."""
    text = "".join(one if one.isprintable() else " " for one in form.fields.get("why", "")).strip()
    return text[:WHY_CHARACTERS_MAX] or None


class _Refusal:
    """Says no, and nothing about us; where somebody can sign in, says where."""

    def __init__(self, settings: OpsPage) -> None:
        self._settings = settings

    async def __call__(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for it"
        if error.status_code == 401 and self._settings.oidc is not None:
            return RedirectResponse(f"{urlsplit(self._settings.url).path}/sign-in", status_code=303)
        status = 403 if error.status_code == 401 else error.status_code
        return PlainTextResponse(_SAID.get(status, "This is for operators who are signed in."), status_code=status)


_SAID: Final = {
    404: "There is no such thing.",
    429: "Too many requests.",
    503: "Signing in does not work at the moment.",
    400: "Not understood.",
}


async def _failed(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("Something went wrong; the log says what.", status_code=500)


async def _style(_request: Request) -> Response:
    return Response(site.style(), media_type="text/css", headers={"Cache-Control": "max-age=3600"})
