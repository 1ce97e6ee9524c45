"""The UN/EDIFACT directories: which segments a message has, which elements a segment has, which codes an element takes.

Rule 1: a release is data; no release is special.
Rule 2: nothing is read before it is asked for: one message type of one release costs milliseconds.
Rule 3: the operator's own tables (`tables`) win over the shipped ones, release by release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from edi import shipped
from edi.errors import ConfigError
from edi.formats.edifact import eancom
from edi.formats.edifact.directory_messages import parse_message
from edi.formats.edifact.directory_tables import (
    Spans,
    choose,
    parse_blocks,
    parse_codes,
    parse_format,
    parse_own_codes,
    parse_releases,
    parse_use,
    release_order,
)
from edi.formats.edifact.directory_types import (
    Component,
    CompositeType,
    ElementType,
    ElementUse,
    GroupUse,
    MessageType,
    SegmentType,
    SegmentUse,
)
from edi.ports import TableSource

__all__ = [
    "Component",
    "CompositeType",
    "Directory",
    "ElementType",
    "ElementUse",
    "GroupUse",
    "MessageType",
    "SegmentType",
    "SegmentUse",
    "TableSource",
    "load",
    "nearest_release",
    "releases",
    "service",
]

FOLDER = ("schemas", "edifact")
SERVICE_FOLDER = ("schemas", "edifact", "service")
UNREADABLE: Final = "import the release again with edi directory import, or remove the workspace's own schemas/edifact"
Additions: TypeAlias = Callable[[str], str]
NAME_LENGTH_MAX: Final = 6
"""The longest names are those of message types."""

NAMES_MAX: Final = 5_000
"""Several times what a release defines; the rest are names that do not exist."""

X = TypeVar("X")


class TableFiles:
    """One table set on its shelf: reads each file once, and only when asked."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        self._read = read
        self._blocks: dict[str, dict[str, list[str]]] = {}
        self.releases = parse_releases(self.text("releases.txt"))
        self.spans = Spans(self.releases)

    def text(self, name: str) -> str:
        """A file of the set; empty where there is none."""
        content = self._read(name)
        return content.decode("utf-8") if content is not None else ""

    def blocks(self, name: str) -> dict[str, list[str]]:
        """The entries of `elements.txt`, `composites.txt` or `segments.txt`, not yet parsed."""
        if name not in self._blocks:
            self._blocks[name] = parse_blocks(self.text(name))
        return self._blocks[name]


class Directory:
    """One release of the directories (or one version of the service segments); immutable to its users."""

    association = ""
    """`EAN008` where EANCOM's additions apply."""

    def __init__(self, release: str, files: TableFiles, *, additions: Additions = lambda _: "") -> None:
        self.release = release
        self._additions = additions
        self._files = files
        self._elements: dict[str, ElementType | None] = {}
        self._composites: dict[str, CompositeType | None] = {}
        self._segments: dict[str, SegmentType | None] = {}
        self._messages: dict[str, MessageType | None] = {}
        self._codes: dict[str, Mapping[str, str] | None] = {}

    def __repr__(self) -> str:
        return f"Directory({self.release!r}{f', association={self.association!r}' if self.association else ''})"

    def used_by(self, association: str) -> Directory:
        """The same directory with what the association changes; everything else is shared."""
        other = copy(self)
        other.association = association
        other._codes = {}  # noqa: SLF001 -- a copy of ourselves
        return other

    def message(self, message_type: str) -> MessageType | None:
        """The structure of a message type, UNH to UNT; None if this release does not have it."""
        return _remembered(self._messages, message_type, self._read_message)

    def narrowed(self, message_type: str) -> MessageType | None:
        """The structure without what the association (EANCOM) leaves out; the UN structure where nothing is known.

        Messages are read with `message`: what an association leaves out is a remark, no reason to refuse.
        """
        message = self.message(message_type)
        if message is None or not eancom.is_eancom(self.association):
            return message
        groups = eancom.parse_groups(self._additions("eancom/groups.txt"), message_type, self.association, self.release)
        return eancom.narrow(message, groups) if groups else message

    def segment(self, tag: str) -> SegmentType | None:
        """A segment; None if this release does not have it. Service segments (UNH, UNT, ...) stand in `service()`."""
        return _remembered(self._segments, tag, self._read_segment)

    def composite(self, composite_id: str) -> CompositeType | None:
        return _remembered(self._composites, composite_id, self._read_composite)

    def element(self, element_id: str) -> ElementType | None:
        return _remembered(self._elements, element_id, self._read_element)

    def codes(self, element_id: str) -> Mapping[str, str] | None:
        """Code values with their short names; None if the element is not coded, or has no list in this release.

        Values of `own_codes.txt` (the operator's) and of the association stand with those of the release; for an element
        without a published list (6411, 7065) the operator's values are the list.
        """
        return _remembered(self._codes, element_id, self._read_codes)

    def may_be_added(self, element_id: str, value: str) -> bool:
        """True if a code that is not in the list here may be one of EANCOM's, whose additions we know in part."""
        return eancom.is_eancom(self.association) and eancom.may_add(self._additions("eancom/codes.txt"), element_id, value)

    def message_types(self) -> tuple[str, ...]:
        """Message types of this release, sorted."""
        return tuple(parse_codes(self._files.text("messages.txt"), self._files.spans, self.release))

    def _read_message(self, message_type: str) -> MessageType | None:
        text = self._files.text(f"messages/{message_type}.txt")
        return parse_message(text, message_type, self._files.spans, self.release)

    def _read_codes(self, element_id: str) -> Mapping[str, str] | None:
        codes = parse_codes(self._files.text(f"codes/{element_id}.txt"), self._files.spans, self.release)
        added = parse_own_codes(self._additions("own_codes.txt"), element_id)
        if codes and eancom.is_eancom(self.association):
            added |= eancom.parse_codes(self._additions("eancom/codes.txt"), element_id)
        return {**added, **codes} or None

    def _read_element(self, element_id: str) -> ElementType | None:
        variant = self._variant("elements.txt", element_id)
        if variant is None:
            return None
        own_format, _, name = variant.partition(" ")
        return _element(element_id, name, own_format)

    def _read_composite(self, composite_id: str) -> CompositeType | None:
        variant = self._variant("composites.txt", composite_id)
        if variant is None:
            return None
        uses, _, name = variant.partition(" : ")
        components = tuple(self._component(position, use) for position, use in enumerate(uses.split(), 1))
        return CompositeType(id=composite_id, name=name, components=components)

    def _component(self, position: int, use: str) -> Component:
        element_id, mandatory, _, own_format = parse_use(use)
        return Component(position=position, type=self._element_as(element_id, own_format), mandatory=mandatory)

    def _read_segment(self, tag: str) -> SegmentType | None:
        variant = self._variant("segments.txt", tag)
        if variant is None:
            return None
        uses, _, name = variant.partition(" : ")
        return SegmentType(tag=tag, name=name, elements=tuple(self._element_use(n, use) for n, use in enumerate(uses.split(), 1)))

    def _element_use(self, position: int, use: str) -> ElementUse:
        identifier, mandatory, repeats, own_format = parse_use(use)
        composite = self.composite(identifier)
        used = composite if composite is not None else self._element_as(identifier, own_format)
        return ElementUse(position=position, type=used, mandatory=mandatory, repeats_max=repeats)

    def _element_as(self, element_id: str, own_format: str | None) -> ElementType:
        """The element, with the format printed at the place of use where that differs."""
        element = self.element(element_id)
        if element is None:
            raise ValueError(f"{element_id} is used in {self.release} and not defined")
        return element if own_format is None else _element(element_id, element.name, own_format)

    def _variant(self, table: str, identifier: str) -> str | None:
        return choose(self._files.blocks(table).get(identifier, ()), self._files.spans, self.release)


def _element(element_id: str, name: str, printed: str) -> ElementType:
    kind, least, most = parse_format(printed)
    return ElementType(id=element_id, name=name, kind=kind, length_min=least, length_max=most)


def _remembered(memory: dict[str, X | None], key: str, read: Callable[[str], X | None]) -> X | None:
    # Tags and message types come from senders: what can be no name of a directory is no file's name and fills no memory.
    if len(key) > NAME_LENGTH_MAX or not (key.isascii() and key.isalnum()):
        return None
    if key not in memory:
        if len(memory) >= NAMES_MAX:
            memory.clear()
        try:
            memory[key] = read(key)
        except (ValueError, KeyError) as error:
            raise ConfigError(f"the EDIFACT tables of {key} cannot be read: {error}", hint=UNREADABLE) from error
    return memory[key]


def releases(tables: TableSource | None = None) -> tuple[str, ...]:
    """Every release there are tables for, oldest first: the shipped ones and the operator's."""
    own = () if tables is None else _own(tables, _mark(tables)).releases  # type: ignore[arg-type]  # any object is hashable by identity
    return tuple(sorted({*own, *_shipped(FOLDER).releases}, key=release_order))


def load(release: str, *, association: str = "", tables: TableSource | None = None) -> Directory:
    """The directory of a release, e.g. `D.96A`, as the association (0057, e.g. `EAN008`) uses it.

    Raises ConfigError for a release without tables; `nearest_release` names one to fall back to.
    """
    # Only associations that change something are told apart: 0057 comes from the sender and must not fill our memory.
    known = association[: eancom.CODE_LENGTH] if eancom.is_eancom(association) else ""
    return _loaded(release, known, tables, _mark(tables))  # type: ignore[arg-type]  # as in releases()


@lru_cache(maxsize=64)
def _loaded(release: str, association: str, tables: TableSource | None, mark: bytes) -> Directory:
    if association:
        return _loaded(release, "", tables, mark).used_by(association)  # type: ignore[arg-type]  # as in releases()
    files = _files_of(release, tables, mark)
    if files is None:
        nearest = nearest_release(release, tables)
        text = "edi directory import ARCHIVE adds a release"
        raise ConfigError(
            f"there are no tables of the EDIFACT release {release!r}",
            hint=f"the nearest is {nearest}; {text}" if nearest else text,
        )
    return Directory(release, files, additions=_additions(tables))


@lru_cache(maxsize=8)
def service(syntax_version: str) -> Directory:
    """Service segments and service messages of a syntax version, `1` to `4` (4 is 4.2); raises ConfigError for any other."""
    files = _shipped(SERVICE_FOLDER)
    if syntax_version not in files.releases:
        raise ConfigError(f"there is no EDIFACT syntax version {syntax_version!r}", hint=f"one of: {', '.join(files.releases)}")
    return Directory(syntax_version, files)


def nearest_release(release: str, tables: TableSource | None = None) -> str | None:
    """The release to read this one with: of the same year and letter or the next newer, else the newest; None without any tables.

    A newer release mostly adds to an older one, so what is unknown is read with the next newer.
    """
    known = releases(tables)
    year = release.rpartition(".")[2][:2]
    if not (year.isascii() and year.isdigit()):
        return known[-1] if known else None
    newer = [candidate for candidate in known if release_order(candidate)[:2] >= release_order(release)[:2]]
    return newer[0] if newer else (known[-1] if known else None)


def _files_of(release: str, tables: TableSource | None, mark: bytes) -> TableFiles | None:
    own = None if tables is None else _own(tables, mark)  # type: ignore[arg-type]  # as in releases()
    for files in (own, _shipped(FOLDER)):
        if files is not None and release in files.releases:
            return files
    return None


@lru_cache(maxsize=4)
def _shipped(folder: tuple[str, ...]) -> TableFiles:
    def read(name: str) -> bytes | None:
        path = (*folder, *name.split("/"))
        return shipped.read_bytes(*path) if shipped.exists(*path) else None

    return TableFiles(read)


def _additions(tables: TableSource | None) -> Additions:
    """What stands beside the releases, by file name: the operator's file, else the shipped one, else nothing."""

    @lru_cache(maxsize=8)
    def text(name: str) -> str:
        path = (*FOLDER, *name.split("/"))
        own = None if tables is None else tables.read(*path)
        if own is None and shipped.exists(*path):
            own = shipped.read_bytes(*path)
        return own.decode("utf-8") if own is not None else ""

    return text


def _mark(tables: TableSource | None) -> bytes:
    """What tells one state of the operator's tables from another: an import changes the list, and a daemon that runs notices."""
    return b"" if tables is None else tables.read(*FOLDER, "releases.txt") or b""


@lru_cache(maxsize=16)
def _own(tables: TableSource, mark: bytes) -> TableFiles:
    """Cached by `mark` too: what was read of an earlier state is not asked again."""
    assert isinstance(mark, bytes)

    def read(name: str) -> bytes | None:
        return tables.read(*FOLDER, *name.split("/"))

    try:
        return TableFiles(read)
    except UnicodeDecodeError as error:
        raise ConfigError(f"the list of EDIFACT releases cannot be read: {error}", hint=UNREADABLE) from error
