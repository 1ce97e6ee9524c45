"""The reference page of the workspace's files is true: its examples load, its tables are the code's."""

from __future__ import annotations

import re
from pathlib import Path

from edi.channels import directory
from edi.formats.edifact.guide import KINDS
from edi.workspace import guides
from edi.workspace.agreement import Agreement
from edi.workspace.init import init
from edi.workspace.loader import examine
from edi.workspace.model import ChannelCommon, Partner
from edi.workspace.tables import WorkspaceTables
from tests.workspace.build import write

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "workspace-files.md"


def examples() -> dict[str, str]:
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return dict(blocks)


def test_every_example_of_the_page_is_right(tmp_path: Path) -> None:
    folder = write(tmp_path, dict(examples()))
    written = {
        "partners/acme.yaml",
        "channels/acme-in.yaml",
        "routes.yaml",
        "xref/articles.yaml",
        "schemas/edifact/guides/acme/ORDERS.yaml",
    }
    assert written == set(examples())
    assert examine(folder, kinds={"directory": directory.Settings})[1] == ()
    assert guides.load("acme/ORDERS", WorkspaceTables(folder)).rules


def test_the_page_names_every_key_of_partners_agreements_and_channels() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {info.alias or name for model in (Partner, Agreement, ChannelCommon) for name, info in model.model_fields.items()}
    assert {key for key in keys if key not in page} == set()


def test_the_page_lists_every_finding_of_guides() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [f"| `{code}` | {meaning} | {answer} in {level} |" for code, (meaning, level, answer, _) in KINDS.items()]
    assert [row for row in rows if row not in page] == []


def test_the_steps_to_add_a_partner_lead_to_a_workspace_that_is_right(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    init(folder)
    page = (PAGE.parents[1] / "how-to" / "add-a-partner.md").read_text(encoding="utf-8")
    blocks = re.findall(r"   ```yaml\n   # ([^\s,]+)[^\n]*\n(.*?)   ```", page, re.DOTALL)
    assert [path for path, _ in blocks] == ["partners/hansa.yaml", "channels/hansa-test.yaml", "routes.yaml"]
    for path, text in blocks:
        before = (folder / path).read_text(encoding="utf-8") if path == "routes.yaml" else ""
        (folder / path).write_text(before + re.sub(r"(?m)^   ", "", text), encoding="utf-8")
    workspace, problems = examine(folder, kinds={"directory": directory.Settings})
    assert problems == ()
    assert workspace is not None
    assert "hansa" in workspace.partners
