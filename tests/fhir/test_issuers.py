from dataclasses import replace

import pytest

from sr2graph.dicom.attributes import Attribute
from sr2graph.fhir import to_fhir
from sr2graph.fhir.issuers import ISSUER_OF_PATIENT_ID, issuer_system
from sr2graph.samples import sample
from tests.fhir.models import resources


def issuer(universal: str, kind: str, tag: int = ISSUER_OF_PATIENT_ID) -> Attribute:
    item = (Attribute(0x0040_0031, "UT", ("Here",)), Attribute(0x0040_0032, "UT", (universal,)))
    return Attribute(tag, "SQ", ((*item, Attribute(0x0040_0033, "CS", (kind,))),))


@pytest.mark.parametrize(
    ("universal", "kind", "system"),
    [
        ("1.2.3.4", "ISO", "urn:oid:1.2.3.4"),
        ("not an oid", "ISO", None),
        ("urn:example:x", "URI", "urn:example:x"),
        ("example", "URI", None),
        ("http://a b", "URI", None),
        ("11111111-2222-5333-8444-555555555555", "UUID", "urn:uuid:11111111-2222-5333-8444-555555555555"),
        ("example.org", "DNS", None),
        ("x", "", None),
    ],
)
def test_the_issuer_is_a_uri_or_none(universal: str, kind: str, system: str | None) -> None:
    assert issuer_system([issuer(universal, kind)], ISSUER_OF_PATIENT_ID) == system


def test_an_issuer_that_is_empty_or_malformed_is_none() -> None:
    for values in ((), ((),)):
        assert issuer_system([Attribute(ISSUER_OF_PATIENT_ID, "SQ", values)], ISSUER_OF_PATIENT_ID) is None
    assert issuer_system([Attribute(ISSUER_OF_PATIENT_ID, "UN", (b"x",))], ISSUER_OF_PATIENT_ID) is None


def test_patients_and_orders_are_identified_within_their_issuer() -> None:
    found = sample("key_objects")
    found = replace(found, other=(*found.other, issuer("1.2.3", "ISO"), issuer("1.2.4", "ISO", 0x0008_0051)))
    found = replace(found, study=replace(found.study, accession_number="A1"))
    made = to_fhir(found, ids="conditional", patient_system="urn:other")
    assert resources(made, "Patient")[0]["identifier"][0]["system"] == "urn:oid:1.2.3"
    assert made.resource["entry"][0]["request"]["ifNoneExist"].startswith("identifier=urn%3Aoid%3A1.2.3%7C")
    order = resources(made, "Observation")[0]["basedOn"][0]["identifier"]
    assert (order["system"], order["value"]) == ("urn:oid:1.2.4", "A1")
