"""One mapping's part of the cache that outlives a process: what it comes to, and its programs, as long as no file it was made of changes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from types import CodeType

from edi.mapping.compiled import Compiled
from edi.mapping.conversion import Conversion
from edi.mapping.plain import dump, restore
from edi.mapping.source import MappingFiles, UsedFiles
from edi.ports import NoProgramCache, ProgramCache


class Kept:
    """Tables and the program itself are the cache's business: it gives nothing back that others of them made."""

    def __init__(self, name: str, cache: ProgramCache) -> None:
        self._name = name
        self._cache = cache
        self._used: dict[str, str] = {}
        """Of every file it was made of: name and hash."""

    def compiled(self, files: MappingFiles) -> Compiled | None:
        """What was kept, if each file it was made of is still the same."""
        content = self._cache.get(self._name)
        if content is None:
            return None
        self._used, found = restore(content)
        now = UsedFiles(files)
        for name in self._used:
            now(name)
        return found if isinstance(found, Compiled) and now.hashes() == self._used else None

    def keep(self, compiled: Compiled, used: UsedFiles) -> None:
        """Keep what a mapping comes to."""
        self._used = used.hashes()
        self._put(self._name, (self._used, compiled))

    def program(self, title: str) -> tuple[CodeType, Sequence[Conversion]] | None:
        """A program that was made of the same files."""
        content = self._cache.get(title)
        if content is None:
            return None
        used, code, conversions = restore(content)
        return (code, conversions) if used == self._used else None

    def keep_program(self, title: str, code: CodeType, conversions: Sequence[Conversion]) -> None:
        self._put(title, (self._used, code, list(conversions)))

    def _put(self, name: str, value: object) -> None:
        if isinstance(self._cache, NoProgramCache):
            return
        with suppress(TypeError):  # a codec that somebody added is no class that may come back
            self._cache.put(name, dump(value))
