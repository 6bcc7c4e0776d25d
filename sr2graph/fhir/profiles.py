"""Profiles of a guide are claimed by resources that keep their rules, and by no other (profiles.csv)."""

from __future__ import annotations

from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.tables import Flavour, rows


def claimed(resource: Json, category: str, flavour: Flavour, account: Account) -> Json:
    """Return a resource with the profile of the guide that it keeps the rules of; the others are noted."""
    why = []
    for row in rows("profiles"):
        if (row["guide"], row["resource"], row["category"]) != (flavour.guide, resource["resourceType"], category):
            continue
        missing = [element for element in row["requires"].split() if element not in resource]
        if not missing and _has(resource, row["pattern"]):
            meta = {"meta": {"profile": [row["profile"]]}}
            return {key: resource[key] for key in ("resourceType", "id")} | meta | resource
        why.append(f"{row['profile'].rpartition('/')[2]} is not claimed: no {' '.join(missing) or row['pattern']}")
    for reason in why:
        account.note("meta.profile", reason)
    return resource


SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"


def _has(resource: Json, pattern: str) -> bool:
    """Tell whether the instances of a selection are as a profile wants them."""
    instances = resource.get("instance", [])
    if pattern == "imageRegion2D":
        return any(len(each.get("imageRegion2D", ())) == 1 for each in instances)
    if pattern == "segment":
        is_segment = (each.get("sopClass", {}).get("code") == SEGMENTATION for each in instances)
        return all(one and len(each.get("subset", ())) == 1 for one, each in zip(is_segment, instances, strict=True))
    return True
