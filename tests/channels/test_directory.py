"""Directory channels: the suite, and what only a file system can do to us."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from edi.channels import atomic, directory
from edi.channels.directory import DirectoryInbound, DirectoryOutbound, Settings
from edi.errors import ChannelError, TemporaryChannelError, UnknownOutcomeError
from edi.slices import Slice
from edi.testing import ChannelSuite, Receiver, delivery


def no_secrets(reference: str) -> str:
    raise AssertionError(f"{reference} was asked for")


def settings(**keys: object) -> Settings:
    return Settings.model_validate({"folder": "box", **keys})


class Clock:
    """Time that passes only when somebody pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def box(tmp_path: Path) -> Path:
    made = tmp_path / "box"
    made.mkdir()
    return made


def inbound(box: Path, clock: Clock | None = None, **keys: object) -> DirectoryInbound:
    clock = clock or Clock()
    return DirectoryInbound(name="erp-in", settings=settings(**keys), place=box, pause=clock.pause, monotonic=clock.monotonic)


def outbound(box: Path, **keys: object) -> DirectoryOutbound:
    return DirectoryOutbound(name="erp-out", settings=settings(**keys), place=box)


def names_offered(channel: DirectoryInbound) -> list[str]:
    return sorted(offer.filename for offer in channel.offers())


class DirectoryRig:
    def __init__(self, box: Path) -> None:
        self.box = box

    def inbound(self) -> DirectoryInbound:
        return inbound(self.box)

    def outbound(self) -> DirectoryOutbound:
        return outbound(self.box)

    def put(self, name: str, payload: bytes) -> None:
        (self.box / f"{name}.part").write_bytes(payload)
        (self.box / f"{name}.part").rename(self.box / name)

    def put_unfinished(self, name: str, payload: bytes) -> None:
        (self.box / f"{name}.part").write_bytes(payload)

    def lies_there(self) -> Mapping[str, bytes]:
        return {path.name: path.read_bytes() for path in self.box.iterdir() if path.suffix != ".part"}

    def cuts(self) -> Iterable[AbstractContextManager[object]]:
        return [failing(call, nth) for call in ("scandir", "open", "fsync", "unlink", "stat") for nth in (1, 2)]


@contextmanager
def failing(call: str, nth: int) -> Iterator[None]:
    """The n-th call of a function of `os` fails with an I/O error, as a network folder's does."""
    real: Callable[..., object] = getattr(os, call)
    count = 0

    def failing_call(*args: object, **more: object) -> object:
        nonlocal count
        count += 1
        if count == nth:
            raise OSError(5, "Input/output error")
        return real(*args, **more)

    setattr(os, call, failing_call)
    try:
        yield
    finally:
        setattr(os, call, real)


class TestDirectory(ChannelSuite):
    @pytest.fixture
    def rig(self, box: Path) -> DirectoryRig:
        return DirectoryRig(box)


def test_a_file_is_offered_once_it_stood_still_between_two_looks(box: Path) -> None:
    clock = Clock()
    channel = inbound(box, clock, ready={"stable": "60s"})
    (box / "order.edi").write_bytes(b"UNB")

    assert names_offered(channel) == []
    clock.now += 59
    assert names_offered(channel) == []
    clock.now += 1
    assert names_offered(channel) == ["order.edi"]


def test_f_s01_a_file_that_grows_is_not_taken_until_it_stands_still(box: Path) -> None:
    clock = Clock()
    channel = inbound(box, clock, ready={"stable": "20s"})
    for seconds in range(0, 60, 10):
        clock.now = float(seconds)
        with (box / "order.edi").open("ab") as file:
            file.write(b"x" * 10_000)
        assert names_offered(channel) == []
    clock.now = 69.0
    assert names_offered(channel) == []
    clock.now = 70.0

    (offer,) = channel.offers()

    assert channel.fetch(offer) == b"x" * 60_000


def test_f_s02_a_file_that_grows_after_it_was_offered_is_dropped_and_retried(box: Path) -> None:
    channel = inbound(box)
    (box / "order.edi").write_bytes(b"half")
    (offer,) = channel.offers()
    with (box / "order.edi").open("ab") as file:
        file.write(b" and half")

    with pytest.raises(TemporaryChannelError, match=r"erp-in: 'order.edi' changed while it was read"):
        channel.fetch(offer)

    receiver = Receiver()
    receiver.run(channel)
    assert list(receiver.kept.values()) == [b"half and half"]


def test_a_short_rest_is_waited_for_in_the_same_look(box: Path) -> None:
    clock = Clock()
    (box / "order.edi").write_bytes(b"UNB")

    assert names_offered(inbound(box, clock, ready={"stable": "10s"})) == ["order.edi"]
    assert clock.pauses == [10]


@pytest.mark.parametrize("name", [".order.edi", "order.edi.tmp", "order.edi.part", "order.edi.filepart", "order.edi~", "ORDER.TMP"])
def test_f_s03_temporary_names_are_ignored_until_they_are_renamed(box: Path, name: str) -> None:
    (box / name).write_bytes(b"UNB")
    channel = inbound(box)
    assert names_offered(channel) == []

    (box / name).rename(box / "order.edi")

    assert names_offered(channel) == ["order.edi"]


@pytest.mark.parametrize(("marker", "file"), [("{name}.ok", "order.edi.ok"), ("{stem}.done", "order.done")])
def test_f_s04_with_a_marker_the_file_waits_for_it_in_either_order(box: Path, marker: str, file: str) -> None:
    channel = inbound(box, pattern=["*.edi"], ready={"marker": marker})
    (box / file).touch()
    assert names_offered(channel) == []
    (box / "order.edi").write_bytes(b"UNB")
    (box / "other.edi").write_bytes(b"UNB")

    Receiver().run(channel)

    assert sorted(path.name for path in box.iterdir()) == ["other.edi"]


def test_f_s14_times_in_the_future_or_of_1970_do_not_matter(box: Path) -> None:
    for name, when in (("past.edi", 0), ("future.edi", 4_000_000_000)):
        (box / name).write_bytes(b"UNB")
        os.utime(box / name, (when, when))

    assert names_offered(inbound(box, ready={"stable": "5s"})) == ["future.edi", "past.edi"]


def test_the_oldest_is_offered_first_and_names_decide_between_equals(box: Path) -> None:
    for name, when in (("change.edi", 1_700_000_060), ("z.edi", 1_700_000_000), ("a.edi", 1_700_000_060), ("order.edi", 1_700_000_000)):
        (box / name).write_bytes(b"x")
        os.utime(box / name, (when, when))

    assert [offer.filename for offer in inbound(box).offers()] == ["order.edi", "z.edi", "a.edi", "change.edi"]


def test_f_s15_links_pipes_and_folders_are_not_opened_and_that_is_noticed(box: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not for you")
    (box / "link.edi").symlink_to(tmp_path / "secret")
    os.mkfifo(box / "pipe.edi")
    (box / "folder.edi").mkdir()
    channel = inbound(box)

    assert names_offered(channel) == []
    assert sorted(name for name, _ in channel.notices) == ["folder.edi", "link.edi", "pipe.edi"]


def test_a_file_that_becomes_a_link_after_it_was_offered_is_not_followed(box: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"UNB")
    (box / "order.edi").write_bytes(b"UNB")
    channel = inbound(box)
    (offer,) = channel.offers()
    (box / "order.edi").unlink()
    (box / "order.edi").symlink_to(tmp_path / "secret")

    with pytest.raises(TemporaryChannelError, match="had become a link"):
        channel.fetch(offer)


@pytest.mark.parametrize(
    "raw",
    [
        b"a\nb.edi",
        b"\x1b[2Jred.edi",
        b"\xff\xfe.edi",
        "‮fdp.edi".encode(),
        b"-rf",
        b"$(x).edi",
        b"a\\x0a.edi",
        b"*.edi",
        b"a|9|9|9",
        b"CON",
        b"x" * 255,
    ],
)
def test_odd_names_are_shown_escaped_and_still_fetched_and_removed(box: Path, raw: bytes) -> None:
    path = os.fsencode(box) + b"/" + raw
    with open(path, "wb") as file:
        file.write(b"UNB")
    channel = inbound(box)
    (offer,) = channel.offers()

    assert offer.filename.isprintable()
    assert channel.fetch(offer) == b"UNB"
    channel.confirm(offer)
    assert not os.path.exists(path)


@pytest.mark.parametrize("name", ["../secret", "..", "/etc/passwd", "a/../../secret", ""])
def test_an_offer_that_names_a_place_outside_the_folder_is_refused(box: Path, name: str) -> None:
    from edi.engine.ports import Offer

    offer = Offer(transport_id=f"{name}|1|1|1", filename=name, size=1)

    for act in (inbound(box).fetch, inbound(box).confirm):
        with pytest.raises(ChannelError, match="no name of a file"):
            act(offer)


def test_what_was_confirmed_can_be_moved_and_never_replaces_an_earlier_one(box: Path) -> None:
    channel = inbound(box, after={"move": "done"})
    for content in (b"one", b"two"):
        (box / "order.edi").write_bytes(content)
        Receiver().run(channel)

    assert sorted(path.read_bytes() for path in (box / "done").iterdir()) == [b"one", b"two"]
    assert names_offered(channel) == []


def test_what_was_confirmed_can_be_left_where_it_is(box: Path) -> None:
    (box / "order.edi").write_bytes(b"UNB")
    channel = inbound(box, after="leave")

    Receiver().run(channel)

    assert names_offered(channel) == ["order.edi"]


def test_a_missing_folder_is_temporary_and_says_what_to_do(box: Path) -> None:
    with pytest.raises(TemporaryChannelError, match="/nowhere' could not be used: No such file or directory\n  hint: make the folder"):
        list(inbound(box / "nowhere").offers())


def test_a_delivery_leaves_no_temporary_file_when_the_disk_is_full(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)

    with pytest.raises(TemporaryChannelError, match="No space left on device"):
        outbound(box).send(delivery())
    assert list(box.iterdir()) == []


def test_what_a_killed_writer_left_is_swept_after_a_day_and_nothing_else(box: Path) -> None:
    ours, young, theirs, odd = (box / name for name in (".a.edi.0badcafe.part", ".b.edi.0badcafe.part", ".c.edi.part", "0badcafe.part"))
    link = box / ".d.edi.0badcafe.part"
    for place in (ours, young, theirs, odd):
        place.write_bytes(b"half")
    link.symlink_to(theirs)
    for place in (ours, theirs, odd, link):
        os.utime(place, (0, 0), follow_symlinks=False)
    DirectoryOutbound(name="box", settings=Settings(folder="box"), place=box).send(delivery("x.edi", b"whole"))

    assert {young.name, theirs.name, odd.name, link.name, "x.edi"} == {place.name for place in box.iterdir()}


def test_a_folder_that_was_not_flushed_is_an_unknown_outcome(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(directory, "sync_folder", broken)

    with pytest.raises(UnknownOutcomeError, match="was not flushed"):
        outbound(box).send(delivery())
    assert outbound(box).look(delivery()) is True


def test_f_s21_other_content_under_the_name_gets_a_suffix_or_is_refused(box: Path) -> None:
    (box / "INVOIC_1.edi").write_bytes(b"theirs")

    with pytest.raises(ChannelError, match=r"'INVOIC_1.edi' is there with other content and was not overwritten"):
        outbound(box, exists="refuse").send(delivery())
    sent = outbound(box).send(delivery())
    again = outbound(box).send(delivery())

    assert sent.remote_name == again.remote_name
    assert str(sent.remote_name).startswith("INVOIC_1~")
    assert len(list(box.iterdir())) == 2


def test_two_writers_of_one_name_never_replace_each_other(box: Path) -> None:
    one, two = box / ".one", box / ".two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    atomic.publish(one, box / "order.edi")

    with pytest.raises(FileExistsError):
        atomic.publish(two, box / "order.edi")


def test_without_a_rename_that_refuses_a_link_does_it(box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "_rename_new", lambda source, target: False)
    test_two_writers_of_one_name_never_replace_each_other(box)
    assert (box / "order.edi").read_bytes() == b"1"


def test_names_are_rendered_from_a_template(box: Path) -> None:
    channel = outbound(box, name="{sender}_{type}_{ref}{suffix}")
    wanted = delivery("x.edi")
    wanted = type(wanted)(
        identity="edi-7",
        filename="x.edi",
        content=Slice.of(b"UNB"),
        content_type="",
        attributes={"sender": "../../ACME", "kind": "invoice", "number": "RE 7/2026"},
    )

    assert channel.send(wanted).remote_name == "ACME_invoice_RE_7_2026.edi"


def test_settings_name_what_is_wrong(box: Path) -> None:
    for keys, text in (
        ({"ready": {"stable": "10"}}, "'10' is no duration; write 10s, 5m, 4h or 7d"),
        ({"ready": {}}, "takes either"),
        ({"name": "{buyer}.edi"}, r"{buyer} is no field of a file name"),
        ({"name": "../{ref}"}, "holds characters"),
        ({"polls": 3}, "Extra inputs are not permitted"),
    ):
        with pytest.raises(ValidationError, match=text.replace("{", r"\{")):
            settings(**keys)


def test_a_hundred_thousand_files_take_little_memory(box: Path) -> None:
    import tracemalloc

    for number in range(3_000):
        (box / f"order-{number:06d}.edi").touch()
    channel = inbound(box, ready={"stable": "60s"})
    tracemalloc.start()
    assert sum(1 for _ in channel.offers()) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak * 100_000 / 3_000 < 64 * 1024 * 1024


def test_the_kind_makes_both_ends_below_the_workspace(tmp_path: Path) -> None:
    made = directory.outbound("out", settings(), no_secrets, folder=tmp_path)
    (tmp_path / "box").mkdir()

    made.send(delivery())

    assert len(list(directory.inbound("in", settings(), no_secrets, folder=tmp_path).offers())) == 1


def test_f_t02_a_file_that_another_host_put_there_meanwhile_is_not_put_there_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """We stalled between writing beside and giving the name; the other host took over, and the same bytes got the name."""
    from edi.channels import directory
    from edi.engine.ports import Delivery

    sender = directory.outbound("out", directory.Settings(folder="out"), str, folder=tmp_path)
    (tmp_path / "out").mkdir(exist_ok=True)
    delivery = Delivery(identity="a", filename="order.json", content=Slice.of(b"{}"), content_type="application/json")
    write = directory.write_temporary

    def stall(path: Path, payload: bytes) -> None:
        write(path, payload)
        (tmp_path / "out" / "order.json").write_bytes(b"{}")

    monkeypatch.setattr(directory, "write_temporary", stall)

    assert "order.json" == sender.send(delivery).remote_name
    assert ["order.json"] == [place.name for place in (tmp_path / "out").iterdir()]
