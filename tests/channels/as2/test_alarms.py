"""Certificates that end: the alerts that the daemon's thread queues, day by day (reliability 2.7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from edi.channels import certificates
from edi.engine import alerts
from edi.store.notices import notice
from tests.channels.as2.rig import As2House

PAGER = "alerts:\n  webhooks: [{name: pager, url: 'http://127.0.0.1:9/', secret: '${env:PAGER}'}]\n"


def test_letters_leave_60_30_14_7_and_1_days_before_the_end_and_at_the_end_and_not_between(
    house: Callable[..., As2House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", "secret")
    made = house()
    (made.folder / "notices.yaml").write_text(PAGER)
    made.engine.close()
    made.again()
    end = made.us.certificate.valid_until
    known = certificates.Remembered()  # as the daemon's thread looks
    told = []
    for left in (90, 61, 60, 59, 31, 30, 29, 15, 14, 13, 8, 7, 6, 2, 1, 0, -1, -2):
        made.clock.forward(seconds=(end - made.clock.now() - timedelta(days=left, hours=1)).total_seconds())
        if alerts.look(made.engine.context, (known,)):
            told.append(left)
    with made.engine.context.store.reading() as view:
        letters = [json.loads(text) for text in view.connection.execute(select(notice.c.text).order_by(notice.c.id)).scalars()]

    assert told == [60, 30, 14, 7, 1, -1]
    assert [len(letter["alerts"]) for letter in letters] == [4] * 6, "ours and theirs, of both channels, in one letter a day"
    texts = [one["text"] for one in letters[0]["alerts"]]
    assert any("acme-out" in text and "60 days" in text and "edi cert rollover" in text for text in texts), texts
