"""Triple patterns to blocks: which rows of which tables state the triples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from itertools import count

from rdflib.paths import Path
from rdflib.term import BNode, Node, URIRef, Variable

from sr2graph.corpus.sparql.block import Algebra, Block
from sr2graph.corpus.sparql.facts import facts, naming_row, of_report
from sr2graph.corpus.sparql.kinds import (
    ANY,
    DECIMAL,
    DOUBLE,
    INTEGER,
    IRI,
    ITEM,
    NODE,
    REPORT,
    Column,
    Family,
    Kind,
)
from sr2graph.corpus.sparql.mappings import Mapping, is_unique, mappings, virtual_mappings
from sr2graph.corpus.sparql.sql import FALSE, Scan, Sql, joined, name, sql
from sr2graph.corpus.sparql.terms import Terms
from sr2graph.graph.vocabulary import NAMESPACE

Graph = Variable | URIRef | None
"""The graph that patterns are matched in; None is the union of all."""
Triple = tuple[Node, Node | Path, Node]

FEW = 8
"""Columns of a table that are looked at in a block each, where the object is known, rather than side by side."""
DESCENDANT = NAMESPACE + "descendant"
_SPELLED_APART = (INTEGER, DECIMAL, DOUBLE)
_PARENT = "regexp_replace({}, '[.][0-9]+$', '')"
"""The position of the parent of an item."""


@dataclass(slots=True)
class Patterns:
    """Compiles triple patterns."""

    terms: Terms
    algebra: Algebra
    parameters: MappingType[Variable, Node]
    _fresh: Iterator[int]

    @classmethod
    def over(cls, algebra: Algebra, parameters: MappingType[Variable, Node]) -> Patterns:
        """Return the compiler of the patterns of one query."""
        return cls(algebra.terms, algebra, parameters, count(1))

    def fresh(self) -> Variable:
        """Return a variable that no query can name."""
        return Variable(f" {next(self._fresh)}")

    # ------------------------------------------------------------ binding

    def given(self, term: Node) -> Node:
        """Return the value of a parameter; blank nodes of patterns are variables."""
        if isinstance(term, BNode):
            return Variable(f" {term}")
        return self.parameters.get(term, term) if isinstance(term, Variable) else term

    def bound(self, block: Block, term: Node, column: Column) -> Block:
        """Return a block whose column is that of a variable, or equal to a constant."""
        term = self.given(term)
        if isinstance(term, Variable):
            mine = block.variables.get(term)
            if mine is None:
                return block.binding({term: column})
            return block.having(self.terms.joinable(mine, column))
        same = self.terms.same(column, self.terms.constant(term))
        return block.having(FALSE if same is None else same)

    def in_graph(self, block: Block, graph: Graph, document: Sql, scan: Scan) -> Block:
        """Return a block whose rows are of a report that is the graph."""
        if graph is None:
            return block
        return self.bound(block, graph, Column(REPORT, (document,), origin=(scan, "document")))

    def may_match(self, term: Node, column: Column, known: Block) -> bool:
        """Tell whether a column can be what is known of a term."""
        term = self.given(term)
        if isinstance(term, Variable):
            mine = known.variables.get(term)
            if mine is None or mine.nullable:
                return True
            return not _are_other_nodes(mine, column) and self.terms.same(mine, column) is not None
        return self.terms.same(column, self.terms.constant(term)) is not None

    # ------------------------------------------------------------ one predicate

    def of_predicate(  # noqa: PLR0913 # a pattern, its graph, and what is known
        self, subject: Node, predicate: str, target: Node, graph: Graph, known: Block, *, is_optional: bool = False
    ) -> list[Block]:
        """Return where triples of a predicate may come from: one block for each table."""
        if predicate in virtual_mappings():
            return [self._virtual(subject, predicate, target, graph)]
        found = []
        for mapping in mappings().get(predicate, ()):
            if self._has_rows(mapping):
                fact = self._fact(mapping, subject, target, graph, known, is_optional=is_optional)
                columns = self._columns(mapping, graph)
                if fact is not None:
                    found.append(fact)
                elif self._fits(subject, target, columns, known):
                    found.append(self._mapped(mapping, subject, target, graph, columns))
        return [block for block in found if not block.is_empty]

    def _fact(  # noqa: PLR0913 # the same
        self, mapping: Mapping, subject: Node, target: Node, graph: Graph, known: Block, *, is_optional: bool
    ) -> Block | None:
        """Return what a report says of a code that a known row of it names; its conditions need that row.

        None where no such row is known.
        """
        term = self.given(subject)
        mine = known.variables.get(term) if isinstance(term, Variable) else None
        if mapping.table != "codes" or mapping.constant is not None or graph is None or mine is None:
            return None
        row = naming_row(mine)
        if row is not None and row.code and not is_optional:
            return None  # DuckDB would join all uses of the code with all that is said of it anywhere
        if row is None or not self._is_in_graph(row, graph, known):
            return None
        code = Scan("codes")
        told = self._target(mapping, code)
        scan = facts(mapping, told.parts, code, self.terms.catalog)
        document = of_report(mapping, mine.sql, row.column("document"))
        block = Block((scan,)).having(
            self.terms.joinable(mine, Column(mapping.subject_kind, (scan.column("s"),))),
            sql("{} = {}", scan.column("document"), document),
        )
        return self.bound(block, target, Column(told.kind, tuple(scan.column(f"o{i}") for i in range(len(told.parts)))))

    def _is_in_graph(self, row: Scan, graph: Graph, known: Block) -> bool:
        """Tell whether it is known that a row is of the report that is the graph."""
        document = Column(REPORT, (row.column("document"),))
        term = self.given(graph) if graph is not None else None
        if not isinstance(term, Variable):
            return term is not None and self.terms.same(document, self.terms.constant(term)) in known.where
        mine = known.variables.get(term)
        if mine is None or mine.nullable or mine.kind is not REPORT:
            return False
        return mine.parts == document.parts or self.terms.joinable(mine, document) in known.where

    def _fits(self, subject: Node, target: Node, columns: _Columns, known: Block) -> bool:
        return self.may_match(subject, columns.subject, known) and self.may_match(target, columns.target, known)

    def _has_rows(self, mapping: Mapping) -> bool:
        # A relationship is nearly always there by value; by reference it is rare, and its absence saves a union.
        condition = None if mapping.table == "items" else mapping.where
        return self.terms.catalog.has_rows(mapping.table, condition)

    def _mapped(self, mapping: Mapping, subject: Node, target: Node, graph: Graph, columns: _Columns) -> Block:
        scan = columns.scan
        block = Block((scan,))
        if mapping.where is not None and scan.table:
            block = block.having(sql("{} = {}", scan.column(mapping.where[0]), name(mapping.where[1])))
        block = self.in_graph(block, graph, scan.column("document"), scan)
        block = self.bound(block, subject, columns.subject)
        if scan.table:
            for name_, column in ((mapping.subject, columns.subject), (mapping.object, columns.target)):
                if column.constant is None and not is_unique(mapping.table, name_):
                    block = block.having(column.bound)
        return self.bound(block, target, columns.target)

    def _columns(self, mapping: Mapping, graph: Graph) -> _Columns:
        """Return a scan of the rows of a mapping, and the columns of subject and object in it."""
        if mapping.table == "codes" or mapping.repeats:
            in_report = graph is not None and mapping.table == "documents"
            if not in_report:
                return self._derived(mapping, graph)
        scan = Scan(mapping.table)
        subject = stored(scan, mapping.subject, mapping.subject_kind, is_key=True)
        return _Columns(scan, subject, self._target(mapping, scan))

    def _target(self, mapping: Mapping, scan: Scan) -> Column:
        if mapping.constant is not None:
            return self.terms.constant(mapping.constant)
        is_key = mapping.object_kind.family is Family.KEY or mapping.object == "equipment"
        return stored(scan, mapping.object, mapping.object_kind, is_key=is_key)

    def _derived(self, mapping: Mapping, graph: Graph) -> _Columns:
        """Return the distinct triples of a mapping whose rows say a triple more than once."""
        inner = Scan(mapping.table)
        columns = [sql('{} AS "s"', inner.column(mapping.subject))]
        conditions = [sql("{} IS NOT NULL", inner.column(mapping.subject))]
        target = self._target(mapping, inner)
        if mapping.constant is None:
            conditions.append(target.bound)
            columns += [sql(f'{{}} AS "o{i}"', part) for i, part in enumerate(target.parts)]
        if mapping.where is not None:
            conditions.append(sql("{} = {}", inner.column(mapping.where[0]), name(mapping.where[1])))
        outer = Scan()
        scans: tuple[Scan, ...] = (inner,)
        if graph is not None and mapping.table == "codes":
            uses = Scan("code_uses")
            scans = (uses, inner)
            conditions.append(sql("{} = {}", uses.column("code"), inner.column("code")))
            columns.append(sql('{} AS "document"', uses.column("document")))
            outer.code = "s"
        elif graph is not None:
            columns.append(sql('{} AS "document"', inner.column("document")))
        once = graph is not None and mapping.table == "codes"  # a report says of a code once what it is
        outer.source = Block(scans, (), tuple(conditions)).select(joined(", ", columns), distinct=not once)
        subject = Column(mapping.subject_kind, (outer.column("s"),))
        if mapping.constant is None:
            parts = tuple(outer.column(f"o{i}") for i in range(len(target.parts)))
            target = Column(target.kind, parts)
        return _Columns(outer, subject, target)

    def _virtual(self, subject: Node, predicate: str, target: Node, graph: Graph) -> Block:
        """Return what the tables tell for free of each item: its report, patient, study, device, descendants."""
        item = Scan("items")
        block = self.in_graph(Block((item,)), graph, item.column("document"), item)
        block = self.bound(block, subject, stored(item, "item", ITEM, is_key=True))
        column = virtual_mappings()[predicate][0]
        if predicate == DESCENDANT:
            below = Scan("items")
            block = replace(block, scans=(item, below)).having(*within(item, below))
            return self.bound(block, target, stored(below, "item", ITEM, is_key=True))
        if column == "document":
            return self.bound(block, target, Column(REPORT, (item.column("document"),)))
        report = Scan("documents")
        block = replace(block, scans=(item, report))
        block = block.having(sql("{} = {}", report.column("document"), item.column("document")))
        return self.bound(block, target, Column(IRI, (report.column(column),)))

    # ------------------------------------------------------------ any predicate

    def of_any(  # noqa: PLR0913, PLR0917 # a pattern, its graph, and what is known
        self, subject: Node, predicate: Node | None, target: Node, graph: Graph, known: Block, but: Iterable[str] = ()
    ) -> list[Block]:
        """Return where triples of any predicate may come from.

        Where the subject is a row that is there already, its columns are looked at side by side;
        else there is a block for each predicate, which reads no other column.  Planning those
        takes longer than reading a small corpus.
        """
        excluded = set(but)
        blocks: list[Block] = []
        for (table, key, kind), several in _plain_mappings().items():
            own = [m for m in several if m.predicate not in excluded]
            if not own or not self.terms.catalog.has_rows(table):
                continue
            if self._is_known(target, known):
                own = [m for m in own if self.may_match(target, self._target(m, Scan(table)), known)]
                if len(own) <= FEW:  # columns of one kind are joined by hash, a CASE of several is not
                    blocks += self._each(own, subject, predicate, target, graph, known)
                    continue
            if own[0].repeats and table == "codes" and graph is not None:
                blocks += self._each(own, subject, predicate, target, graph, known)
            elif self._is_row(subject, table, key, known) or self.terms.catalog.is_small:
                if self.may_match(subject, stored(Scan(table), key, kind, is_key=True), known):
                    blocks.append(self._any_of_row(own, subject, predicate, target, graph))
            else:
                blocks += self._each(own, subject, predicate, target, graph, known)
        rest = [m for m in _other_mappings() if m.predicate not in excluded and self._has_rows(m)]
        blocks += self._each([m for m in rest if not m.is_edge], subject, predicate, target, graph, known)
        for table in dict.fromkeys(m.table for m in rest if m.is_edge):
            edges = [m for m in rest if m.is_edge and m.table == table]
            if self._fits(subject, target, self._columns(edges[0], graph), known):
                blocks.append(self.edges(edges, subject, predicate, target, graph))
        return [block for block in blocks if not block.is_empty]

    def _is_known(self, target: Node, known: Block) -> bool:
        """Tell whether a term is a constant, or a variable that is bound to terms of one kind."""
        term = self.given(target)
        column = known.variables.get(term) if isinstance(term, Variable) else self.terms.constant(term)
        return column is not None and not column.nullable and column.kind is not ANY

    def edges(self, several: list[Mapping], subject: Node, predicate: Node | None, target: Node, graph: Graph) -> Block:
        """Return the edges of several relationships in one table."""
        columns = self._columns(several[0], graph)
        relationship = columns.scan.column("relationship")
        wanted = joined(", ", [name(m.predicate) for m in several])
        block = Block((columns.scan,)).having(sql("{} IN ({})", relationship, wanted), columns.target.bound)
        block = self.in_graph(block, graph, columns.scan.column("document"), columns.scan)
        block = self.bound(block, subject, columns.subject)
        if predicate is not None:
            block = self.bound(block, predicate, Column(IRI, (relationship,)))
        return self.bound(block, target, columns.target)

    def _is_row(self, subject: Node, table: str, key: str, known: Block) -> bool:
        term = self.given(subject)
        if not isinstance(term, Variable):
            return True
        column = known.variables.get(term)
        return (column is not None and column.kind.family is Family.KEY) or (
            column is not None and column.origin is not None and column.origin[0].table == table
            and column.origin[1] == key
        )  # fmt: skip

    def _each(  # noqa: PLR0913, PLR0917 # the same
        self,
        several: Iterable[Mapping],
        subject: Node,
        predicate: Node | None,
        target: Node,
        graph: Graph,
        known: Block,
    ) -> list[Block]:
        blocks = []
        for mapping in several:
            columns = self._columns(mapping, graph)
            iri = self.terms.constant(URIRef(mapping.predicate))
            if not self._fits(subject, target, columns, known):
                continue
            if predicate is not None and not self.may_match(predicate, iri, known):
                continue
            block = self._mapped(mapping, subject, target, graph, columns)
            if predicate is not None:
                block = self.bound(block, predicate, replace(iri, parts=(name(mapping.predicate),), constant=None))
            blocks.append(block)
        return blocks

    def _any_of_row(
        self, several: list[Mapping], subject: Node, predicate: Node | None, target: Node, graph: Graph
    ) -> Block:
        first = several[0]
        predicate = self.fresh() if predicate is None else predicate  # what makes two triples of one pair two
        scan, number = Scan(first.table), Scan()
        rows = joined(", ", [sql(f"({i}, {{}})", name(m.predicate)) for i, m in enumerate(several)])
        number.source = sql("SELECT * FROM (VALUES {}) AS v(i, p)", rows)
        columns = [self._target(m, scan) for m in several]
        arms = joined(" ", [sql(f"WHEN {i} THEN {{}}", self.terms.spelled(c)) for i, c in enumerate(columns)])
        term = sql("CASE {} {} END", number.column("i"), arms)
        block = self.in_graph(Block((scan, number)), graph, scan.column("document"), scan)
        block = self.bound(block, subject, stored(scan, first.subject, first.subject_kind, is_key=True))
        block = self.bound(block, predicate, Column(IRI, (number.column("p"),)))
        block = block.having(sql("{} IS NOT NULL", scan.column(first.subject)), sql("{} IS NOT NULL", term))
        block = self.bound(block, target, Column(ANY, (term,)))
        once = not first.repeats or (graph is not None and first.table == "documents")
        return block if once else self.algebra.wrapped(block, distinct=True)


@dataclass(frozen=True, slots=True)
class _Columns:
    scan: Scan
    subject: Column
    target: Column


def within(item: Scan, below: Scan) -> list[Sql]:
    """Return when an item lies below another: its number lies in the interval of the other's (pre-order)."""
    return [
        sql("{} = {}", below.column("document"), item.column("document")),
        sql("{} > {}", below.column("item"), item.column("item")),
        sql("{} <= {}", below.column("item"), item.column("last")),
    ]


def _are_other_nodes(one: Column, other: Column) -> bool:
    """Tell whether two columns are the keys of nodes of different tables: a node has its row in one of them."""
    if one.kind is not NODE or other.kind is not NODE or one.origin is None or other.origin is None:
        return False
    (scan, key), (twin, twin_key) = one.origin, other.origin
    unique = is_unique(scan.table, key) and is_unique(twin.table, twin_key)
    return unique and scan.table != twin.table and "nodes" not in (scan.table, twin.table)


def stored(scan: Scan, column: str, kind: Kind, *, is_key: bool = False) -> Column:
    """Return a column of a table, as the term it stores."""
    if kind in _SPELLED_APART and column != "ordinal":
        return Column(kind, (scan.column(column), scan.column(f"{column}_text")))
    if kind in _SPELLED_APART:
        return Column(kind, (scan.column(column),))
    origin = (scan, column) if is_key else None
    return Column(kind, (scan.column(column),), origin=origin, place=_place(scan, column, kind))


def _place(scan: Scan, column: str, kind: Kind) -> tuple[Sql, Sql] | None:
    if kind is not ITEM:
        return None
    if scan.table == "documents":
        return scan.column("document"), name("1")
    if scan.table != "items" or column not in ("item", "parent"):
        return None
    position = scan.column("position")
    return scan.column("document"), position if column == "item" else sql(_PARENT, position)


def _is_plain(mapping: Mapping) -> bool:
    return mapping.where is None and mapping.constant is None


def _plain_mappings() -> dict[tuple[str, str, Kind], list[Mapping]]:
    """Return (table, subject column, its kind) → the mappings that are columns of its rows."""
    found: dict[tuple[str, str, Kind], list[Mapping]] = {}
    for several in mappings().values():
        for mapping in several:
            if _is_plain(mapping) and mapping.table not in _ROWS_OF_PARTS:
                found.setdefault((mapping.table, mapping.subject, mapping.subject_kind), []).append(mapping)
    return found


_ROWS_OF_PARTS = frozenset({"other_attributes"})
"""Tables of which several rows are about one subject."""


def _other_mappings() -> list[Mapping]:
    return [
        mapping
        for several in mappings().values()
        for mapping in several
        if not _is_plain(mapping) or mapping.table in _ROWS_OF_PARTS
    ]
