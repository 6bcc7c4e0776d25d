"""Numbers with units, in plausible ranges: mappings/samples/quantities.csv."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from random import Random

from sr2graph.samples.templated.choosing import chosen, options
from sr2graph.samples.templated.roots import table
from sr2graph.templates.checking.units import units_of_concepts
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import Code, ValueSet, context_group, member_units

NO_UNITS = "1"
PARENT = "parent"
"""In place of a unit: that of the measurement it is about, and the range is one of factors."""
OF_ROW = "row "
"""Before the name of a row, in place of a unit: that row of the same template is the measurement it is about."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """From where to where a number goes, and in which steps."""

    unit: str
    low: Decimal
    high: Decimal
    step: Decimal

    @property
    def is_factor(self) -> bool:
        """Whether the numbers are factors of another one, whose unit they have."""
        return self.unit == PARENT or self.unit.startswith(OF_ROW)

    def number(self, random: Random) -> str:
        """Return one of the numbers, as VR DS writes it."""
        steps = int((self.high - self.low) / self.step)
        return f"{self.low + self.step * random.randint(0, steps):f}"


@cache
def quantities() -> dict[str, Quantity]:
    """Return concept (`DCM:113830`), context group (`CID 12005`) or unit (`UCUM:mm`) ↔ its usual range."""
    return {
        line["key"]: Quantity(line["unit"], Decimal(line["low"]), Decimal(line["high"]), Decimal(line["step"]))
        for line in table("quantities.csv")
    }


def is_known(code: Code) -> bool:
    """Whether a concept has a range or at least a unit of its own."""
    return f"{code.scheme}:{code.value}" in quantities() or _own_unit(code) is not None


def measured(
    random: Random, row: ExpandedRow, code: Code | None, of: tuple[str, Code] | None = None
) -> tuple[str, Code]:
    """Return a number and its unit for a NUM of this concept name, perhaps a statistic of another measurement."""
    known = _known(row, code)
    if known is not None and known.is_factor:
        if of is not None and (not row.units.is_constrained or of[1] in options(row.units)):
            return _scaled(of[0], known.number(random)), of[1]
        known = None
    unit = _unit(random, row.units, known.unit if known else None)
    if known is None or known.unit != unit.value:
        known = quantities().get(f"UCUM:{unit.value}", quantities()["UCUM:1"])
    return _within(row.row.number, known.number(random)), unit


def row_of(code: Code | None) -> str | None:
    """Return the row that a number of this concept is a factor of, where it is one of a particular row."""
    found = quantities().get(f"{code.scheme}:{code.value}") if code is not None else None
    return found.unit.removeprefix(OF_ROW) if found is not None and found.unit.startswith(OF_ROW) else None


def _scaled(number: str, factor: str) -> str:
    """Return the product with as many decimals as the number has, and two at least where it is small."""
    value = Decimal(number)
    digits = max(-int(value.as_tuple().exponent), 0 if abs(value) >= LARGE else 2)
    return f"{round(value * Decimal(factor), digits):f}"


LARGE = 20


@cache
def _known(row: ExpandedRow, code: Code | None) -> Quantity | None:
    if code is not None and (found := quantities().get(f"{code.scheme}:{code.value}")):
        return found
    group = next((quantities()[key] for each in row.concept.groups if (key := f"CID {each.cid}") in quantities()), None)
    if group is not None and group.unit == PARENT:
        return group
    unit = _own_unit(code) if code is not None else None
    return quantities().get(f"UCUM:{unit}") if unit is not None else group


@cache
def _own_unit(code: Code) -> str | None:
    """Return a unit that some context group, or some row, gives to a concept."""
    if (unit := _member_units().get(code.iri)) is not None:
        return unit
    said = units_of_concepts().get(code.iri)
    found = (each.value for each in options(said) if f"UCUM:{each.value}" in quantities()) if said is not None else ()
    return next(iter(found), None)


@cache
def _member_units() -> dict[str, str]:
    return {iri: unit for (_, iri), unit in reversed(list(member_units().items()))}


def _unit(random: Random, units: ValueSet, wanted: str | None) -> Code:
    """Return the wanted unit if the row allows it, else one that it allows."""
    is_open = not units.codes and all(
        group.binding.may_be_replaced or context_group(group.cid).schemes() for group in units.groups
    )
    if wanted is not None and (is_open or any(code.value == wanted for code in options(units))):
        return Code("UCUM", wanted)
    known = [code for code in options(units) if f"UCUM:{code.value}" in quantities()]
    return random.choice(known) if known else chosen(random, units) or Code("UCUM", NO_UNITS)


def _within(printed: str, number: str) -> str:
    """Return the number, or one that the row allows where it prints a range: `0 - 100`, `Integer 1 - n`, `1`."""
    bounds = [int(bound) for bound in re.findall(r"\d+", printed)]
    if not bounds:
        return number
    value = max(Decimal(number), Decimal(bounds[0]))
    if "n" not in printed.removeprefix("Integer") and ">" not in printed:
        value = min(value, Decimal(bounds[-1]))
    return f"{value.to_integral_value() if printed.startswith('Integer') else value:f}"
