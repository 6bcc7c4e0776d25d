"""How far the observations of a report have come: preliminary, partial, complete, verified (PS3.3 C.17.2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sr2graph.dicom.header import Document
from sr2graph.resources import rows

ANY = "*"


@dataclass(frozen=True, slots=True)
class StatusRule:
    """Values of the three flags of a document, and what they make of its observations."""

    preliminary_flag: str
    completion_flag: str
    verification_flag: str
    status: str
    source: str

    def holds(self, document: Document) -> bool:
        """Tell whether the flags of a document are these."""
        flags = (self.preliminary_flag, self.completion_flag, self.verification_flag)
        said = (document.preliminary_flag, document.completion_flag, document.verification_flag)
        return all(flag in (ANY, found) for flag, found in zip(flags, said, strict=True))


@cache
def status_rules() -> tuple[StatusRule, ...]:
    """Return the rules; the first that holds decides."""
    return tuple(StatusRule(**row) for row in rows("mappings/observations/status.csv"))


def status_of(document: Document) -> str | None:
    """Return the status of the observations of a document; None where it has none of the flags, as key objects."""
    return next((rule.status for rule in status_rules() if rule.holds(document)), None)
