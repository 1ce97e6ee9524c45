"""Programs of real servers: an installed one, else unpacked from the system's packages under `.cache/servers`.

Nothing is installed, no service is started, no root is needed. Where neither way works, `Missing` says why.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
CACHE = CHECKOUT / ".cache" / "servers"
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


class Missing(Exception):  # noqa: N818 -- read as a sentence: except Missing
    """This server cannot be had on this machine; the test skips with the text as its reason."""


def program(name: str, packages: Sequence[str], inside: Sequence[str]) -> Path:
    """The path of a program: found on this machine, or at one of the paths `inside` of the unpacked packages."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *SBIN)))
    if found:
        return Path(found)
    root = unpacked(packages)
    for path in inside:
        if (root / path).exists():
            return root / path
    raise Missing(f"{name}: not installed, and not in the packages {', '.join(packages)}")


def unpacked(packages: Sequence[str]) -> Path:
    """The folder below which the packages lie unpacked; fetched once, also when several runs start at the same time."""
    root = CACHE / packages[0]
    done = root / ".complete"
    CACHE.mkdir(parents=True, exist_ok=True)
    CACHE.chmod(0o755)
    with alone(CACHE / f"{packages[0]}.lock"):
        if not done.exists():
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir(parents=True)
            for archive in _downloaded(packages, root / ".archives"):
                _run(["dpkg", "-x", str(archive), str(root)])
            done.write_text("\n".join(packages))
    return root


def libraries(root: Path) -> str:
    """LD_LIBRARY_PATH for programs below an unpacked folder; empty for an installed one."""
    if CACHE not in root.parents:
        return ""
    base = next(parent for parent in (root, *root.parents) if parent.parent == CACHE)
    return os.pathsep.join(sorted({str(path.parent) for path in base.rglob("*.so*")}))


def _downloaded(packages: Sequence[str], folder: Path) -> list[Path]:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise Missing(f"{packages[0]}: not installed, and this machine has no apt-get and dpkg to fetch it")
    folder.mkdir()
    try:
        _run(["apt-get", "download", *packages], folder)
    except Missing:
        options = _refreshed_lists()
        _run(["apt-get", *options, "download", *packages], folder)
    return sorted(folder.glob("*.deb"))


def _refreshed_lists() -> list[str]:
    """Options that make apt-get read lists fetched just now; a private folder for those who are not root."""
    lists = CACHE / "lists"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    options = [] if os.geteuid() == 0 else ["-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={CACHE / 'archives'}"]
    if options:
        (CACHE / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    with suppress(Missing):  # an image's hooks may fail for an ordinary user; whether the lists will do shows at the download
        _run(["apt-get", *options, "-o", "Acquire::http::Timeout=20", "-o", "Acquire::Retries=1", "update"])
    return options


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{' '.join(command[:2])} did not run: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
        raise Missing(f"{' '.join(command[:2])} failed: {said[-1]}")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time, of all test runs on this checkout."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
