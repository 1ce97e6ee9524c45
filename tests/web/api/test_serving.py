"""The interface on a real port, and the commands for its keys."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from edi.channels import kinds
from edi.cli.app import app
from edi.web.api.serving import serving
from tests.engine import house as engine_house
from tests.engine.house import House, invoice
from tests.web.api.test_api import CHANGES, key, original


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    settings = {name: kinds()[name].Settings for name in ("api", "directory")}
    monkeypatch.setattr(engine_house, "load", lambda folder, kinds: original(folder, kinds=settings))
    return House(tmp_path, changes=CHANGES)


def test_it_listens_where_web_yaml_says_and_not_without(house: House) -> None:
    context = house.engine.context
    with serving(context) as nothing:
        assert nothing is None
    (house.folder / "web.yaml").write_text("api: {listen: '127.0.0.1:0', megabytes_max: 1}\n")
    text = key(house)

    with serving(context) as served:
        assert served is not None
        place = f"http://127.0.0.1:{served.port}/api/documents"
        headers = {"Authorization": f"Bearer {text}"}
        taken = httpx.post(place, content=invoice(), headers=headers)
        too_long = httpx.post(place, content=b"x" * (1 << 20) + b"x", headers=headers)

    assert (taken.status_code, too_long.status_code) == (202, 413), taken.text
    house.engine.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "partners/us.yaml": "partner: us\nname: Us\nstatus: live\nids: [{gln: '4012345500004'}]\n",
        "routes.yaml": "us: us\nroutes: []\n",
        "channels/erp-in.yaml": "channel: erp-in\nkind: api\ndirection: in\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def edi(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--workspace", str(folder), *words])


def test_keys_are_made_listed_and_revoked(folder: Path) -> None:
    made = edi(folder, "api", "make", "erp-in", "--holder", "ERP", "--kind", "invoice")
    assert made.exit_code == 0, made.output
    assert "edi_" in made.stdout
    assert made.stdout.strip() not in edi(folder, "api", "list", "--json").output
    assert '"kinds": "invoice"' in edi(folder, "api", "list", "--json").output

    assert "K1 works no more" in edi(folder, "api", "revoke", "K1").output
    assert edi(folder, "api", "revoke", "K1").exit_code == 2


@pytest.mark.parametrize("words", [("nowhere",), ("erp-in", "--kind", "love-letter"), ("erp-in", "--partner", "nobody")])
def test_a_key_for_what_is_not_there_is_not_made(folder: Path, words: tuple[str, ...]) -> None:
    assert "there is no" in str(edi(folder, "api", "make", *words, "--holder", "ERP").exception)


def test_a_channel_of_kind_api_says_how_documents_come_and_has_nothing_to_poll(folder: Path) -> None:
    assert "waits for POST /api/documents" in edi(folder, "channel", "test", "erp-in").output
    assert "nothing lay ready" in edi(folder, "poll", "erp-in").output
