"""AS2 against other products in the same run: the work of one message against pyas2lib, receiving against OpenAS2 and django-pyas2.

The products are fetched by `tools/as2_peers.sh`; one that is not there is a row that says so. Opening and signing the receipt take one private
operation each and one public one, so that nobody can do better than 0.48 of the rate of signatures; 0.35 is the goal, and reached where the machine
has nothing else to do.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from benchmarks.__main__ import Row
from benchmarks.as2 import peak_of
from edi.channels.as2.agreement import Agreement
from edi.channels.as2.building import Outgoing, build
from edi.channels.as2.disposition import PROCESSED
from edi.channels.as2.mdn import Notice, write_mdn
from edi.channels.as2.opening import Payload, open_message
from edi.channels.as2.sending import As2Outbound
from edi.engine.ports import Delivery
from edi.formats.mime import Headers
from edi.slices import Slice
from tests.interop.cases import BY_KEY
from tests.interop.house import InteropHouse, identity, key_pem
from tests.interop.openas2 import OpenAs2
from tests.interop.pyas2 import PYTHON, PyAs2
from tests.servers.packages import Missing
from tests.servers.process import free_port, scratch

DRIVER = Path(__file__).parent / "peers" / "pyas2lib_driver.py"
CASE = BY_KEY["core-15"]
KEYS = identity("them")
AGREEMENT = Agreement(us="US", them="US", ours=(KEYS,), theirs=(KEYS.certificate,))


def run(scale: float) -> list[Row]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = scratch("as2-peers")
    try:
        return [*core(folder, scale), *receiving(folder, max(20, int(200 * scale)))]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def core(folder: Path, scale: float) -> list[Row]:
    """The work of a 10 kB message in one thread, against the rate of RSA-2048 signatures and against pyas2lib; then a large one."""
    count, megabytes = max(20, int(300 * scale)), max(5, int(100 * scale))
    assert isinstance(KEYS.key, RSAPrivateKey)
    sign = KEYS.key.sign
    signatures = rate(lambda: sign(b"x", padding.PKCS1v15(), hashes.SHA256()), count)
    made = message(10_000)
    out, back = rate(lambda: message(10_000), count), rate(lambda: receipt(made), count)
    rows = [
        row("AS2 10 kB message made, against RSA signatures", out, signatures, 0.45, "messages/s"),
        row("AS2 10 kB message opened and its receipt signed, against RSA signatures", back, signatures, 0.25, "messages/s"),
    ]
    try:
        small, large = pyas2lib(folder, max(5, count // 10), 10_000), pyas2lib(folder, 1, megabytes << 20)
    except Missing as error:
        return [*rows, missing("   pyas2lib", str(error))]
    big = message(megabytes << 20)
    rows.append(row("AS2 10 kB message made, against pyas2lib", out, small["build"], 12, "messages/s"))
    rows.append(row("AS2 10 kB message opened, against pyas2lib", rate(lambda: opened(big=made), count), small["open"], 10, "messages/s"))
    seconds = 1 / rate(lambda: message(megabytes << 20), 1) + 1 / rate(lambda: opened(big=big), 1)
    theirs = 1 / large["build"] + 1 / large["open"]
    rows.append(row(f"AS2 {megabytes} MB made and opened, against pyas2lib", megabytes / seconds, megabytes / theirs, 10, "MB/s"))
    peak = max(peak_of(folder / way, way, megabytes) for way in ("in", "out"))
    less = {"ours": peak, "peer": large["megabytes"], "ratio": round(large["megabytes"] / peak, 3), "gate": 10, "unit": "MB of memory"}
    rows.append({**rows[-1], "name": f"AS2 {megabytes} MB, peak of memory of the whole house, against pyas2lib", **less})
    return rows


def rate(step: Callable[[], object], count: int) -> float:
    since = time.perf_counter()
    for _ in range(count):
        step()
    return count / (time.perf_counter() - since)


def row(name: str, ours: float, peer: float, gate: float | None, unit: str) -> Row:
    return {"name": name, "ours": round(ours, 1), "peer": round(peer, 1), "ratio": round(ours / peer, 3), "gate": gate, "unit": unit}


def missing(name: str, why: str) -> Row:
    return {"name": name, "ours": "-", "peer": "missing", "ratio": None, "gate": None, "unit": "-", "note": why}


def message(size: int) -> Outgoing:
    payload = Payload(content=Slice.of(secrets.token_bytes(size)), content_type="application/octet-stream", filename="a.bin")
    return build([payload], AGREEMENT, message_id="<a@us>", subject="x", at=datetime.now(UTC), random=secrets.token_bytes)


def opened(big: Outgoing) -> object:
    return open_message(Headers(tuple(big.headers)), big.body, AGREEMENT, at=datetime.now(UTC))


def receipt(made: Outgoing) -> object:
    found = open_message(Headers(tuple(made.headers)), made.body, AGREEMENT, at=datetime.now(UTC))
    notice = Notice(us="US", them="US", original_id="<a@us>", disposition=PROCESSED, mic=found.mic, text="received")
    return write_mdn(notice, message_id="<b@us>", at=datetime.now(UTC), sign_with=AGREEMENT)


def pyas2lib(folder: Path, count: int, size: int) -> dict[str, float]:
    if not (PYTHON.parent.parent / "installed").exists():
        raise Missing("not installed below .cache/peers; tools/as2_peers.sh fetches it")
    (folder / "pair.pem").write_bytes(key_pem(KEYS.key) + KEYS.certificate.pem())
    command = [str(PYTHON), "-W", "ignore", str(DRIVER), str(folder / "pair.pem"), str(count), str(size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise Missing(f"pyas2lib failed: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def receiving(folder: Path, count: int) -> list[Row]:
    """The same messages to each product and to us: opened, kept, answered with a signed receipt, which the sender judges."""
    return [
        against(folder / "a", OpenAs2, "OpenAS2", 4, count),
        against(folder / "b", PyAs2, "django-pyas2 (SQLite, its own server)", 1, count),
    ]


def against(folder: Path, kind: type[OpenAs2] | type[PyAs2], name: str, threads: int, count: int) -> Row:
    ports = {one: free_port() for one in ("us", "tls_us", "peer", "mdn", "tls", "relay_to_us", "relay_to_peer")}
    try:
        peer = kind((CASE,), ports)
    except Missing as error:
        return missing(f"   {name}", str(error))
    house = InteropHouse(folder, (CASE,), peer, ports["us"])
    try:
        peer.start()
        end = house.engine.context.channels.outbound(CASE.key)
        assert isinstance(end, As2Outbound)
        theirs = sending(end, threads, count)
        with house.serving():
            # Our own house takes what its other half sends: the same keys, the names the other way round.
            ours = sending(turned(end, house), threads, count)
    finally:
        house.close()
        peer.stop()
    made = row(f"AS2 messages received and answered, against {name}", ours, theirs, 1, "messages/s")
    return {**made, "note": f"{threads} senders in one process, which is ours too"}


def turned(end: As2Outbound, house: InteropHouse) -> As2Outbound:
    """The partner's sending end, for our own address."""
    from edi.channels.as2.keys import Keys
    from edi.channels.as2.post import Post

    old = end.settings
    ours = (old.ours[0].model_copy(update={"certificate": "certificates/them.pem", "key": "${file:secrets/them.key}"}),)
    theirs = (old.theirs[0].model_copy(update={"certificate": "certificates/us.pem"}),)
    url = house_url(house)
    settings = old.model_copy(update={"us": old.them, "them": old.us, "ours": ours, "theirs": theirs, "url": url})
    secret = house.engine.context.workspace.secret
    keys = Keys("turned", settings, secret, house.folder)
    return replace(
        end, name="turned", settings=settings, keys=keys, post=Post(name="turned", settings=settings, secrets=secret, folder=house.folder)
    )


def house_url(house: InteropHouse) -> str:
    listen = (house.folder / "web.yaml").read_text().partition("'")[2].partition("'")[0]
    return f"http://{listen}/as2"


def sending(end: As2Outbound, threads: int, count: int) -> float:
    def one(number: int) -> None:
        delivery = Delivery(
            identity=secrets.token_hex(16),
            filename=f"{number}.edi",
            content=Slice.of(CASE.payload * 100),
            content_type="application/edifact",
        )
        end.send(end.prepare(delivery, datetime.now(UTC)))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(8)))
        since = time.perf_counter()
        list(pool.map(one, range(count)))
        return count / (time.perf_counter() - since)
