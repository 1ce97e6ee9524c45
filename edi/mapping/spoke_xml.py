"""The UBL side of a spoke: reads elements, writes bytes, finds what of a document was left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from lxml import etree

from edi.findings import Location
from edi.formats.ubl import reader as ubl_reader
from edi.formats.ubl.names import CANONICAL
from edi.formats.ubl.reader import UblDocument
from edi.mapping.compiled import Compiled
from edi.mapping.nodes import UblSyntax
from edi.mapping.program import Programs
from edi.mapping.result import Document, Unmapped
from edi.mapping.run import Run


class XmlSide:
    """Reads elements and writes bytes."""

    def __init__(self, compiled: Compiled, programs: Programs) -> None:
        assert isinstance(compiled.syntax, UblSyntax)
        self._compiled = compiled
        self._programs = programs
        self.syntax: UblSyntax = compiled.syntax

    def read(self, message: object, run: Run, *, traced: bool) -> Document:
        """The document a UBL document says."""
        root = element_of(message)
        if traced:
            run.kept.extend(root.iter())  # lxml forgets element objects nobody holds, and places are told apart by them
            run.locate = _Places(root).of
        document: Document = {}
        self._programs("read", "", traced)(root, document, document, run, *(("",) if traced else ()))
        run.compare()
        return document

    def write(self, document: Document, run: Run, *, traced: bool) -> bytes:
        """The UBL document as UTF-8 bytes."""
        pieces: list[str] = []
        self._programs("write", "", traced)(document, document, pieces, run, *(("",) if traced else ()))
        return self.wrapped("".join(pieces)).encode()

    def wrapped(self, body: str) -> str:
        """The document's root element around its content."""
        prefixes = [prefix for prefix in ("cac", "cbc", "ext") if prefix != "ext" or "<ext:" in body]
        declared = "".join(f' xmlns:{prefix}="{CANONICAL[prefix]}"' for prefix in prefixes)
        name = self.syntax.root
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{self._compiled.namespace}"{declared}>{body}</{name}>\n'

    def parse(self, output: object) -> etree._Element:
        """What was written, as reading takes it."""
        assert isinstance(output, bytes)
        outcome = ubl_reader.read(output)
        assert outcome.value is not None, outcome.findings
        return element_of(outcome.value)

    def unmapped(self, message: object, run: Run) -> tuple[tuple[Unmapped, ...], int, int]:
        """Texts and attributes that nothing took, how many there are, and how many an `ignore` names."""
        left: list[Unmapped] = []
        filled = ignored = 0
        covered = run.covered()
        for element in element_of(message).iter(etree.Element):
            for name, value in _values(element):
                filled += 1
                if (id(element), name or 0, 0) in covered:
                    continue
                path = plain_path(element) + (f"/@{name}" if name else "")
                if any(
                    fnmatchcase(path, "*" + pattern.removeprefix("/")) or fnmatchcase(path, pattern) for pattern in self._compiled.ignores
                ):
                    ignored += 1
                else:
                    left.append(Unmapped(where=run.locate(element, name or 0, 0), value=value, segment=path))
        return tuple(left), filled, ignored

    def locate(self, where: object, element: int | str, component: int) -> Location:
        """The place of a text or attribute; only traced code asks, and then `read` has put a faster one in."""
        if not isinstance(where, etree._Element):  # noqa: SLF001 -- lxml's public element type has no other name
            return Location()
        return _Places(where.getroottree().getroot()).of(where, element, component)


def element_of(message: object) -> etree._Element:
    """The root element of a UBL document or tree."""
    if isinstance(message, UblDocument):
        root: etree._Element = message.root  # lxml's stubs leave it open
        return root
    if isinstance(message, etree._Element):  # noqa: SLF001
        return message
    raise TypeError(f"a UBL document or element was expected, not {type(message).__name__}")


_PREFIXES = {namespace: prefix for prefix, namespace in CANONICAL.items()}


def _name(element: etree._Element) -> str:
    namespace, _, local = str(element.tag)[1:].rpartition("}")
    prefix = _PREFIXES.get(namespace)
    return f"{prefix}:{local}" if prefix else local or str(element.tag)


def plain_path(element: etree._Element) -> str:
    """The path with canonical prefixes, without indexes and without the root: `cac:Party/cbc:Name`."""
    names = [_name(element)]
    parent = element.getparent()
    while parent is not None:
        names.append(_name(parent))
        parent = parent.getparent()
    return "/".join(reversed(names[:-1])) or names[0]


def indexed_paths(root: etree._Element) -> dict[int, str]:
    """The path of every element from the root, with indexes from 1 where an element repeats, by the element object."""
    found = {id(root): "/" + _name(root)}
    for parent in root.iter(etree.Element):
        above, children = found[id(parent)], list(parent.iterchildren(etree.Element))
        counts = Counter(child.tag for child in children)
        seen: Counter[object] = Counter()
        for child in children:
            seen[child.tag] += 1
            found[id(child)] = f"{above}/{_name(child)}" + (f"[{seen[child.tag]}]" if counts[child.tag] > 1 else "")
    return found


class _Places:
    """Paths in one tree, made when the first is asked for."""

    def __init__(self, root: etree._Element) -> None:
        self._kept = list(root.iter())
        self._root = root
        self._paths: dict[int, str] = {}

    def of(self, where: object, element: int | str, _: int) -> Location:
        """The place of a text or attribute."""
        if not self._paths:
            self._paths = indexed_paths(self._root)
        return _located(self._paths, where, element)


def _located(paths: dict[int, str], where: object, element: int | str) -> Location:
    if not isinstance(where, etree._Element):  # noqa: SLF001 -- lxml's public element type has no other name
        return Location()
    line = where.sourceline
    path = paths.get(id(where), "") + (f"/@{element}" if isinstance(element, str) else "")
    return Location(line=line if isinstance(line, int) else None, path=path)


def _values(element: etree._Element) -> Iterator[tuple[str, str]]:
    if element.text and element.text.strip() and not len(element):
        yield "", element.text.strip()
    for name, value in element.attrib.items():
        if value and not str(name).startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
            yield str(name), str(value)
