"""Units of measurement: what the row asks for, what UCUM knows, and whether the dimension is that of the quantity.

A unit that says the same in other letters breaks the letter of a row, one of another dimension its sense; both are
told, and which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, RelationshipType
from sr2graph.dicom.values import MeasuredValue
from sr2graph.templates.catalogue import templates
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.wording import code_text, is_standard, set_text
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import NO_CONSTRAINT, Code, ValueSet, context_group, member_units
from sr2graph.terms.schemes import PADDING, normal_designator
from sr2graph.terms.units import canonical_unit, is_ucum, unit_code


class Likeness(StrEnum):
    """How a unit compares with those that are allowed."""

    SAME = "the same unit, written in another way"
    CONVERTIBLE = "another unit of the same dimension"
    OTHER_DIMENSION = "a unit of another dimension"
    UNKNOWN = "a unit that cannot be compared with it"


class UnitChecks:
    """The checks of the units of one report; the same unit at the same row is compared once."""

    def __init__(self, keys: CodeKeys, findings: Findings) -> None:
        self._keys = keys
        self._findings = findings
        self._told = set[tuple[str | None, str | None]]()
        self._plain: dict[int, CodedConcept] = {}

    def check(self, item: ContentItem, value: MeasuredValue, row: ExpandedRow | None) -> None:
        """Check the unit of a NUM item."""
        unit = value.unit
        if unit is None:
            if value.numeric_value:
                standard = "Measurement Units Code Sequence (0040,08EA) is Type 1 (PS3.3 Table C.18.1-1)"
                self._findings.add(item.position, "unit-missing", standard, "none",
                                   row.row if row is not None else None)  # fmt: skip
            return
        if self._plain.get(id(unit)) is not unit:
            self._plain[id(unit)] = unit
            self._check_scheme(item, unit)
        if row is not None and (row.units.is_closed or _has_one_dimension(row.units)):
            self._check_row(item, unit, row)
        else:
            self._check_quantity(item, unit, row)

    def _check_scheme(self, item: ContentItem, unit: CodedConcept) -> None:
        """Note a unit that is not UCUM; once each."""
        code = (unit.code or "").strip(PADDING)
        key = normal_designator(unit.scheme), code
        if key in self._told or not code:
            return
        self._told.add(key)
        if key[0] != "UCUM":
            standard = "units are of UCUM, CID 82 as a baseline (PS3.3 C.18.1, PS3.16 7.2.2)"
            self._findings.add(item.position, "unit-other-scheme", standard, "another scheme")
        elif not is_ucum(code):
            known = unit_code(unit)
            printed = is_standard(unit, self._keys)
            meant = f"none, but seems to mean ({known}, UCUM)" if known is not None else "none"
            standard = "a code of UCUM is a UCUM expression (PS3.16 7.2.2)"
            rule = "unit-of-the-standard" if printed else "unit-not-ucum"
            found = f"{code_text(unit, self._keys)}: {meant}" if printed else meant
            self._findings.add(item.position, rule, standard, found)

    def _check_row(self, item: ContentItem, unit: CodedConcept, row: ExpandedRow) -> None:
        allowed = row.units
        iri = self._keys.iri(unit)
        if iri is None or iri in allowed.iris():
            return
        likeness = compared(unit, allowed)
        found = f"{code_text(unit, self._keys)}: {likeness}"
        standard = f"PS3.16: the unit is {set_text(allowed)}"
        if likeness is Likeness.SAME and not is_ucum(allowed.codes[0].value if allowed.codes else ""):
            self._findings.add(item.position, "unit-conflict", standard, found, row.row)
        elif allowed.is_closed:
            self._findings.add(item.position, "unit", standard, found, row.row)
        elif likeness is Likeness.OTHER_DIMENSION:
            self._findings.add(item.position, "unit-dimension", standard, found, row.row)

    def _check_quantity(self, item: ContentItem, unit: CodedConcept, row: ExpandedRow | None) -> None:
        """Check against the units that rows and context groups give to the concept elsewhere.

        Not of what is below a number: a deviation or a range has the unit of the number.
        """
        if item.relationship != RelationshipType.CONTAINS:
            return
        iri = self._keys.iri(item.concept_name)
        expected = units_of_concepts().get(iri or "")
        if expected is None or compared(unit, expected) is not Likeness.OTHER_DIMENSION:
            return
        concept = code_text(item.concept_name, self._keys)
        standard = f"PS3.16 gives {concept} elsewhere the unit {set_text(expected)}"
        found = f"{code_text(unit, self._keys)}: {Likeness.OTHER_DIMENSION}"
        self._findings.add(item.position, "unit-dimension", standard, found, row.row if row is not None else None)


def compared(unit: CodedConcept, allowed: ValueSet) -> Likeness:
    """Return how a unit compares with the nearest of those that are allowed."""
    code, codes = unit_code(unit), _ucum_codes(allowed)
    if code is None or codes is None:
        return Likeness.UNKNOWN
    if code in codes:
        return Likeness.SAME
    mine, several = canonical_unit(code), [canonical_unit(each) for each in codes]
    if mine is None or None in several:
        return Likeness.UNKNOWN
    same = [each for each in several if each is not None and each.code == mine.code]
    if any((each.factor, each.offset) == (mine.factor, mine.offset) for each in same):
        return Likeness.SAME
    return Likeness.CONVERTIBLE if same else Likeness.OTHER_DIMENSION


@cache
def _ucum_codes(allowed: ValueSet) -> frozenset[str] | None:
    """Return the UCUM codes of a set; None where one of its codes is none, and where it is a scheme as a whole."""
    if _is_whole_scheme(allowed):
        return None
    codes = [*allowed.codes, *(code for group in allowed.groups for code in context_group(group.cid).codes())]
    found = [unit_code(CodedConcept(code.value, code.scheme)) for code in codes]
    return None if None in found else frozenset(code for code in found if code is not None)


@cache
def _is_whole_scheme(allowed: ValueSet) -> bool:
    """Whether a set takes any code of a scheme, as CID 82 does of UCUM."""
    return any(context_group(group.cid).schemes() for group in allowed.groups)


@cache
def _has_one_dimension(units: ValueSet) -> bool:
    """Whether a set says what kind of quantity it is for: some groups list units of all kinds."""
    found = {canonical_unit(code) for code in _ucum_codes(units) or ()}
    return len({unit.code if unit is not None else None for unit in found}) == 1


@cache
def units_of_concepts() -> Mapping[str, ValueSet]:
    """Return canonical IRI of a concept ↔ all units that rows, includes and context groups give it."""
    found: dict[str, ValueSet] = {}
    for concept, units in _quantities():
        if _has_one_dimension(units):
            for iri in concept.iris():
                found[iri] = _joined(found.get(iri), units)
    for (_, iri), unit in member_units().items():
        found[iri] = _joined(found.get(iri), ValueSet((Code("UCUM", unit),)))
    return found


def _quantities() -> Iterator[tuple[ValueSet, ValueSet]]:
    """Yield (concepts, units), as rows print them and as includes bind them."""
    for template in templates().values():
        for row in template.rows:
            yield row.concept, row.units
            yield row.parameters.get("$Measurement", NO_CONSTRAINT), row.parameters.get("$Units", NO_CONSTRAINT)


def _joined(one: ValueSet | None, other: ValueSet) -> ValueSet:
    if one is None:
        return other
    codes = dict.fromkeys(Code(code.scheme, code.value) for code in (*one.codes, *other.codes))
    return ValueSet(tuple(codes), tuple(dict.fromkeys((*one.groups, *other.groups))))
