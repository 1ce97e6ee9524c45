"""Several releases in one table set: what is equal is written once, with the spans of releases it holds for.

Adding the newest release changes only lines that it changes: spans up to the newest stay open. So the tables diff well,
and the whole history of the directories is a few times the size of one release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from edi.formats.edifact.directory_import.release import Entry, ReleaseTables, Use
from edi.formats.edifact.directory_messages import STRUCTURE, write_message
from edi.formats.edifact.directory_tables import Spans, parse_blocks, parse_releases, release_order, write_blocks, write_use

Variants: TypeAlias = dict[str, set[str]]
"""What an entry says, and in which releases it says so."""

BLOCK_FILES: Final = ("elements.txt", "composites.txt", "segments.txt")
RELEASES_FILE: Final = "releases.txt"
MESSAGES_FILE: Final = "messages.txt"
NOTE: Final = "# The releases of this table set, oldest first; spans in the other files count in this order.\n"


def is_table(name: str) -> bool:
    """True if a file of this name belongs to the set; `own_codes.txt`, `eancom/` and `service/` stand beside it."""
    return name in {*BLOCK_FILES, RELEASES_FILE, MESSAGES_FILE} or name.startswith(("codes/", "messages/"))


class Pool:
    """The content of a table set: file, entry, variant, releases."""

    def __init__(self) -> None:
        self.releases: set[str] = set()
        self._files: dict[str, dict[str, Variants]] = {}

    @classmethod
    def read(cls, files: Mapping[str, str]) -> Pool:
        """A table set as it lies in its folder, by file name (`codes/1001.txt`); no files make an empty pool."""
        pool = cls()
        releases = parse_releases(files.get(RELEASES_FILE, ""))
        pool.releases = set(releases)
        spans = Spans(releases)
        for name, text in files.items():
            for entry, names, variant in _variants_of(name, text):
                pool._variants(name, entry).setdefault(variant, set()).update(spans.members(names))
        return pool

    def add(self, tables: ReleaseTables) -> None:
        """Take a release in; what the pool had of the same release goes."""
        self._forget(tables.release)
        self.releases.add(tables.release)
        for name, entry, variant in _facts(tables):
            self._variants(name, entry).setdefault(variant, set()).add(tables.release)

    def write(self) -> dict[str, str]:
        """Every file of the set by name; the inverse of `read`."""
        releases = sorted(self.releases, key=release_order)
        spans = Spans(releases)
        files = {RELEASES_FILE: NOTE + "".join(f"{release}\n" for release in releases)}
        for name, entries in self._files.items():
            text = _text_of(name, entries, spans)
            if text:
                files[name] = text
        return files

    def _variants(self, name: str, entry: str) -> Variants:
        return self._files.setdefault(name, {}).setdefault(entry, {})

    def _forget(self, release: str) -> None:
        for entries in self._files.values():
            for variants in entries.values():
                for holders in variants.values():
                    holders.discard(release)


def _facts(tables: ReleaseTables) -> Iterator[tuple[str, str, str]]:
    """File, entry and variant of everything that a release says."""
    for element, (printed, name) in tables.elements.items():
        yield "elements.txt", element, f"{printed} {name}"
    for file, kind in (("composites.txt", tables.composites), ("segments.txt", tables.segments)):
        for identifier, entry in kind.items():
            yield file, identifier, _uses(entry, tables)
    for element, codes in tables.codes.items():
        for value, name in codes.items():
            yield f"codes/{element}.txt", value, name
    for message in tables.messages.values():
        yield MESSAGES_FILE, message.type, message.name
        yield f"messages/{message.type}.txt", message.type, write_message(message)


def _uses(entry: Entry, tables: ReleaseTables) -> str:
    return f"{' '.join(_use(use, tables) for use in entry.uses)} : {entry.name}"


def _use(use: Use, tables: ReleaseTables) -> str:
    defined = tables.elements.get(use.id, (use.format, ""))[0]
    return write_use(use.id, use.mandatory, use.repeats, None if use.format == defined else use.format)


def _variants_of(name: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Entry, spans and variant of everything in a file; the inverse of `_text_of`."""
    if name in BLOCK_FILES:
        for entry, variants in parse_blocks(text).items():
            for variant in variants:
                names, _, rest = variant.partition(" ")
                yield entry, names, rest
    elif name.startswith("messages/"):
        for structure in text.removeprefix(STRUCTURE).split(f"\n{STRUCTURE}"):
            names, _, rest = structure.partition(" ")
            yield name.removeprefix("messages/").removesuffix(".txt"), names, rest.removesuffix("\n") + "\n"
    elif name != RELEASES_FILE:
        for line in text.splitlines():
            entry, names, rest = line.split(" ", 2)
            yield entry, names, rest


def _text_of(name: str, entries: Mapping[str, Variants], spans: Spans) -> str:
    if name in BLOCK_FILES:
        return write_blocks({entry: lines for entry, variants in entries.items() if (lines := list(_lines(variants, spans)))})
    if name.startswith("messages/"):
        return "".join(f"{STRUCTURE}{line}" for variants in entries.values() for line in _lines(variants, spans))
    in_order = sorted(entries, key=_code_order)
    return "".join(f"{entry} {line}\n" for entry in in_order for line in _lines(entries[entry], spans))


def _lines(variants: Variants, spans: Spans) -> Iterator[str]:
    """Each variant behind its spans, the oldest first."""
    held = {variant: sorted(holders, key=release_order) for variant, holders in variants.items() if holders}
    for variant in sorted(held, key=lambda variant: release_order(held[variant][0])):
        yield f"{spans.write(held[variant])} {variant}"


def _code_order(value: str) -> tuple[bool, int, str]:
    """Numbers by size, then the rest by letter."""
    return (False, int(value), value) if value.isascii() and value.isdigit() else (True, 0, value)
