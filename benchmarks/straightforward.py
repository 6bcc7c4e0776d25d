"""The converter one would write first: pydicom reads the SR, rdflib holds the triples and writes N-Quads.

It makes the same graph as sr2graph does, statement by statement: the benchmark prints both counts, and
tests/test_benchmarks.py compares the statements.  It leaves out TABLE values and the bookkeeping of malformed
attributes inside content items, and refuses the files that pydicom refuses.  Code IRIs come from sr2graph itself,
remembered per report: the tables of codes are not what is compared.
"""

from __future__ import annotations

import json
from io import BytesIO

from pydicom import DataElement, Dataset, FileDataset, dcmread
from pydicom.config import disable_value_validation
from rdflib import RDF, RDFS, XSD, Literal, URIRef
from rdflib import Dataset as Quads

from benchmarks.straightforward_rules import GEO, SR, Rules, several, typed, well_known_text
from benchmarks.straightforward_tables import CLASSES, CONCEPT, HEADER, ITEM, RELATIONSHIPS, STRUCTURE
from sr2graph.graph.iris import patient_iri, uid_iri
from sr2graph.terms.codes import CodeScope, code_iri


def convert(data: bytes) -> str:
    """Return the N-Quads of an SR file; raises whatever pydicom raises for a file it cannot read."""
    return quads(data).serialize(format="nquads")


def quads(data: bytes) -> Quads:
    """Return an SR file as an rdflib Dataset with one named graph."""
    with disable_value_validation():  # its warnings take time, and nobody reads them here
        return Converter(dcmread(BytesIO(data), force=True)).convert()


class Converter:
    """Converts one report."""

    def __init__(self, report: FileDataset) -> None:
        self.report = report
        self.iri = URIRef(uid_iri(report.get("SOPInstanceUID") or report.file_meta.MediaStorageSOPInstanceUID))
        self.quads = Quads()
        self.graph = self.quads.graph(self.iri)
        self.codes: dict[tuple[tuple[str, str], ...], tuple[URIRef | None, URIRef | None]] = {}
        self.labelled: set[URIRef] = set()
        self.written = 0
        schemes = report.get("CodingSchemeIdentificationSequence") or ()
        uids = {str(s.get("CodingSchemeDesignator", "")): str(s.get("CodingSchemeUID", "")) for s in schemes}
        self.scope = CodeScope(uids, report.get("Manufacturer") or None)

    def convert(self) -> Quads:
        """Return the quads of the whole report."""
        report, subjects = self.report, self.header_subjects()
        self.say(self.iri, RDF.type, SR.Report)
        for name, subject in subjects.items():
            self.say(subject, RDF.type, SR[name.capitalize()])
            self.say(self.iri, SR[name], subject)
        subjects["report"] = self.iri
        root = self.part(1)
        for element in report:
            self.header_element(element, subjects, root)
        if "ContentSequence" in report or "ConceptNameCodeSequence" in report:
            self.say(self.iri, SR.root, root)
            self.content_item(root, report, "1")
        return self.quads

    def header_element(self, element: DataElement, subjects: dict[str, URIRef], root: URIRef) -> None:
        """Convert an attribute of the data set: of the header, of the root item, or neither."""
        keyword = element.keyword
        if keyword in ITEM and not element.is_empty:
            ITEM[keyword](self, root, element)
        elif keyword in HEADER and not element.is_empty:
            part, rule = HEADER[keyword]
            rule(self, subjects[part], element)
        elif keyword not in STRUCTURE and element.tag.element:
            self.other(self.iri, element)

    def header_subjects(self) -> dict[str, URIRef]:
        """Return the subjects of the header, by the local name of the predicate that leads to them."""
        report = self.report
        patient = patient_iri(report.PatientID, report.get("IssuerOfPatientID")) if report.get("PatientID") else None
        study, series = report.get("StudyInstanceUID"), report.get("SeriesInstanceUID")
        return {
            "patient": URIRef(patient) if patient else self.part("patient"),
            "study": URIRef(uid_iri(study)) if study else self.part("study"),
            "series": URIRef(uid_iri(series)) if series else self.part("series"),
            "equipment": self.part("equipment"),
        }

    def part(self, fragment: object) -> URIRef:
        """Return the IRI of a part of the report."""
        return URIRef(f"{self.iri}#{fragment}")

    def say(self, subject: URIRef, predicate: URIRef, term: Literal | URIRef) -> None:
        """Add one statement."""
        self.graph.add((subject, predicate, term))

    def other(self, subject: URIRef, element: DataElement) -> None:
        """Carry an attribute that no rule is for, as DICOM JSON."""
        model = {f"{element.tag:08X}": element.to_json_dict(None, 0)}
        self.say(subject, SR.otherAttribute, typed(json.dumps(model, ensure_ascii=False), RDF.JSON))

    # ------------------------------------------------------------ content items

    def content_item(self, node: URIRef, item: Dataset, position: str) -> None:
        """Say what kind of item it is, and convert the items below it."""
        self.say(node, RDF.type, CLASSES.get(item.get("ValueType", ""), SR.ContentItem))
        self.say(node, SR.position, typed(position.rpartition(".")[2], XSD.integer))
        if "GraphicData" in item:
            shape = well_known_text(item)
            if shape is not None:
                self.say(node, GEO.asWKT, shape)
        for i, child in enumerate(item.get("ContentSequence") or (), 1):
            self.child(node, child, f"{position}.{i}")

    def child(self, parent: URIRef, item: Dataset, position: str) -> None:
        """Convert an item and its relationship to its parent."""
        node = self.part(position)
        relationship = RELATIONSHIPS.get(item.get("RelationshipType", ""), SR.hasContentItem)
        if "ReferencedContentItemIdentifier" in item:
            self.by_reference(parent, node, item, relationship)
            return
        self.say(parent, relationship, node)
        self.apply(ITEM, node, item)
        self.content_item(node, item, position)

    def by_reference(self, parent: URIRef, node: URIRef, item: Dataset, relationship: URIRef) -> None:
        """Convert a relationship to an item elsewhere in the tree."""
        target = self.part(".".join(map(str, several(item.ReferencedContentItemIdentifier))))
        self.say(parent, relationship, target)
        self.say(parent, SR.byReference, node)
        self.say(node, RDF.type, SR.ByReference)
        self.say(node, SR.position, typed(node.rpartition(".")[2], XSD.integer))
        self.say(node, SR.relationshipType, Literal(item.get("RelationshipType", "")))
        self.say(node, SR.referencedItem, target)

    def apply(self, rules: Rules, subject: URIRef, entity: Dataset) -> None:
        """Convert the attributes that there are rules for; carry others of a content item as they are."""
        for element in entity:
            keyword = element.keyword
            if keyword in rules and not element.is_empty:
                rules[keyword](self, subject, element)
            elif rules is ITEM and keyword not in STRUCTURE:
                self.other(subject, element)

    # ------------------------------------------------------------ codes

    def code(self, concept: Dataset) -> tuple[URIRef | None, URIRef | None]:
        """Return (IRI of a code, node that says how it was written where the IRI does not tell)."""
        key = tuple((element.keyword, str(element.value)) for element in concept)
        if key not in self.codes:
            self.codes[key] = self.new_code(concept)
        return self.codes[key]

    def new_code(self, concept: Dataset) -> tuple[URIRef | None, URIRef | None]:
        """Describe a code that is new to this report."""
        iri, mapped = self.canonical(concept)
        if iri is not None and not mapped and iri not in self.labelled and "EquivalentCodeSequence" not in concept:
            self.describe(iri, iri, concept)
            return iri, None
        self.written += 1
        node = self.part(f"code.{self.written}")
        self.describe_written(node, iri, concept)
        return iri, node

    def canonical(self, concept: Dataset) -> tuple[URIRef | None, bool]:
        """Return (IRI of a code, whether it is of another code than the one written)."""
        value = concept.get("CodeValue") or concept.get("LongCodeValue")
        scheme = concept.get("CodingSchemeDesignator")
        scope = self.scope
        if "CodingSchemeUID" in concept:
            scope = CodeScope({**scope.scheme_uids, str(scheme): concept.CodingSchemeUID}, scope.manufacturer)
        found = code_iri(value, scheme, urn=concept.get("URNCodeValue"), scope=scope)
        return URIRef(found.iri) if found.iri is not None else None, found.mapped

    def describe_written(self, node: URIRef, iri: URIRef | None, concept: Dataset) -> None:
        """Describe a code as it was written."""
        self.say(node, RDF.type, SR.CodedConcept)
        if iri is not None:
            self.say(node, SR.canonicalCode, iri)
        if concept.get("CodeMeaning"):
            self.say(node, SR.codeMeaning, Literal(concept.CodeMeaning))
        self.describe(node, iri, concept)

    def describe(self, subject: URIRef, iri: URIRef | None, concept: Dataset) -> None:
        """Label the IRI of a code, once, and say what else its subject says."""
        if iri is not None and iri not in self.labelled:
            self.labelled.add(iri)
            if concept.get("CodeMeaning"):
                self.say(iri, RDFS.label, Literal(concept.CodeMeaning))
        self.apply(CONCEPT, subject, concept)
