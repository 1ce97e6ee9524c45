"""The canonical layout of a mapping file: top-level keys in one order, nested entries indented alike, comments kept."""

from __future__ import annotations

import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from edi.errors import ConfigError
from edi.mapping.loader import KEYS

WIDTH = 160
"""Characters of a line before it is broken."""


def formatted(text: str, *, source: str) -> str:
    """The file in canonical layout. Raises ConfigError if it is not YAML; formatting twice changes nothing more."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        tree = yaml.load(text)
    except YAMLError as error:
        raise ConfigError(f"{source} is not YAML", hint="edi mapping check shows where") from error
    if isinstance(tree, CommentedMap):
        _in_order(tree)
    out = io.StringIO()
    yaml.dump(tree, out)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).rstrip() + "\n"


def _in_order(tree: CommentedMap) -> None:
    """Move top-level keys that stand out of order; comments go with the key before them."""
    wanted = [key for key in KEYS if key in tree] + [key for key in tree if key not in KEYS]
    if list(tree) == wanted:
        return
    for key in wanted:
        tree.move_to_end(key)
