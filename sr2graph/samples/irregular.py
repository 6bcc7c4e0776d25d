"""What is irregular in real archives, and legal all the same: a small share of the reports of a cohort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, partial

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, Value
from sr2graph.samples import vocabularies
from sr2graph.samples.codes import CM, LOCAL_SCHEME, MGY, coded
from sr2graph.samples.identity import pick, stream
from sr2graph.samples.vocabularies import Recoding, by_value, meanings

Change = Callable[[ContentItem], ContentItem]
"""What a writer does to a content item; its children are none of its business."""

SHARE = 0.08
"""How many reports are irregular, of those whose writers are not old."""
OLD_SOFTWARE = {"2021.2", "H64_3.9"}
"""Versions that write SNOMED-RT style codes throughout, as all did before 2018."""

LESION_KINDS = frozenset({"planar_roi", "volumetric_roi", "diagnostic_report", "radiomics"})
LENGTHS = {"103339001", "103340004", "L0JK", "LAX", "SAX", "G-A185", "G-A186"}
"""The codes of what may be measured in cm."""


@dataclass(frozen=True, slots=True)
class Habit:
    """A way to write reports that others do not share."""

    weight: float
    kinds: frozenset[str]
    change: Change


def varied(kind: str, report: Report) -> Report:
    """Return the report as its writer would have it: most as they are, some irregular."""
    if report.root is None:
        return report
    if OLD_SOFTWARE.intersection(report.equipment.software_versions):
        return replace(report, root=rewritten(report.root, _in_srt))
    random = stream(report.sop_instance_uid, "irregular")
    if random.random() >= SHARE or kind not in BY_KIND:
        return report
    return replace(report, root=rewritten(report.root, pick(random, BY_KIND[kind])))


def rewritten(item: ContentItem, change: Change) -> ContentItem:
    """Return an item and all below it, changed one by one; the same object where nothing changed."""
    children = tuple(rewritten(child, change) if isinstance(child, ContentItem) else child for child in item.children)
    changed = change(item)
    is_same = all(child is before for child, before in zip(children, item.children, strict=True))
    return changed if is_same else replace(changed, children=children)


# Codes


def recoded(table: Recoding, item: ContentItem) -> ContentItem:
    """Return the item with other codes in the places of those in the table."""
    return _with_codes(lambda concept: table.get((concept.scheme, concept.value), concept), item)


def _in_srt(item: ContentItem) -> ContentItem:
    """Return the item with SNOMED-RT style codes in the places of those of SNOMED CT that once had one."""
    return _with_codes(_srt, item)


@cache
def _srt_of(value: str, meaning: str) -> CodedConcept:
    replaced = vocabularies.srt_values().get(value)
    return coded("SRT", replaced, meaning) if replaced else coded("SCT", value, meaning)


def _srt(concept: CodedConcept) -> CodedConcept:
    return _srt_of(concept.value or "", concept.meaning or "") if concept.scheme == "SCT" else concept


def _with_codes(code_of: Callable[[CodedConcept], CodedConcept], item: ContentItem) -> ContentItem:
    name, value = item.concept_name, _value_with_codes(code_of, item.value)
    named = code_of(name) if name else None
    return item if named is name and value is item.value else replace(item, concept_name=named, value=value)


def _value_with_codes(code_of: Callable[[CodedConcept], CodedConcept], value: Value | None) -> Value | None:
    if isinstance(value, Code) and value.concept:
        concept = code_of(value.concept)
        return value if concept is value.concept else Code(concept)
    if isinstance(value, MeasuredValue) and value.unit:
        unit = code_of(value.unit)
        return value if unit is value.unit else replace(value, unit=unit)
    return value


# Units


def in_centimetres(item: ContentItem) -> ContentItem:
    """Return a length in mm as one in cm."""
    return _rescaled(item, -1, CM) if _is_length(item) else item


def mislabelled(item: ContentItem) -> ContentItem:
    """Return a length in mm with the number as it is and cm for its unit: a mistake."""
    return _rescaled(item, 0, CM) if _is_length(item) else item


def in_milligray(item: ContentItem) -> ContentItem:
    """Return a dose in Gy as one in mGy."""
    value = item.value
    is_dose = isinstance(value, MeasuredValue) and value.unit is not None and value.unit.value == "Gy"
    return _rescaled(item, 3, MGY) if is_dose else item


def _is_length(item: ContentItem) -> bool:
    name = item.concept_name
    return isinstance(item.value, MeasuredValue) and name is not None and name.value in LENGTHS


def _rescaled(item: ContentItem, exponent: int, unit: CodedConcept) -> ContentItem:
    """Return a measurement with its point moved, every digit kept, and another unit."""
    value = item.value
    if not isinstance(value, MeasuredValue) or not value.numeric_value:
        return item
    moved = tuple(f"{Decimal(number).scaleb(exponent):f}" for number in value.numeric_value)
    return replace(item, value=replace(value, numeric_value=moved, unit=unit))


# Which writer does what


def _codes(weight: float, kinds: frozenset[str], table: Recoding) -> Habit:
    return Habit(weight, kinds, partial(recoded, table))


NARRATIVE = frozenset({"basic_text", "diagnostic_report"})
DOSE = frozenset({"ct_dose", "projection_xray_dose"})
ULTRASOUND = frozenset({"echo", "obgyn"})
ECHO = frozenset({"echo"})

HABITS = (
    _codes(5, LESION_KINDS, by_value("SCT", "RADLEX", vocabularies.RADLEX)),
    _codes(3, LESION_KINDS, by_value("SCT", "FMA", vocabularies.FMA)),
    _codes(3, LESION_KINDS, by_value("SCT", "UMLS", vocabularies.UMLS)),
    _codes(5, LESION_KINDS, by_value("SCT", LOCAL_SCHEME, vocabularies.LOCAL)),
    _codes(5, NARRATIVE, by_value("LN", "DCM", vocabularies.RETIRED)),
    *(_codes(3, LESION_KINDS | NARRATIVE | DOSE | ULTRASOUND, meanings(way)) for way in range(3)),
    *(_codes(4, ECHO, {("LN", "18043-0"): fraction}) for fraction in vocabularies.EJECTION_FRACTIONS),
    _codes(4, LESION_KINDS | ECHO, by_value("UCUM", "UCUM", vocabularies.MISSPELT_UNITS)),
    Habit(6, LESION_KINDS, in_centimetres),
    Habit(2, LESION_KINDS, mislabelled),
    Habit(5, frozenset({"projection_xray_dose"}), in_milligray),
)

BY_KIND = {
    kind: tuple((habit.weight, habit.change) for habit in HABITS if kind in habit.kinds)
    for kind in LESION_KINDS | NARRATIVE | DOSE | ULTRASOUND
}
"""The habits that make a difference to a kind of reports, each with its weight."""
