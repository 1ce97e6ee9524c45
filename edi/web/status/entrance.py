"""Signing in and out. A GET shows a button and changes nothing, so that programs that read mails spend no link; the POST spends it.

Who lost the link asks for another by mail: every address gets the same answer, at once, whether anybody has it or not.
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from edi.store import links, people
from edi.web.pages.texts import LANGUAGES
from edi.web.status import forms, letters
from edi.web.status.desk import Desk, Guest, address


def routes(desk: Desk) -> list[Route]:
    """The pages in front of the door, and the door."""
    entrance = Entrance(desk)
    return [
        Route("/in", entrance.ask, methods=["GET"]),
        Route("/in", entrance.send, methods=["POST"]),
        Route("/in/{token}", entrance.show, methods=["GET"]),
        Route("/in/{token}", entrance.enter, methods=["POST"]),
        Route("/unsubscribe/{token}", entrance.unsubscribing, methods=["GET"]),
        Route("/unsubscribe/{token}", entrance.unsubscribe, methods=["POST"]),
        Route("/out", desk.acts(entrance.leave), methods=["POST"]),
        Route("/language", desk.acts(entrance.choose_language), methods=["POST"]),
    ]


class Entrance:
    """The door."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def ask(self, request: Request) -> Response:
        """The form for a mail address."""
        self._limit(request)
        return self._desk.page("ask.html", request, None, sent=False)

    async def send(self, request: Request) -> Response:
        """Write the mail, if there is anybody to write to; the answer and its time are the same if there is not (H02)."""
        self._limit(request)
        if not self._desk.may_ask:
            raise HTTPException(404)
        form = await forms.read(request)
        wanted = form.fields.get("email", "").strip()[:320]
        answer = self._desk.page("ask.html", request, None, sent=True)
        answer.background = BackgroundTask(letters.send_link, self._desk, wanted)
        return answer

    async def show(self, request: Request) -> Response:
        """The button."""
        self._limit(request)
        token = request.path_params["token"]
        if not await run_in_threadpool(lambda: self._usable(token)):
            return self._refused(request)
        return self._desk.page("sign_in.html", request, None, action=f"{self._desk.base}/in/{token}")

    async def enter(self, request: Request) -> Response:
        """Spend the link; the answer carries the session."""
        self._limit(request)
        token = request.path_params["token"]
        secret = await run_in_threadpool(lambda: self._spend(token))
        if secret is None:
            return self._refused(request)
        answer = RedirectResponse(f"{self._desk.base}/documents", status_code=303)
        settings = self._desk.settings
        answer.set_cookie(
            self._desk.cookie,
            secret,
            max_age=int(settings.session_valid.total_seconds()),
            path="/",
            secure=settings.url.startswith("https:"),
            httponly=True,
            samesite="strict",
        )
        return answer

    def leave(self, guest: Guest, form: forms.Form) -> Response:
        """End the session here and in the browser."""
        with self._desk.writing(guest) as transaction:
            links.end(transaction, guest.session)
        answer = self._desk.page("message.html", guest.request, None, title="page.sign_out", text="sign_out.done")
        answer.delete_cookie(self._desk.cookie, path="/", secure=self._desk.settings.url.startswith("https:"), samesite="strict")
        return answer

    def choose_language(self, guest: Guest, form: forms.Form) -> Response:
        """Read in another language from now on."""
        language = form.fields.get("language", "")
        if language not in LANGUAGES:
            raise HTTPException(400)
        with self._desk.writing(guest) as transaction:
            links.choose_language(transaction, guest.session, language)
        return RedirectResponse(f"{self._desk.base}/documents", status_code=303)

    async def unsubscribing(self, request: Request) -> Response:
        """The button, for people; mail programs post at once (RFC 8058)."""
        self._limit(request)
        token = request.path_params["token"]
        if await run_in_threadpool(lambda: letters.unsubscription(self._desk, token)) is None:
            return self._refused(request, text="unsubscribe.wrong")
        return self._desk.page("unsubscribe.html", request, None, action=f"{self._desk.base}/unsubscribe/{token}")

    async def unsubscribe(self, request: Request) -> Response:
        """No more mails about the topic."""
        self._limit(request)
        token = request.path_params["token"]
        if not await run_in_threadpool(lambda: self._unsubscribe(token)):
            return self._refused(request, text="unsubscribe.wrong")
        return self._desk.page("message.html", request, None, title="unsubscribe.title", text="unsubscribe.done")

    def _unsubscribe(self, token: str) -> bool:
        found = letters.unsubscription(self._desk, token)
        if found is None:
            return False
        with self._desk.context.store.writing("page", self._desk.context.clock.now()) as transaction:
            people.unsubscribe(transaction, found.partner, found.email, found.topic)
        return True

    def _limit(self, request: Request) -> None:
        if not self._desk.sign_ins.allows(address(request)):
            raise HTTPException(429)

    def _usable(self, token: str) -> bool:
        with self._desk.context.store.reading() as view:
            return links.usable(view, token, self._desk.context.clock.now())

    def _spend(self, token: str) -> str | None:
        if not self._usable(token):
            # Nothing is written for what is no link: guessing costs us no transaction (T38).
            return None
        with self._desk.context.store.writing("page", self._desk.context.clock.now()) as transaction:
            return links.spend(transaction, token, valid=self._desk.settings.session_valid)

    def _refused(self, request: Request, *, text: str = "sign_in.used") -> Response:
        """The same for a link that was spent, that is too old, and that never was."""
        return self._desk.page("message.html", request, None, status=403, title="sign_in.title", text=text)
