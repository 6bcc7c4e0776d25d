"""FHIR RDF read back into JSON, by the rules of R4 and R5: the other half of a round trip, for tests."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode

from sr2graph.errors import NotFhirError
from sr2graph.fhir.elements import Element, element

FHIR = "http://hl7.org/fhir/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NOT_ELEMENTS = {"nodeRole", "link", "index"}

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal


class Number(str):
    """A JSON number by its digits; equal to another number with the same digits, and to no text."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and str.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(("number", str(self)))


def triples(text: str, format: pyoxigraph.RdfFormat = pyoxigraph.RdfFormat.TURTLE) -> list[pyoxigraph.Triple]:
    """The triples of a document."""
    return [quad.triple for quad in pyoxigraph.parse(text, format=format)]


def canonical(found: Iterable[pyoxigraph.Triple]) -> set[pyoxigraph.Quad]:
    """A graph whose blank nodes have canonical labels: isomorphic graphs are equal."""
    data = pyoxigraph.Dataset(pyoxigraph.Quad(each.subject, each.predicate, each.object) for each in found)
    data.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return set(data)


class Reader:
    """Reads one bundle from its triples."""

    def __init__(self, release: str, found: Iterable[pyoxigraph.Triple]) -> None:
        self._release = release
        self._value = FHIR + ("v" if release == "R5" else "value")
        self._said: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for each in found:
            assert not isinstance(each.subject, pyoxigraph.Triple)
            assert not isinstance(each.object, pyoxigraph.Triple)
            self._said[each.subject][each.predicate.value].append(each.object)

    def bundle(self) -> Any:
        """The resource that is the root of the tree."""
        (root,) = (node for node, said in self._said.items() if FHIR + "nodeRole" in said)
        return self._resource(root)

    def _resource(self, node: Term) -> dict[str, Any]:
        (type_,) = self._types(node)
        return {"resourceType": type_} | self._object(node, type_)

    def _types(self, node: Term) -> list[str]:
        iris = [str(each.value) for each in self._said[node][RDF + "type"]]
        return [iri.removeprefix(FHIR) for iri in iris if iri.startswith(FHIR)]

    def _object(self, node: Term, shape: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for predicate, objects in self._said[node].items():
            name = predicate.removeprefix(FHIR).rpartition(".")[2]
            if not predicate.startswith(FHIR) or name in NOT_ELEMENTS:
                continue
            values = objects
            if self._release == "R5" and self._is_list(objects[0]):
                assert len(objects) == 1
                values = self._list(objects[0])
            name = self._json_name(shape, name, values[0])
            how = element(self._release, shape, name)
            if self._release == "R4":
                assert predicate == f"{FHIR}{how.path.rpartition('.')[0]}.{name}"
                values = sorted(values, key=self._index) if how.repeats else values
                assert not how.repeats or [self._index(each) for each in values] == list(range(len(values)))
            told = [self._one(each, how) for each in values]
            assert how.repeats or len(told) == 1
            made[name] = told if how.repeats else told[0]
        return made

    def _json_name(self, shape: str, name: str, value: Term) -> str:
        """valueQuantity for value [ a fhir:Quantity ]."""
        try:
            element(self._release, shape, name)
        except NotFhirError:
            (type_,) = self._types(value)
            return f"{name}{type_[0].upper()}{type_[1:]}"
        return name

    def _is_list(self, node: Term) -> bool:
        return RDF + "first" in self._said[node] if isinstance(node, BlankNode) else node == NamedNode(RDF + "nil")

    def _list(self, node: Term) -> list[Term]:
        found = []
        while node != NamedNode(RDF + "nil"):
            (first,), (node,) = self._said[node][RDF + "first"], self._said[node][RDF + "rest"]
            found.append(first)
        return found

    def _index(self, node: Term) -> int:
        (index,) = self._said[node][FHIR + "index"]
        return int(index.value)

    def _one(self, node: Term, how: Element) -> Any:
        if how.type == "Resource":
            return self._resource(node)
        if not how.is_primitive:
            return self._object(node, how.type)
        if isinstance(node, Literal):
            assert how.type == "xhtml"
            return node.value
        (literal,) = self._said[node][self._value]
        return plain(how.type, str(literal.value))


def plain(type_: str, text: str) -> Any:
    """A value of a primitive type as JSON has it."""
    if type_ == "boolean":
        return {"true": True, "false": False}[text]
    return Number(text) if type_ in {"decimal", "integer", "positiveInt", "unsignedInt"} else text


def read(release: str, found: Iterable[pyoxigraph.Triple]) -> Any:
    """The bundle that triples say."""
    return Reader(release, found).bundle()
