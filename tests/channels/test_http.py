"""HTTP channels: the suite behind the fault proxy, credentials, meanings of status codes, polled collections."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from edi.channels import http
from edi.channels.http.receiving import HttpInbound
from edi.channels.http.sending import HttpOutbound
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.testing import ChannelSuite, Receiver, delivery
from tests.servers.certificates import Authority
from tests.servers.erp import Asked, Erp, Reply, erp
from tests.servers.proxy import Fault, Proxy, proxy

pytestmark = pytest.mark.storeless

SECRETS = {"${env:TOKEN}": "t0k3n", "${env:KEY}": "shared", "${env:PASSWORD}": "pä:ss"}


@pytest.fixture
def web() -> Iterator[Erp]:
    with erp() as server:
        yield server


class HttpRig:
    def __init__(self, server: Erp, between: Proxy) -> None:
        self.server, self.between = server, between
        self.made: list[HttpInbound | HttpOutbound] = []

    def settings(self, path: str, **keys: object) -> http.Settings:
        base = f"http://127.0.0.1:{self.between.port}"
        return http.Settings.model_validate({"url": f"{base}{path}", "timeout": "3s"} | keys)

    def inbound(self) -> HttpInbound:
        base = f"http://127.0.0.1:{self.between.port}"
        item = f"{base}/out/{{id}}/{{version}}"
        settings = self.settings("/out", item_url=item, version="v", confirm={"method": "DELETE", "url": item})
        end = http.inbound("erp-in", settings, SECRETS.__getitem__, folder=Path())
        self.made.append(end)
        return end

    def outbound(self) -> HttpOutbound:
        look = f"http://127.0.0.1:{self.between.port}/identities/{{identity}}"
        end = http.outbound("erp-out", self.settings("/docs/{filename}", method="PUT", look_url=look), SECRETS.__getitem__, folder=Path())
        self.made.append(end)
        return end

    def put(self, name: str, payload: bytes) -> None:
        self.server.put(name, payload)

    def put_unfinished(self, name: str, payload: bytes) -> None:
        pass

    def lies_there(self) -> Mapping[str, bytes]:
        return {name: payload for name, (_, payload) in self.server.files.items()}

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        for after in (0, 50, 300, 60_000, 120_000):
            yield self.between.breaking(Fault("to_server", after))
        for after in (0, 10, 60, 150, 200, 60_000):
            yield self.between.breaking(Fault("to_client", after, "end"))


class TestHttp(ChannelSuite):
    @pytest.fixture
    def rig(self, web: Erp) -> Iterator[HttpRig]:
        with proxy(web.port) as between:
            rig = HttpRig(web, between)
            yield rig
            for end in rig.made:
                end.close()


@contextmanager
def sending(web: Erp, path: str = "/docs", **keys: object) -> Iterator[HttpOutbound]:
    settings = http.Settings.model_validate({"url": f"http://127.0.0.1:{web.port}{path}", "timeout": "3s"} | keys)
    end = http.outbound("erp-out", settings, SECRETS.__getitem__, folder=Path())
    try:
        yield end
    finally:
        end.close()


@contextmanager
def receiving(web: Erp, path: str = "/out", **keys: object) -> Iterator[HttpInbound]:
    base = f"http://127.0.0.1:{web.port}"
    settings = http.Settings.model_validate({"url": f"{base}{path}", "item_url": f"{base}/out/{{id}}/{{version}}", "version": "v"} | keys)
    end = http.inbound("erp-in", settings, SECRETS.__getitem__, folder=Path())
    try:
        yield end
    finally:
        end.close()


def always(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> object:
    return lambda asked: (status, headers or {}, body)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 507, 599])
def test_try_later(web: Erp, status: int) -> None:
    web.answer = always(status)
    with sending(web) as end, pytest.raises(TemporaryChannelError, match=f"answered {status} while taking 'INVOIC_1.edi'"):
        end.send(delivery())


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_got_no_answer_knows_nothing(web: Erp, status: int) -> None:
    web.answer = always(status)
    with sending(web) as end, pytest.raises(UnknownOutcomeError):
        end.send(delivery())


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 409, 413, 422])
def test_refused(web: Erp, status: int) -> None:
    web.answer = always(status, {"Location": "http://127.0.0.1:1/"}, b'{"title": "order 4711 is unknown", "detail": "customer Miller"}')
    with sending(web) as end, pytest.raises(ChannelError, match=f"{status} order 4711 is unknown") as caught:
        end.send(delivery())

    assert type(caught.value) is ChannelError
    assert "Miller" not in str(caught.value)
    assert len(web.asked) == 1


def test_the_identity_goes_along_and_a_known_one_may_count_as_sent(web: Erp) -> None:
    web.answer = always(409)
    with sending(web, already=["409"]) as end:
        end.send(delivery())

    assert web.asked[0].headers["idempotency-key"] == "edi-1"
    assert web.asked[0].headers["content-type"] == "application/EDIFACT"


def test_bearer_and_basic_credentials(web: Erp) -> None:
    web.answer = always(200)
    with sending(web, auth={"bearer": "${env:TOKEN}"}) as end:
        end.send(delivery())
    with sending(web, auth={"basic": {"user": "muster", "password": "${env:PASSWORD}"}}) as end:
        end.send(delivery())

    assert [asked.headers["authorization"] for asked in web.asked] == ["Bearer t0k3n", "Basic bXVzdGVyOnDDpDpzcw=="]


def test_a_signature_covers_time_and_body(web: Erp) -> None:
    web.answer = always(200)
    with sending(web, auth={"hmac": {"secret": "${env:KEY}"}}) as end:
        end.client.now = lambda: 1795302850.7
        end.send(delivery(payload=b"UNB"))

    headers = web.asked[0].headers
    assert headers["x-timestamp"] == "1795302850"
    assert headers["x-signature"] == hmac.new(b"shared", b"1795302850.UNB", hashlib.sha256).hexdigest()


def test_a_token_is_kept_until_it_expires_and_renewed_once_when_refused(web: Erp) -> None:
    tokens = iter(["one", "two", "three"])
    revoked: set[str] = set()

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            assert asked.body == b"grant_type=client_credentials&scope=edi%20all"
            return 200, {}, json.dumps({"access_token": next(tokens), "expires_in": 3600}).encode()
        return (401 if asked.headers["authorization"].removeprefix("Bearer ") in revoked else 200), {}, b""

    web.answer = answer
    now = 0.0
    oauth2 = {"token_url": f"http://127.0.0.1:{web.port}/token", "client_id": "us", "client_secret": "${env:KEY}", "scope": "edi all"}
    with sending(web, auth={"oauth2": oauth2}) as end:
        end.client.monotonic = lambda: now
        end.send(delivery())
        end.send(delivery())
        revoked.add("one")
        end.send(delivery())
        now = 4000.0
        end.send(delivery())

    used = [asked.headers["authorization"] for asked in web.asked if asked.path == "/docs"]
    assert used == ["Bearer one", "Bearer one", "Bearer one", "Bearer two", "Bearer three"]


def test_values_in_an_address_stay_one_path_component(web: Erp) -> None:
    web.answer = always(200)
    with sending(web, "/docs/{ref}") as end:
        end.send(delivery(identity="../../admin?x=1#y"))
        end.send(delivery(identity=".."))

    assert [asked.path for asked in web.asked] == ["/docs/..%2F..%2Fadmin%3Fx%3D1%23y", "/docs/%2E%2E"]


def test_mutual_tls_with_a_private_authority(tmp_path: Path) -> None:
    authority = Authority()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(authority.issue().write(tmp_path / "server.pem"))
    server_side.load_verify_locations(cadata=authority.certificate)
    server_side.verify_mode = ssl.CERT_REQUIRED
    (tmp_path / "ca.pem").write_text(authority.certificate)
    with erp(server_side) as web:
        web.answer = always(200)
        keys = {"url": f"https://localhost:{web.port}/docs", "timeout": "3s", "ca": "ca.pem", "certificate": "${file:ours}"}
        ours = authority.issue("us").both
        end = http.outbound("erp-out", http.Settings.model_validate(keys), lambda reference: ours, folder=tmp_path)
        end.send(delivery())
        end.close()
        stranger = http.outbound("erp-out", http.Settings.model_validate(keys | {"ca": None}), lambda reference: ours, folder=tmp_path)
        with pytest.raises(ChannelError, match=r"the certificate of localhost:\d+ was refused"):
            stranger.send(delivery())
        stranger.close()
        assert len(web.asked) == 1


def test_pages_are_followed_by_cursor_and_by_link(web: Erp) -> None:
    pages = {"/out": ("1", {"next": "a b"}), "/out?after=a+b": ("2", {"next": None})}

    def answer(asked: Asked) -> Reply | None:
        if asked.path in pages:
            key, more = pages[asked.path]
            return 200, {}, json.dumps({"items": [{"id": key}], **more}).encode()
        if asked.path.startswith("/linked"):
            link = {"Link": '</linked?page=2>; rel="next"'} if asked.path == "/linked" else {}
            return 200, link, json.dumps([{"id": asked.path}]).encode()
        return None

    web.answer = answer
    with receiving(web, cursor="after") as end:
        assert [offer.filename for offer in end.offers()] == ["1", "2"]
    with receiving(web, "/linked", items="") as end:
        assert [offer.filename for offer in end.offers()] == ["/linked", "/linked?page=2"]


def test_a_next_page_on_another_server_is_not_asked(web: Erp) -> None:
    web.answer = always(200, {"Link": '<http://169.254.169.254/latest>; rel="next"'}, b'{"items": []}')
    with receiving(web) as end, pytest.raises(ChannelError, match="said to be on another server"):
        list(end.offers())


def test_nothing_new_is_believed_only_when_all_was_confirmed(web: Erp) -> None:
    def answer(asked: Asked) -> Reply | None:
        if asked.path != "/out":
            return None
        if asked.headers.get("if-none-match") == '"7"':
            return 304, {}, b""
        return 200, {"ETag": '"7"'}, b'{"items": [{"id": "a", "v": 1}]}'

    web.answer = answer
    web.put("a", b"UNB")
    with receiving(web) as end:
        assert len(list(end.offers())) == 1
        assert len(list(end.offers())) == 1
        Receiver().run(end)
        assert list(end.offers()) == []


@pytest.mark.parametrize("body", [b"<html>", b'{"data": []}', b"[]", b"[" * 100_000])
def test_an_answer_that_is_no_list_is_named(web: Erp, body: bytes) -> None:
    web.answer = always(200, {}, body)
    with receiving(web) as end, pytest.raises(ChannelError, match=r"the list is no JSON|has no list 'items'"):
        list(end.offers())


def test_items_without_an_id_are_noticed_and_left_alone(web: Erp) -> None:
    web.answer = always(200, {}, b'{"items": [{"name": "x"}, {"id": ""}, {"id": true}, 7, {"id": "../x"}]}')
    with receiving(web) as end:
        assert [offer.filename for offer in end.offers()] == ["7", "../x"]
        assert len(end.notices) == 3


def test_settings_name_what_is_wrong_and_what_is_risky() -> None:
    for keys, text in (
        ({"url": "ftp://x/"}, "is no address"),
        ({"url": "https://u:p@x/"}, "without user and password"),
        ({"url": "https://{sender}/x"}, "the host of an address is fixed"),
        ({"url": "https://x/{buyer}"}, "is no field of an address"),
        ({"url": "https://x/", "auth": {"bearer": "t0k3n"}}, "stands in clear text"),
        ({"url": "https://x/", "auth": {}}, "takes exactly one"),
        ({"url": "https://x/", "item_url": "https://x/y"}, "has no {id}"),
    ):
        with pytest.raises(ValidationError, match=text.replace("{", r"\{")):
            http.Settings.model_validate(keys)
    assert [risk.name for risk in http.Settings(url="http://erp.example/").risks()] == ["clear_text"]
    assert http.Settings(url="http://127.0.0.1/").risks() == ()
