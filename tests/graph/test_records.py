"""Codes are found by their canonical IRI, and come back as each report wrote them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.concept import CodedConcept, CodingScheme
from sr2graph.dicom.header import Document, Equipment
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads, statements
from sr2graph.graph.rdflib_graph import to_rdflib
from tests.graph.reports import UID, item, report
from tests.strategies import concepts

LUNG_SCT = CodedConcept("39607008", "SCT", "Lung")
LUNG_SRT = CodedConcept("T-28000", "SRT", "Lung")
LUNG_IRI = "http://snomed.info/id/39607008"

CASES = {
    "the same code twice": (LUNG_SCT, LUNG_SCT),
    "two meanings": (LUNG_SCT, CodedConcept("39607008", "SCT", "Pulmo")),
    "no meaning, then one": (CodedConcept("39607008", "SCT"), LUNG_SCT),
    "one meaning, then none": (LUNG_SCT, CodedConcept("39607008", "SCT")),
    "SRT then SCT": (LUNG_SRT, LUNG_SCT),
    "SCT then SRT": (LUNG_SCT, LUNG_SRT),
    "two SRT designators": (LUNG_SRT, CodedConcept("T-28000", "SNM3", "Lung")),
    "designators in two cases": (LUNG_SCT, CodedConcept("39607008", "sct", "Lung")),
    "two versions": (
        CodedConcept("39607008", "SCT", "Lung", version="2020"),
        CodedConcept("39607008", "SCT", "Lung", version="2024"),
    ),
    "with and without context group": (LUNG_SCT, CodedConcept("39607008", "SCT", "Lung", context_identifier="4031")),
    "a short and a long value": (LUNG_SCT, CodedConcept(None, "SCT", "Lung", long_value="39607008")),
    "equivalent codes": (
        CodedConcept("39607008", "SCT", "Lung", equivalent_codes=(LUNG_SRT, CodedConcept("RID1301", "RADLEX", "lung"))),
        LUNG_SCT,
    ),
    "itself as equivalent": (LUNG_SCT, CodedConcept("39607008", "SCT", "Lung", equivalent_codes=(LUNG_SCT,))),
    "a URN": (CodedConcept(urn_value=LUNG_IRI, meaning="Lung"), LUNG_SCT),
    "padding": (LUNG_SCT, CodedConcept(" 39607008", "SCT", "Lung")),
}


@pytest.mark.parametrize("codes", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("backwards", [False, True])
def test_each_spelling_comes_back_and_all_are_found(codes: tuple[CodedConcept, ...], *, backwards: bool) -> None:
    ordered = codes[::-1] if backwards else codes
    found = report(*(item(Code(code), concept_name=code) for code in ordered))
    assert from_rdf(nquads(found).encode()) == found
    query = f"SELECT ?item WHERE {{ ?item sr:conceptCode <{LUNG_IRI}> ; sr:conceptName <{LUNG_IRI}> }}"
    assert len(list(to_rdflib(found).query(query))) == len(codes)


@given(st.lists(concepts(), min_size=1, max_size=6))
def test_any_codes_in_any_order_come_back(codes: list[CodedConcept]) -> None:
    items = [item(MeasuredValue(unit=code, qualifier=codes[0]), concept_name=code) for code in codes]
    found = report(*items, document=Document(sop_instance_uid=UID, performed_procedures=tuple(codes)))
    assert from_rdf(nquads(found).encode()) == found


@given(st.lists(concepts(), min_size=1, max_size=4))
def test_a_code_iri_has_at_most_one_meaning(codes: list[CodedConcept]) -> None:
    """Several meanings of one code would leave no telling which item had which."""
    found = report(*(item(Code(code)) for code in codes))
    labels = [line.split(" ")[0] for line in statements(found) if "rdf-schema#label>" in line]
    assert len(labels) == len(set(labels))


def test_a_canonical_code_needs_no_node_of_its_own() -> None:
    assert not [line for line in statements(report(item(Code(LUNG_SCT)))) if "AsWritten" in line]


def test_a_mapped_code_keeps_what_was_written() -> None:
    lines = statements(report(item(Code(LUNG_SRT))))
    assert f'<urn:oid:{UID}#code.1> <http://www.w3.org/2004/02/skos/core#notation> "T-28000"' in lines
    assert f"<urn:oid:{UID}#1.1> <https://w3id.org/sr2graph/conceptCode> <{LUNG_IRI}>" in lines


def test_private_codes_belong_to_who_defines_them() -> None:
    code = CodedConcept("1", "99X", "Eins")

    def iri(found: Report) -> str:
        line = next(line for line in statements(found) if "/conceptCode>" in line)
        return line.split(" ")[2]

    alone = report(item(Code(code)))
    made_by = report(item(Code(code)), equipment=Equipment(manufacturer="ACME"))
    scheme = CodingScheme(designator="99X", uid="1.2.9")
    identified = report(item(Code(code)), document=Document(sop_instance_uid=UID, coding_schemes=(scheme,)))
    assert len({iri(alone), iri(made_by), iri(identified)}) == 3


def test_a_code_without_a_code_is_kept() -> None:
    nothing = CodedConcept(meaning="only words")
    found = report(item(Code(nothing), concept_name=nothing), item(Code(None), concept_name=None))
    assert from_rdf(nquads(found).encode()) == found
