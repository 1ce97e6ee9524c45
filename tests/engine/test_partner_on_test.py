"""A partner on test gets our own house's documents as tests: by test routes, through test channels, marked in UNB 0035 (P38)."""

from __future__ import annotations

from pathlib import Path

from tests.engine.house import FILES, House, invoice
from tests.engine.look import states

TEST = {
    "partners/acme.yaml": FILES["partners/acme.yaml"].replace("status: live", "status: test"),
    "channels/acme-test.yaml": (
        "channel: acme-test\nkind: directory\ndirection: out\npartner: acme\nstatus: test\nfolder: data/acme/test\nname: '{type}_{ref}.edi'\n"
    ),
    "routes.yaml": FILES["routes.yaml"]
    + """\
  - route: acme-test-invoices
    from: {channel: erp-in, kind: invoice, partner: acme, test: true}
    read: erp-invoice
    to: [{write: invoic-eancom, channel: acme-test}]
""",
}


def test_an_invoice_for_a_partner_on_test_takes_the_test_route_and_is_marked(tmp_path: Path) -> None:
    """M11, T41."""
    (tmp_path / "data" / "acme" / "test").mkdir(parents=True)
    made = House(tmp_path, changes=TEST)
    made.drop("r.json", invoice(), channel="erp/in")
    made.engine.run_once()

    assert states(made, "message") == ["delivered"]
    assert made.files("acme/out") == {}
    [sent] = made.files("acme/test").values()
    assert b"++++++1'UNH" in sent
    made.engine.close()


def test_without_a_test_route_it_is_held(tmp_path: Path) -> None:
    made = House(tmp_path, changes={"partners/acme.yaml": TEST["partners/acme.yaml"]})
    made.drop("r.json", invoice(), channel="erp/in")
    made.engine.run_once()

    assert states(made, "message") == ["unroutable"]
    assert made.files("acme/out") == {}
    made.engine.close()
