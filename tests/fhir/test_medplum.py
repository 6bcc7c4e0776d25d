"""Two more that know FHIR, written by others: Medplum (R4, R5), and the JSON schema of R4 (tests/fhir/medplum)."""

import csv
import json
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest

from sr2graph.fhir import FLAVOURS, problems, to_fhir
from sr2graph.fhir.tables import flavours
from sr2graph.samples import KINDS, sample
from tests.conftest import MEDPLUM, ROOT
from tests.fhir.models import case, corpus_reports

pytestmark = pytest.mark.medplum

RELEASES = ("R4", "R5")
ZONE = "+01:00"


class Verdict(NamedTuple):
    """What validators have against a bundle or a resource."""

    medplum: list[str]
    schema: list[str]

    @property
    def all(self) -> list[str]:
        return self.medplum + self.schema


def verdicts(lines: Iterable[str], release: str) -> list[Verdict]:
    """Ask about many, in one go."""
    done = subprocess.run(
        ["node", ROOT / "tests" / "fhir" / "medplum" / "check.mjs", MEDPLUM, release],
        input="\n".join(lines),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [Verdict(**json.loads(line)) for line in done.stdout.splitlines()]


def of_release(release: str) -> list[str]:
    return [name for name, flavour in flavours().items() if flavour.release == release]


def bundles(release: str) -> Iterator[tuple[str, str]]:
    """Name and text of a bundle of every sample in every flavour, and of the real reports in one flavour each.

    As a batch: there references say the type of what they are to, and Medplum looks whether it fits.
    """
    names = of_release(release)
    for kind in KINDS:
        for flavour in names:
            yield f"{kind} {flavour}", to_fhir(sample(kind), flavour, "batch", timezone=ZONE).json()
    for number, (name, report) in enumerate(corpus_reports()):
        flavour = FLAVOURS[number % len(FLAVOURS)]
        if flavour in names:
            yield f"{name} {flavour}", to_fhir(report, flavour, "batch").json()


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_they_have_nothing_against_any_bundle(release: str) -> None:
    told = {text: name for name, text in bundles(release)}
    assert len(told) > 20
    found = verdicts(told, release)
    assert {name: each.all for name, each in zip(told.values(), found, strict=True) if each.all} == {}


# ---------------------------------------------------------------- they can say no


def observation(release: str, **changes: Any) -> str:
    """The text of an Observation that is right but for the changes; None takes away."""
    made = {
        "resourceType": "Observation",
        "id": "one",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "21889-1"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2024-03-01T10:15:12+01:00",
        "valueQuantity": {"value": 1.5, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"},
        "derivedFrom": [{"reference": "ImagingSelection/s" if release == "R5" else "ImagingStudy/s"}],
    } | changes
    return json.dumps({key: value for key, value in made.items() if value is not None})


WRONG: dict[str, dict[str, Any]] = {
    "no status": {"status": None},
    "no code": {"code": None},
    "a property of our own": {"certainty": "high"},
    "a value and a reason for none": {"dataAbsentReason": {"text": "x"}},
    "a number in quotes": {"valueQuantity": {"value": "1.5"}},
    "of a series, not of a patient": {"subject": {"reference": "ImagingStudy/s"}},
    "derived from a person": {"derivedFrom": [{"reference": "Practitioner/p"}]},
    "a component without a name": {"component": [{"valueString": "x"}]},
    "not a URI": {"identifier": [{"system": "two words", "value": "x"}]},
}

ONLY_R5 = {"bodyStructure": {"reference": "BodyStructure/b"}}


@pytest.mark.parametrize("release", RELEASES)
def test_they_reject_what_is_wrong(release: str) -> None:
    """An oracle that accepts all proves nothing; and each knows its release."""
    lines = [observation(release), *(observation(release, **changes) for changes in WRONG.values())]
    right, *found, structure = verdicts([*lines, observation(release, **ONLY_R5)], release)
    assert right.all == []
    assert [name for name, each in zip(WRONG, found, strict=True) if not each.medplum] == []
    assert bool(structure.medplum) is bool(structure.schema) is (release == "R4")


# ---------------------------------------------------------------- all of us together


@cache
def matrix() -> dict[str, dict[str, str]]:
    """Case ↔ what each validator was seen to say of it (../shared/fhir/validators)."""
    path = case("validators/strictness_matrix_R4.csv")
    if not path.is_file():
        pytest.skip("../shared/fhir is not beside this checkout")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["case"]: row for row in csv.DictReader(file) if row["case"][0].isdigit()}


def test_no_broken_observation_gets_past_all_of_us() -> None:
    """Each validator rejects at least what it was seen to reject, and together we reject all."""
    expected = matrix()
    told = json.loads(case("validators/broken_observations_R4.json").read_text(encoding="utf-8"))
    cases = {each["name"]: each["resource"] for each in told}
    assert set(cases) >= set(expected)
    found = dict(zip(cases, verdicts(map(json.dumps, cases.values()), "R4"), strict=True))
    for name, row in expected.items():
        assert found[name].medplum or row["medplum_core_4.5.2"] != "REJECT", name
        assert found[name].schema or row["R4_json_schema"] != "REJECT", name
    own = {name: problems(resource, "R4") for name, resource in cases.items()}
    accepted = [name for name in cases if not (found[name].all or own[name])]
    assert accepted == ["00-valid"]
    missed = {name for name, row in expected.items() if "REJECT" not in row.values() and not own[name]}
    assert missed == {"00-valid"}
