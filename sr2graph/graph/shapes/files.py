"""`ontologies/shapes/`: a file of shapes for each template that a document can follow, with all that it includes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from sr2graph.graph.shapes.conditioned import condition_rules_of
from sr2graph.graph.shapes.contexts import Chain, placed
from sr2graph.graph.shapes.expressions import ANY, SELF, UP, Path, Selection
from sr2graph.graph.shapes.nodes import Node, nodes
from sr2graph.graph.shapes.presence import predicate
from sr2graph.graph.shapes.rules import Kind, Rule, rules_of
from sr2graph.graph.shapes.writing import SHAPES, Writer, class_names, merged, path, shortened, text
from sr2graph.graph.vocabulary import PREFIXES
from sr2graph.templates.catalogue import templates
from sr2graph.templates.expansion import roots
from sr2graph.templates.starts import root_templates

FOLDER = "ontologies/shapes/"
MOST_TARGETS = 12
"""Concepts that items are found by; where there are more, they are found from their parents, or by their class."""

MOST_COUNTED = 40
"""Concepts of items that are counted and that their parents are found from."""

_PREFIXES = {"sh": "http://www.w3.org/ns/shacl#"} | PREFIXES


def stated(tid: str) -> tuple[dict[Rule, list[Chain]], dict[Rule, int]]:
    """Return rule ↔ where it holds, and the rules that are left out of some places, of a root template."""
    found = nodes(tid)
    holders = defaultdict[Rule, list[Node]](list)
    for node in found:
        for rule in dict.fromkeys((*rules_of(node), *condition_rules_of(node))):
            holders[rule].append(node)
    return placed(holders, found)


def shapes(tid: str) -> str:
    """Return the shapes of a root template and all that it includes, as Turtle."""
    rules, _ = stated(tid)
    writer = Writer("sh:node <document>", lambda chain: _is_telling(chain, tid))
    ways = defaultdict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, None]](dict)
    blocks = []
    for name, rule in _named(rules):
        chains = rules[rule]
        for way in _ways(rule, chains):
            ways[way][name] = None
        blocks.append(_rule(writer, name, rule, chains))
    found = [_way(number, *way, list(held)) for number, (way, held) in enumerate(sorted(ways.items()), 1)]
    body = "\n".join([_header(tid), _scope(tid, nodes(tid)), *blocks, *found, *writer.blocks])
    used = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in _PREFIXES.items() if f"{prefix}:" in body)
    notice = "# Written by python -m sr2graph.graph.shapes from the tables of mappings/templates; edit those.\n"
    return f"{notice}@base <{SHAPES}TID{tid}/> .\n{used}\n{body}"


def _header(tid: str) -> str:
    template = templates()[tid]
    return (
        f"<> a owl:Ontology ;\n  rdfs:label {text(f'Shapes of TID {tid} {template.name}')} ;\n"
        f"  dcterms:source {text(f'DICOM {template.source}')} ;\n"
        f"  dcterms:license <https://www.apache.org/licenses/LICENSE-2.0> .\n"
    )


# ---------------------------------------------------------------- which documents


def _scope(tid: str, found: tuple[Node, ...]) -> str:
    """Return the shape of the items in documents of a template: by the concept of the root, or what it declares."""
    steps = sorted({predicate(relationship) for node in found for _, relationship in node.parents})
    up: Path = (UP, *steps) if ANY not in steps else (UP,)
    own, every = unique_concepts(tid), {iri for row in roots(tid) for iri in row.concept.iris()}
    ways = [f"[ sh:path {path((up, 'sr:templateIdentifier'))} ; sh:hasValue {text(tid)} ]"]
    if own:
        values = [f"[ sh:path {path((up, 'sr:conceptName'))} ; sh:hasValue {shortened(iri)} ]" for iri in sorted(own)]
        ways = values if own == every else [*ways, *values]
    body = f"sh:property {ways[0]}" if len(ways) == 1 else f"sh:or ( {' '.join(ways)} )"
    return f"<document> a sh:NodeShape ;\n  {body} .\n"


def _is_telling(chain: Chain, tid: str) -> bool:
    """Whether what a place is about stands in no other documents."""
    return any(
        selection.concepts is not None and all(users_of_concepts().get(iri) == {tid} for iri in selection.concepts)
        for selection in chain.selections
    )


@cache
def users_of_concepts() -> dict[str, set[str]]:
    """Return concept ↔ the root templates that may have it somewhere."""
    found = defaultdict[str, set[str]](set)
    for tid in root_templates():
        for used in _included(tid):
            for iri in _concepts_of(used):
                found[iri].add(tid)
    return found


def _included(tid: str) -> set[str]:
    """Return a template and all that it includes."""
    found, waiting = set[str](), [tid]
    while waiting:
        one = waiting.pop()
        if one not in found and one in templates():
            found.add(one)
            waiting += [row.include for row in templates()[one].rows if row.include is not None]
    return found


@cache
def _concepts_of(tid: str) -> frozenset[str]:
    """Return what the rows of a template name, or bind a parameter of another one to."""
    sets = (said for row in templates()[tid].rows for said in (row.concept, *row.parameters.values()))
    return frozenset(iri for said in sets for iri in said.iris())


@cache
def unique_concepts(tid: str) -> frozenset[str]:
    """Return the concepts of the root that tell a template: no other root template has them."""
    others = frozenset(
        iri for other in root_templates() if other != tid for row in roots(other) for iri in row.concept.iris()
    )
    return frozenset(iri for row in roots(tid) for iri in row.concept.iris()) - others


# ---------------------------------------------------------------- rules


def _named(rules: Iterable[Rule]) -> Iterator[tuple[str, Rule]]:
    """Yield rules with their names; those that differ only in what the parameters of a template are get numbers."""
    taken = defaultdict[str, int](int)
    for rule in rules:
        row = rule.row.replace("'", "-bis")
        base = f"TID{rule.tid}/row{row}" + (f"/{rule.kind}" if rule.kind is not Kind.ROW else "")
        taken[base] += 1
        yield (f"<{base}>" if taken[base] == 1 else f"<{base}/{taken[base]}>"), rule


def _rule(writer: Writer, name: str, rule: Rule, chains: list[Chain]) -> str:
    severity = "" if rule.is_strict else "  sh:severity sh:Warning ;\n"
    source = text(f"PS3.16 TID {rule.tid}")
    return (
        f"{name} a sh:PropertyShape ;\n  sh:path {path((SELF,))} ;\n"
        f"  sh:or ( [ {writer.said(rule.expression)} ] [ sh:not {writer.context(chains)} ] ) ;\n"
        f"{severity}  sh:message {text(rule.message)} ;\n  dcterms:source {source} .\n"
    )


def _ways(rule: Rule, chains: list[Chain]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield how the items of some places are found: (targets, path from there)."""
    step, counted = rule.about or ("", frozenset[Selection]())
    codes = frozenset(iri for each in counted for iri in each.concepts or ())
    if codes and len(codes) <= MOST_COUNTED and all(each.concepts is not None for each in counted):
        # Where none of the items is that there may be no more of, there is nothing to check.
        yield _targets(codes), ("^sr:conceptName", f"^{step}")
        return
    for chain in merged(chains):
        yield _way_to(chain)


def _targets(iris: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"sh:targetNode {shortened(iri)}" for iri in sorted(iris))


def _way_to(chain: Chain) -> tuple[tuple[str, ...], tuple[str, ...]]:
    down: list[str] = []
    for number, selection in enumerate(chain.selections):
        if selection.concepts is not None and len(selection.concepts) <= MOST_TARGETS:
            return _targets(selection.concepts), ("^sr:conceptName", *down)
        if number < len(chain.steps):
            down.insert(0, chain.steps[number])
        elif chain.is_whole:
            return ("sh:targetSubjectsOf sr:root",), ("sr:root", *down)
    classes = sorted(class_names()[each] for each in chain.selections[0].types)
    return tuple(f"sh:targetClass {each}" for each in classes), (SELF,)


def _way(number: int, targets: tuple[str, ...], steps: tuple[str, ...], held: list[str]) -> str:
    return (
        f"<way-{number}> a sh:PropertyShape ;\n  {' ; '.join(targets)} ;\n  sh:path {path(steps)} ;\n"
        f"  sh:property {', '.join(held)} .\n"
    )
