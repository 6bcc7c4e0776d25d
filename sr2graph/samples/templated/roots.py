"""The root templates that there are instances of, and the document around each: mappings/samples/roots.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sr2graph.resources import resource

FOLDER = "mappings/samples/"


@dataclass(frozen=True, slots=True)
class Root:
    """A root template and where it is used."""

    tid: str
    sop_class_uid: str
    modality: str
    """Of the images that it is about."""
    image_sop_class_uid: str
    description: str


@cache
def root_templates() -> Mapping[str, Root]:
    """Return TID ↔ root, in the order of the table."""
    return {
        line["tid"]: Root(
            tid=line["tid"],
            sop_class_uid=line["sop_class_uid"],
            modality=line["modality"],
            image_sop_class_uid=line["image_sop_class_uid"],
            description=line["description"],
        )
        for line in table("roots.csv")
    }


def table(name: str) -> list[dict[str, str]]:
    """Return the lines of a table of this folder."""
    with resource(FOLDER + name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
