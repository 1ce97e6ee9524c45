"""Nothing that a partner names or sends becomes a place of ours, or a program of ours (T01, T02)."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edi.channels import names
from edi.engine.ports import Offer
from tests.channels.as2.rig import As2House, post
from tests.channels.test_names import HOSTILE
from tests.engine.house import House, order

CHECKOUT = Path(__file__).parents[2]
NAMES = [str(one.values[0]) for one in HOSTILE]


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder and what it holds, but the store's own database."""
    return {
        str(place.relative_to(folder)): hashlib.sha256(place.read_bytes()).hexdigest()
        for place in sorted(folder.rglob("*"))
        if place.is_file() and "store" not in place.relative_to(folder).parts
    }


def numbered(position: int) -> bytes:
    return order(f"N{position}", reference=str(position)) + b"\r\n" * (1_100_000 if position < 3 else 0)


def test_t01_names_from_outside_choose_no_place(tmp_path: Path) -> None:
    """Each name of F01 to F18 through a folder and as whatever hands over a name; large documents too, which become files."""
    house = House(tmp_path / "house")
    outside = tree(tmp_path)
    for position, name in enumerate(NAMES, start=1):
        offer = Offer(transport_id=f"<{position}@acme>", filename=names.quote(os.fsencode(name)), size=None)
        house.engine.receive("acme-in", offer, numbered(position), response=None)
    for position, name in enumerate(NAMES, start=1 + len(NAMES)):
        if name not in {"", ".", ".."} and not set(name) & {"/", "\0"} and len(os.fsencode(name)) <= 250:
            house.drop(name, numbered(position))
    house.engine.run_once()
    now = tree(tmp_path)
    changed = {place for place in outside.keys() | now.keys() if outside.get(place) != now.get(place)}
    delivered = {f"house/data/erp/out/{name}" for name in house.files("erp/out")}
    still = {f"house/data/acme/in/{name}" for name in house.files("acme/in")} | {place for place in now if "/acme/in/." in place}
    house.engine.close()

    assert len(delivered) >= len(NAMES)
    assert set() == changed - delivered - still
    assert all(name.startswith("order_") for name in house.files("erp/out"))
    assert [] == [place.name for place in (tmp_path / "house/store/payloads").glob("*/*") if not re.fullmatch("[0-9a-f]{64}", place.name)]


def test_t01_names_in_an_as2_message_choose_no_place(tmp_path: Path) -> None:
    made = As2House(tmp_path / "house")
    before = tree(tmp_path)
    with made.serving() as port:
        statuses = {
            post(port, made.message(numbered(position), message_id=f"<m-{position}@acme>", filename=name)).status
            for position, name in enumerate([name for name in NAMES if name.isascii() and name.isprintable()], start=1)
        }
    made.engine.settle()
    after = tree(tmp_path)
    made.engine.close()

    assert {200} == statuses
    assert {"house/data/erp/out"} == {str(Path(place).parent) for place in after.keys() - before.keys()}
    assert before.items() <= after.items()


PROGRAMS = {
    "evil.py": "import pathlib; pathlib.Path('LOADED').touch()",
    "sitecustomize.py": "import pathlib; pathlib.Path('LOADED').touch()",
    "evil.yaml": "channel: evil\nkind: directory\ndirection: in\nfolder: /etc\n",
    "evil.map.yaml": "mapping: evil\n",
    "evil.xslt": "<x/>",
    "evil.pth": "import pathlib; pathlib.Path('LOADED').touch()",
    "evil.zip": "PK\x03\x04",
}


def test_t01_programs_dropped_into_every_folder_we_write_to_are_never_loaded(tmp_path: Path) -> None:
    house = House(tmp_path, contrl="always")
    for place in ("data/acme/in", "data/acme/out", "data/erp/out", "store", "store/payloads"):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        for name, text in PROGRAMS.items():
            (tmp_path / place / name).write_text(text.replace("LOADED", str(tmp_path / "LOADED")))
    before, digest = set(sys.modules), house.engine.context.workspace.digest
    for cycle in range(1, 11):
        house.drop(f"{cycle}.edi", order(str(cycle), reference=str(cycle)))
        house.engine.run_once()
    house.engine.close()
    house.again()
    house.engine.run_once()

    assert not (tmp_path / "LOADED").exists()
    assert digest == house.engine.context.workspace.digest
    assert [] == [name for name in sys.modules.keys() - before if "evil" in name or name == "sitecustomize"]
    assert 10 == len([name for name in house.files("erp/out") if name.startswith("order_")])
    house.engine.close()


WATCHED = """
import sys
from pathlib import Path
from tests.engine.house import House, invoice, order
house = House(Path(sys.argv[1]), contrl="always")
house.drop("0.edi", order("0", reference="100"))
house.engine.run_once()                               # whatever is loaded late is loaded now
seen = []
def watch(event, arguments):
    if event in {"pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "marshal.loads"}:
        seen.append(event)
    elif event in {"exec", "compile"} and "edi/mapping" not in sys._getframe(1).f_code.co_filename:
        seen.append(f"{event} {sys._getframe(1).f_code.co_filename}")
sys.addaudithook(watch)
bad = [b"", b"junk", b"\\x80\\x04\\x95.", b"UNA:+.? 'UNB+", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", b"{'a': 1}", b"!!python/object/apply:os.system ['id']"]
for position, data in enumerate([*bad, *(order(str(n), reference=str(n)) for n in range(1, 20)), invoice()], start=1):
    house.drop(f"{position}.edi", data)
house.drop("r.json", invoice(), channel="erp/in")
house.engine.run_once()
print(sorted(set(seen)))
house.engine.close()
"""


def test_t02_what_comes_in_is_never_executed_compiled_or_unpickled(tmp_path: Path) -> None:
    """T02: the interpreter's own audit hook, armed once everything is loaded, over good and hostile documents."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(CHECKOUT), os.environ.get("PYTHONPATH"))))}
    done = subprocess.run([sys.executable, "-c", WATCHED, str(tmp_path)], cwd=CHECKOUT, env=environment, capture_output=True, text=True)

    assert "[]" == done.stdout.strip().splitlines()[-1], done.stdout + done.stderr


@pytest.mark.storeless
def test_t02_nothing_that_brings_programs_back_from_data_is_imported() -> None:
    """T02: pickle, marshal, shelve and their kin stand in no import of ours, but where the compiler's own authenticated cache is read."""
    forbidden = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "joblib"}
    found = []
    for file in sorted(set((CHECKOUT / "edi").rglob("*.py")) - {CHECKOUT / "edi/mapping/plain.py"}):
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{file.name}: {module}" for module in modules if module.partition(".")[0] in forbidden]
    assert [] == found
