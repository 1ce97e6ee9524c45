"""What users of other EDI software asked of its tools, thread by thread: deviations without a fork, mappings as files with tests, a library alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edi.cli.app import app
from edi.workspace.init import init

ROOT = Path(__file__).parents[2]
GOOD = ROOT / "edi" / "demo" / "acme-order-4711.edi"


def edi(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "thread",
    [
        "ballerina-library#6789, ballerina-distribution PR#6431, staedi#286",
        "backstage/backstage#22138, pydifact#157, pydifact#62, Chemaclass/edifact-parser#94",
    ],
)
def test_a_partner_who_deviates_is_a_small_file_and_the_standard_stays_as_it_is(thread: str, tmp_path: Path) -> None:
    init(tmp_path / "w")
    guide = tmp_path / "w" / "schemas" / "edifact" / "guides" / "acme" / "STRICT.yaml"
    guide.parent.mkdir(parents=True)
    guide.write_text("guide: acme/STRICT\nmessage: ORDERS:D:96A:UN:EAN008\nsegments:\n  BGM: {elements: {1001: ['105']}}\n")

    plain, narrowed = edi("-w", tmp_path / "w", "validate", GOOD), edi("-w", tmp_path / "w", "validate", GOOD, "--guide", "acme/STRICT")

    assert (0, 2) == (plain[0], narrowed[0])
    assert ("guide.code" in plain[1], "guide.code" in narrowed[1]) == (False, True)


@pytest.mark.parametrize("thread", ["bots#204", "connect#634"])
def test_a_mapping_is_a_file_whose_tests_run_without_a_server(thread: str) -> None:
    code, said = edi("-w", ROOT, "mapping", "test", "orders-eancom")

    assert (0, True) == (code, "orders-eancom" in said)


@pytest.mark.parametrize("thread", ["bots#41"])
def test_the_library_is_there_without_engine_database_and_daemon(thread: str) -> None:
    code = (
        f"import sys; from edi.formats import edifact; edifact.read(open({str(GOOD)!r}, 'rb').read());"
        "print(*[name for name in sys.modules if name.startswith(('edi.engine', 'edi.store', 'edi.workspace', 'sqlalchemy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, text=True)

    assert "" == done.stdout.strip()
