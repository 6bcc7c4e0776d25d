"""The catalogue: templates of PS3.16 Annex A, read from mappings/templates/.

`rows.csv` has one line for each row of a template table; its notation is explained in mappings/README.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from operator import itemgetter

from sr2graph.resources import rows
from sr2graph.templates.conditions import Condition, condition
from sr2graph.templates.value_sets import ValueSet, value_set

FOLDER = "mappings/templates/"


class Requirement(StrEnum):
    """Whether a row shall be there (PS3.16 6.1.7)."""

    MANDATORY = "M"
    MANDATORY_CONDITIONAL = "MC"
    USER = "U"
    USER_CONDITIONAL = "UC"


@dataclass(frozen=True, slots=True)
class Multiplicity:
    """How often a row may occur (PS3.16 6.1.6)."""

    least: int
    most: int | None
    """None where there is no bound."""

    def __str__(self) -> str:
        """Return it as the standard prints it: `1-n`."""
        if self.least == self.most:
            return str(self.least)
        return f"{self.least}-{'n' if self.most is None else self.most}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a template table (PS3.16 6.1)."""

    tid: str
    row: str
    """As printed: `3b`; a row printed twice has a prime behind its name."""
    parent: str | None
    """The row it is nested in."""
    nest: int
    relationship: str | None
    """With the parent, as `RelationshipType`; None for roots and for includes whose rows carry their own."""
    by_reference: bool
    value_types: tuple[str, ...]
    include: str | None
    """TID of the template whose rows stand here."""
    include_binding: str
    """BTID where another template may be used instead, else empty."""
    concept: ValueSet
    """Of the concept name."""
    vm: Multiplicity
    requirement: Requirement
    condition: Condition | None
    """None where there is none."""
    values: ValueSet
    """Of a CODE."""
    units: ValueSet
    graphic_types: tuple[str, ...]
    """Those that are allowed; empty for all."""
    graphic_types_excluded: tuple[str, ...]
    number: str
    """The range or value of a NUM, as printed."""
    parameters: Mapping[str, ValueSet]
    """What an include binds."""
    default: ValueSet
    """The value where the item is absent."""
    table: str
    """Columns and rows of a TABLE, as in rows.csv."""

    @property
    def name(self) -> str:
        """Return `TID 1411 row 3b`."""
        return f"TID {self.tid} row {self.row}"

    @property
    def is_mandatory(self) -> bool:
        """Whether it is required without a condition."""
        return self.requirement is Requirement.MANDATORY


@dataclass(frozen=True, slots=True)
class Template:
    """A template (PS3.16 6.1)."""

    tid: str
    name: str
    extensible: bool
    order_significant: bool
    root: bool
    """As printed; TIDs 3202, 3213 and 5100 print No although they are used as roots."""
    parameters: tuple[str, ...]
    source: str

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of its table, in order."""
        return _rows_of(self.tid)

    def row(self, name: str) -> Row | None:
        """Return the row of a name."""
        return next((row for row in self.rows if row.row == name), None)


@cache
def templates() -> Mapping[str, Template]:
    """Return TID ↔ template, of all there are."""
    return {
        line["tid"]: Template(
            tid=line["tid"],
            name=line["name"],
            extensible=bool(line["extensible"]),
            order_significant=bool(line["order_significant"]),
            root=bool(line["root"]),
            parameters=tuple(line["parameters"].split()),
            source=line["source"],
        )
        for line in rows(FOLDER + "templates.csv")
    }


def groups() -> Iterator[tuple[str, ValueSet]]:
    """Yield TID and concept of every top row that is a container; no row is taken apart for it."""
    for tid, lines in _lines_by_template().items():
        for line in lines:
            if line["nest"] == "0" and line["value_types"] == "CONTAINER":
                yield tid, value_set(line["concept"])


@cache
def _lines_by_template() -> dict[str, list[dict[str, str]]]:
    return {tid: list(lines) for tid, lines in groupby(rows(FOLDER + "rows.csv"), itemgetter("tid"))}


@cache
def _rows_of(tid: str) -> tuple[Row, ...]:
    """Return the rows of a template; they are taken apart when they are first needed."""
    rows: list[Row] = []
    above: list[str] = []
    for line in _lines_by_template().get(tid, ()):
        nest = int(line["nest"])
        del above[nest:]
        rows.append(_row(line, nest, above[-1] if above else None))
        above.append(line["row"])
    return tuple(rows)


def _row(line: dict[str, str], nest: int, parent: str | None) -> Row:
    graphic = [part for part in line["graphic_types"].split(" | ") if part]
    return Row(
        tid=line["tid"],
        row=line["row"],
        parent=parent,
        nest=nest,
        relationship=line["relationship"] or None,
        by_reference=bool(line["by_reference"]),
        value_types=tuple(line["value_types"].split()),
        include=line["include"] or None,
        include_binding=line["include_binding"],
        concept=value_set(line["concept"]),
        vm=_multiplicity(line["vm"]),
        requirement=Requirement(line["requirement"]),
        condition=condition(line["condition"]),
        values=value_set(line["values"]),
        units=value_set(line["units"]),
        graphic_types=tuple(part for part in graphic if not part.startswith("not ")),
        graphic_types_excluded=tuple(part[4:] for part in graphic if part.startswith("not ")),
        number=line["number"],
        parameters=dict(_bound(line["parameters"])),
        default=value_set(line["defaults"]),
        table=line["table"],
    )


def _multiplicity(text: str) -> Multiplicity:
    least, _, most = text.partition("-")
    return Multiplicity(int(least), None if most == "n" else int(most or least))


def _bound(text: str) -> Iterator[tuple[str, ValueSet]]:
    for part in text.split(" ; "):
        name, equals, value = part.partition(" = ")
        if equals:
            yield name, value_set(value)
