"""`xref/<table>.yaml` that names a query instead of values: what may stand in it.

Rule 1: nothing is written in that database: one statement that begins with SELECT or WITH; `xref_database` asks it read-only.
Rule 2: values go in as parameters, never into the text of the query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic import Field, field_validator, model_validator

from edi.workspace.secrets import SecretReference
from edi.workspace.values import Frozen

COLUMNS: Final = ("wire", "canonical", "from", "to", "partner")
"""As those of a file; `partner` says for whom a row is, empty for everybody."""

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_FIRST_WORD = re.compile(r"[\s(]*(\w*)")
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""As SQLAlchemy finds them."""
_ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)


class Query(Frozen):
    """The SELECT, where it is asked, and which of its columns is which."""

    database: SecretReference
    query: str
    columns: Mapping[str, str] = Field(default_factory=dict)
    """One that is left out is called as we call it."""
    parameters: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("query")
    @classmethod
    def _only_reads(cls, query: str) -> str:
        bare = _LITERAL.sub("''", _COMMENT.sub(" ", query)).strip().removesuffix(";")
        found = _FIRST_WORD.match(bare)
        first = found[1].upper() if found else ""
        if first not in {"SELECT", "WITH"}:
            raise ValueError(f"only a SELECT is asked, and this begins with {first!r}")
        if ";" in bare:
            raise ValueError("only one statement is asked; a semicolon stands inside")
        return query

    @field_validator("columns")
    @classmethod
    def _columns_are_ours(cls, columns: Mapping[str, str]) -> Mapping[str, str]:
        if unknown := [name for name in columns if name not in COLUMNS]:
            raise ValueError(f"{unknown[0]!r} is no column of a table: {', '.join(COLUMNS)}; write ours: theirs")
        return columns

    @model_validator(mode="after")
    def _parameters_fit(self) -> Query:
        asked = set(_PARAMETER.findall(self.query))
        if missing := sorted(asked - self.parameters.keys()):
            raise ValueError(f"the query asks for :{missing[0]}, which `parameters` does not give")
        if extra := sorted(self.parameters.keys() - asked):
            raise ValueError(f"the query does not ask for :{extra[0]}, which `parameters` gives")
        return self

    @property
    def ordered(self) -> bool:
        """True if the order of the answer is the query's own."""
        return bool(_ORDERED.search(self.query))
