"""Profiles of a guide are claimed by resources that keep their rules, and by no other (profiles.csv)."""

from __future__ import annotations

from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.resources import Resources
from sr2graph.fhir.tables import Flavour, rows

LATE = ("ImagingStudy", "DiagnosticReport", "Composition")
"""Types whose profiles are claimed once all is made that they refer to, in this order."""


def claim_late(resources: Resources, flavour: Flavour, account: Account) -> None:
    """Claim the profiles of what refers to the rest of the bundle."""
    for type_ in LATE:
        for entry in [each for each in resources if each.type == type_]:
            resources.replace(claimed(entry.resource, "", flavour, account, resources))


def claimed(
    resource: Json, category: str, flavour: Flavour, account: Account, resources: Resources | None = None
) -> Json:
    """Return a resource with the profile of the guide that it keeps the rules of; the others are noted.

    Where a profile wants those it refers to to keep one, too (`targets`), `resources` has them.
    """
    why = []
    for row in rows("profiles"):
        if (row["guide"], row["resource"], row["category"]) != (flavour.guide, resource["resourceType"], category):
            continue
        missing = [element for element in row["requires"].split() if element not in resource]
        if resources is not None:
            told = (each for each in row["targets"].split() if not _kept(resource.get(each), resources))
            missing += [f"profile of {each}" for each in told]
        if not missing and all(_has(resource, pattern) for pattern in row["pattern"].split()):
            meta = {"meta": {"profile": [row["profile"]]}}
            return {key: resource[key] for key in ("resourceType", "id")} | meta | resource
        why.append(f"{row['profile'].rpartition('/')[2]} is not claimed: no {' '.join(missing) or row['pattern']}")
    for reason in why:
        account.note("meta.profile", reason)
    return resource


SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def _kept(told: Json | list[Json] | None, resources: Resources) -> bool:
    """Tell whether all that an element refers to claims a profile; what is not in the bundle is not looked at."""
    found = (resources.find(each) for each in (told if isinstance(told, list) else [told] if told else []))
    return all(each is None or "meta" in each for each in found)


IMPRESSION = "https://profiles.ihe.net/RAD/IDR/StructureDefinition/idrImpression"


def _has(resource: Json, pattern: str) -> bool:
    """Tell whether a resource has what a profile wants of its lists."""
    if pattern == "organization":
        return any(each["type"] == "Organization" for each in resource["performer"])
    if pattern == "impression":
        return any(each["url"] == IMPRESSION for each in resource["extension"])
    if pattern == "application-entity":
        return any(pattern in str(each.get("type")) for each in resource["identifier"])
    instances = resource.get("instance", [])
    if pattern == "imageRegion2D":
        return any(len(each.get("imageRegion2D", ())) == 1 for each in instances)
    if pattern == "segment":
        is_segment = (each.get("sopClass", {}).get("code") == SEGMENTATION for each in instances)
        return all(one and len(each.get("subset", ())) == 1 for one, each in zip(is_segment, instances, strict=True))
    return True
