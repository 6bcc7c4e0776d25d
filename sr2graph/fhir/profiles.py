"""Profiles of a guide are claimed by resources that keep their rules, and by no other (profiles.csv)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.resources import Resources
from sr2graph.fhir.tables import Flavour, keyed, rows

LATE = ("ServiceRequest", "ImagingStudy", "Observation", "DiagnosticReport", "Composition")
"""Types whose profiles are claimed once all is made that they refer to, in this order."""


def claim_late(resources: Resources, flavour: Flavour, account: Account) -> None:
    """Claim the profiles of what refers to the rest of the bundle."""
    wanted = {row["resource"] for row in rows("profiles") if row["guide"] == flavour.guide and not row["category"]}
    for type_ in (each for each in LATE if each in wanted):
        for entry in [each for each in resources if each.type == type_]:
            if entry.resource.get("meta") and type_ == "ServiceRequest":
                continue
            resource = _extended(entry.resource, account, resources)
            resources.replace(claimed(resource, "", flavour, account, resources))


def claimed(
    resource: Json, category: str, flavour: Flavour, account: Account, resources: Resources | None = None
) -> Json:
    """Return a resource with the profile of the guide that it keeps the rules of; the others are noted.

    Where a profile wants those it refers to to keep one, too (`targets`), `resources` has them.
    """
    why = []
    for rule in _rules(flavour.guide, resource["resourceType"], category):
        missing = [element for element in rule.requires if element not in resource]
        if resources is not None:
            told = (each for each in rule.targets if not _kept(resource.get(each), resources))
            missing += [f"profile of {each}" for each in told]
        if not missing and all(_has(resource, pattern, resources) for pattern in rule.patterns):
            # The first two are type and id, and meta comes after them.
            meta = {"profile": [rule.profile]}
            return {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta, **resource}
        name = rule.profile.rpartition("/")[2]
        why.append(f"{name} is not claimed: no {' '.join(missing or rule.patterns)}")
    for reason in why:
        account.note("meta.profile", reason)
    return resource


def _extended(resource: Json, account: Account, resources: Resources) -> Json:
    """Return a resource without extensions that refer to what does not keep the profile that they want of it."""
    table = keyed("report_extensions", "url")
    kept = []
    for each in resource.get("extension", ()):
        target = table[each["url"]]["target"] if each["url"] in table else ""
        found = resources.find(each["valueReference"]) if target else None
        if target and (found is None or target not in found.get("meta", {}).get("profile", ())):
            name = each["url"].rpartition("/")[2]
            account.note("extension", f"no {name}: what it refers to does not keep {target.rpartition('/')[2]}")
        else:
            kept.append(each)
    if kept:
        return {**resource, "extension": kept}
    return {key: value for key, value in resource.items() if key != "extension"}


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a profile wants, of a line of profiles.csv."""

    profile: str
    requires: tuple[str, ...]
    targets: tuple[str, ...]
    patterns: tuple[str, ...]


@lru_cache(1024)
def _rules(guide: str, type_: str, category: str) -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row["profile"],
            tuple(row["requires"].split()),
            tuple(row["targets"].split()),
            tuple(row["pattern"].split()),
        )
        for row in rows("profiles")
        if (row["guide"], row["resource"], row["category"]) == (guide, type_, category)
    )


def _kept(told: Json | list[Json] | None, resources: Resources) -> bool:
    """Tell whether all that an element refers to claims a profile; what is not in the bundle is not looked at."""
    found = (resources.find(each) for each in (told if isinstance(told, list) else [told] if told else []))
    return all(each is None or "meta" in each for each in found)


SELECTIONS = frozenset(row["code"] for row in rows("selections"))
"""Codes of ImagingSelections that the DICOM SR guide has a profile for, each one of them a slice of derivedFrom."""

DOSE_SUMMARY = "73569-6"
"""LOINC: radiation exposure and protection information."""

IMPRESSION = "https://profiles.ihe.net/RAD/IDR/StructureDefinition/idrImpression"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def _has(resource: Json, pattern: str, resources: Resources | None) -> bool:
    """Tell whether a resource has what a profile wants of its lists."""
    return _PATTERNS[pattern](resource, resources)


def _has_region(resource: Json, _: Resources | None) -> bool:
    return any(len(each.get("imageRegion2D", ())) == 1 for each in resource["instance"])


def _has_segment(resource: Json, _: Resources | None) -> bool:
    instances = resource["instance"]
    is_segment = (each.get("sopClass", {}).get("code") == SEGMENTATION for each in instances)
    return all(one and len(each.get("subset", ())) == 1 for one, each in zip(is_segment, instances, strict=True))


def _has_one_of_each(resource: Json, resources: Resources | None) -> bool:
    """Tell whether an Observation is derived from one selection of each profile at most; validators resolve them."""
    if resources is None:
        return "derivedFrom" not in resource
    found = (resources.find(each) for each in resource.get("derivedFrom", ()) if "reference" in each)
    codings = (each["code"].get("coding", ()) for each in found if each and each["resourceType"] == "ImagingSelection")
    codes = [one["code"] for each in codings for one in each if one.get("code") in SELECTIONS]
    return len(set(codes)) == len(codes)


def _has_organization(resource: Json, _: Resources | None) -> bool:
    """Tell whether an institution can be resolved: the slice is by its type."""
    return any(each["type"] == "Organization" and "reference" in each for each in resource["performer"])


def _has_impression(resource: Json, _: Resources | None) -> bool:
    return any(each["url"] == IMPRESSION for each in resource["extension"])


def _has_order(resource: Json, _: Resources | None) -> bool:
    """Tell whether an order can be resolved: the slice is by its type."""
    return any("reference" in each for each in resource["basedOn"])


def _is_ordered(resource: Json, _: Resources | None) -> bool:
    return bool(resource["intent"] == "order")


def _is_final(resource: Json, _: Resources | None) -> bool:
    return bool(resource["status"] == "final")


def _has_listed_status(resource: Json, _: Resources | None) -> bool:
    """Tell whether a status is in the value set of IDR, whose `findal` no report has."""
    return resource["status"] in {"preliminary", "amended"}


def _has_application_entity(resource: Json, _: Resources | None) -> bool:
    return any("application-entity" in str(each.get("type")) for each in resource["identifier"])


def _has_dose_section(resource: Json, resources: Resources | None) -> bool:
    own = [each["entry"] for each in resource["section"] if DOSE_SUMMARY in str(each.get("code"))]
    return bool(own) and resources is not None and all(_kept(each, resources) for each in own)


_PATTERNS: dict[str, Callable[[Json, Resources | None], bool]] = {
    "imageRegion2D": _has_region,
    "segment": _has_segment,
    "one-of-each": _has_one_of_each,
    "organization": _has_organization,
    "impression": _has_impression,
    "order": _has_order,
    "ordered": _is_ordered,
    "final": _is_final,
    "listed-status": _has_listed_status,
    "application-entity": _has_application_entity,
    "dose-section": _has_dose_section,
}
"""What profiles.csv says ↔ how it is looked at."""
