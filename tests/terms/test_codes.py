"""Code IRIs: the rules, the traps, and that any text survives."""

import doctest
from urllib.parse import unquote

import pyoxigraph
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sr2graph.terms import codes
from sr2graph.terms.codes import CODE_NAMESPACE, CodeIRI, CodeScope, code_iri, quote_code
from sr2graph.terms.schemes import coding_scheme, coding_schemes, normal_designator
from sr2graph.terms.sssom import mapping_set

SCT = "http://snomed.info/id/"
SNOMED = {"SCT", "SRT", "SNM3", "99SDM"}

any_text = st.text(st.characters(exclude_categories=()))
"""Control characters, quotes, blanks, angle brackets, lone surrogates: what a broken file may hold."""

code_text = st.one_of(any_text, st.text("ABT1.-:/ %_#{}", max_size=6))
known_designators = st.sampled_from([entry.designator for entry in coding_schemes()])
plain_designators = known_designators.filter(lambda designator: designator not in SNOMED)
designators = st.one_of(plain_designators, st.sampled_from(["L", "99X", "99y", "-", ".", "BY", "uid", "URN"]), any_text)


def is_valid(iri: str) -> bool:
    """pyoxigraph checks an IRI against RFC 3987 when it reads N-Quads."""
    (quad,) = pyoxigraph.parse(f"<urn:s> <urn:p> <{iri}> <urn:g> .", format=pyoxigraph.RdfFormat.N_QUADS)
    return isinstance(quad.object, pyoxigraph.NamedNode) and quad.object.value == iri


@pytest.mark.parametrize(
    ("value", "scheme", "iri"),
    [
        ("113701", "DCM", "http://dicom.nema.org/resources/ontology/DCM/113701"),
        ("410668003", "SCT", SCT + "410668003"),
        ("11878-6", "LN", "http://loinc.org/rdf/11878-6"),
        ("RID11585", "RadLex", "http://www.radlex.org/RID/RID11585"),
        ("mm", "ucum", "https://units-of-measurement.org/mm"),
        ("{pulse}/s", "UCUM", "https://units-of-measurement.org/%7Bpulse%7D%2Fs"),
        ("%", "UCUM", "https://units-of-measurement.org/%25"),
        ("[hnsf'U]", "UCUM", "https://units-of-measurement.org/%5Bhnsf%27U%5D"),
        ("D009010", "MSH", "http://id.nlm.nih.gov/mesh/D009010"),
        ("C67447", "NCIt", "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl#C67447"),
        ("C2348792", "UMLS", "http://linkedlifedata.com/resource/umls/id/C2348792"),
        ("281534", "FMA", "http://purl.org/sig/ont/fma/fma281534"),
        ("4624", "PUBCHEM_CID", "http://rdf.ncbi.nlm.nih.gov/pubchem/compound/CID4624"),
        ("1.2.840.10008.1.2", "DCMUID", "urn:oid:1.2.840.10008.1.2"),
        ("eng", "ISO639-2", "http://id.loc.gov/vocabulary/iso639-2/eng"),
        ("en-US", "RFC3066", CODE_NAMESPACE + "RFC5646/en-US"),
        (" 113701 ", " dcm ", "http://dicom.nema.org/resources/ontology/DCM/113701"),
    ],
)
def test_known_schemes_have_their_own_iris(value: str, scheme: str, iri: str) -> None:
    assert code_iri(value, scheme) == CodeIRI(iri, mapped=False)


@pytest.mark.parametrize("code", ["0000955", "UBERON:0000955", "uberon_0000955"])
def test_a_code_that_carries_its_prefix_is_the_same_code(code: str) -> None:
    assert code_iri(code, "UBERON").iri == "http://purl.obolibrary.org/obo/UBERON_0000955"


def test_the_standard_designators_never_depend_on_the_report() -> None:
    scope = CodeScope({"DCM": "1.2.3"}, "ACME")
    assert code_iri("113701", "DCM", scope=scope) == code_iri("113701", "DCM")


@pytest.mark.parametrize("scheme", ["SRT", "srt", "SNM3", "99SDM", "99sdm", "SCT"])
def test_snomed_rt_codes_become_snomed_ct(scheme: str) -> None:
    assert code_iri("T-A0100", scheme) == CodeIRI(SCT + "12738006", mapped=True)


@pytest.mark.parametrize(("scheme", "prefix"), [("SRT", "SRT"), ("SNM3", "SNM3"), ("99SDM", "99SDM"), ("SCT", "SRT")])
def test_snomed_rt_codes_without_a_mapping_stay_out_of_snomed_ct(scheme: str, prefix: str) -> None:
    """snomed.info/id/T-… names nothing, and would look as if it did."""
    assert code_iri("T-FFFFF", scheme) == CodeIRI(f"{CODE_NAMESPACE}{prefix}/T-FFFFF", mapped=False)


def test_a_snomed_ct_code_under_srt_is_one() -> None:
    assert code_iri("12738006", "SRT") == CodeIRI(SCT + "12738006", mapped=False)


def test_codes_that_mean_the_same_have_one_iri() -> None:
    """pydicom's codes compare equal here but hash apart, so its sets hold both."""
    assert len({code_iri("T-B7000", "SRT").iri, code_iri("111002", "SCT").iri, code_iri("T-B7000", "SNM3").iri}) == 1


def test_ro_is_not_the_relations_ontology_of_obo() -> None:
    assert code_iri("0000057", "RO").iri == "http://www.radiomics.org/RO/0000057"


def test_a_radiomics_feature_has_one_iri() -> None:
    assert code_iri("X6K6", "IBSI") == code_iri("X6K6", "RO")


def test_mdc_codes_keep_their_partition() -> None:
    """DICOM writes partition:element; the context-free number of HL7 is another code."""
    assert code_iri("2:16", "MDC").iri == CODE_NAMESPACE + "MDC/2%3A16"


@pytest.mark.parametrize(
    ("scheme", "scope", "iri"),
    [
        ("99dcmjs", CodeScope(), "99DCMJS/1"),
        ("99dcmjs", CodeScope(manufacturer="Acme  Ltd. "), "by/ACME%20LTD./99DCMJS/1"),
        ("99PMP", CodeScope({"99PMP": "1.3.6.1.4.1.5962.98.1"}, "ACME"), "uid/1.3.6.1.4.1.5962.98.1/1"),
        ("99pmp", CodeScope({" 99PMP": "1.3.6.1.4.1.5962.98.1 "}), "uid/1.3.6.1.4.1.5962.98.1/1"),
        ("L", CodeScope(manufacturer="ACME"), "by/ACME/L/1"),
        ("L", CodeScope(manufacturer=" "), "L/1"),
        ("LOCAL", CodeScope(manufacturer="ACME"), "LOCAL/1"),
        ("GELUNAR", CodeScope(manufacturer="GE"), "GELUNAR/1"),
        ("GELUNAR", CodeScope({"GELUNAR": ""}), "GELUNAR/1"),
        (None, CodeScope(manufacturer="ACME"), "-/1"),
        (" ", CodeScope({"": "1.2.3"}), "-/1"),
        ("-", CodeScope(), "%2D/1"),
        ("..", CodeScope(), "%2E%2E/1"),
    ],
)
def test_other_schemes_are_scoped_to_what_the_report_says(scheme: str | None, scope: CodeScope, iri: str) -> None:
    assert code_iri("1", scheme, scope=scope) == CodeIRI(CODE_NAMESPACE + iri, mapped=False)


def test_the_uid_of_a_standard_scheme_is_that_scheme() -> None:
    scope = CodeScope({"99ONT": "2.16.840.1.113883.6.1", "99SNO": "2.16.840.1.113883.6.96"})
    assert code_iri("11878-6", "99ONT", scope=scope) == code_iri("11878-6", "LN")
    assert code_iri("T-A0100", "99SNO", scope=scope) == code_iri("T-A0100", "SRT")
    assert code_iri("12738006", "99SNO", scope=scope) == code_iri("12738006", "SCT")


@pytest.mark.parametrize("value", [None, "", " ", "\0", " \0 "])
def test_no_code_has_no_iri(value: str | None) -> None:
    assert code_iri(value, "DCM") == CodeIRI(None, mapped=False)


@pytest.mark.parametrize(
    ("urn", "iri"),
    [
        ("urn:oid:1.2.840.10008.1.2 ", "urn:oid:1.2.840.10008.1.2"),
        ("http://snomed.info/id/12738006", SCT + "12738006"),
        ("http://a.example/b c?d=%41#e#f", "http://a.example/b%20c?d=%41#e%23f"),
        ("http://a.example/é%zz", "http://a.example/%C3%A9%25zz"),
        ("http://u:p@a.example:80/", "http://u:p@a.example:80/"),
        ("no scheme", CODE_NAMESPACE + "urn/no%20scheme"),
        ("http://a:b:c/", CODE_NAMESPACE + "urn/http%3A%2F%2Fa%3Ab%3Ac%2F"),
        ("urn:", CODE_NAMESPACE + "urn/urn%3A"),
    ],
)
def test_a_urn_code_value_is_its_own_iri(urn: str, iri: str) -> None:
    assert code_iri(None, None, urn=urn) == CodeIRI(iri, mapped=False)


def test_a_blank_urn_code_value_is_none() -> None:
    assert code_iri("113701", "DCM", urn=" ") == code_iri("113701", "DCM")


@given(code_text, designators | known_designators, st.none() | any_text, st.none() | any_text)
def test_any_text_gives_a_valid_iri(code: str, scheme: str, uid: str | None, manufacturer: str | None) -> None:
    scope = CodeScope({} if uid is None else {scheme: uid}, manufacturer)
    found = code_iri(code, scheme, scope=scope)
    assert (found.iri is None) == (code.strip(" \0") == "")
    assert found.iri is None or is_valid(found.iri)


URLS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["http://", "urn:", "HTTPS://a.example", "a:", "http:", "x://h:8", ""]),
    any_text,
    st.text("/?#[]@:%aé ", max_size=8),
)


@given(URLS | any_text)
def test_any_urn_code_value_gives_a_valid_iri(urn: str) -> None:
    iri = code_iri(None, None, urn=urn).iri
    assert (iri is None) == (urn.strip(" \0") == "")
    assert iri is None or is_valid(iri)


@given(code_text)
def test_a_quoted_code_can_be_read_back(code: str) -> None:
    assert unquote(quote_code(code), errors="surrogatepass") == code
    assert quote_code(code).isascii()


def normal_form(scheme: str, code: str, scope: CodeScope) -> tuple[str, str]:
    """What two codes of one report have in common when they are the same: told by rule, not by IRI."""
    designator = normal_designator(scheme)
    entry = coding_scheme(designator)
    code = code.strip(" \0")
    if entry is None:
        return f"not in the table: {scope.scheme_uids.get(designator) or designator}", code
    for prefix in entry.strip:
        if code.upper().startswith(prefix.upper()) and len(code) > len(prefix):
            return entry.iri_prefix, code[len(prefix) :]
    return entry.iri_prefix, code


SCOPES = st.sampled_from(
    [CodeScope(), CodeScope(manufacturer="A/B"), CodeScope({"99X": "1.2.3", "L": "1.2.4"}, "uid"), CodeScope({}, "99X")]
)


@given(st.tuples(designators, code_text), st.tuples(designators, code_text), SCOPES)
def test_different_codes_have_different_iris(one: tuple[str, str], two: tuple[str, str], scope: CodeScope) -> None:
    first, second = (code_iri(code, scheme, scope=scope).iri for scheme, code in (one, two))
    assume(first is not None and second is not None)
    assert (first == second) == (normal_form(*one, scope) == normal_form(*two, scope))


@given(plain_designators, code_text, code_text)
def test_different_codes_of_one_scheme_have_different_iris(scheme: str, one: str, two: str) -> None:
    first, second = (code_iri(code, scheme).iri for code in (one, two))
    assume(first is not None and second is not None)
    scope = CodeScope()
    assert (first == second) == (normal_form(scheme, one, scope) == normal_form(scheme, two, scope))


@given(st.sampled_from(sorted(SNOMED)), st.sampled_from(sorted(mapping_set("srt_to_sct").exact)))
def test_every_mapped_code_is_mapped_under_every_designator(scheme: str, code: str) -> None:
    assert code_iri(code, scheme) == CodeIRI(mapping_set("srt_to_sct").exact[code], mapped=True)


@given(st.from_regex(r"[A-Z][0-9A-F]?-[0-9A-F]{4,5}", fullmatch=True), st.sampled_from(sorted(SNOMED)))
def test_no_snomed_rt_code_lands_in_snomed_ct_as_it_is(code: str, scheme: str) -> None:
    assert code_iri(code, scheme).iri != SCT + code


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(codes).failed == 0
