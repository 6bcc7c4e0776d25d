"""Expressions as SHACL Core in Turtle; what a file says more than once has a name and stands there once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, singledispatchmethod
from operator import attrgetter

from sr2graph.graph.rendering import escaped
from sr2graph.graph.shapes.contexts import Chain
from sr2graph.graph.shapes.expressions import (
    ANY,
    CONCEPT,
    SELF,
    TYPE,
    UP,
    All,
    Among,
    Count,
    ExactlyOne,
    Expression,
    Is,
    Not,
    OneOrMore,
    Path,
    Selection,
    Within,
)
from sr2graph.graph.shapes.presence import PREDICATES
from sr2graph.graph.vocabulary import PREFIXES, classes
from sr2graph.templates.value_sets import context_groups

SHAPES = "https://w3id.org/sr2graph/shape/"
SHORT = 6
"""Codes that are written where they are used; a longer list is named."""

_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()}
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*)", re.ASCII)


def class_names() -> dict[str, str]:
    """Return value type ↔ its class."""
    return {each.label.removesuffix(" item"): each.curie for each in classes() if each.superclass == "sr:ContentItem"}


def shortened(iri: str) -> str:
    """Return an IRI as Turtle."""
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    prefix = _PREFIX_OF.get(iri[:cut])
    return f"{prefix}:{iri[cut:]}" if prefix is not None and _LOCAL.fullmatch(iri, cut) else f"<{iri}>"


def text(said: str) -> str:
    """Return a literal."""
    return f'"{escaped(said)}"'


@cache
def group_names() -> dict[frozenset[str], str]:
    """Return codes ↔ the context group that has just these; the first one where several do."""
    found: dict[frozenset[str], str] = {}
    for cid, group in context_groups().items():
        found.setdefault(group.iris(), f"CID{cid}")
    return found


class Writer:
    """Writes the expressions of one file, and remembers what it gave a name."""

    def __init__(self, document: str, is_telling: Callable[[Chain], bool]) -> None:
        self.document = document
        """The shape that tells an item of the template's documents."""
        self.is_telling = is_telling
        """Whether a place is found in no other documents anyway."""
        self._codes: dict[frozenset[str], str] = {}
        self._items: dict[Selection, str] = {}
        self._contexts: dict[frozenset[Chain], str] = {}
        self._taken = set[str]()
        self.blocks: list[str] = []
        """What was named."""

    # ------------------------------------------------------------ names

    def codes(self, iris: frozenset[str]) -> str:
        """Return the name of the shape of a list of codes."""
        name = self._codes.get(iris)
        if name is None:
            known = group_names().get(iris)
            name = self._codes[iris] = self._name(known or "codes")
            comment = f" ; rdfs:label {text(_group_label(known))}" if known else ""
            self.blocks.append(f"{name} a sh:NodeShape{comment} ;\n  sh:in {_list(iris)} .\n")
        return name

    def item(self, selection: Selection) -> str:
        """Return the shape of some items, by its name unless it is short."""
        parts = self._selected(selection)
        if len(parts) == 1:
            return parts[0]
        name = self._items.get(selection)
        if name is None:
            name = self._items[selection] = self._name(_hint(selection))
            said = f"sh:property {', '.join(parts)}" if parts else "sh:nodeKind sh:IRI"
            self.blocks.append(f"{name} a sh:NodeShape ;\n  {said} .\n")
        return name

    def context(self, chains: Iterable[Chain]) -> str:
        """Return the name of the shape of the places where a rule holds."""
        key = frozenset(chains)
        name = self._contexts.get(key)
        if name is None:
            name = self._contexts[key] = self._name("place")
            several = [self._chain(chain) for chain in sorted(merged(key), key=attrgetter("order"))]
            body = several[0] if len(several) == 1 else f"sh:or ( {' '.join(f'[ {each} ]' for each in several)} )"
            self.blocks.append(f"{name} a sh:NodeShape ;\n  {body} .\n")
        return name

    def _name(self, hint: str) -> str:
        name, number = hint, 1
        if hint in ("codes", "place", "item"):
            name = f"{hint}-1"
        while name in self._taken:
            number += 1
            name = f"{hint}-{number}"
        self._taken.add(name)
        return f"<{name}>"

    # ------------------------------------------------------------ expressions

    @singledispatchmethod
    def said(self, expression: Expression) -> str:
        """Return the constraints of a node shape that says it."""
        raise TypeError(expression)

    @said.register
    def _(self, expression: Is) -> str:
        parts = self._selected(expression.selection)
        return f"sh:property {', '.join(parts)}" if len(parts) == 1 else f"sh:node {self.item(expression.selection)}"

    @said.register
    def _(self, expression: Among) -> str:
        if expression.literals:
            constraint = f"sh:in ( {' '.join(text(each) for each in expression.literals)} )"
        else:
            constraint = self._in(expression.iris)
        return self._of(expression.path, constraint)

    @said.register
    def _(self, expression: Within) -> str:
        return self._of(expression.path, f"sh:minInclusive {expression.least} ; sh:maxInclusive {expression.most}")

    @said.register
    def _(self, expression: Count) -> str:
        what = expression.what
        shape = self.item(what.selection) if isinstance(what, Is) else f"[ {self.said(what)} ]"
        bounds = [f"sh:qualifiedValueShape {shape}"]
        bounds += [f"sh:qualifiedMinCount {expression.least}"] if expression.least is not None else []
        bounds += [f"sh:qualifiedMaxCount {expression.most}"] if expression.most is not None else []
        return f"sh:property [ sh:path {path(expression.path)} ; {' ; '.join(bounds)} ]"

    @said.register
    def _(self, expression: Not) -> str:
        return f"sh:not [ {self.said(expression.what)} ]"

    @said.register
    def _(self, expression: All) -> str:
        said = [self.said(part) for part in expression.parts]
        if all(each.startswith("sh:property [") for each in said):
            return f"sh:property {', '.join(each.removeprefix('sh:property ') for each in said)}"
        return f"sh:and {self._all(expression.parts)}"

    @said.register
    def _(self, expression: OneOrMore) -> str:
        return f"sh:or {self._all(expression.parts)}"

    @said.register
    def _(self, expression: ExactlyOne) -> str:
        return f"sh:xone {self._all(expression.parts)}"

    def _all(self, parts: Iterable[Expression]) -> str:
        return f"( {' '.join(f'[ {self.said(part)} ]' for part in parts)} )"

    def _of(self, steps: Path, constraint: str) -> str:
        return f"sh:property [ sh:path {path(steps)} ; {constraint} ]" if steps else constraint

    def is_in(self, iris: frozenset[str]) -> str:
        """Return that there is a value, one of some."""
        return f"sh:hasValue {shortened(*iris)}" if len(iris) == 1 else f"sh:minCount 1 ; {self._in(iris)}"

    def _in(self, iris: frozenset[str]) -> str:
        return f"sh:in {_list(iris)}" if len(iris) <= SHORT else f"sh:node {self.codes(iris)}"

    def _selected(self, selection: Selection, above: Path = ()) -> list[str]:
        """Return the property shapes of some items, said of them or, by a path to them, of an item below."""
        found = []
        if selection.types:
            listed = sorted(map(_class, selection.types))
            one = f"sh:hasValue {listed[0]}" if len(listed) == 1 else f"sh:in ( {' '.join(listed)} )"
            found.append((TYPE, one))
        if selection.concepts is not None:
            found.append((CONCEPT, self.is_in(selection.concepts)))
        elif selection.excluded:
            found.append((CONCEPT, f"sh:not [ {self._in(selection.excluded)} ]"))
        if selection.declares:
            found.append((("sr:templateIdentifier",), f"sh:hasValue {text(selection.declares)}"))
        if above and selection.concepts is not None and len(selection.concepts) == 1:
            # The concept of a parent tells its value type.
            found = [each for each in found if each[0] is not TYPE]
        return [f"[ sh:path {path((*above, *steps))} ; {constraint} ]" for steps, constraint in found]

    def _chain(self, chain: Chain) -> str:
        """Return the constraints on an item and those above it, all said of the item."""
        found: list[str] = []
        steps: list[str] = []
        for number, selection in enumerate(chain.selections):
            found += self._selected(selection, tuple(steps))
            if number < len(chain.steps):
                steps.append(f"^{chain.steps[number]}")
        if chain.is_whole:
            found.append(f"[ sh:path {path((*steps, '^sr:root'))} ; sh:minCount 1 ]")
        said = f"sh:property {', '.join(dict.fromkeys(found))}"
        return said if self.is_telling(chain) else f"{said} ; {self.document}"


def merged(chains: Iterable[Chain]) -> set[Chain]:
    """Return the same places as fewer chains: those that differ in the codes of one item become one."""
    found = set(chains)
    for level in range(max(len(chain.selections) for chain in found)):
        groups: dict[object, list[Chain]] = {}
        for chain in found:
            groups.setdefault(_without_codes(chain, level), []).append(chain)
        found = {_with_all_codes(group, level) for group in groups.values()}
    return found


def _without_codes(chain: Chain, level: int) -> object:
    if level >= len(chain.selections):
        return chain
    here = chain.selections[level]
    others = (chain.selections[:level], chain.selections[level + 1 :])
    return here.types, here.declares, others, chain.steps, chain.is_whole


def _with_all_codes(group: list[Chain], level: int) -> Chain:
    if len(group) == 1:
        return group[0]
    one = group[0]
    some = [chain.selections[level] for chain in group]
    codes = frozenset(iri for each in some for iri in each.concepts or ())
    free = [each.excluded for each in some if each.concepts is None]
    excluded = frozenset.intersection(*free) - codes if free else frozenset[str]()
    here = replace(some[0], concepts=None if free else codes, excluded=excluded)
    return Chain((*one.selections[:level], here, *one.selections[level + 1 :]), one.steps, one.is_whole)


# ---------------------------------------------------------------- paths and lists

_ALL_WAYS = tuple(sorted([*PREDICATES.values(), "sr:hasContentItem"]))


def path(steps: Path) -> str:
    """Return a property path."""
    said = [_step(each) for each in steps]
    return said[0] if len(said) == 1 else f"( {' '.join(said)} )"


def _step(step: str | Path) -> str:
    if isinstance(step, tuple):
        return _upwards(step[1:]) if step[0] == UP else _alternative(_step(each) for each in step[1:])
    if step == SELF:
        # From a content item, which has no sr:root, this leads to itself and nowhere else.
        return "[ sh:zeroOrOnePath sr:root ]"
    if step == UP:
        return _upwards(())
    if step in (ANY, f"^{ANY}"):
        return _alternative(_step(step.replace(ANY, each)) for each in _ALL_WAYS)
    return f"[ sh:inversePath {step[1:]} ]" if step[0] == "^" else step


def _upwards(steps: Path) -> str:
    below = [_step(f"^{each}") for each in steps or _ALL_WAYS]
    return f"[ sh:zeroOrMorePath {below[0] if len(below) == 1 else _alternative(below)} ]"


def _alternative(steps: Iterable[str]) -> str:
    return f"[ sh:alternativePath ( {' '.join(steps)} ) ]"


def _list(iris: Iterable[str]) -> str:
    return f"( {' '.join(sorted(map(shortened, iris)))} )"


def _class(value_type: str) -> str:
    return class_names()[value_type]


def _hint(selection: Selection) -> str:
    concepts = selection.concepts or frozenset()
    if len(concepts) != 1 or len(selection.types) > 1:
        return "item"
    (iri,) = concepts
    code = iri[max(iri.rfind("#"), iri.rfind("/")) + 1 :]
    name = f"{next(iter(selection.types), 'any')}-{code}" + (f"-TID{selection.declares}" if selection.declares else "")
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else "item"


def _group_label(name: str) -> str:
    group = context_groups()[name.removeprefix("CID")]
    return f"CID {group.cid} {group.name}"
