"""A bundle as statements, N-Quads and an rdflib Dataset.

Statements are text, as those of a report: `subject predicate object`, each term in N-Triples notation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sr2graph.fhir.json_text import Json
from sr2graph.fhir.rdf_rules import ENTRY, FHIR, RESOURCE, Step, Subjects, bundle_iri, listed, step, type_of
from sr2graph.fhir.rdf_terms import canonical_iri, concept_iri, encodable, literal
from sr2graph.graph.quads import nquads_of
from sr2graph.graph.statements import literal as read_literal
from sr2graph.graph.statements import split
from sr2graph.graph.vocabulary import PREFIXES

if TYPE_CHECKING:
    import rdflib

    from sr2graph.fhir.project import FhirBundle

RDF: Final = PREFIXES["rdf"]
TYPE: Final = f"<{RDF}type>"
FIRST: Final = f"<{RDF}first>"
REST: Final = f"<{RDF}rest>"
NIL: Final = f"<{RDF}nil>"
XSD: Final = PREFIXES["xsd"]
DERIVED: Final = f"<{PREFIXES['prov']}wasDerivedFrom>"


def nquads(bundle: FhirBundle, base: str | None = None, *, provenance: bool = True) -> str:
    """Return a bundle as N-Quads in a graph named by its IRI.

    Blank nodes are labelled with its id, so that files of many bundles can be put together.
    """
    iri = bundle_iri(bundle)
    return nquads_of(statements(bundle, base, provenance=provenance), iri)


def to_rdflib(bundle: FhirBundle, base: str | None = None, *, provenance: bool = True) -> rdflib.Dataset:
    """Return a Dataset with one named graph; prefixes are bound, and literals keep their text."""
    import rdflib

    dataset = rdflib.Dataset(default_union=True)
    for prefix, namespace in (PREFIXES | {"fhir": FHIR}).items():
        dataset.bind(prefix, namespace, replace=True)
    graph = dataset.graph(rdflib.URIRef(bundle_iri(bundle)))
    found = map(split, statements(bundle, base, provenance=provenance))
    graph.addN((_term(s), _term(p), _term(o), graph) for s, p, o in found)
    return dataset


def _term(term: str) -> Any:  # noqa: ANN401 # rdflib's terms have no common type that a triple takes
    import rdflib

    if term[0] == "<":
        return rdflib.URIRef(term[1:-1])
    if term[0] == "_":
        return rdflib.BNode(term[2:])
    text, datatype = read_literal(term)
    return rdflib.Literal(text, datatype=rdflib.URIRef(datatype) if datatype else None, normalize=False)


def statements(bundle: FhirBundle, base: str | None = None, *, provenance: bool = True) -> list[str]:
    """Return the statements of a bundle, in its order.  Raises NotFhirError for what is no FHIR of the release."""
    return _Writer(bundle, base, provenance=provenance).statements()


class _Writer:
    """Makes the statements of one bundle."""

    def __init__(self, bundle: FhirBundle, base: str | None, *, provenance: bool) -> None:
        self._bundle = bundle
        self._release = bundle.release
        self._is_r5 = bundle.release == "R5"
        self._value = f"<{FHIR}v>" if self._is_r5 else f"<{FHIR}value>"
        self._subjects = Subjects(bundle, base, provenance=provenance)
        sign = "".join(each for each in str(bundle.resource.get("id", "")) if each.isalnum() and each.isascii())
        self._label = f"_:b{sign}n"
        self._nodes = 0
        self._out: list[str] = []
        self._say = self._out.append

    def statements(self) -> list[str]:
        """Return all of them."""
        bundle = f"<{bundle_iri(self._bundle)}>"
        self._resource(bundle, self._bundle.resource)
        self._say(f"{bundle} <{FHIR}nodeRole> <{FHIR}treeRoot>")
        for iri, resource in self._subjects.resources.items():
            self._resource(f"<{iri}>", resource)
            for source in self._subjects.sources(resource):
                whole = source if ":" in source else f"{self._subjects.document}#{source}"
                self._say(f"<{iri}> {DERIVED} <{whole}>")
        return encodable("\n".join(self._out)).split("\n")

    def _resource(self, subject: str, resource: Json) -> None:
        type_ = type_of(self._release, resource)
        self._say(f"{subject} {TYPE} <{FHIR}{type_}>")
        self._properties(subject, type_, resource)

    def _properties(self, subject: str, shape: str, value: Json) -> None:
        self._decorate(subject, shape, value)
        for name, each in value.items():
            if name != "resourceType":
                how = step(self._release, shape, name)
                self._objects(subject, how, each)

    def _decorate(self, subject: str, shape: str, value: Json) -> None:
        """Say what concept a Coding means, or what resource a Reference refers to."""
        if shape == "Coding" and "system" in value and "code" in value:
            iri = concept_iri(str(value["system"]), str(value["code"]))
            if iri is not None:
                self._say(f"{subject} {TYPE} <{iri}>")
        if shape == "Reference" and "reference" in value:
            iri = self._subjects.target(str(value["reference"]))
            if iri is not None:
                self._say(f"{subject} <{FHIR}link> <{iri}>")

    def _objects(self, subject: str, how: Step, value: Any) -> None:  # noqa: ANN401 # of JSON
        values = listed(how, value)
        said = f"{subject} <{FHIR}{how.predicate}> "
        if how.repeats and self._is_r5:
            for each in values:
                cell = self._node()
                self._say(said + cell)
                self._object(f"{cell} {FIRST} ", how, each)
                said = f"{cell} {REST} "
            self._say(said + NIL)
            return
        for number, each in enumerate(values):
            node = self._object(said, how, each)
            if how.repeats:
                self._say(f'{node} <{FHIR}index> "{number}"^^<{XSD}integer>')

    def _object(self, said: str, how: Step, value: Any) -> str:  # noqa: ANN401 # of JSON
        """Say one value of a property; return the node that it is."""
        if how.path == ENTRY:
            self._say(f"{said}<{self._subjects.of(value)}>")
            return ""
        if how.type == "xhtml":
            self._say(f"{said}{self._literal(how, value)}")
            return ""
        node = self._node()
        self._say(said + node)
        if how.chosen:
            self._say(f"{node} {TYPE} <{FHIR}{how.chosen}>")
        if how.type == RESOURCE:
            self._resource(node, value)
        elif how.is_primitive:
            self._say(f"{node} {self._value} {self._literal(how, value)}")
            iri = canonical_iri(str(value)) if how.type == "canonical" else None
            if iri is not None:
                self._say(f"{node} <{FHIR}link> <{iri}>")
        else:
            self._properties(node, how.type, value)
        return node

    def _literal(self, how: Step, value: object) -> str:
        text, datatype = literal(self._release, how.type, value)
        return f'"{text}"^^<{XSD}{datatype}>' if datatype else f'"{text}"'

    def _node(self) -> str:
        self._nodes += 1
        return f"{self._label}{self._nodes}"
