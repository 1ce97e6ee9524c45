"""Typed UBL documents in Python: classes generated from the type tables, kept in a cache folder, imported on demand.

    from edi import library_ubl

    ubl = library_ubl.bindings("2.1")
    invoice = ubl.document("Invoice").Invoice()
    invoice.ID = "R-1"
    invoice.LegalMonetaryTotal = ubl.cac.LegalMonetaryTotal(ubl.cbc.PayableAmount("292.20", currencyID="EUR"))
    content, findings = library_ubl.write(invoice)

The first time takes some seconds: the classes of all document types of a version are made together, since they share parts.
"""

from __future__ import annotations

import hashlib
import importlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edi.errors import EdiError
from edi.formats.ubl import typed
from edi.formats.ubl.model import load
from edi.formats.ubl.typed import write
from edi.workspace.program_cache import account_folder

__all__ = ["Bindings", "bindings", "cache_folder", "generate", "write"]

GENERATE_SECONDS_MAX = 300
_GENERATOR = """
import sys
from pyxb.binding.generate import Generator
generator = Generator()
options, arguments = generator.optionParser().parse_args(sys.argv[1:])
generator.applyOptionValues(options, arguments)
generator.resolveExternalSchema()
for module in generator.bindingModules():
    module.writeToModuleFile()
"""


class BindingsError(EdiError):
    """The programmer looks at the generator's words: the classes could not be made."""


@dataclass(frozen=True, slots=True)
class Bindings:
    """The generated modules of one version."""

    version: str
    package: str
    folder: Path

    def document(self, kind: str) -> Any:
        """The module of a document type, e.g. with the class `Invoice`. Raises KeyError for a kind the version lacks."""
        if kind not in load(self.version).documents:
            raise KeyError(kind)
        return self._module(kind)

    @property
    def cac(self) -> Any:
        """Aggregates: Party, InvoiceLine, ..."""
        return self._module("_cac")

    @property
    def cbc(self) -> Any:
        """Basic elements: ID, PayableAmount, ..."""
        return self._module("_cbc")

    @property
    def ext(self) -> Any:
        """Extensions."""
        return self._module("_ext")

    def _module(self, name: str) -> Any:
        if str(self.folder) not in sys.path:
            sys.path.append(str(self.folder))
        from pyxb.binding import datatypes  # noqa: PLC0415 -- half a second and 50 MB, only for those who use it

        typed.keep_digits(datatypes)
        return importlib.import_module(f"{self.package}.{name}")


def cache_folder() -> Path:
    """Where generated classes are kept: below XDG_CACHE_HOME, or `.cache` of the home folder."""
    return account_folder() / "ubl"


def bindings(version: str = "2.1", *, folder: Path | None = None) -> Bindings:
    """The typed classes of a version, generated if they are not there yet. Raises BindingsError where that fails."""
    files = typed.schema_files(load(version))
    digest = hashlib.sha256("".join(files[name] for name in sorted(files)).encode()).hexdigest()[:12]
    package = f"edi_ubl_{version.replace('.', '_').replace('-', '_')}_{digest}"
    target = folder or cache_folder()
    if not (target / package / "_cac.py").is_file():
        generate(files, target, package)
    return Bindings(version, package, target)


def generate(files: dict[str, str], target: Path, package: str) -> None:
    """Write the modules of all documents into `target/package`, as a whole or not at all."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        place = Path(scratch)
        for name, text in files.items():
            (place / name).write_text(text, encoding="utf-8")
        kinds = [name.removesuffix(".xsd") for name in sorted(files) if name[0].isupper()]
        arguments = [word for kind in kinds for word in ("-u", f"{kind}.xsd", "-m", kind)]
        command = [sys.executable, "-I", "-c", _GENERATOR, *arguments, "--module-prefix", package, "--binding-root", "made"]
        try:
            done = subprocess.run(command, cwd=place, capture_output=True, timeout=GENERATE_SECONDS_MAX, check=False)  # noqa: S603 -- our own program, our own schemas
        except subprocess.TimeoutExpired as error:
            raise BindingsError(f"making the classes took more than {GENERATE_SECONDS_MAX} s") from error
        made = place / "made" / package
        if done.returncode or not (made / "_cac.py").is_file():
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise BindingsError(
                f"the classes could not be made: {words[-1] if words else 'no reason was given'}", hint="is pyxb-x installed?"
            )
        (made / "__init__.py").touch()
        if not (target / package).exists():
            shutil.move(made, target / package)
