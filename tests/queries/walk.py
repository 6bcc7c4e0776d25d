"""Reports as trees to walk: what the known answers are computed from, without any SPARQL.

Codes and nodes are written `<iri>`, so that no text can be taken for one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import quote

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, Position, position_text
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue
from sr2graph.terms.codes import CodeScope, code_iri

CONTAINS, PROPERTIES, OBSERVED = "CONTAINS", "HAS PROPERTIES", "HAS OBS CONTEXT"
ACQUIRED, MODIFIED = "HAS ACQ CONTEXT", "HAS CONCEPT MOD"
INFERRED, SELECTED = "INFERRED FROM", "SELECTED FROM"

Row = dict[str, Any]


def dcm(value: str) -> str:
    return f"<http://dicom.nema.org/resources/ontology/DCM/{value}>"


def sct(value: str) -> str:
    return f"<http://snomed.info/id/{value}>"


def loinc(value: str) -> str:
    return f"<http://loinc.org/rdf/{value}>"


def ibsi(value: str) -> str:
    return f"<http://www.radiomics.org/RO/{value}>"


def ucum(value: str) -> str:
    return f"<https://units-of-measurement.org/{value}>"


def sr(name: str) -> str:
    return f"<https://w3id.org/sr2graph/{name}>"


def uid(value: str | None) -> str | None:
    return f"<urn:oid:{value}>" if value else None


@dataclass(frozen=True, slots=True)
class Node:
    """A content item, and the tree that it stands in."""

    tree: Tree
    item: ContentItem

    @property
    def iri(self) -> str:
        return f"{self.tree.iri[:-1]}#{position_text(self.item.position)}>"

    @property
    def name(self) -> str | None:
        return self.tree.code(self.item.concept_name)

    @property
    def value(self) -> Any:
        return self.item.value

    @property
    def text(self) -> str | None:
        return getattr(self.item.value, "text", None)

    @property
    def code(self) -> str | None:
        """The coded value of a CODE item."""
        return self.tree.code(getattr(self.item.value, "concept", None))

    @property
    def number(self) -> Decimal | None:
        return self.item.value.number if isinstance(self.item.value, MeasuredValue) else None

    @property
    def unit(self) -> str | None:
        return self.tree.code(getattr(self.item.value, "unit", None))

    def to(self, relationship: str, name: str | None = None) -> list[Node]:
        """What this item is the source of, by value or by reference."""
        return [node for node in self.tree.targets(self, relationship) if name in (None, node.name)]

    def of(self, relationship: str, name: str | None = None) -> list[Node]:
        """What this item is the target of."""
        return [node for node in self.tree.sources(self, relationship) if name in (None, node.name)]

    def one(self, relationship: str, name: str) -> Node | None:
        """The item of that name that this one is the source of, None if there is none."""
        found = self.to(relationship, name)
        assert len(found) < 2, f"{len(found)} items {name}: the answer would have a row for each"
        return found[0] if found else None

    def said(self, name: str, relationship: str = CONTAINS) -> str | None:
        """The text of the item of that name below this one."""
        found = self.one(relationship, name)
        return found.text if found else None

    def coded(self, name: str, relationship: str = CONTAINS) -> str | None:
        """The coded value of the item of that name below this one."""
        found = self.one(relationship, name)
        return found.code if found else None

    def meant(self, name: str, relationship: str = CONTAINS) -> str | None:
        """The meaning of that code."""
        return self.tree.label(self.coded(name, relationship))

    def measured(self, name: str, *units: str) -> Decimal | None:
        """The number of the item of that name that this one contains, in one of these units if there are any."""
        found = self.one(CONTAINS, name)
        return found.number if found and (not units or found.unit in units) else None

    def down(self, relationship: str) -> Iterator[Node]:
        """All that can be reached by one relationship, each once."""
        seen: dict[Position, Node] = {}
        stack = [self]
        while stack:
            for node in stack.pop().to(relationship):
                if node.item.position not in seen:
                    seen[node.item.position] = node
                    stack.append(node)
        yield from seen.values()


class Tree:
    """A report, its items by position and by name."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.iri = f"<urn:oid:{report.sop_instance_uid}>"
        uids = {s.designator: s.uid for s in report.document.coding_schemes if s.designator and s.uid}
        self._scope = CodeScope(uids, report.equipment.manufacturer)
        self._codes: dict[CodedConcept, str | None] = {}

    def code(self, concept: CodedConcept | None) -> str | None:
        """The IRI of a code."""
        if concept is None:
            return None
        if concept not in self._codes:
            iri = code_iri(
                concept.value or concept.long_value, concept.scheme, urn=concept.urn_value, scope=self._scope
            )
            self._codes[concept] = f"<{iri.iri}>" if iri.iri else None
        return self._codes[concept]

    @cached_property
    def nodes(self) -> dict[Position, Node]:
        return {item.position: Node(self, item) for item in self.report.walk()}

    @property
    def root(self) -> Node:
        return self.nodes[(1,)]

    def named(self, *names: str) -> list[Node]:
        return [node for name in names for node in self._by_name[name]]

    @cached_property
    def _by_name(self) -> dict[str | None, list[Node]]:
        found = defaultdict(list)
        for node in self.nodes.values():
            found[node.name].append(node)
        return found

    @cached_property
    def _edges(self) -> list[tuple[Position, str | None, Position]]:
        by_value = [(node.item.position[:-1], node.item.relationship, place) for place, node in self.nodes.items()]
        by_reference = [
            (source.position, link.relationship, link.target) for source, link in self.report.by_references()
        ]
        return [edge for edge in dict.fromkeys(by_value + by_reference) if edge[0]]

    @cached_property
    def _out(self) -> dict[tuple[Position, str | None], list[Position]]:
        return grouped(self._edges, lambda edge: edge[:2], lambda edge: edge[2])

    @cached_property
    def _in(self) -> dict[tuple[Position, str | None], list[Position]]:
        return grouped(self._edges, lambda edge: (edge[2], edge[1]), lambda edge: edge[0])

    def targets(self, node: Node, relationship: str) -> list[Node]:
        return [self.nodes[place] for place in self._out.get((node.item.position, relationship), ())]

    def sources(self, node: Node, relationship: str) -> list[Node]:
        return [self.nodes[place] for place in self._in.get((node.item.position, relationship), ())]

    # ------------------------------------------------------------ what the graph says of codes

    @cached_property
    def spellings(self) -> list[tuple[str | None, CodedConcept]]:
        """The IRI of each code of the report, and the code as written; the header first, then in document order."""
        report = self.report
        header = (report.document, report.patient, report.study, report.series, report.equipment)
        items = (
            (node.item.concept_name, *(getattr(node.value, part, None) for part in ("concept", "unit", "qualifier")))
            for node in self.nodes.values()
        )
        return [(self.code(concept), concept) for part in (header, *items) for concept in codes_in(part)]

    @cached_property
    def labels(self) -> dict[str, str | None]:
        """The label of a code: its meaning where the report writes it first."""
        found: dict[str, str | None] = {}
        for code, concept in self.spellings:
            found.setdefault(code or "", concept.meaning)
        return found

    def label(self, code: str | None) -> str | None:
        return self.labels.get(code) if code else None

    # ------------------------------------------------------------ the header

    @property
    def patient(self) -> str:
        patient = self.report.patient
        parts = "/".join(quote(part, safe="-._~") for part in (patient.issuer or "", patient.patient_id or ""))
        return sr(f"patient/{parts}")

    @property
    def study(self) -> str | None:
        return uid(self.report.study.study_instance_uid)

    @property
    def date(self) -> str | None:
        return iso_date(self.report.document.content_date)

    @property
    def device(self) -> Row:
        """The columns of the equipment."""
        equipment = self.report.equipment
        return {
            "manufacturer": equipment.manufacturer,
            "model": equipment.model_name,
            "station": equipment.station_name,
        }


def codes_in(value: Any) -> Iterator[CodedConcept]:
    """The codes in a part of a report, whichever fields hold them."""
    if isinstance(value, CodedConcept):
        yield value
    if isinstance(value, tuple):
        for each in value:
            yield from codes_in(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from codes_in(getattr(value, field.name))


def iso_date(text: str | None) -> str | None:
    """DA as xsd:date."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if text else None


def grouped(
    rows: Iterable[Any], key: Callable[[Any], Any], value: Callable[[Any], Any] = lambda row: row
) -> dict[Any, list[Any]]:
    """The rows by key, in order."""
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(value(row))
    return dict(found)


def mean(values: Iterable[Decimal]) -> Decimal:
    """The mean; there is at least one value."""
    numbers = list(values)
    return sum(numbers, Decimal(0)) / len(numbers)


def largest(texts: Iterable[str | None]) -> str:
    """MAX(COALESCE(?text, "")) of SPARQL."""
    return max(text or "" for text in texts)


Trees = tuple[Tree, ...]


def measured(trees: Trees, name: str, *units: str) -> Iterator[tuple[Node, Decimal]]:
    """The items of that name that have a number, in one of these units if there are any."""
    for tree in trees:
        for item in tree.named(name):
            if item.number is not None and (not units or item.unit in units):
                yield item, item.number
