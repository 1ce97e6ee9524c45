"""The sending end of an HTTP channel: one request per delivery, with its identity as idempotency key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edi.channels.http import Settings
from edi.channels.http.client import Client, check, filled
from edi.channels.names import stem_and_suffix
from edi.engine.ports import Delivery, Sent
from edi.errors import UnknownOutcomeError


@dataclass(slots=True, kw_only=True)
class HttpOutbound:
    """POSTs or PUTs deliveries to one address."""

    name: str
    settings: Settings
    client: Client

    def send(self, delivery: Delivery) -> Sent:
        """Returns on 2xx, and on the codes with which this server says that it has the document already."""
        headers = {"Content-Type": delivery.content_type or "application/octet-stream", self.settings.idempotency_header: delivery.identity}
        answer = self.client.request(
            self.settings.method, filled(self.settings.url, values(delivery)), body=delivery.payload, headers=headers
        )
        if answer.status not in self.settings.already:
            check(self.name, f"taking {delivery.filename!r}", answer)
        place = answer.headers.get("location")
        return Sent(
            remote_name=place,
            note=f"{answer.where} answered {answer.status} to {len(delivery.content)} bytes",
            response=answer.body or None,
        )

    def look(self, delivery: Delivery) -> bool | None:
        """Ask `look_url` if there is one: 200 there, 404 not; else nobody knows, and the same key makes sending again harmless."""
        if self.settings.look_url is None:
            return None
        try:
            answer = self.client.request("GET", filled(self.settings.look_url, values(delivery)))
        except UnknownOutcomeError:
            return None
        return {200: True, 404: False, 410: False}.get(answer.status)

    def probe(self) -> Iterator[str]:
        """Ask the address for its options; any answer proves connection and certificate."""
        if "{" in self.settings.url:
            yield "the address depends on the document; nothing was asked"
            return
        answer = self.client.request("OPTIONS", self.settings.url)
        refused = " (it refuses our credentials)" if answer.status in {401, 403} else ""
        yield f"{answer.where} answered {answer.status} to OPTIONS {self.settings.url}{refused}"

    def close(self) -> None:
        """Close connections; the next call opens them again."""
        self.client.close()


def values(delivery: Delivery) -> Mapping[str, str]:
    """What an address may name."""
    stem, suffix = stem_and_suffix(delivery.filename)
    given = delivery.attributes
    number = given.get("ref") or given.get("reference") or given.get("number") or delivery.identity
    own = {
        "identity": delivery.identity,
        "id": delivery.identity,
        "filename": delivery.filename,
        "stem": stem,
        "suffix": suffix,
        "ref": number,
    }
    return {**given, "type": given.get("type") or given.get("kind", ""), **own}
