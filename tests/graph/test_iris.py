"""IRIs of UIDs, patients and parts of reports: valid for any text, and reversible."""

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from sr2graph.graph.iris import iri_uid, patient_iri, uid_iri
from sr2graph.graph.vocabulary import NAMESPACE

any_text = st.text(st.characters(exclude_categories=["Cs"]))


def is_absolute_iri(text: str) -> bool:
    """Whether a parser that checks IRIs takes it, and gives back the same."""
    turtle = f"<{text}> <urn:p> <{text}> ."
    (triple,) = pyoxigraph.parse(turtle, format=RdfFormat.TURTLE, base_iri="http://example.org/a/b")
    return bool(triple.subject.value == text == triple.object.value)


@given(any_text)
def test_any_uid_has_a_valid_iri_that_tells_it(uid: str) -> None:
    assert is_absolute_iri(uid_iri(uid))
    assert iri_uid(uid_iri(uid)) == uid


@given(any_text, any_text, any_text, any_text)
def test_patients_are_told_apart(patient: str, issuer: str, other: str, other_issuer: str) -> None:
    assert is_absolute_iri(patient_iri(patient, issuer))
    same = (patient, issuer) == (other, other_issuer)
    assert (patient_iri(patient, issuer) == patient_iri(other, other_issuer)) is same


@pytest.mark.parametrize(
    ("uid", "iri"),
    [
        ("1.2.840.10008.1.1", "urn:oid:1.2.840.10008.1.1"),
        ("2.25.0", "urn:oid:2.25.0"),
        ("1.2.03", f"{NAMESPACE}uid/1.2.03"),
        ("3.1", f"{NAMESPACE}uid/3.1"),
        ("1", f"{NAMESPACE}uid/1"),
        ("1.2.", f"{NAMESPACE}uid/1.2."),
        ("1.2\n", f"{NAMESPACE}uid/1.2%0A"),
        ("1.٢", f"{NAMESPACE}uid/1.%D9%A2"),
        ("a/b#c", f"{NAMESPACE}uid/a%2Fb%23c"),
    ],
)
def test_only_an_oid_becomes_a_urn(uid: str, iri: str) -> None:
    assert uid_iri(uid) == iri


@pytest.mark.parametrize(
    "iri", ["urn:oid:1.2.3#1.4", "http://example.org/", "", "urn:uuid:x", f"{NAMESPACE}patient/a/b"]
)
def test_other_iris_tell_no_uid(iri: str) -> None:
    assert iri_uid(iri) is None


def test_undecodable_text_gives_an_iri_all_the_same() -> None:
    assert is_absolute_iri(uid_iri("\ud800"))
