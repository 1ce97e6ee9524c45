"""Files for the live inbox, from people whom the partner's file lets hand them in.

Rule 1: a file goes the way of every file of its channel: kept with its work before anybody is told, claimed by its bytes, checked for
who may speak for whom. Nothing here decides what becomes of it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from edi.engine import inbound
from edi.engine.ports import Offer
from edi.web.status.desk import Desk, Guest
from edi.web.status.forms import Form

FILE_BYTES_MAX: Final = 8 * 1024 * 1024
BODY_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024
NAME_CHARACTERS_MAX: Final = 120


def routes(desk: Desk) -> list[Route]:
    """Handing in."""
    intake = Intake(desk)
    return [
        Route("/upload", desk.looks(intake.show), methods=["GET"]),
        Route("/upload", desk.acts(intake.upload, bytes_max=BODY_BYTES_MAX), methods=["POST"]),
    ]


class Intake:
    """See the module."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def show(self, guest: Guest) -> Response:
        """The form."""
        self._channel(guest)
        self._desk.looked(guest, guest.partner.name, "page_looked_at", page="upload")
        return self._page(guest)

    def upload(self, guest: Guest, form: Form) -> Response:
        """Keep a file as if it had come through the channel; the same bytes handed in again are taken for the same file."""
        channel = self._channel(guest)
        if not form.file:
            return self._page(guest, complaint="upload.empty")
        if len(form.file) > FILE_BYTES_MAX:
            raise HTTPException(413)
        if not self._desk.bench.allows(f"session {guest.session.id}"):
            raise HTTPException(429)
        digest = hashlib.sha256(form.file).hexdigest()
        offer = Offer(transport_id=f"page|{digest}", filename=_filename(form.filename), size=len(form.file))
        with self._desk.writing(guest) as transaction:
            kept = inbound.keep(transaction, channel=channel, partner=guest.partner.name, offer=offer, data=form.file, confirmation="sent")
            subject = f"T{kept}" if kept else guest.partner.name
            event = "page_uploaded" if kept else "page_uploaded_again"
            transaction.audit(subject, event, link=f"L{guest.session.link_id}", channel=channel, sha256=digest)
        return self._page(guest, done="upload.done" if kept else "upload.again", name=f"T{kept}" if kept else "")

    def _channel(self, guest: Guest) -> str:
        """Where this person's files go. Raises HTTPException 403 for who may only read."""
        wanted = guest.user.upload if guest.user else None
        channel = self._desk.context.workspace.channels.get(wanted or "")
        if channel is None or channel.partners != {guest.partner.name} or "suspended" in {channel.status, guest.partner.status}:
            raise HTTPException(403)
        return channel.name

    def _page(self, guest: Guest, *, complaint: str = "", done: str = "", name: str = "") -> Response:
        return self._desk.page("upload.html", guest.request, guest, here="upload", complaint=complaint, done=done, name=name)


def _filename(given: str) -> str:
    """The name the browser gave, as a name only."""
    last = given.rpartition("/")[2].rpartition("\\")[2]
    cleaned = "".join(character for character in last if character.isprintable()).strip(". ")
    return cleaned[:NAME_CHARACTERS_MAX] or "upload"
