"""SFTP against the command `sftp` on the same server in the same run: small files per second net of connecting, and one large file
net of connecting and with it.

The engine's own path is measured: `offers` and `fetch`, and `send` with temporary name, flush, size check and rename.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.__main__ import Row
from edi.channels import sftp
from edi.testing import delivery
from tests.servers.openssh import OpenSSH, openssh, sftp_path, ssh_path
from tests.servers.process import account, scratch

SMALL_BYTES = 3_900
TIMES = 5
"""A large file travels so often per connection where connecting is taken off: it takes as long as the file."""
ROUNDS = 3


def run(scale: float) -> list[Row]:
    # A large file takes a second; less of it would be lost in the noise of connecting.
    files, large = max(50, int(2_000 * scale)), max(100, int(100 * scale)) * 1_000_000
    with openssh() as server:
        bench = Bench(server)
        try:
            return [*bench.small(files), *bench.large(large)]
        finally:
            shutil.rmtree(bench.local, ignore_errors=True)


class Bench:
    def __init__(self, server: OpenSSH) -> None:
        self.server = server
        self.local = scratch("sftp-bench")
        known = self.local / "known_hosts"
        known.write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
        self.key = self.local / "key"
        self.key.write_text(server.private_key)
        self.key.chmod(0o600)
        options = (
            f"UserKnownHostsFile={known}",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "LogLevel=ERROR",
            "Ciphers=aes128-gcm@openssh.com",
        )
        self.command = [str(sftp_path()), "-S", str(ssh_path()), "-q", "-P", str(server.port), "-i", str(self.key)]
        for option in options:
            self.command += ["-o", option]
        self.count = 0

    def folder(self) -> Path:
        self.count += 1
        return self.server.new_folder(f"box{self.count}")

    def settings(self, folder: Path) -> sftp.Settings:
        keys = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": self.server.user,
            "key": "${file:key}",
            "host_key": self.server.host_key,
        }
        return sftp.Settings.model_validate(keys | {"folder": str(folder), "ready": {"stable": "0s"}, "after": "leave"})

    def secret(self, reference: str) -> str:
        assert reference == "${file:key}"
        return self.server.private_key

    def peer(self, *lines: str) -> float:
        batch = self.local / "batch"
        batch.write_text("\n".join(lines) + "\n")
        began = time.perf_counter()
        subprocess.run([*self.command, "-b", str(batch), f"{self.server.user}@127.0.0.1"], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    def net(self, *lines: str) -> float:
        """Seconds without those for connecting, which are measured beside."""
        connect = self.peer("pwd")
        return max(0.001, self.peer(*lines) - min(connect, self.peer("pwd")))

    def put(self, payloads: list[bytes], *, connected: bool = True) -> float:
        end = sftp.outbound("out", self.settings(self.folder()), self.secret, folder=Path())
        if connected:
            end.connection.session()
        began = time.perf_counter()
        for number, payload in enumerate(payloads):
            end.send(delivery(f"f{number}.edi", payload, identity=str(number)))
        took = time.perf_counter() - began
        end.close()
        return took

    def get(self, folder: Path, *, connected: bool = True, times: int = 1) -> float:
        end = sftp.inbound("in", self.settings(folder), self.secret, folder=Path())
        if connected:
            end.connection.session()
        began = time.perf_counter()
        for _ in range(times):
            for offer in end.offers():
                end.fetch(offer)
        took = time.perf_counter() - began
        end.close()
        return took

    def filled(self, payloads: list[bytes], folder: Path) -> Path:
        for number, payload in enumerate(payloads):
            (folder / f"f{number}.edi").write_bytes(payload)
        account().own(folder)
        return folder

    def small(self, files: int) -> list[Row]:
        payloads = [b"%08d" % number * (SMALL_BYTES // 8) for number in range(files)]
        (self.local / "source").mkdir()
        source = self.filled(payloads, self.local / "source")
        there = self.filled(payloads, self.folder())
        back = self.local / "back"
        back.mkdir()
        flushed = [*(f"put -f {source}/f{number}.edi .f{number}.part\nrename .f{number}.part f{number}.edi" for number in range(files))]

        def put_by_peer() -> float:
            return self.net(f"cd {self.folder()}", *flushed)

        def put_all_by_peer() -> float:
            return self.net(f"put {source}/*.edi {self.folder()}/")

        def get_by_peer() -> float:
            return self.net(f"get {there}/*.edi {back}/")

        got, put = paired(lambda: self.get(there), get_by_peer), paired(lambda: self.put(payloads), put_by_peer)
        bare = paired(lambda: self.put(payloads), put_all_by_peer)
        return [
            rate("F1 get small files", files, *got, gate=1.2, stretch=None, unit="files/s", note="peer: sftp get *"),
            rate(
                "F1 put small files, flushed and renamed",
                files,
                *put,
                gate=0.6,
                stretch=1.0,
                unit="files/s",
                note="peer: sftp put -f and rename",
            ),
            rate(
                "F1 put small files, peer neither flushes nor renames",
                files,
                *bare,
                gate=None,
                stretch=None,
                unit="files/s",
                note="for orientation",
            ),
        ]

    def large(self, size: int) -> list[Row]:
        payload = bytes(range(256)) * (size // 256)
        source = self.local / "large"
        source.write_bytes(payload)
        there = self.folder()
        (there / "large").write_bytes(payload)
        account().own(there)
        fetch, store = f"get {there}/large {self.local}/got", f"put -f {source} {{folder}}/large"

        def net_get() -> float:
            return self.net(*[fetch] * TIMES) / TIMES

        def net_put() -> float:
            folder = self.folder()
            return self.net(*(f"{store.format(folder=folder)}{number}" for number in range(TIMES))) / TIMES

        def whole_put() -> float:
            return self.peer(store.format(folder=self.folder()))

        got = paired(lambda: self.get(there, times=TIMES) / TIMES, net_get)
        put = paired(lambda: self.put([payload] * TIMES) / TIMES, net_put)
        got_whole = paired(lambda: self.get(there, connected=False), lambda: self.peer(fetch))
        put_whole = paired(lambda: self.put([payload], connected=False), whole_put)
        megabytes = len(payload) / 1e6
        ciphers = "aes128-gcm on both sides"
        return [
            rate("F2 get one large file, net of connecting", megabytes, *got, gate=0.7, stretch=None, unit="MB/s", note=ciphers),
            rate(
                "F2 put one large file, net of connecting", megabytes, *put, gate=0.7, stretch=None, unit="MB/s", note="the same, flushed"
            ),
            rate("F2 get one large file, with connecting", megabytes, *got_whole, gate=None, stretch=None, unit="MB/s", note=ciphers),
            rate(
                "F2 put one large file, with connecting",
                megabytes,
                *put_whole,
                gate=None,
                stretch=None,
                unit="MB/s",
                note="the same, flushed",
            ),
        ]


def paired(ours: Callable[[], float], peer: Callable[[], float]) -> tuple[float, float, float]:
    """Medians of seconds, ours and the peer's, and the median of the rounds' ratios."""
    rounds = [(ours(), peer()) for _ in range(ROUNDS)]
    seconds = [statistics.median(column) for column in zip(*rounds, strict=True)]
    return seconds[0], seconds[1], statistics.median(theirs / own for own, theirs in rounds)


def rate(
    name: str, amount: float, own: float, theirs: float, ratio: float, *, gate: float | None, stretch: float | None, unit: str, note: str
) -> Row:
    return Row(name=name, ours=amount / own, peer=amount / theirs, ratio=ratio, gate=gate, stretch=stretch, unit=unit, note=note)
