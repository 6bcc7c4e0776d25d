"""What the text of a query asks for besides its pattern: which variables, which order, which slice."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pyparsing import ParseResults
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Variable

from tests.sparql.parsing import parsed


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of a query that say how its answer may be compared."""

    form: str
    """SELECT, ASK, CONSTRUCT or DESCRIBE."""
    variables: tuple[str, ...] | None
    """In the order of the SELECT clause; None for `*` and for other forms."""
    modifier: str
    """DISTINCT, REDUCED or nothing."""
    order: tuple[tuple[str, bool], ...]
    """(variable of the answer, descending) for the leading conditions that the answer shows."""
    order_shown: bool
    """Whether these are all conditions."""
    limit: int | None
    offset: int
    concatenations: dict[str, str]
    """Variables that hold a GROUP_CONCAT, whose order is free, and its separator."""
    matched: frozenset[str]
    """Variables that hold terms as the data spells them: never assigned, only matched."""

    def unordered(self) -> "Shape":
        """Return the shape of the whole answer, in no order, its columns in any."""
        return replace(self, variables=None, order=(), limit=None, offset=0)

    @property
    def sliced(self) -> bool:
        """Whether the answer is a part of all solutions."""
        return self.limit is not None or self.offset > 0


@lru_cache(maxsize=4096)
def shape(query: str) -> Shape:
    """Return the shape of a query; raises what rdflib's parser raises when the text is not SPARQL."""
    tree = parsed(query)
    form = tree.name.removesuffix("Query").upper()
    projection = tree.projection or [] if form == "SELECT" else []
    shown = {str(p.evar or p.var): p.expr for p in projection}
    order, order_shown = _order(tree, shown)
    slice_ = tree.limitoffset
    return Shape(
        form=form,
        variables=tuple(shown) or None,
        modifier=str(tree.modifier or ""),
        order=order,
        order_shown=order_shown,
        limit=int(slice_.limit) if slice_ and slice_.limit is not None else None,
        offset=int(slice_.offset) if slice_ and slice_.offset is not None else 0,
        concatenations=dict(_concatenations(tree)),
        matched=frozenset(_in_patterns(tree)) - frozenset(_assigned(tree)),
    )


def _order(tree: CompValue, shown: dict[str, Any]) -> tuple[tuple[tuple[str, bool], ...], bool]:
    conditions = tree.orderby.condition if tree.orderby else []
    names = {str(_bare(expression)): name for name, expression in shown.items() if expression is not None}
    keys: list[tuple[str, bool]] = []
    for condition in conditions:
        expression = _bare(condition["expr"])
        visible = isinstance(expression, Variable) and (not shown or str(expression) in shown)
        name = str(expression) if visible else names.get(str(expression))
        if name is None:
            return tuple(keys), False
        keys.append((name, "order" in condition and condition["order"] == "DESC"))
    return tuple(keys), True


def _bare(expression: Any) -> Any:
    """Return an expression without the grammar levels that only wrap it."""
    while isinstance(expression, CompValue) and list(expression) == ["expr"]:
        expression = expression["expr"]
    return expression


def _parts(node: Any) -> Iterator[CompValue]:
    """Yield every node of a parse tree."""
    if isinstance(node, CompValue):
        yield node
        for child in node.values():
            yield from _parts(child)
    elif isinstance(node, (list, tuple, ParseResults)):
        for child in node:
            yield from _parts(child)


def _concatenations(tree: CompValue) -> Iterator[tuple[str, str]]:
    for part in _parts(tree):
        if part.name == "vars" and "evar" in part:
            aggregate = _bare(part["expr"])
            if isinstance(aggregate, CompValue) and aggregate.name == "Aggregate_GroupConcat":
                yield str(part["evar"]), str(aggregate["separator"]) if "separator" in aggregate else " "


TARGETS = {"Bind": "var", "InlineData": "var", "ValuesClause": "var", "GroupAs": "var", "vars": "evar"}
"""Nodes of the parse tree that give variables a value, and where they name them."""


def _assigned(tree: CompValue) -> Iterator[str]:
    for part in _parts(tree):
        target = TARGETS.get(part.name)
        if target in part:
            names = part[target]
            yield from map(str, [names] if isinstance(names, Variable) else names)


def _in_patterns(tree: CompValue) -> Iterator[str]:
    for part in _parts(tree):
        if part.name == "TriplesBlock":
            for triples in part.triples:
                yield from (str(term) for term in triples if isinstance(term, Variable))


# ---------------------------------------------------------------- text

_TOKEN = re.compile(
    r"""(?P<skip><[^<>"{}|^`\\\s]*>|\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*)
    |(?P<source>\bFROM\s+(?:NAMED\s+)?<[^>]*>)|(?P<open>\{)|(?P<close>\})|(?P<slice>\b(?:LIMIT|OFFSET)\s+\d+)
    |(?P<order>\bORDER\s+BY\b)|(?P<values>\bVALUES\b)|(?P<variable>\$\w+)""",
    re.VERBOSE | re.IGNORECASE,
)


def without_slice(query: str) -> str:
    """Return a query without the LIMIT and OFFSET that apply to its whole answer."""
    return _rewritten(query, lambda match, depth: "" if match.lastgroup == "slice" and depth == 0 else None)


def without_order(query: str) -> str:
    """Return a query without the ORDER BY, LIMIT and OFFSET that apply to its whole answer."""
    query = without_slice(query)
    depth, start = 0, None
    for match in _TOKEN.finditer(query):
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        if match.lastgroup == "order" and depth == 0:
            start = match.start()
        elif match.lastgroup == "values" and depth == 0 and start is not None:
            return query[:start] + query[match.start() :]
    return query if start is None else query[:start]


@dataclass(frozen=True, slots=True)
class Sources:
    """The graphs that a query names by FROM and FROM NAMED; None where it names none at all."""

    default: frozenset[str]
    named: frozenset[str]


def sources(query: str) -> Sources | None:
    """Return the dataset clause of a query."""
    found = [match[0] for match in _TOKEN.finditer(query) if match.lastgroup == "source"]
    named = frozenset(_iri(text) for text in found if "NAMED" in text.partition("<")[0].upper())
    default = frozenset(_iri(text) for text in found if "NAMED" not in text.partition("<")[0].upper())
    return Sources(default, named) if found else None


def _iri(text: str) -> str:
    return text.partition("<")[2].rstrip(">")


def without_sources(query: str) -> str:
    """Return a query without its dataset clause."""
    return _rewritten(query, lambda match, _: "" if match.lastgroup == "source" else None)


def with_parameters(query: str, terms: dict[str, str]) -> str:
    """Return a query with each `$name` replaced by a term: binding before evaluation.

    In the SELECT clause, `$name` becomes `(term AS ?name)`.
    """

    def replacement(match: re.Match[str], depth: int) -> str | None:
        name = match[0][1:]
        if match.lastgroup != "variable" or name not in terms:
            return None
        before = match.string[: match.start()]
        projected = depth == 0 and "{" not in before and before.count("(") == before.count(")")
        return f"({terms[name]} AS ?{name})" if projected else terms[name]

    return _rewritten(query, replacement)


def _rewritten(query: str, replacement: Callable[[re.Match[str], int], str | None]) -> str:
    """Return a query with tokens replaced; None keeps one.  Braces are counted, strings and comments skipped."""
    depth = start = 0
    pieces = []
    for match in _TOKEN.finditer(query):
        depth += (match.lastgroup == "open") - (match.lastgroup == "close")
        new = replacement(match, depth)
        if new is not None:
            pieces += [query[start : match.start()], new]
            start = match.end()
    return "".join(pieces) + query[start:]
