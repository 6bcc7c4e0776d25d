"""Bundles before HAPI FHIR's validator, which knows the base specification and the profiles of the guides."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from sr2graph.dicom.report import Report
from sr2graph.fhir import FLAVOURS, FhirBundle, to_fhir
from sr2graph.fhir.tables import flavours, rows
from sr2graph.samples import KINDS, large_sample, sample
from tests.fhir.hapi import Excuse, Issue, Validator, excuses, unexcused
from tests.fhir.models import case, corpus_reports, resources
from tests.fhir.test_doses import complete

pytestmark = [pytest.mark.hapi, pytest.mark.slow]

ZONE = "+01:00"
RELEASES = ("R4", "R5")
ERRORS = {"error", "fatal"}

Ask = Callable[[str], Validator]


def group(release: str) -> pytest.MarkDecorator:
    """What asks the validator of one release runs in one process, which starts it once."""
    return pytest.mark.xdist_group(f"hapi-{release}")


def grouped(flavour: str, *values: Any) -> Any:
    """Parameters of a test, beginning with a flavour, in the group of its release."""
    return pytest.param(flavour, *values, marks=group(flavours()[flavour].release))


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """The validator of a release."""
    started: dict[str, Validator] = {}

    def validator(release: str) -> Validator:
        if release not in started:
            started[release] = Validator(release)
        return started[release]

    yield validator
    for each in started.values():
        each.close()


def report(kind: str) -> Report:
    """A sample, smaller where it has the same event over and over; or the dose report that has all a guide wants."""
    made: dict[str, Callable[[], Report]] = {"complete": complete, "projection_xray_dose": lambda: large_sample(2)}
    return made[kind]() if kind in made else sample(kind)


@cache
def projected(kind: str, flavour: str, bundle: str = "transaction", ids: str = "put") -> FhirBundle:
    return to_fhir(report(kind), flavour, bundle, ids, timezone=ZONE)


def issues(ask: Ask, bundle: FhirBundle) -> tuple[Issue, ...]:
    return ask(bundle.release).issues(bundle.json())


def need_guides(validator: Validator) -> None:
    if not validator.guides:
        pytest.skip("../shared/fhir/ig is not beside this checkout: the validator knows no guide")


# ---------------------------------------------------------------- what we make


@pytest.mark.parametrize(("flavour", "kind"), [grouped(flavour, kind) for flavour in FLAVOURS for kind in KINDS])
def test_every_sample_is_valid(flavour: str, kind: str, ask: Ask) -> None:
    """No error, and no warning that nobody has looked at."""
    assert unexcused(issues(ask, projected(kind, flavour))) == []


SORTS = [
    ("batch", "put"),
    ("batch", "conditional"),
    ("collection", "put"),
    ("document", "put"),
    ("transaction", "conditional"),
    ("transaction", "logical"),
]


@pytest.mark.parametrize(
    ("flavour", "kind", "bundle", "ids"),
    [
        *(grouped(flavour, "basic_text", *sort) for flavour in FLAVOURS for sort in SORTS),
        grouped("r4-rds", "complete", "document", "put"),
        grouped("r5-dicom-sr", "planar_roi", "document", "put"),
    ],
)
def test_every_sort_of_bundle_is_valid(flavour: str, kind: str, bundle: str, ids: str, ask: Ask) -> None:
    assert unexcused(issues(ask, projected(kind, flavour, bundle, ids))) == []


MOST = 60_000
"""Characters of the bundle of a real report that is validated: the larger half would take minutes."""


OWN = {"ctdose-siemens-petct-1.dcm": "'9999-01-01' is outside", "mgdose-hologic-1.dcm": "DCM#111650"}
"""What is wrong in these reports themselves: a birth date, a code that PS3.16 does not have."""

REAL = {"Terminology_TX_Code_ValueSet_Ext", "TERMINOLOGY_TX_SYSTEM_UNSUPPORTED"}
"""Warnings that no sample has: an AE title is a type that HL7 has no code for, and SNOMED CT is not here."""


@pytest.mark.corpus
@pytest.mark.parametrize("flavour", [grouped(each) for each in FLAVOURS])
def test_real_reports_are_valid(flavour: str, ask: Ask) -> None:
    """Those whose bundle is not long, which most are."""
    found = {}
    for name, real in corpus_reports():
        bundle = to_fhir(real, flavour, timezone=ZONE)
        if len(bundle.json()) <= MOST:
            told = unexcused(issues(ask, bundle))
            told = [each for each in told if each.severity != "warning" or each.id not in REAL]
            found[name] = [each for each in told if name not in OWN or OWN[name] not in each.message]
    assert len(found) >= 30
    assert {name: each for name, each in found.items() if each} == {}


# ---------------------------------------------------------------- what is excused


def seen_in(excuse: Excuse, ask: Ask) -> tuple[Issue, ...]:
    """The issues of the sample, or of the example of the guide, that shows why there is an excuse."""
    if excuse.example:
        resource = json.loads(case(f"ig/{excuse.guide}/examples/{excuse.example}").read_text(encoding="utf-8"))
        return ask(excuse.release).issues(resource)
    return issues(ask, projected(excuse.kind, excuse.flavour, excuse.bundle))


@pytest.mark.parametrize(
    "excuse", [pytest.param(each, id=f"{each.id}-{each.kind}", marks=group(each.release)) for each in excuses()]
)
def test_every_excuse_is_needed(excuse: Excuse, ask: Ask) -> None:
    """What is excused is seen in the sample that its line names, and nothing else excuses it."""
    if excuse.guide:
        need_guides(ask(excuse.release))
    found = [each for each in issues(ask, projected(excuse.kind, excuse.flavour, excuse.bundle)) if excuse.covers(each)]
    assert found
    assert excuse.reason
    others = [each for each in excuses() if each is not excuse]
    assert not any(each.covers(found[0]) for each in others)


@pytest.mark.parametrize(
    "excuse", [pytest.param(e, id=e.example, marks=group(e.release)) for e in excuses() if e.example]
)
def test_a_defect_of_a_guide_is_in_its_own_example_too(excuse: Excuse, ask: Ask) -> None:
    need_guides(ask(excuse.release))
    assert any(excuse.covers(each) for each in seen_in(excuse, ask))


# ---------------------------------------------------------------- that it can fail

Json = dict[str, Any]


def spoil(bundle: Json, type_: str, **elements: object) -> None:
    """Change elements of the last resource of a type; None takes one away."""
    found = [each["resource"] for each in bundle["entry"] if each["resource"]["resourceType"] == type_]
    changed = found[-1] | elements
    found[-1].clear()
    found[-1].update({key: value for key, value in changed.items() if value is not None})


SCRIPT = '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>'
UNKNOWN = "http://hl7.org/fhir/StructureDefinition/unknown"
BROKEN: dict[str, tuple[str, Json, str]] = {
    "required": ("Observation", {"code": None}, "Observation.code: minimum required = 1"),
    "type": ("Observation", {"status": 5}, "must be a string"),
    "binding": ("Observation", {"status": "done"}, "'done'"),
    "unit": ("Observation", {"valueQuantity": {"value": 5, "code": "mm"}}, "qty-3"),
    "name": ("Observation", {"magnitude": 5}, "Unrecognized property 'magnitude'"),
    "absent": ("Observation", {"valueString": "x", "dataAbsentReason": {"text": "x"}}, "obs-6"),
    "target": ("Observation", {"device": {"reference": "Patient/1"}}, "'Patient'"),
    "empty": ("Observation", {"performer": []}, "Array cannot be empty"),
    "time": ("Observation", {"effectiveDateTime": "2024-07-24T08:23:42"}, "timezone"),
    "script": ("DiagnosticReport", {"text": {"status": "generated", "div": SCRIPT}}, "script"),
    "extension": ("Observation", {"extension": [{"url": UNKNOWN, "valueString": "x"}]}, UNKNOWN),
    "id": ("Patient", {"id": "x" * 65}, "Too long"),
}
"""What is broken ↔ the type, what it is given, what an error says of it."""


@pytest.mark.parametrize(
    ("flavour", "name"), [grouped(flavour, name) for flavour in ("r4", "r5-dicom-sr") for name in BROKEN]
)
def test_what_is_broken_is_found(flavour: str, name: str, ask: Ask) -> None:
    """An oracle that accepts all proves nothing."""
    type_, elements, said = BROKEN[name]
    bundle = projected("key_objects", flavour, "collection")
    whole = json.loads(bundle.json())
    whole["entry"].append({"fullUrl": f"urn:uuid:{'0' * 8}-0000-4000-8000-{'0' * 12}", "resource": simple()})
    broken = deepcopy(whole)
    spoil(broken, type_, **elements)
    before, after = (
        [each.message for each in unexcused(ask(bundle.release).issues(given)) if each.severity in ERRORS]
        for given in (whole, broken)
    )
    assert before == []
    assert any(said in each for each in after), after


def simple() -> Json:
    """An Observation with nothing against it."""
    return {"resourceType": "Observation", "id": "1", "status": "final", "code": {"text": "x"}}


@pytest.mark.parametrize("release", [pytest.param("R5", marks=group("R5"))])
def test_numbers_of_r5(release: str, ask: Ask) -> None:
    """A decimal has no zeros before its exponent, an integer64 is a text."""
    text = json.dumps(simple() | {"valueQuantity": {"value": 0}})
    said = [each.message for each in ask(release).issues(text.replace(": 0}", ": 3.1E+04}"))]
    assert any("decimal regex" in each for each in said)
    attached = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "x"}}
    sizes = [attached | {"presentedForm": [{"contentType": "text/plain", "size": size}]} for size in (5, "5")]
    said_of = [[each.message for each in ask(release).issues(each) if each.severity in ERRORS] for each in sizes]
    assert said_of == [["Error parsing JSON: the primitive value must be a string"], []]


@pytest.mark.corpus
@pytest.mark.parametrize("release", [pytest.param("R4", marks=group("R4"))])
def test_broken_observations_of_others(release: str, ask: Ask) -> None:
    """All eighteen are found; the best of the other validators rejects ten (strictness_matrix_R4.csv)."""
    if not (path := case("validators/broken_observations_R4.json")).is_file():
        pytest.skip("../shared/fhir/validators is not beside this checkout")
    found = {
        each["name"]: {issue.severity for issue in unexcused(ask(release).issues(each["resource"]))}
        for each in json.loads(path.read_text(encoding="utf-8"))
    }
    assert found.pop("00-valid") == set()
    # A type that R4 does not have is a reference that looks wrong, no more.
    assert found.pop("13-derivedFrom-ImagingSelection-in-R4") == {"warning"}
    assert len(found) == 17
    assert all(severities & ERRORS for severities in found.values()), found


NEVER = {
    "imr-imagingstudy",
    "idr-imaging-study-in-imaging-report",
    "imaging-study-endpoint",
    "imaging-diagnosticreport",
    "image-region-3d",
    "idr-recommendation-service-request",
}
"""Profiles that no sample claims: they want an endpoint, a status that is misprinted, a region in space, a proposal."""

ONCE = {"dicom-general-equipment", "dicom-participant-device", "dicom-participant-person"}
"""Profiles that want no more than one of something."""

OPEN = {"algorithm-identification"}
"""Profiles with which nothing can be wrong in the resource itself."""

FLAVOUR_OF = {each.guide: each for each in flavours().values() if each.guide}


@cache
def claiming(profile: str, flavour: str) -> Json | None:
    """The first resource of a sample that claims a profile."""
    for kind in (*KINDS, "complete"):
        for each in resources(projected(kind, flavour, "document" if "summary-report" in profile else "transaction")):
            if profile in each.get("meta", {}).get("profile", ()):
                return each
    return None


@pytest.mark.parametrize(
    ("flavour", "profile", "required"),
    [
        grouped(FLAVOUR_OF[row["guide"]].name, row["profile"], row["requires"].split()[0])
        for row in rows("profiles")
        if row["profile"].rpartition("/")[2] not in NEVER | OPEN
    ],
)
def test_a_claim_is_held_against_the_profile(flavour: str, profile: str, required: str, ask: Ask) -> None:
    """Without what its profile requires, or with two of it, a resource has an error of that profile more."""
    validator = ask(flavours()[flavour].release)
    need_guides(validator)
    resource = claiming(profile, flavour)
    assert resource is not None
    text = FhirBundle(resource).json()
    wrong = {key: value for key, value in resource.items() if key != required}
    if profile.rpartition("/")[2] in ONCE:
        wrong[required] = resource[required] * 2
    before, after = (
        {said.message for said in validator.issues(each) if said.severity in ERRORS}
        for each in (text, FhirBundle(wrong).json())
    )
    assert any(required in each and profile in each for each in after - before), after - before
