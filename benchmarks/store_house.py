"""A workspace as large as the synthetic history: its four hundred partners, each with channels, agreements and somebody to be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.store_history import PARTNERS
from edi.channels import kinds
from edi.workspace.loader import load
from edi.workspace.workspace import Workspace

FILES: Final = {
    "routes.yaml": "us: us\nroutes: []\n",
    "partners/us.yaml": "partner: us\nname: Us\nstatus: live\nids: [{gln: '4012345500004'}, {unb: '4012345500004', qualifier: '14'}]\n",
    "channels/erp-out.yaml": "channel: erp-out\nkind: directory\ndirection: out\nfolder: data/erp-out\n",
}
PARTNER: Final = """\
partner: {name}
name: {name}
status: live
ids: [{{unb: '{name}', qualifier: '14'}}]
agreements:
  - {{kind: order, direction: in, message: 'ORDERS:D:96A:UN:EAN008', channel: {name}-out, silent_after: 60d,
     acknowledge: {{contrl: always, response: always, within: 24h}}}}
  - {{kind: invoice, direction: in, message: 'INVOIC:D:96A:UN:EAN008', channel: {name}-out, silent_after: 90d}}
"""
CHANNEL: Final = "channel: {name}-{direction}\nkind: directory\ndirection: {direction}\npartner: {name}\nfolder: data/{name}/{direction}\n"


def house(folder: Path) -> Workspace:
    """The workspace, written below the folder."""
    for path, text in {**FILES, **dict(_partners())}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return load(folder, kinds={"directory": kinds()["directory"].Settings})


def _partners() -> Iterator[tuple[str, str]]:
    for number in range(1, PARTNERS):
        name = f"partner{number}"
        yield f"partners/{name}.yaml", PARTNER.format(name=name)
        for direction in ("in", "out"):
            yield f"channels/{name}-{direction}.yaml", CHANNEL.format(name=name, direction=direction)


class HistoryClock:
    """Stands where the history ends; what is measured by it goes on."""

    def __init__(self, end: datetime) -> None:
        self._end = end

    def now(self) -> datetime:
        """The end of the history."""
        return self._end

    def monotonic(self) -> float:
        """Later at each look, so that nothing made before is shown again."""
        self._end += timedelta(microseconds=1)
        return self._end.timestamp() * 1e6
