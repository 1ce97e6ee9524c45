"""web.yaml: what it may say, and the commands around the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from edi.cli.app import app
from edi.errors import ConfigError
from edi.store.notices import notice
from edi.store.store import Store
from edi.web.settings import StatusPage, load
from edi.web.status.serving import applications
from tests.web.desk import Counter
from tests.web.people import MAIL

STATUS = "status: {url: 'https://edi.example/status', contact: edi@muster.example}\n"


def test_without_the_file_nothing_is_served(tmp_path: Path) -> None:
    found = load(tmp_path)

    assert (None, None) == (found.status, found.ops)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status: {url: 'http://edi.example'}\n", "web.yaml:1:.*not encrypted; write https"),
        ("status:\n  url: https://edi.example/status\n  listen: here\n", "web.yaml:3:.*no address"),
        ("status: {url: 'ftp://x'}\n", "web.yaml:1:.*no address of a page"),
        ("status: {url: 'https://u:p@x/'}\n", "web.yaml:1:"),
        ("ops: {url: 'https://edi.example/ops', users: []}\n", "(?s)web.yaml:1:.*users"),
        ("sttus: {}\n", "(?s)web.yaml:1:1: unknown key 'sttus'.*did you mean 'status'"),
        ("status: {url: 'https://x', url: 'https://y'}\n", "web.yaml:1:"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "web.yaml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        load(tmp_path)

    assert re.search(said, str(caught.value)), str(caught.value)


def edi(folder: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments], catch_exceptions=True)
    return done.output + (str(done.exception) if done.exception else "")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "edi"
    assert "partners" in edi(tmp_path, "init", str(folder))
    (folder / "web.yaml").write_text(STATUS)
    return folder


def test_a_link_is_made_listed_and_revoked(workspace: Path) -> None:
    made = edi(workspace, "link", "make", "acme", "--for", "Sabine", "--kind", "order", "--valid", "4h")
    listed = edi(workspace, "link", "list", "acme", "--json")
    revoked = edi(workspace, "link", "revoke", "L1")

    assert re.fullmatch(r"https://edi\.example/status/in/[A-Za-z0-9_-]{43}\n", made)
    assert made.strip().rpartition("/")[2] not in listed
    assert '"person": "Sabine"' in listed
    assert "L1 is revoked" in revoked
    assert "there is no link L1 that could be revoked" in edi(workspace, "link", "revoke", "L1")


def test_the_mail_is_in_the_partners_language(workspace: Path) -> None:
    mail = edi(workspace, "link", "make", "acme", "--mail")

    assert "To: edi@acme.example" in mail
    assert "Ihre Dokumente mit Muster" in mail
    assert "https://edi.example/status/in/" in mail


@pytest.fixture
def mailing(workspace: Path) -> Path:
    """The workspace with a person, and a channel that mails leave through."""
    acme = workspace / "partners/acme.yaml"
    acme.write_text(acme.read_text() + "users: [{name: Sabine, email: sabine@acme.example, language: nl}]\n")
    for name, text in MAIL.items():
        (workspace / name).write_text(text)
    return workspace


def test_a_link_is_mailed_to_somebody_the_file_names(mailing: Path) -> None:
    said = edi(mailing, "partner", "link", "acme", "--for", "sabine", "--send")
    store = Store(mailing / "var")
    with store.reading() as view:
        ((recipient, text),) = view.connection.execute(select(notice.c.recipient, notice.c.text)).all()
    store.close()

    assert "a mail to sabine@acme.example is queued" in said
    assert "/in/" not in said
    assert "sabine@acme.example" == recipient
    assert re.search(r"https://edi\.example/status/in/[A-Za-z0-9_-]{43}", text)
    assert "Open deze link" in text


@pytest.mark.parametrize("person", ["", "nobody@acme.example"])
def test_a_link_is_mailed_to_nobody_else(mailing: Path, person: str) -> None:
    assert "writes to people whom" in edi(mailing, "partner", "link", "acme", "--for", person, "--send")


def test_without_a_way_for_mails_no_link_is_mailed(workspace: Path) -> None:
    assert "no mail leaves this workspace" in edi(workspace, "link", "make", "acme", "--send")


def test_edi_partner_link_is_edi_link_make(workspace: Path) -> None:
    assert re.fullmatch(r"https://edi\.example/status/in/[A-Za-z0-9_-]{43}\n", edi(workspace, "partner", "link", "acme"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{from: '2026-12-01 20:00', until: '2026-12-01 22:00+01:00', text: x}", "names no zone"),
        ("{from: '2026-12-01 20:00+01:00', until: '2026-12-01 19:00+01:00', text: x}", "ends before"),
        ("{from: tomorrow, until: '2026-12-01 19:00+01:00', text: x}", "no moment"),
    ],
)
def test_maintenance_names_moments_with_their_zone(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "web.yaml").write_text(f"status: {{url: 'https://edi.example/status', maintenance: [{text}]}}\n")

    with pytest.raises(ConfigError, match=said):
        load(tmp_path)


def test_maintenance_is_shown_until_it_is_over_in_the_readers_time(counter: Counter) -> None:
    planned = {"from": "2026-11-24 09:00+00:00", "until": "2026-11-24 10:00+00:00", "text": "The receiver is replaced."}
    object.__setattr__(counter.desk, "settings", StatusPage.model_validate({"url": counter.url, "maintenance": [planned]}))
    shown = counter.partner("boreal").get().text
    counter.house.clock.forward(hours=1)
    later = counter.partner("boreal").get().text

    assert "2026-11-24 10:00</time> – <time" in shown
    assert "The receiver is replaced." in shown
    assert "The receiver is replaced." not in later


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("make", "nobody"), "there is no partner 'nobody'"),
        (("make", "acme", "--kind", "ordr"), "unknown kind of document 'ordr'"),
        (("make", "acme", "--direction", "up"), "unknown direction 'up'"),
        (("make", "acme", "--valid", "soon"), "soon"),
        (("revoke", "M1"), "is not a name like L3"),
    ],
)
def test_slips_are_named(workspace: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in edi(workspace, "link", *arguments)


def test_without_a_page_a_link_would_lead_nowhere(workspace: Path) -> None:
    (workspace / "web.yaml").unlink()

    assert "leads nowhere" in edi(workspace, "link", "make", "acme").replace("would lead", "leads")
    assert "names no page to serve" in edi(workspace, "web")


def test_each_page_that_is_named_is_served_where_it_is_named(counter: Counter) -> None:
    folder = counter.house.folder
    (folder / "web.yaml").write_text(STATUS + "ops: {url: 'https://edi.example/ops', listen: '127.0.0.1:9', users: [erika]}\n")

    served = applications(counter.house.engine.context, load(folder))

    assert ["127.0.0.1:8080", "127.0.0.1:9"] == [page.listen for page in served]


def test_a_document_is_rendered_as_text() -> None:
    demo = Path(__file__).parents[2] / "edi/demo"
    runner = CliRunner()

    order = runner.invoke(app, ["render", str(demo / "acme-order-4711.edi"), "--from", "orders-eancom"])
    invoice = runner.invoke(app, ["render", str(demo / "erp-invoice-acme.json")])

    assert order.output.startswith("Order 4711\n")
    assert re.search(r"Payable +12482\.96", invoice.output)
    assert 0 == order.exit_code == invoice.exit_code
