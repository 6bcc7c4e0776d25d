"""The root templates that there are instances of, and the document around each: mappings/samples/roots.csv."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sr2graph.resources import rows

FOLDER = "mappings/samples/"


@dataclass(frozen=True, slots=True)
class Root:
    """A root template and where it is used."""

    tid: str
    sop_class_uid: str
    images: tuple[tuple[str, str], ...]
    """Modality and SOP Class UID of the images that it may be about."""
    description: str


@cache
def root_templates() -> Mapping[str, tuple[Root, ...]]:
    """Return TID ↔ root in each SOP class it is used in, the usual one first; in the order of the table."""
    found: dict[str, tuple[Root, ...]] = {}
    for line in table("roots.csv"):
        root = Root(
            tid=line["tid"],
            sop_class_uid=line["sop_class_uid"],
            images=tuple(_image(kind) for kind in line["images"].split(" | ")),
            description=line["description"],
        )
        found[root.tid] = (*found.get(root.tid, ()), root)
    return found


def _image(said: str) -> tuple[str, str]:
    modality, _, sop_class_uid = said.partition(" ")
    return modality, sop_class_uid


def table(name: str) -> list[dict[str, str]]:
    """Return the lines of a table of this folder."""
    return rows(FOLDER + name)
