"""The paired cases and the profile rules of the guides, as FHIRPath (../shared/fhir)."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from sr2graph import read
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import SpatialCoordinates3D, ValueType
from sr2graph.fhir import FLAVOURS, FhirBundle, to_fhir
from sr2graph.samples import KINDS, sample
from tests.fhir.models import case, corpus_reports, parsed
from tests.fhir.test_doses import complete

fhirpathpy = pytest.importorskip("fhirpathpy")
models = pytest.importorskip("fhirpathpy.models").models

pytestmark = pytest.mark.corpus

DOSE_SUMMARY = "code='73569-6'"
"""Rules of the dose summary guide: for the flavour r4-rds only."""

CASES = [
    ("s1-ct-dose", "r4"),
    ("s1-ct-dose", "r4-rds"),
    ("s1-ct-dose", "r5-dicom-sr"),
    ("s2-ig-tid1500", "r5-dicom-sr"),
]


def assertions(name: str) -> list[dict[str, str]]:
    if not case("cases").is_dir():
        pytest.skip("../shared/fhir is not beside this checkout")
    return list(json.loads(case(f"cases/{name}.expect.json").read_text(encoding="utf-8"))["assertions"])


@pytest.mark.parametrize(("name", "flavour"), CASES)
def test_paired_cases(name: str, flavour: str) -> None:
    told = assertions(name)
    mine = [each for each in told if flavour == "r4-rds" or DOSE_SUMMARY not in each["fhirpath"]]
    assert len(mine) >= 4
    bundle = parsed(to_fhir(read(case(f"cases/{name}.dicom.json")), flavour, timezone="+00:00"))
    failed = [each["why"] for each in mine if evaluated(bundle, each["fhirpath"], flavour) != [True]]
    assert failed == []


def evaluated(resource: dict[str, Any], path: str, flavour: str) -> Any:
    return fhirpathpy.evaluate(resource, path, {}, models[flavour[:2]])


@cache
def rules() -> dict[str, list[tuple[str, Any]]]:
    if not case("profile_rules_fhirpath.json").is_file():
        pytest.skip("../shared/fhir is not beside this checkout")
    told = json.loads(case("profile_rules_fhirpath.json").read_text(encoding="utf-8"))
    return {
        profile: [(path, fhirpathpy.compile(path, models["r5"])) for path in paths]
        for profile, paths in told.items()
        if isinstance(paths, list)
    }


def claims(data: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every resource and a profile that it claims; a bundle has rules of its own."""
    found = [
        (entry["resource"], profile)
        for entry in data["entry"]
        for profile in entry["resource"].get("meta", {}).get("profile", ())
    ]
    return [(data, "bundle"), *found]


def broken(bundle: FhirBundle) -> list[tuple[str, str]]:
    return [
        (profile, path)
        for resource, profile in claims(parsed(bundle))
        for path, rule in rules().get(profile, ())
        if rule(resource) != [True]
    ]


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_profile_that_is_claimed_is_kept(kind: str, flavour: str) -> None:
    assert broken(to_fhir(sample(kind), flavour, timezone="+01:00")) == []


def antecedent(path: str) -> str | None:
    """What has to be there for a rule to ask anything; None for rules that always do."""
    if " or " in path:
        return path.partition(" or ")[0].replace(".empty()", ".exists()") if ".empty() or" in path else None
    before, _, after = path.rpartition(".all(") if ".where(" in path else ("", "", "")
    return f"{before}.exists()" if after and before.count("(") == before.count(")") else None


def unusual() -> Report:
    """What no sample and no real report here has: groups with a UID of their own, and regions in space."""
    space = SpatialCoordinates3D(graphic_type="POINT", graphic_data=(1.0, 2.0, 3.0), frame_of_reference_uid="1.2.3")

    def changed(item: ContentItem) -> ContentItem:
        children = tuple(changed(each) if isinstance(each, ContentItem) else each for each in item.children)
        if item.value_type == ValueType.SCOORD:
            return replace(item, value_type=ValueType.SCOORD3D, value=space, children=())
        is_group = item.concept_name is not None and item.concept_name.code == "125007"
        uid = f"1.2.3.{item.position[-1]}" if is_group else item.observation_uid
        return replace(item, children=children, observation_uid=uid)

    report = sample("planar_roi")
    assert report.root is not None
    return replace(report, root=changed(report.root))


def test_real_reports_keep_the_profiles_they_claim_and_every_rule_is_tried() -> None:
    """A rule about what is never there would be kept by anything."""
    bundles = [to_fhir(sample(kind), timezone="+01:00") for kind in KINDS]
    bundles += [to_fhir(report, timezone="+01:00") for _, report in corpus_reports()]
    bundles += [to_fhir(complete(), "r4-rds"), to_fhir(unusual(), ids="conditional", timezone="+01:00")]
    wrong, tried = [], set[tuple[str, str]]()
    for bundle in bundles:
        wrong += broken(bundle)
        for resource, profile in claims(parsed(bundle)):
            for path, _ in rules().get(profile, ()):
                told = antecedent(path)
                if (profile, path) not in tried and (told is None or evaluated(resource, told, "r5") == [True]):
                    tried.add((profile, path))
    assert wrong == []
    every = {(profile, path) for profile, paths in rules().items() for path, _ in paths}
    assert len(every) > 25
    assert every - tried == set()


def test_a_dose_summary_that_claims_its_profile_keeps_it() -> None:
    bundle = to_fhir(complete(), "r4-rds")
    assert broken(bundle) == []
    for entry in bundle.resource["entry"]:
        entry["resource"].pop("focus", None)
    assert [profile.rpartition("/")[2] for profile, _ in broken(bundle)] == ["radiation-dose-summary"]


def test_profiles_are_claimed() -> None:
    """Claiming nothing would keep every rule."""
    claimed = {
        profile.rpartition("/")[2]
        for kind in KINDS
        for entry in parsed(to_fhir(sample(kind), timezone="+01:00"))["entry"]
        for profile in entry["resource"].get("meta", {}).get("profile", ())
    }
    assert claimed >= {
        "algorithm-identification",
        "derived-imaging-measurement",
        "dicom-general-equipment",
        "dicom-participant-person",
        "dicom-sr-finding-site",
        "image-region-2d",
        "imaging-measurement",
        "imaging-measurement-group",
        "imaging-qualitative-evaluation",
        "referenced-segment",
    }


def test_a_broken_rule_would_be_noticed() -> None:
    bundle = to_fhir(sample("radiomics"), timezone="+01:00")
    for entry in bundle.resource["entry"]:
        entry["resource"].pop("issued", None)
    assert broken(bundle)
