"""The receiving end of an HTTP channel: a collection that is polled, page by page, its items fetched one by one.

Rule 1: an item's bytes are fetched from its own address and kept as they came; a list only says which there are.
Rule 2: "nothing new" (304) is believed only if everything offered before was confirmed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from edi.channels import names
from edi.channels.http import Settings
from edi.channels.http.client import Answer, Client, check, filled
from edi.channels.notices import Notices
from edi.engine.ports import Offer
from edi.errors import ChannelError, ConfigError, TemporaryChannelError, UnknownOutcomeError
from edi.limits import PAGES_MAX

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')


@dataclass(slots=True, kw_only=True)
class HttpInbound:
    """Items of one collection."""

    name: str
    settings: Settings
    client: Client
    notices: Notices = field(default_factory=Notices)
    _tag: str | None = None
    _owed: set[str] = field(default_factory=set)
    """Offered and not confirmed yet."""

    def offers(self) -> Iterator[Offer]:
        """Items of all pages."""
        if self.settings.item_url is None:
            raise ConfigError(
                f"{self.name}: a channel that receives needs `item_url`", hint="e.g. item_url: https://erp.example/orders/{id}"
            )
        self.notices.clear()
        first = self._page(self.settings.url, {"If-None-Match": self._tag} if self._tag and not self._owed else {})
        if first.status == 304:
            return
        tag, self._tag = first.headers.get("etag"), None
        answer: Answer | None = first
        url = self.settings.url
        for _ in range(PAGES_MAX):
            if answer is None:
                self._tag = tag
                return
            value = _json(self.name, answer)
            yield from self._offers_of(value)
            following = self._following(url, value, answer)
            url = following or url
            answer = self._page(url, {}) if following else None
        raise ChannelError(f"{self.name}: the collection has more than {PAGES_MAX} pages", hint="does its cursor lead in a circle?")

    def _page(self, url: str, headers: Mapping[str, str]) -> Answer:
        answer = self._asked("GET", url, {"Accept": "application/json", **headers})
        if answer.status != 304:
            check(self.name, "listing", answer)
        return answer

    def _asked(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        """Asking is harmless, so an answer that did not come is a reason to ask again."""
        try:
            return self.client.request(method, url, headers=headers)
        except UnknownOutcomeError as error:
            raise TemporaryChannelError(str(error)) from error

    def _offers_of(self, value: object) -> Iterator[Offer]:
        items = value if not self.settings.items else value.get(self.settings.items) if isinstance(value, dict) else None
        if not isinstance(items, list):
            raise ChannelError(
                f"{self.name}: the answer has no list {self.settings.items!r}", hint="`items:` names the field with the list"
            )
        for item in items:
            key = item.get(self.settings.id) if isinstance(item, dict) else item
            if not isinstance(key, str | int) or isinstance(key, bool) or str(key) == "":
                self.notices.add(repr(key)[:80], f"is no {self.settings.id!r} and was left alone")
                continue
            version = item.get(self.settings.version, "") if self.settings.version and isinstance(item, dict) else ""
            shown = names.quote(str(key).encode("utf-8", "surrogateescape"))
            offer = Offer(transport_id=f"{shown}|{names.quote(str(version).encode())}", filename=shown, size=None)
            self._owed.add(offer.transport_id)
            yield offer

    def _following(self, url: str, value: object, answer: Answer) -> str | None:
        """The next page's address; it must be on the same server."""
        linked = _NEXT.search(answer.headers.get("link", ""))
        following: str
        cursor = value.get(self.settings.next) if isinstance(value, dict) else None
        if linked is not None:
            following = urljoin(url, linked[1])
        elif self.settings.cursor and isinstance(cursor, str | int) and cursor != "":
            following = _with_query(self.settings.url, self.settings.cursor, str(cursor))
        else:
            return None
        if urlsplit(following)[:2] != urlsplit(self.settings.url)[:2]:
            raise ChannelError(
                f"{self.name}: the next page is said to be on another server, {urlsplit(following).netloc!r}; it was not asked"
            )
        return following

    def fetch(self, offer: Offer) -> bytes:
        """The item's bytes as the server gives them."""
        answer = self._asked("GET", filled(self.settings.item_url or "", _of(offer)), {})
        if answer.status in {404, 410}:
            raise TemporaryChannelError(f"{self.name}: {offer.filename!r} was gone when it was read")
        check(self.name, f"reading {offer.filename!r}", answer)
        return answer.body

    def confirm(self, offer: Offer) -> None:
        """Tell the server that we have it, as configured; 404, 409 and 410 mean that it knows."""
        if self.settings.confirm is not None:
            answer = self._asked(self.settings.confirm.method, filled(self.settings.confirm.url, _of(offer)), {})
            if answer.status not in {404, 409, 410}:
                check(self.name, f"confirming {offer.filename!r}", answer)
        self._owed.discard(offer.transport_id)

    def close(self) -> None:
        """Close connections; the next call opens them again."""
        self.client.close()


def _of(offer: Offer) -> Mapping[str, str]:
    """What an item's address may name."""
    shown, version = offer.transport_id.rsplit("|", 1)
    return {"id": _plain(shown), "version": _plain(version)}


def _plain(shown: str) -> str:
    return names.unquote(shown).decode("utf-8", "surrogateescape")


def _json(name: str, answer: Answer) -> object:
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise ChannelError(f"{name}: the list is no JSON: {error}", hint="check the address") from error
    return value


def _with_query(url: str, key: str, value: str) -> str:
    import httpx  # noqa: PLC0415 -- wanted only when a connection is used

    return str(httpx.URL(url).copy_set_param(key, value))
