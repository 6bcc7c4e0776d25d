"""The stored tables: which columns there are, what they hold, and their Arrow types.

They follow from the vocabulary table; `ADDED` lists what storage itself adds.  A corpus is
one Delta table, so a column name has one type wherever it appears.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from sr2graph.graph.kinds import IRI_KINDS
from sr2graph.graph.records import table_columns
from sr2graph.graph.vocabulary import predicates

RECORD = "record"
"""The column that the Delta table is partitioned by: the name of the table a row belongs to."""
FORMAT = 1
"""Raised when what is stored means something else; a new column needs no new format."""

NUMBER = pa.int32()
KEY = pa.int64()
TEXT = pa.string()
_NUMERIC = {"decimal": pa.float64(), "double": pa.float64(), "integer": pa.int64(), "digits": pa.int64()}
_NODES = frozenset({"item", "node", "written"})


@dataclass(frozen=True, slots=True)
class Column:
    """A stored column."""

    name: str
    type: pa.DataType
    cell: str = ""
    """The column of the record it is made from; empty for what storage adds."""
    kind: str = ""
    """What that column of the record holds, see `sr2graph.graph.kinds`."""
    is_node: bool = False
    """Holds node numbers: relative to the document where stored, global in the views."""


@dataclass(frozen=True, slots=True)
class Table:
    """A stored table."""

    name: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of its files."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def fingerprint(self) -> str:
        """What the names of its files begin with: another one where the columns are others."""
        text = repr([(column.name, str(column.type)) for column in self.columns])
        return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()

    @property
    def of_documents(self) -> bool:
        """Whether each row belongs to a document, and leaves with it."""
        return self.columns[0].name == "document" and self.name != "removals"


def _node(name: str) -> Column:
    return Column(name, NUMBER, is_node=True)


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, TEXT) for name in names)


DOCUMENT = Column("document", KEY)
CODE = Column("code", KEY)
ADDED: dict[str, tuple[Column, ...]] = {
    "documents": (
        *_text("iri", "sop_instance_uid", "kind"),
        Column("items", NUMBER),
        Column("nodes", NUMBER),
        Column("warnings", NUMBER),
        *_text("content_digest", "source", "source_digest", "ingested_at"),
    ),
    "items": (_node("last"), _node("run"), *_text("position")),
    "nodes": (_node("node"), *_text("name")),
    "code_uses": (CODE,),
}
"""Columns that storage adds to those of the records, and its own tables that hang on documents."""
BOOKKEEPING: dict[str, tuple[Column, ...]] = {
    "removals": (DOCUMENT, *_text("iri", "reason", "removed_at")),
    "rejects": _text("file", "state", "reason", "place", "source_digest", "rejected_at"),
}

_RESOURCES_BY_KEY = {"document": (), "equipment": ()}
"""Columns of documents that the key of the document already tells."""
_NOT_IN_CONCEPTS = ("label",)
"""Said of the code IRI, not of the code as written: a row of `codes`."""


@cache
def tables() -> dict[str, Table]:
    """Return the stored tables by name."""
    names = dict.fromkeys((*table_columns(), *ADDED))
    result = {name: Table(name, _columns(name)) for name in names}
    result["codes"] = Table("codes", (CODE, *_code_columns()))
    return result | {name: Table(name, columns) for name, columns in BOOKKEEPING.items()}


def _columns(table: str) -> tuple[Column, ...]:
    stored = [
        column
        for cell, kind in table_columns().get(table, {}).items()
        if not (table == "concepts" and cell in _NOT_IN_CONCEPTS)
        for column in _stored(table, cell, kind)
    ]
    return (DOCUMENT, *stored, *ADDED.get(table, ()))


def _stored(table: str, cell: str, kind: str) -> Iterator[Column]:
    """Yield the columns that a column of a record is stored in."""
    name = f"{table.removesuffix('s')}_value" if cell == "value" else cell
    if cell == "ordinal":
        yield Column(name, NUMBER, cell, "ordinal")
    elif kind in _NUMERIC:
        yield Column(name, _NUMERIC[kind], cell, kind)
        yield Column(f"{name}_text", TEXT, cell, kind)
    elif kind in _NODES:
        yield Column(name, NUMBER, cell, kind, is_node=True)
    elif cell == "property":
        # Names a field, not something with an IRI; predicates compare it as it is.
        yield Column(name, TEXT, cell, "string")
    elif kind != "resource":
        yield Column(name, TEXT, cell, kind)
    elif table != "documents":
        yield Column(name, NUMBER, cell, kind, is_node=True)
        yield Column(f"{name}_iri", TEXT, cell, kind)
    elif cell not in _RESOURCES_BY_KEY:
        yield Column(name, TEXT, cell, kind)


def _code_columns() -> tuple[Column, ...]:
    """Return the columns of what can be said of a code IRI."""
    said = (p for p in predicates() if p.table == "concepts" and "skos:Concept" in p.domain.split())
    columns = {p.column: Column(p.column, TEXT, p.column, p.kind) for p in said if p.kind not in IRI_KINDS - {"uid"}}
    return (Column("concept", TEXT, "concept", "concept"), *columns.values())


@cache
def delta_schema() -> pa.Schema:
    """Return the schema of the Delta table: the columns of all tables, each name once."""
    types = {column.name: column.type for table in tables().values() for column in table.columns}
    return pa.schema([(RECORD, TEXT), *types.items()])
