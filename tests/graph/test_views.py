"""One table, five views of it: emission, records, ontology, context, reference page."""

import dataclasses
from functools import cache
from typing import Any

import pytest
import rdflib

from sr2graph.dicom.attributes import bindings
from sr2graph.dicom.header import Document
from sr2graph.dicom.reading import ENTITIES
from sr2graph.dicom.report import Report
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.graph.jsonld import context
from sr2graph.graph.kinds import IRI_KINDS, LITERALS
from sr2graph.graph.ontology import ontology
from sr2graph.graph.quads import statements
from sr2graph.graph.records import records, table_columns
from sr2graph.graph.statements import split
from sr2graph.graph.vocabulary import DERIVED, NAMESPACE, Predicate, classes, predicates
from sr2graph.graph.vocabulary_page import vocabulary_page
from sr2graph.samples import KINDS
from sr2graph.samples.templated import TEMPLATED, instance
from sr2graph.templates.context import Context, Observer, ProcedureContext, Subject
from sr2graph.templates.matching import Matching
from sr2graph.templates.observations import Observation
from sr2graph.templates.properties import Properties
from sr2graph.templates.status import StatusRule
from sr2graph.terms.units import CanonicalUnit
from tests.graph.reports import every_report, full_reports, load

NO_ROW = {
    "ContentItem.template": "inlined: its fields are predicates of the item",
    "Document.sop_instance_uid": "the IRI of the report",
    "Study.study_instance_uid": "the IRI of the study",
    "Series.series_instance_uid": "the IRI of the series",
}
"""The fields that no predicate shows, and what tells them."""

ROWS = predicates()


def row_id(row: Predicate) -> str:
    return f"{row.curie}-{row.table}-{row.field}"


def emitted(report: Report) -> tuple[set[str], set[str]]:
    """The predicates and the classes that the statements of a report use."""
    found = [split(line) for line in statements(report)]
    types = {o[1:-1] for _, p, o in found if p == f"<{rdflib.RDF.type}>"}
    return {p[1:-1] for _, p, _ in found}, types


@cache
def observed_reports() -> tuple[Report, ...]:
    """Reports that say what observations need: the samples, and an instance of every template."""
    grown = (instance(tid, seed, 0.9) for tid, _ in TEMPLATED for seed in (1, 2))
    return (*(load(kind) for kind in KINDS), *grown)


@cache
def recorded() -> set[tuple[str, str, str | None]]:
    """(table, column, property or relationship) of everything that the records of the full reports hold."""
    found = set()
    for report in (*full_reports().values(), *observed_reports()):
        for table, row in records(report):
            value = row.get("property", row.get("relationship"))
            found |= {(table, column, value) for column in row} | {(table, column, None) for column in row}
    return found


@pytest.mark.parametrize("source", every_report())
def test_whatever_is_emitted_is_in_every_view(source: str) -> None:
    used, types = emitted(load(source))
    assert used <= {row.iri for row in ROWS}
    assert types <= {found.iri for found in classes()}


@pytest.mark.parametrize("source", every_report())
def test_records_hold_only_known_columns(source: str) -> None:
    columns = table_columns()
    for table, row in records(load(source)):
        extra = {"property", "ordinal", "subject", "parent", "relationship", "patient", "study", "series", "equipment"}
        assert row.keys() <= columns[table].keys() | extra, table


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_every_row_is_exercised(row: Predicate) -> None:
    """A row that no report needs is not known to work."""
    assert (row.table, row.column, row.where[1] if row.where else None) in recorded()


def test_every_predicate_and_class_is_emitted() -> None:
    used: set[str] = set()
    types: set[str] = set()
    for report in (*full_reports().values(), *observed_reports()):
        found, kinds = emitted(report)
        used, types = used | found, types | kinds
    assert {row.iri for row in ROWS} == used
    assert {found.iri for found in classes()} == types


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_every_row_is_a_column(row: Predicate) -> None:
    """Tables of values hold those of several fields, all of one datatype."""
    kind = table_columns()[row.table][row.column]
    assert kind == row.kind or LITERALS[kind].datatype("") == LITERALS[row.kind].datatype("")


def test_the_ontology_defines_what_is_ours_and_nothing_else() -> None:
    graph = rdflib.Graph().parse(data=ontology(), format="turtle")
    ours = {str(s) for s in graph.subjects() if isinstance(s, rdflib.URIRef)}
    spaces = {NAMESPACE + "pixelSpace", NAMESPACE + "unknownSpace"}
    named = {row.iri for row in ROWS if row.curie.startswith("sr:")} | {found.iri for found in classes()}
    assert ours == named | spaces | {NAMESPACE}


def test_the_page_and_the_context_name_every_predicate_and_class() -> None:
    page = vocabulary_page()
    for row in ROWS:
        assert f"`{row.curie}`" in page, row.curie
        assert row.local_name in context() or row.curie == "rdf:type"
    for found in classes():
        assert f"# {found.curie}\n" in page
        assert context()[found.local_name] == found.curie


@pytest.mark.parametrize("cls", [*HEADER_CLASSES.values(), *ENTITIES.values()], ids=lambda cls: cls.__name__)
def test_every_field_has_a_row_or_a_reason(cls: type[Document]) -> None:
    fields = {f"{cls.__name__}.{name}" for name in bindings(cls)}
    shown = {row.field for row in ROWS}
    assert fields - shown == fields & NO_ROW.keys()


def test_every_row_speaks_of_a_field_that_exists() -> None:
    known: dict[str, type[Any]] = {cls.__name__: cls for cls in (*HEADER_CLASSES.values(), *ENTITIES.values(), Report)}
    known |= {cls.__name__: cls for cls in (Properties, Context, Observer, Subject, ProcedureContext)}
    known |= {cls.__name__: cls for cls in (Matching, Observation, StatusRule, CanonicalUnit)}
    assert known.keys() >= DERIVED
    for row in ROWS:
        if row.field:
            assert row.field_name in fields_of(known[row.entity]), row.field


def fields_of(cls: type[Any]) -> set[str]:
    """The names of the fields of a dataclass or a tuple."""
    return set(getattr(cls, "_fields", ())) or {field.name for field in dataclasses.fields(cls)}


def test_a_predicate_means_one_kind_of_thing() -> None:
    """JSON-LD and OWL need it: either IRIs or literals, of one datatype, under one local name."""
    kinds: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for row in ROWS:
        kind = "IRI" if row.kind in IRI_KINDS else LITERALS[row.kind].datatype("") if row.kind != "datetime" else "dt"
        kinds.setdefault(row.curie, set()).add(kind)
        names.setdefault(row.local_name, set()).add(row.curie)
    assert {curie: kind for curie, kind in kinds.items() if len(kind) > 1} == {}
    assert {name: curies for name, curies in names.items() if len(curies) > 1} == {}


def test_a_cell_is_told_by_one_predicate() -> None:
    """Two fields that share a table share no property, or each would speak for the other."""
    told: dict[object, set[str]] = {}
    for row in ROWS:
        told.setdefault((row.table, row.subject, row.column, row.where), set()).add(row.curie)
    assert [curies for curies in told.values() if len(curies) > 1] == []
