"""What checking finds: where, how bad, and what the standard says about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from sr2graph.dicom.content import Position, position_text
from sr2graph.templates.catalogue import Row
from sr2graph.templates.checking.iods import lines


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    ERROR = "error"
    """The report breaks a requirement of the standard."""
    WARNING = "warning"
    """It breaks one that the standard contradicts, that may have changed since, or that it does not claim to follow."""
    INFO = "info"
    """Allowed, but worth knowing; or what could not be checked."""

    def reaches(self, least: Severity) -> bool:
        """Whether it is as bad as another one, or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(least)


@dataclass(frozen=True, slots=True)
class Rule:
    """One of the rules of mappings/checking/rules.csv."""

    name: str
    severity: Severity
    group: str
    about: str
    source: str


@cache
def rules() -> Mapping[str, Rule]:
    """Return name ↔ rule, of all there are."""
    return {
        line["rule"]: Rule(line["rule"], Severity(line["severity"]), line["group"], line["about"], line["source"])
        for line in lines("rules.csv")
    }


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a report and the standard disagree.  Holds no value, text or name of the report."""

    severity: Severity
    position: str
    """The content item (`1.4.2`), for what is missing the one it is missing in; or `header`, or `file`."""
    rule: str
    """Which rule found it: one of `rules()`; the names are stable."""
    row: str
    """The template row (`TID 1411 row 6`), empty where it is about none."""
    standard: str
    """What the standard says, with its section."""
    found: str
    """What the report has instead, in terms of the standard."""

    def __str__(self) -> str:
        """Return one line."""
        row = f" {self.row}:" if self.row else ""
        return f"{self.severity} {self.position} [{self.rule}]{row} {self.standard}; found: {self.found}"


class Findings(list[Finding]):
    """The findings of one report, in the making."""

    def __init__(self, claims: Mapping[Position, bool] | None = None) -> None:
        """Begin with where templates begin, and whether the report claims to follow them."""
        super().__init__()
        self._claims = claims if claims is not None and not all(claims.values()) else {}

    def add(  # noqa: PLR0913 # the fields of a finding
        self,
        position: Position,
        rule: str,
        standard: str,
        found: str,
        row: Row | None = None,
        *,
        within: Position | None = None,
    ) -> None:
        """Note what a rule found at an item; what breaks a template that nobody claims to follow is a warning.

        The template is that of the item, or of the one it is within.
        """
        severity, name = rules()[rule].severity, ""
        if row is not None:
            name = row.name
            if severity is Severity.ERROR and not self._is_claimed(within or position):
                severity = Severity.WARNING
                standard = f"{standard}, if the report follows this template, which it does not declare"
        self.append(Finding(severity, position_text(position), rule, name, standard, found))

    def _is_claimed(self, position: Position) -> bool:
        """Whether the template begun last at or above an item is one that the report claims to follow."""
        for depth in range(len(position), 0, -1) if self._claims else ():
            claimed = self._claims.get(position[:depth])
            if claimed is not None:
                return claimed
        return True
