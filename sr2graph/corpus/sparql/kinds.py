"""How RDF terms stand in SQL: each variable of a query is a Column of a known Kind.

Parts of a column by kind:

- ITEM, REPORT, NODE, RESOURCE: (global key,).  One key space: equal keys, equal terms.
- IRI: (full text,).
- INTEGER, DECIMAL, DOUBLE: (number, spelling or NULL where it is the canonical one).
- EXACT: (DECIMAL(38, 18),): a computed xsd:decimal.
- STRING and the other literals: (lexical form,).
- ANY: (N-Triples spelling with nothing escaped,): terms of several kinds in one column.  An item
  or another node of a report is `@` and its key there: its IRI is looked up when it is wanted.
- UNBOUND: no term at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rdflib.term import Literal, Node

from sr2graph.corpus.sparql.sql import Scan, Sql, sql
from sr2graph.graph.kinds import RDF_JSON, WKT_LITERAL, XSD


class Unsupported(Exception):  # noqa: N818 # not an error: the query is answered in memory instead
    """Something that does not compile; the message says what, in words for the user."""


class Family(StrEnum):
    """What can be equal to what."""

    KEY = "key"
    IRI = "iri"
    LITERAL = "literal"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Kind:
    """The static type of a column."""

    name: str
    family: Family
    types: tuple[str, ...]
    """SQL types of the parts."""
    datatype: str = ""


ITEM = Kind("item", Family.KEY, ("BIGINT",))
REPORT = Kind("report", Family.KEY, ("BIGINT",))
NODE = Kind("node", Family.KEY, ("BIGINT",))
RESOURCE = Kind("resource", Family.KEY, ("BIGINT",))
IRI = Kind("iri", Family.IRI, ("VARCHAR",))
MADE_IRI = Kind("made iri", Family.IRI, ("VARCHAR",))
"""An IRI that IRI() made of a text: it may be that of a node."""
STRING = Kind("string", Family.LITERAL, ("VARCHAR",), XSD + "string")
INTEGER = Kind("integer", Family.LITERAL, ("BIGINT", "VARCHAR"), XSD + "integer")
DECIMAL = Kind("decimal", Family.LITERAL, ("DOUBLE", "VARCHAR"), XSD + "decimal")
EXACT = Kind("exact", Family.LITERAL, ("DECIMAL(38, 18)",), XSD + "decimal")
DOUBLE = Kind("double", Family.LITERAL, ("DOUBLE", "VARCHAR"), XSD + "double")
BOOLEAN = Kind("boolean", Family.LITERAL, ("BOOLEAN",), XSD + "boolean")
DATE = Kind("date", Family.LITERAL, ("VARCHAR",), XSD + "date")
TIME = Kind("time", Family.LITERAL, ("VARCHAR",), XSD + "time")
DATETIME = Kind("dateTime", Family.LITERAL, ("VARCHAR",), XSD + "dateTime")
TEMPORAL = Kind("temporal", Family.LITERAL, ("VARCHAR",))
"""A gYear, gYearMonth, date or dateTime: the length of the text tells."""
JSON = Kind("json", Family.LITERAL, ("VARCHAR",), RDF_JSON)
WKT = Kind("wkt", Family.LITERAL, ("VARCHAR",), WKT_LITERAL)
ANY = Kind("any", Family.ANY, ("VARCHAR",))
UNBOUND = Kind("unbound", Family.ANY, ("VARCHAR",))

NUMBERS = (INTEGER, DECIMAL, EXACT, DOUBLE)

STORED: dict[str, Kind] = {
    "string": STRING,
    "verbatim": STRING,
    "list": STRING,
    "json": JSON,
    "wkt": WKT,
    "date": DATE,
    "time": TIME,
    "datetime": TEMPORAL,
    "decimal": DECIMAL,
    "double": DOUBLE,
    "integer": INTEGER,
    "digits": INTEGER,
    "uid": IRI,
    "concept": IRI,
    "class": IRI,
    "item": ITEM,
    "node": NODE,
    "written": NODE,
}
"""Kind of the vocabulary table ↔ kind of the column that stores it; resources depend on the predicate."""


@dataclass(frozen=True, slots=True)
class Column:
    """What SQL says of a term: a variable, a constant, or the value of an expression."""

    kind: Kind
    parts: tuple[Sql, ...]
    nullable: bool = False
    """Whether there may be no term."""
    origin: tuple[Scan, str] | None = None
    """The row that the term is the key of, and the column it stands in."""
    place: tuple[Sql, Sql] | None = None
    """(document, position) of an item, where they are at hand: its IRI then costs no join."""
    constant: Node | None = None

    @property
    def sql(self) -> Sql:
        """The part that is compared."""
        return self.parts[0]

    @property
    def text(self) -> Sql:
        """The spelling of a number, NULL where it is the canonical one."""
        return self.parts[1] if len(self.parts) > 1 else sql("CAST(NULL AS VARCHAR)")

    @property
    def bound(self) -> Sql:
        """Whether there is a term."""
        if self.kind is INTEGER and len(self.parts) > 1:  # a number of more than 64 bits has only its spelling
            return sql("COALESCE(CAST({} AS VARCHAR), {}) IS NOT NULL", self.sql, self.text)
        return sql("{} IS NOT NULL", self.sql)

    @property
    def unbound(self) -> Sql:
        """Whether there is no term."""
        return sql("NOT ({})", self.bound) if self.kind is INTEGER else sql("{} IS NULL", self.sql)

    def maybe(self) -> Column:
        """Return it as a term that may be missing, of no row in particular."""
        return replace(self, nullable=True, origin=None, constant=None)

    def computed(self, *parts: Sql, nullable: bool = True) -> Column:
        """Return another value of the same kind."""
        return Column(self.kind, parts, nullable)

    def replaced(self, scans: dict[Scan, Scan]) -> Column:
        """Return it with other scans in the place of some."""
        origin = self.origin
        if origin is not None and origin[0] in scans:
            origin = scans[origin[0]], origin[1]
        place = self.place
        if place is not None:
            place = place[0].replaced(scans), place[1].replaced(scans)
        return replace(self, parts=tuple(p.replaced(scans) for p in self.parts), origin=origin, place=place)

    def when(self, condition: Sql) -> Column:
        """Return it where a condition holds, else no term."""
        parts = tuple(sql("CASE WHEN {} THEN {} END", condition, part) for part in self.parts)
        return replace(self.maybe(), parts=parts)


NOTHING = Column(UNBOUND, (sql("CAST(NULL AS VARCHAR)"),), nullable=True)
"""A variable that no pattern binds."""


def is_number(column: Column) -> bool:
    """Tell whether a column holds numbers only."""
    return column.kind in NUMBERS


def plain(literal: Literal) -> bool:
    """Tell whether a literal is an xsd:string."""
    return not literal.language and (literal.datatype is None or str(literal.datatype) == STRING.datatype)
