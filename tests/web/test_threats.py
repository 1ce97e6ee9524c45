"""Rows of the security table that speak of the page and are not a case of H01 to H16: tokens, time, volume, secrets (T05, T24-T29, T38)."""

from __future__ import annotations

import ast
import email
import json
import re
import statistics
import time
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest
from structlog.testing import LogCapture

from edi.channels.as2 import Settings as As2Settings
from edi.engine import notices
from edi.store import links
from edi.web.status import about
from tests.channels.as2.rig import As2House, Peer
from tests.servers.smtp import scripted
from tests.web.desk import Counter
from tests.web.people import MAIL, Crowd
from tests.web.test_security import names

WEB = Path(__file__).parents[2] / "edi/web"
SECRETS = re.compile(r"(token|secret|signature|csrf|proof|password|nonce)s?$")


def compared(path: Path) -> Iterator[str]:
    """Comparisons with == or != whose side is called like a secret."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
            for side in (node.left, *node.comparators):
                name = side.attr if isinstance(side, ast.Attribute) else side.id if isinstance(side, ast.Name) else ""
                if SECRETS.search(name):
                    yield f"{path.name}:{node.lineno} {ast.unparse(node)}"


def test_t27_no_secret_of_the_pages_is_compared_with_an_equals_sign() -> None:
    files = [*(WEB / "status").glob("*.py"), *(WEB / "ops").glob("*.py"), WEB.parent / "store/links.py", WEB.parent / "store/people.py"]

    assert [] == [one for path in files for one in compared(path)]


def timed(counter: Counter, first: str, second: str, *, rounds: int) -> tuple[float, float]:
    """Milliseconds in the middle of both, asked in turns."""
    person, found = counter.partner(), ([], [])
    for _ in range(rounds):
        for path, times in zip((first, second), found, strict=True):
            begun = time.perf_counter()
            assert person.get(path).status_code == 404
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(found[0]), statistics.median(found[1])


@pytest.mark.proof
def test_t28_what_is_anothers_takes_as_long_as_what_is_not_there(busy: Counter) -> None:
    foreign = names(busy.partner("boreal"))[0]
    theirs, nothing = timed(busy, f"/documents/{foreign}", f"/documents/{foreign[0]}999999", rounds=400)

    assert abs(theirs - nothing) < 0.25 * max(theirs, nothing), (theirs, nothing)


@pytest.mark.proof
def test_t27_a_token_that_is_nearly_right_takes_as_long_as_any_other(busy: Counter) -> None:
    token = busy.link().removeprefix("/in/")
    near, far, found = token[:-1] + ("A" if token[-1] != "A" else "B"), "A" * 43, ([], [])
    with busy.house.engine.context.store.reading() as view:
        for _ in range(2_000):
            for one, times in zip((near, far), found, strict=True):
                begun = time.perf_counter()
                assert not links.usable(view, one, busy.house.clock.now())
                times.append(time.perf_counter() - begun)
    first, second = (statistics.median(times) for times in found)

    assert abs(first - second) < 0.1 * max(first, second), (first, second)


def test_t38_guessing_and_refused_posts_write_nothing(counter: Counter) -> None:
    person = counter.partner()
    counter.audited()
    size = sum(place.stat().st_size for place in (counter.house.folder / "store").rglob("*"))
    for number in range(300):
        person.post("/test", {"csrf": "0" * 64, "text": "x" * 1_000})
        counter.person().post(f"/in/{number:043d}")
        counter.person().post(f"/unsubscribe/{number:043d}")
        counter.person().post("/in", {"email": f"nobody{number}@acme.example"})

    assert size == sum(place.stat().st_size for place in (counter.house.folder / "store").rglob("*"))


def test_t26_no_token_of_a_person_is_written_anywhere_but_into_their_mail(tmp_path: Path, log: LogCapture, stores: str) -> None:
    """From asking for the link to unsubscribing, over a real SMTP dialogue."""
    with scripted() as server:
        mail = {**MAIL, "channels/people.yaml": MAIL["channels/people.yaml"].replace("port: 25", f"port: '{server.port}'")}
        crowd = Crowd(tmp_path, files=mail)
        crowd.person().post("/in", {"email": "sabine@acme.example"})
        post = notices.post_by_mail(crowd.house.engine.context)
        assert post is not None
        assert 1 == notices.send_due(crowd.house.engine.context, {"mail": post})
        (raw,) = server.mails
        text = email.message_from_bytes(raw, policy=policy.default).get_content()
        token = re.findall(r"/in/(\S{43})", text)[0]
        person = crowd.person()
        assert 303 == person.post(f"/in/{token}").status_code
        csrf = person.csrf()
        person.get("/documents?number=4711")
        crowd.audited()
        crowd.close()
    written = json.dumps(log.entries, default=str).encode()
    kept = [place.read_bytes() for place in (tmp_path / "store").rglob("*") if place.is_file()]

    for secret in (token, next(iter(person.cookies.values())), csrf):
        assert secret.encode() not in written
        assert [] == [data for data in kept if secret.encode() in data and secret != token]
    if stores == "sqlite":
        database = (tmp_path / "store/edi.db").read_bytes()
        assert token.encode() not in database, "the mail's text is forgotten, and what was deleted is overwritten"


def test_our_as2_certificates_and_theirs_are_shown_and_ours_can_be_had(tmp_path: Path) -> None:
    peer = Peer()
    house = As2House(tmp_path, url=peer.url)
    channel = house.engine.context.workspace.channels["acme-out"]
    assert isinstance(channel.settings, As2Settings)

    ours, theirs = ([(house.folder / one).name for one in about._files(channel, side)] for side in ("ours", "theirs"))
    house.engine.close()
    peer.close()

    assert (["us.pem"], ["them.pem"]) == (ours, theirs)


def test_the_page_never_opens_what_stands_outside_its_host() -> None:
    for path in WEB.rglob("*.html"):
        for address in re.findall(r"(?:href|src|action)=\"([^\"]*)\"", path.read_text()):
            assert address.startswith(("{{", "#", "mailto:")), f"{path.name}: {address}"
