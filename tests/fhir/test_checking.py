"""Our own look at bundles: everything we make passes, and each thing that validators miss is found."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cache
from itertools import cycle, product
from typing import Any

import pytest

from sr2graph.fhir import BUNDLES, FLAVOURS, IDS, FhirBundle, problems, to_fhir
from sr2graph.samples import KINDS, sample
from tests.fhir.models import corpus_reports

ZONE = "+01:00"
Json = dict[str, Any]


def told(bundle: FhirBundle) -> list[str]:
    return [str(each) for each in bundle.problems()]


def choices() -> Iterator[tuple[str, str, str, str]]:
    """Every sample in every flavour; the types of bundle and the ways of ids take turns, all of them in two samples."""
    turns = cycle(product(BUNDLES, IDS))
    for kind, flavour in product(KINDS, FLAVOURS):
        yield kind, flavour, *next(turns)
    for kind in ("key_objects", "basic_text"):
        for flavour, bundle, ids in product(FLAVOURS, BUNDLES, IDS):
            yield kind, flavour, bundle, ids


def test_nothing_is_wrong_with_any_sample() -> None:
    tried = set(choices())
    assert {each[1:] for each in tried} == set(product(FLAVOURS, BUNDLES, IDS))
    wrong: dict[tuple[str, ...], list[str]] = {}
    for kind, *how in sorted(tried):
        found = told(to_fhir(sample(kind), *how, timezone=ZONE))
        wrong |= {(kind, *how): found} if found else {}
    assert wrong == {}


@pytest.mark.corpus
def test_nothing_is_wrong_with_any_real_report() -> None:
    """One after the other in all flavours and with all ways of ids; without a zone."""
    turns = cycle(product(FLAVOURS, IDS))
    found = {
        (name, *how): told(to_fhir(report, how[0], "batch" if number % 2 else "transaction", how[1]))
        for number, ((name, report), how) in enumerate(zip(corpus_reports(), turns, strict=False))
    }
    assert {key: each for key, each in found.items() if each} == {}


# ---------------------------------------------------------------- what is wrong is found


@cache
def whole(flavour: str = "r5-idr", bundle: str = "transaction") -> Json:
    made: Json = json.loads(to_fhir(sample("planar_roi"), flavour, bundle, timezone=ZONE).json(), parse_float=Decimal)
    return made


def entry(bundle: Json, type_: str, having: str = "id") -> Json:
    """The first entry of a type whose resource has an element."""
    return next(
        each
        for each in bundle["entry"]
        if each["resource"]["resourceType"] == type_ and any(key.startswith(having) for key in each["resource"])
    )


def observed(bundle: Json, having: str = "valueQuantity") -> Json:
    made: Json = entry(bundle, "Observation", having)["resource"]
    return made


def report(bundle: Json) -> Json:
    made: Json = entry(bundle, "DiagnosticReport")["resource"]
    return made


def div(text: str) -> Callable[[Json], Any]:
    """Put something into the narrative."""
    return lambda bundle: report(bundle)["text"].update(div=f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>')


def page(text: str) -> Callable[[Json], Any]:
    form = {"contentType": "text/html", "data": b64encode(text.encode()).decode()}
    return lambda bundle: report(bundle).update(presentedForm=[form])


def in_a_circle(bundle: Json) -> None:
    one, two = [each for each in bundle["entry"] if each["resource"]["resourceType"] == "Observation"][:2]
    for each, other in ((one, two), (two, one)):
        each["resource"]["hasMember"] = [{"reference": other["fullUrl"]}]


def two_patients(bundle: Json) -> None:
    patient = deepcopy(entry(bundle, "Patient"))
    patient["resource"]["id"] = patient["resource"]["id"][:-4] + "0000"
    patient["fullUrl"] = f"urn:uuid:{patient['resource']['id']}"
    patient["request"]["url"] = f"Patient/{patient['resource']['id']}"
    bundle["entry"].append(patient)
    observed(bundle)["subject"] = {"reference": patient["fullUrl"], "type": "Patient"}


WRONG: dict[str, tuple[str, Callable[[Json], Any]]] = {
    # Values
    "a list of nothing": ("empty", lambda b: observed(b).update(note=[])),
    "nothing at all": ("empty", lambda b: observed(b).update(note=None)),
    "an object of nothing": ("empty", lambda b: observed(b).update(method={})),
    "no text": ("empty", lambda b: observed(b)["valueQuantity"].update(unit="")),
    "blanks": ("blanks only", lambda b: observed(b)["valueQuantity"].update(unit="  ")),
    # Times
    "no zone": ("without a zone", lambda b: observed(b).update(effectiveDateTime="2024-03-01T10:15:00")),
    "no such day": ("no date", lambda b: observed(b).update(effectiveDateTime="2023-02-29")),
    "no such hour": ("no dateTime", lambda b: observed(b).update(effectiveDateTime="2024-03-01T25:00:00Z")),
    "a day is no instant": ("an instant", lambda b: observed(b).update(issued="2024-03-01")),
    "a time without minutes": ("no time", lambda b: observed(b).update(valueTime="10")),
    "ends before": (
        "per-1",
        lambda b: observed(b).update(effectivePeriod={"start": "2024-01-02", "end": "2024-01-01"}),
    ),
    # Codes
    "a designator": ("no absolute URI", lambda b: observed(b)["code"]["coding"][0].update(system="99PRIVATE")),
    "no code": ("a display without a code", lambda b: observed(b)["code"]["coding"][0].pop("code")),
    "no system": ("a code without a system", lambda b: observed(b)["code"]["coding"][0].pop("system")),
    "a blank in a code": ("single blanks", lambda b: observed(b)["code"]["coding"][0].update(code=" 1")),
    "twice the same": (
        "the same coding twice",
        lambda b: observed(b)["code"].update(coding=observed(b)["code"]["coding"] * 2),
    ),
    # Identifiers
    "a bare UID": (
        "a bare UID",
        lambda b: report(b)["identifier"][0].update(value=report(b)["identifier"][0]["value"].removeprefix("urn:oid:")),
    ),
    "no OID": ("no absolute URI", lambda b: report(b)["identifier"][0].update(value="urn:oid:1.02.3")),
    "no UUID": (
        "no absolute URI",
        lambda b: report(b)["identifier"].append({"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}),
    ),
    "no value": ("without a value", lambda b: report(b)["identifier"][0].pop("value")),
    "no UID": ("no UID", lambda b: entry(b, "ImagingSelection")["resource"].update(studyUid="urn:oid:1.2")),
    # Quantities
    "a unit of no system": ("qty-3", lambda b: observed(b)["valueQuantity"].pop("system")),
    "a unit nobody reads": ("people read", lambda b: observed(b)["valueQuantity"].pop("unit")),
    "a system of nothing": ("without a code", lambda b: observed(b)["valueQuantity"].pop("code")),
    "digits as text": ("without a number", lambda b: observed(b)["valueQuantity"].update(value="1.5")),
    "not a number": ("not a number", lambda b: observed(b)["valueQuantity"].update(value=float("nan"))),
    # Observations
    "a value and none": ("obs-6", lambda b: observed(b).update(dataAbsentReason={"text": "x"})),
    "two values": ("more than one", lambda b: observed(b).update(valueString="x")),
    "nothing said": (
        "neither value nor",
        lambda b: [observed(b).pop(name, None) for name in ("derivedFrom", "valueQuantity")],
    ),
    "its own component": (
        "obs-7",
        lambda b: observed(b).update(component=[{"code": observed(b)["code"], "valueString": "x"}]),
    ),
    "a component of nothing": ("component[0]", lambda b: observed(b).update(component=[{"code": {"text": "x"}}])),
    "two sites": ("obs-8", lambda b: observed(b, "bodyStructure").update(bodySite={"text": "x"})),
    "an empty range": ("obs-3", lambda b: observed(b).update(referenceRange=[{"appliesTo": [{"text": "x"}]}])),
    "its own member": ("in a circle", in_a_circle),
    "another patient": ("a second patient", two_patients),
    # Entries
    "nowhere": ("to nothing", lambda b: observed(b)["subject"].update(reference="urn:uuid:" + "0" * 36)),
    "not in here": ("to nothing", lambda b: observed(b)["subject"].update(reference="Patient/1")),
    "contained": ("contained", lambda b: observed(b).update(contained=[{"resourceType": "Device", "id": "d"}])),
    "to a contained one": ("to nothing", lambda b: observed(b)["subject"].update(reference="#d")),
    "another type": ("another type", lambda b: observed(b)["subject"].update(type="Group")),
    "an entry twice": ("bdl-7", lambda b: b["entry"].append(b["entry"][0])),
    "an id twice": ("type and id", lambda b: b["entry"].append(b["entry"][0] | {"fullUrl": "urn:oid:1.2"})),
    "another url": ("differ", lambda b: b["entry"][0].update(fullUrl=b["entry"][1]["fullUrl"][:-1] + "0")),
    "a long id": ("id is none", lambda b: observed(b).update(id="x" * 65)),
    "no request": ("bdl-3", lambda b: b["entry"][0].pop("request")),
    "put elsewhere": ("request.url", lambda b: b["entry"][0]["request"].update(url="Patient/1")),
    "posted again": ("ifNoneExist", lambda b: b["entry"][0].update(request={"method": "POST", "url": "Patient"})),
    "posted elsewhere": ("the type of", lambda b: b["entry"][0].update(request={"method": "POST", "url": "Group"})),
    "a document": ("bdl-11", lambda b: b.update(type="document")),
    "a collection": ("a request in a collection", lambda b: b.update(type="collection")),
    "no profile": ("meta.profile", lambda b: observed(b).update(meta={"profile": ["imaging-measurement"]})),
    "an extension of nothing": ("ext-1", lambda b: observed(b).update(extension=[{"url": "http://example.org/x"}])),
    "an extension of us": ("url is no", lambda b: observed(b).update(extension=[{"url": "x", "valueString": "x"}])),
    # What people read
    "a script": ("txt-1", div("<script>alert(1)</script>x")),
    "a handler": ("txt-1", div('<p onclick="alert(1)">x</p>')),
    "a frame": ("txt-1", div('<iframe src="http://example.org"/>x')),
    "a link": ("a link", div('<a href="http://example.org">x</a>')),
    "a link that acts": ("a link", div('<a href="javascript:alert(1)">x</a>')),
    "an image": ("a link", div('<img src="http://example.org/x.png"/>')),
    "a style that fetches": ("a link", div('<p style="background: url(http://example.org)">x</p>')),
    "no XHTML": ("well-formed", div("<p>x")),
    "entities": (
        "declarations",
        lambda b: report(b)["text"].update(div='<!DOCTYPE x [<!ENTITY a "a">]><div>&a;</div>'),
    ),
    "not of XHTML": ("no div", lambda b: report(b)["text"].update(div="<div>x</div>")),
    "nothing to read": ("txt-2", div("<p> </p>")),
    "no base64": ("base64", lambda b: report(b)["presentedForm"][0].update(data="*")),
    "another size": ("size", lambda b: report(b)["presentedForm"][0].update(size="1")),
    "another hash": ("SHA-1", lambda b: report(b)["presentedForm"][0].update(hash="x")),
    "a script in a page": ("element", page("<html><body><SCRIPT>x</SCRIPT></body></html>")),
    "a handler in a page": ("event handler", page("<html><body><p OnClick=x>x</p></body></html>")),
    "a page that leaves": ("elsewhere", page('<html><head><meta http-equiv="refresh"></head></html>')),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found(name: str) -> None:
    what, spoil = WRONG[name]
    bundle = deepcopy(whole())
    assert problems(bundle) == []
    spoil(bundle)
    found = problems(bundle)
    assert [each for each in found if what in each.what or what in each.where], list(map(str, found))
    assert len({each.what for each in found}) <= 4


def test_a_document_says_when_it_was_made() -> None:
    bundle = deepcopy(whole("r4", "document"))
    assert problems(bundle, "R4") == []
    del bundle["timestamp"]
    assert [each.what for each in problems(bundle, "R4")] == [
        "a document without identifier or timestamp (bdl-9, bdl-10)"
    ]


def test_a_release_has_rules_of_its_own() -> None:
    structure = {
        "resourceType": "Observation",
        "valueString": "x",
        "bodySite": {"text": "x"},
        "bodyStructure": {"a": 1},
    }
    assert len(problems(structure)) == 1
    assert problems(structure, "R4") == []


@pytest.mark.parametrize("junk", [[], {}, 1, "x", None, [None], [[]], {"a": []}, True])
@pytest.mark.parametrize(
    "element", ["entry", "type", "code", "text", "meta", "hasMember", "component", "presentedForm", "identifier", "id"]
)
def test_anything_may_be_anything(element: str, junk: Any) -> None:
    """What is looked at need not be of ours: problems, no exceptions."""
    for type_ in ("Bundle", "Observation"):
        problems({"resourceType": type_, element: junk})
        problems({"resourceType": type_, element: [junk]})
        problems({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": type_, element: junk}}]})


def test_depth_is_no_matter() -> None:
    deep: Json = {}
    for _ in range(100_000):
        deep = {"extension": [deep]}
    found = problems({"resourceType": "Patient", **deep})
    assert "levels" in found[-1].what
    assert len(found) < 300


def test_no_problem_quotes_a_value() -> None:
    """Problems go into logs, and bundles are about patients."""
    name = "Doe^Jane"
    bundle = {
        "resourceType": "Observation",
        "status": "",
        "effectiveDateTime": name,
        "identifier": [{"system": name}],
    }
    found = problems(bundle)
    assert len(found) >= 4
    assert not [each for each in found if name in str(each)]
