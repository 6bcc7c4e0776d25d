"""The table of coding schemes: its invariants, and that it says what PS3.16 says."""

import csv
import json
import re
from collections import Counter, defaultdict

import pyoxigraph
import pytest

from sr2graph.terms.codes import CODE_NAMESPACE
from sr2graph.terms.schemes import (
    CodingSchemeEntry,
    coding_scheme,
    coding_scheme_by_uid,
    coding_schemes,
    normal_designator,
)
from tests.conftest import ROOT

PS3_16 = ROOT.parent / "shared" / "dicom"

OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")

SAME_IRIS = ({"IBSI", "RO"}, {"RFC5646", "RFC3066", "IETF4646"}, {"DCMUID", "ISO_OID"})
"""Designators whose codes are the same things: one prefix for each group."""

FIXED_PREFIXES = {
    "SCT": "http://snomed.info/id/",
    "LN": "http://loinc.org/rdf/",
    "RADLEX": "http://www.radlex.org/RID/",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM/",
    "UCUM": "https://units-of-measurement.org/",
}
"""People's queries hold these: they do not change."""

every_scheme = pytest.mark.parametrize("entry", coding_schemes(), ids=lambda entry: entry.designator)


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, str]]:
    """PS3.16 Tables 8-1 and 8-2, by designator."""
    path = PS3_16 / "coding_schemes.csv"
    if not path.exists():
        pytest.skip("../shared/dicom is not beside this checkout")
    with path.open(encoding="utf-8", newline="") as table:
        return {row["designator"]: row for row in csv.DictReader(table)}


def test_a_designator_or_alias_names_one_scheme() -> None:
    names = Counter(
        normal_designator(name) for entry in coding_schemes() for name in (entry.designator, *entry.aliases)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_only_srt_and_sct_share_an_oid() -> None:
    schemes = defaultdict(set)
    for entry in coding_schemes():
        schemes[entry.uid].add(entry.designator)
    shared = [designators for uid, designators in schemes.items() if uid and len(designators) > 1]
    assert shared == [{"SCT", "SRT"}]


@every_scheme
def test_a_row_is_well_formed(entry: CodingSchemeEntry) -> None:
    assert entry.name
    assert entry.source
    assert entry.iri_source
    assert entry.status in {"active", "deprecated", "retired"}
    assert entry.uid is None or OID.fullmatch(entry.uid)
    assert (entry.fhir_system is None) or entry.fhir_system_source
    assert pyoxigraph.NamedNode(entry.iri_prefix + "x").value.startswith(entry.iri_prefix)
    assert entry.iri_prefix.startswith(("http://", "https://", "urn:oid:"))
    assert all(entry.strip)


@every_scheme
def test_a_prefix_is_ours_exactly_when_no_other_is_known(entry: CodingSchemeEntry) -> None:
    assert entry.iri_prefix.startswith(CODE_NAMESPACE) == (entry.iri_source == "sr2graph")


def test_prefixes_of_the_project_end_in_a_designator() -> None:
    """Else an unknown designator could run into them."""
    tails = [
        entry.iri_prefix.removeprefix(CODE_NAMESPACE)
        for entry in coding_schemes()
        if entry.iri_prefix.startswith(CODE_NAMESPACE)
    ]
    assert [tail for tail in tails if not tail.endswith("/") or coding_scheme(tail[:-1]) is None] == []


def test_no_prefix_begins_with_another() -> None:
    """Codes hold no slash, hash or colon once quoted; a prefix that went on from another could still be hit."""
    prefixes = {entry.iri_prefix for entry in coding_schemes()}
    assert [(a, b) for a in prefixes for b in prefixes if a != b and b.startswith(a)] == []


def test_a_prefix_is_shared_only_on_purpose() -> None:
    users = defaultdict(set)
    for entry in coding_schemes():
        users[entry.iri_prefix].add(entry.designator)
    shared = [group for group in users.values() if len(group) > 1]
    assert sorted(map(sorted, shared)) == sorted(map(sorted, SAME_IRIS))


@pytest.mark.parametrize(("designator", "prefix"), FIXED_PREFIXES.items())
def test_prefixes_people_query_with_are_fixed(designator: str, prefix: str) -> None:
    entry = coding_scheme(designator)
    assert entry is not None
    assert entry.iri_prefix == prefix


@pytest.mark.parametrize(
    ("written", "designator"),
    [("dcm", "DCM"), (" RadLex ", "RADLEX"), ("NCIT", "NCIt"), ("ISO639-2", "ISO639_2"), ("ln\0", "LN")],
)
def test_designators_are_found_in_any_case_and_padding(written: str, designator: str) -> None:
    entry = coding_scheme(written)
    assert entry is not None
    assert entry.designator == designator


@pytest.mark.parametrize("written", [None, "", " ", "99DCM", "OBO", "DC M"])
def test_what_is_not_in_the_table_is_not_guessed(written: str | None) -> None:
    assert coding_scheme(written) is None


def test_an_oid_finds_its_scheme() -> None:
    found = coding_scheme_by_uid("1.2.840.10008.2.16.4 ")
    assert found is not None
    assert found.designator == "DCM"
    assert coding_scheme_by_uid("1.2.3") is None
    assert coding_scheme_by_uid(None) is None


def test_the_oid_of_srt_is_that_of_snomed_ct() -> None:
    """DICOM gives SRT and SCT one OID: a look-up by OID must not end at the deprecated one."""
    srt = coding_scheme("SRT")
    assert srt is not None
    found = coding_scheme_by_uid(srt.uid)
    assert found is not None
    assert found.designator == "SCT"


def test_ro_is_the_radiomics_ontology() -> None:
    entry = coding_scheme("RO")
    assert entry is not None
    assert "obolibrary" not in entry.iri_prefix
    assert "Radiomics" in entry.name


def test_every_scheme_of_the_standard_is_there(published: dict[str, dict[str, str]]) -> None:
    ours = {entry.designator: (entry.uid or "", entry.status) for entry in coding_schemes()}
    theirs = {designator: (row["uid"], row["status"]) for designator, row in published.items()}
    assert {designator: ours.get(designator) for designator in theirs} == theirs


def test_every_scheme_that_the_standard_uses_is_there() -> None:
    path = PS3_16 / "context_groups.json"
    if not path.exists():
        pytest.skip("../shared/dicom is not beside this checkout")
    used = set(_schemes_used(json.loads(path.read_text(encoding="utf-8"))))
    assert "SCT" in used
    assert [designator for designator in sorted(used) if coding_scheme(designator) is None] == []


def _schemes_used(value: object) -> list[str]:
    """The first member of every [scheme, code value, meaning] below "codes"."""
    if isinstance(value, dict):
        codes = [code[0] for code in value.get("codes", [])]
        return codes + [scheme for below in value.values() for scheme in _schemes_used(below)]
    return []
