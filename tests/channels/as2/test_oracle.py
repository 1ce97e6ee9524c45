"""T10 over real HTTP: whoever sends what cannot be opened learns nothing from words, length or time of the answer."""

from __future__ import annotations

import http.client
import math
import random
import re
import secrets
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import padding

from tests.channels.as2.rig import As2House
from tests.channels.as2.test_hostile import envelope

pytestmark = pytest.mark.proof
SAMPLES = 1000
TRIES = 3
"""One honest comparison in a hundred looks unequal; three in a row is one in a million."""


def ks_probability(first: Sequence[float], second: Sequence[float]) -> float:
    """How likely two samples of one distribution differ as these do (Kolmogorov and Smirnov, two samples, asymptotic)."""
    one, two = sorted(first), sorted(second)
    apart = max(abs(bisect_right(one, x) / len(one) - bisect_right(two, x) / len(two)) for x in (*one, *two))
    scale = math.sqrt(len(one) * len(two) / (len(one) + len(two)))
    reach = (scale + 0.12 + 0.11 / scale) * apart
    return max(0.0, min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * reach * reach) for k in range(1, 101))))


def test_the_test_tells_two_clocks_apart() -> None:
    draw = random.Random(1)
    same = [[draw.gauss(10, 1) for _ in range(SAMPLES)] for _ in range(2)]
    later = [draw.gauss(10.2, 1) for _ in range(SAMPLES)]

    assert ks_probability(*same) > 0.01
    assert ks_probability(same[0], later) < 0.01


def without_chance(body: bytes) -> bytes:
    """The answer without what is drawn or signed anew each time, and without the digest of the request itself."""
    body = re.sub(rb"Received-Content-MIC: [^\r]*", b"", body)
    text = re.sub(rb"[-]*(signed-)?[a-z2-7]{24}(--)?", b"", body)
    return re.sub(rb"application/pkcs7-signature.*", b"", text, flags=re.DOTALL).replace(b"\r\n\r\n", b"\r\n")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "other",
    [
        lambda public: public.encrypt(secrets.token_bytes(16), padding.PKCS1v15()),
        lambda public: public.encrypt(b"x" * 7, padding.PKCS1v15()),
    ],
    ids=["wrong key", "key of a wrong length"],
)
def test_t10_a18_two_thousand_requests_tell_nothing(house: Callable[..., As2House], other: Callable[..., bytes]) -> None:
    made = house()
    (made.folder / "web.yaml").write_text("as2: {listen: '127.0.0.1:0', messages_per_minute: 100000}\n")
    public = made.us.certificate.public_key
    content = secrets.token_bytes(20_000)
    from tests.channels.as2 import test_hostile

    bodies = {}
    original, test_hostile.US = test_hostile.US, made.us
    try:
        bodies["bad padding"] = envelope(b"k" * 16, b"\0" + secrets.token_bytes(255), content)
        bodies["other"] = envelope(b"k" * 16, other(public), content)
    finally:
        test_hostile.US = original
    template = made.message()
    fields = [(name, value) for name, value in template.headers if name.lower() not in {"content-type", "message-id"}]
    fields.append(("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data"))
    with made.serving() as port:
        found = [compare(port, fields, bodies) for _ in range(1)]
        while found[-1][0] <= 0.01 and len(found) < TRIES:
            found.append(compare(port, fields, bodies))

    assert found[-1][0] > 0.01, [one for one, _ in found]
    assert len(found[-1][1]) == 1, found[-1][1]


def compare(port: int, fields: list[tuple[str, str]], bodies: dict[str, bytes]) -> tuple[float, set[tuple[int, bytes]]]:
    """How alike the times are, and the different answers there were; the requests in an order nobody knows."""
    times: dict[str, list[float]] = {name: [] for name in bodies}
    order = [name for name in bodies for _ in range(SAMPLES)]
    random.shuffle(order)
    answers = set()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for number, name in enumerate(order):
        headers = {**dict(fields), "Message-ID": f"<{number:06d}@acme>"}
        since = time.perf_counter()
        connection.request("POST", "/as2", body=bodies[name], headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        times[name].append(time.perf_counter() - since)
        answers.add((answer.status, without_chance(body).replace(f"{number:06d}".encode(), b"")))
    connection.close()
    first, second = times.values()
    return ks_probability(first, second), answers
