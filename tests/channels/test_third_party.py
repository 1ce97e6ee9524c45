"""A channel kind of somebody else, found by its entry point, proven by the suite we ship, and used by a workspace like our own."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edi.channels import ChannelKind, kinds
from edi.engine.ports import Inbound, Outbound
from edi.errors import ConfigError
from edi.testing import ChannelSuite
from tests.channels.served_house import ServedHouse
from tests.engine.house import order

SOURCE = '''
"""Channel kind `pigeonhole`: one file per compartment of a shelf."""

import hashlib

from pydantic import BaseModel

from edi.engine.ports import Offer, Sent
from edi.errors import ChannelError, TemporaryChannelError

KIND = "pigeonhole"


class Settings(BaseModel, extra="forbid"):
    shelf: str


def inbound(name, settings, secrets, *, folder):
    return Hole(name, folder / settings.shelf)


outbound = inbound


class Hole:
    def __init__(self, name, place):
        self.name, self.place = name, place

    def offers(self):
        self._there()
        for path in sorted(self.place.iterdir()):
            if path.suffix != ".part":
                data = path.read_bytes()
                digest = hashlib.sha256(data).hexdigest()
                yield Offer(transport_id=f"{path.name}|{digest}", filename=path.name, size=len(data))

    def fetch(self, offer):
        self._there()
        path = self.place / offer.filename
        data = path.read_bytes() if path.exists() else b""
        if f"{path.name}|{hashlib.sha256(data).hexdigest()}" != offer.transport_id:
            raise TemporaryChannelError(f"{self.name}: {offer.filename!r} is another one now, or gone")
        return data

    def confirm(self, offer):
        try:
            self.fetch(offer)
        except TemporaryChannelError:
            self._there()
            return
        (self.place / offer.filename).unlink(missing_ok=True)

    def send(self, delivery):
        self._there()
        final = self.place / delivery.filename
        if final.exists():
            if final.read_bytes() == delivery.payload:
                return Sent(remote_name=final.name, note="it was there")
            raise ChannelError(f"{self.name}: {final.name!r} is taken")
        part = final.with_name(f"{final.name}.part")
        part.write_bytes(delivery.payload)
        part.rename(final)
        return Sent(remote_name=final.name, note=f"put into the shelf as {final.name}")

    def look(self, delivery):
        self._there()
        final = self.place / delivery.filename
        return True if final.exists() and final.read_bytes() == delivery.payload else None

    def close(self):
        pass

    def _there(self):
        if not self.place.is_dir():
            raise TemporaryChannelError(f"{self.name}: the shelf is away")
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChannelKind]:
    """As a package manager leaves it: a module, and beside it the folder that names its entry point."""
    site = tmp_path / "site"
    described = site / "edi_pigeonhole-1.0.dist-info"
    described.mkdir(parents=True)
    (site / "edi_pigeonhole.py").write_text(textwrap.dedent(SOURCE))
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: edi-pigeonhole\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(
        "[edi.channels]\npigeonhole = edi_pigeonhole\nbroken = edi_pigeonhole_missing\ndirectory = edi_pigeonhole\n"
    )
    monkeypatch.syspath_prepend(site)
    yield kinds()["pigeonhole"]
    sys.modules.pop("edi_pigeonhole", None)


class Shelf:
    """The rig: a folder that can be taken away."""

    def __init__(self, kind: ChannelKind, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        (folder / "shelf").mkdir()

    def inbound(self) -> Inbound:
        return self.kind.inbound("acme-in", self._settings(), str, folder=self.folder)  # type: ignore[arg-type]

    def outbound(self) -> Outbound:
        return self.kind.outbound("acme-out", self._settings(), str, folder=self.folder)  # type: ignore[arg-type]

    def _settings(self) -> Any:
        return self.kind.Settings.model_validate({"shelf": "shelf"})

    def put(self, name: str, payload: bytes) -> None:
        (self.folder / "shelf" / f"{name}.part").unlink(missing_ok=True)
        (self.folder / "shelf" / name).write_bytes(payload)

    def put_unfinished(self, name: str, payload: bytes) -> None:
        (self.folder / "shelf" / f"{name}.part").write_bytes(payload)

    def lies_there(self) -> Mapping[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / "shelf").iterdir() if path.suffix != ".part"}

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        return [self._away()]

    @contextmanager
    def _away(self) -> Iterator[None]:
        (self.folder / "shelf").rename(self.folder / "away")
        try:
            yield
        finally:
            (self.folder / "away").rename(self.folder / "shelf")


class TestPigeonhole(ChannelSuite):
    @pytest.fixture
    def rig(self, installed: ChannelKind, tmp_path: Path) -> Shelf:
        return Shelf(installed, tmp_path)


def test_a_workspace_uses_it_like_our_own(installed: ChannelKind, tmp_path: Path) -> None:
    text = "channel: acme-in\nkind: pigeonhole\ndirection: in\npartner: acme\nshelf: shelf\n"
    (tmp_path / "shelf").mkdir()
    house = ServedHouse(tmp_path, changes={"channels/acme-in.yaml": text}, secrets={})
    (tmp_path / "shelf/a.edi").write_bytes(order())

    house.engine.run_once()

    assert [state for state, _ in house.rows()] == ["accepted"]
    assert len(house.files("erp/out")) == 1
    assert list((tmp_path / "shelf").iterdir()) == []
    house.engine.close()


@pytest.mark.usefixtures("installed")
def test_one_that_cannot_be_loaded_is_named_and_none_takes_the_place_of_ours() -> None:
    with pytest.raises(ConfigError, match=r"channel kind 'broken' could not be loaded: .*edi_pigeonhole_missing"):
        kinds()["broken"]

    assert kinds()["directory"].__name__ == "edi.channels.directory"  # type: ignore[attr-defined]
