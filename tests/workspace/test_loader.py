"""The folder is found, read whole, and refused whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from edi.errors import ConfigError
from edi.workspace.loader import WorkspaceError, examine, load
from edi.workspace.place import find
from tests.workspace.build import FILES, KINDS, write


def test_a_right_workspace_loads_with_partners_channels_routes_and_mappings(tmp_path: Path) -> None:
    workspace = load(write(tmp_path), kinds=KINDS)

    assert workspace.us.name == "us"
    assert list(workspace.partners) == ["acme"]
    assert sorted(workspace.channels) == ["acme-in", "acme-out", "erp-in", "erp-out"]
    assert tuple(route.name for route in workspace.routes) == ("acme-orders", "acme-invoices")
    assert workspace.mapping_text("erp-order") == ("mappings/erp-order.map.yaml", "mapping: erp-order\n")
    assert workspace.mapping_text("nothing") is None
    assert workspace.route_places == {"acme-orders": "routes.yaml:3", "acme-invoices": "routes.yaml:7"}


def test_the_workspace_is_found_upwards_from_where_one_stands(tmp_path: Path) -> None:
    deep = write(tmp_path) / "data" / "acme"
    deep.mkdir(parents=True)
    assert tmp_path.resolve() == find(deep)


def test_no_workspace_upwards_says_how_to_make_one() -> None:
    with pytest.raises(ConfigError, match="edi init"):
        find(Path("/"))


def test_p39_one_problem_refuses_the_whole_workspace_and_all_problems_of_all_files_are_told(tmp_path: Path) -> None:
    broken = {
        "partners/acme.yaml": FILES["partners/acme.yaml"].replace("status: live", "status: alive"),
        "channels/erp-in.yaml": FILES["channels/erp-in.yaml"].replace("folder:", "foldr:"),
        "channels/erp-out.yaml": "channel: [\n",
    }
    with pytest.raises(WorkspaceError) as caught:
        load(write(tmp_path, broken), kinds=KINDS)

    assert [problem.file for problem in caught.value.problems] == [
        "channels/erp-in.yaml",
        "channels/erp-in.yaml",
        "channels/erp-out.yaml",
        "partners/acme.yaml",
    ]
    assert caught.value.message.startswith("the workspace has 4 problems in 3 files\n")


def test_no_file_that_could_not_be_typed_makes_others_complain_that_it_is_missing(tmp_path: Path) -> None:
    _, problems = examine(write(tmp_path, {"channels/erp-out.yaml": "channel: erp-out\nkind: directory\n"}), kinds=KINDS)
    assert {"channels/erp-out.yaml"} == {problem.file for problem in problems}


def test_the_digest_changes_with_any_file_that_decides_and_with_none_that_does_not(tmp_path: Path) -> None:
    folder = write(tmp_path)
    before = load(folder, kinds=KINDS).digest

    (folder / "data").mkdir()
    (folder / "data" / "x.edi").write_text("UNB")
    assert before == load(folder, kinds=KINDS).digest

    seen = {before}
    for path in ("routes.yaml", "partners/acme.yaml", "channels/erp-in.yaml", "mappings/erp-order.map.yaml"):
        (folder / path).write_text((folder / path).read_text() + "# a remark\n")
        seen.add(load(folder, kinds=KINDS).digest)
    (folder / "schemas").mkdir()
    (folder / "schemas" / "codes.yaml").write_text("x")
    seen.add(load(folder, kinds=KINDS).digest)
    assert len(seen) == 6


def test_an_operators_table_is_found_before_the_shipped_one_and_no_name_leaves_the_folder(tmp_path: Path) -> None:
    folder = write(tmp_path, {"schemas/edifact/own.yaml": "mine"})
    tables = load(folder, kinds=KINDS).table_source
    assert tables.read("schemas", "edifact", "own.yaml") == b"mine"
    assert tables.read("schemas", "edifact", "nobody-has-this.yaml") is None
    assert tables.read("schemas", "..", "..", "etc", "passwd") is None
    assert tables.read("schemas", "a\0b") is None


def test_partners_are_found_by_their_ids_with_qualifier(tmp_path: Path) -> None:
    workspace = load(write(tmp_path), kinds=KINDS)
    found = workspace.partner_called("unb", "4054321000009", "14")
    assert found is workspace.partners["acme"]
    assert workspace.partner_called("unb", "4054321000009", "ZZ") is None
    assert workspace.partner_called("gln", "4000000000006") is None


def test_a_file_ending_in_yml_is_not_silently_ignored(tmp_path: Path) -> None:
    _, problems = examine(write(tmp_path, {"partners/beta.yml": "partner: beta\n"}), kinds=KINDS)
    assert [problem.text for problem in problems] == ["the file is not read: its name ends in .yml"]
