"""The SR storage classes (PS3.3 A.35, PS3.6 Table A-1), from `mappings/sr_sop_classes.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from sr2graph.resources import rows


@dataclass(frozen=True, slots=True)
class SopClass:
    """One storage class whose objects are Structured Reports."""

    uid: str
    name: str
    kind: str
    """Short word for listings, such as `comprehensive-3d`."""
    retired: bool


@cache
def sr_sop_classes() -> dict[str, SopClass]:
    """Return the SR storage classes by UID."""
    return {
        row["uid"]: SopClass(row["uid"], row["name"], row["kind"], row["retired"] == "1")
        for row in rows("mappings/sr_sop_classes.csv")
    }


def kind_of(sop_class_uid: str | None) -> str:
    """Return the kind of a report for listings; `other` for classes that are not SR storage."""
    known = sr_sop_classes().get(sop_class_uid or "")
    return known.kind if known is not None else "other"


@lru_cache(4096)
def other_sop_class_name(sop_class_uid: str) -> str | None:
    """Return the name of a standard SOP class that is not SR, None when the UID is not standard."""
    if not sop_class_uid or sop_class_uid in sr_sop_classes():
        return None
    from pydicom.uid import UID

    uid = UID(sop_class_uid, validation_mode=0)
    return uid.name if uid.type == "SOP Class" else None
