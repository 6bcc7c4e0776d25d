"""Values of content items as FHIR data types: CodeableConcept, Quantity, and value[x] of an Observation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isfinite
from typing import Any
from urllib.parse import unquote

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.value_text import value_text
from sr2graph.dicom.values import (
    Code,
    Date,
    DateTime,
    MeasuredValue,
    PersonName,
    Table,
    Text,
    Time,
    UIDReference,
    ValueType,
)
from sr2graph.dicom.vr import VALID_UID
from sr2graph.fhir.json_text import Exact, Json, exact, exact_float
from sr2graph.fhir.tables import coded, keyed
from sr2graph.fhir.texts import URI_SYSTEM, clean, coding_of, date_time, is_whole, time_of, token
from sr2graph.graph.iris import uid_iri
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.terms.schemes import coding_scheme, coding_scheme_by_uid
from sr2graph.terms.units import unit_code

SNOMED_IRI = "http://snomed.info/id/"
SNOMED_SYSTEM = "http://snomed.info/sct"
UCUM_SYSTEM = "http://unitsofmeasure.org"
ABSENT_SYSTEM = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
MOST_CELLS = 1000
"""Cells of a TABLE that are written out; the narrative says how many more there are."""

MOST_EQUIVALENT = 32
"""Equivalent codes that are told beside a code."""

MAX_REMEMBERED = 8_000
"""Codes remembered between reports: a bound on memory."""

_standard: dict[tuple[str | None, ...], Json] = {}


@dataclass(slots=True)
class Valued:
    """What the value of an item becomes."""

    elements: Json = field(default_factory=dict)
    """value[x], dataAbsentReason, interpretation."""
    several: tuple[Json, ...] = ()
    """Quantities, where a NUM has more than one number."""
    reason: str = ""
    """What it does not say."""

    def set_aside(self, reason: str) -> Valued:
        """Return it with a reason."""
        self.reason = reason
        return self


class Values:
    """Values of one report: private codes and times mean what the report says they mean."""

    def __init__(self, report: Report, keys: CodeKeys, zone: str | None) -> None:
        self.keys = keys
        self.zone = zone
        self._uids = {each.designator: each.uid for each in report.document.coding_schemes}
        # With what the identities are of, for they are used again once their owner is gone.
        self._concepts: dict[int, tuple[CodedConcept, Json]] = {}
        self._units: dict[int, tuple[CodedConcept, Json]] = {}

    # ------------------------------------------------------------ codes

    def concept(self, concept: CodedConcept) -> Json:
        """Return a CodeableConcept: the canonical coding, the coding as written, equivalent ones."""
        seen = self._concepts.get(id(concept))
        if seen is not None and seen[0] is concept:
            return seen[1]
        made = self._remembered(concept)
        self._concepts[id(concept)] = concept, made
        return made

    def _remembered(self, concept: CodedConcept) -> Json:
        """Return a CodeableConcept; what codes of standard schemes mean is remembered between reports."""
        if concept.equivalent_codes or coding_scheme(concept.scheme) is None:
            return self._concept(concept)
        key = (
            concept.value,
            concept.scheme,
            concept.meaning,
            concept.version,
            concept.long_value,
            concept.urn_value,
        )
        known = _standard.get(key)
        if known is None:
            if len(_standard) >= MAX_REMEMBERED:
                _standard.clear()
            known = _standard[key] = self._concept(concept)
        # Each report has its own: what one bundle is changed to does not show in another.
        return {**known, "coding": [{**each} for each in known["coding"]]} if "coding" in known else {**known}

    def _concept(self, concept: CodedConcept) -> Json:
        codings: list[Json] = []
        for each in (concept, *concept.equivalent_codes[:MOST_EQUIVALENT]):
            codings += [coding for coding in self._codings(each) if coding not in codings]
        made: Json = {"coding": codings} if codings else {}
        text = clean(concept.meaning) or (None if codings else clean(concept.code))
        return made | ({"text": text} if text else {} if codings else {"text": "no code and no meaning"})

    def name(self, item: ContentItem) -> Json:
        """Return the concept name of an item; its value type where it has none."""
        return self.concept(item.concept_name) if item.concept_name is not None else {"text": item.value_type or "item"}

    def _codings(self, concept: CodedConcept) -> Iterator[Json]:
        if concept.urn_value and (concept.value or concept.long_value):
            yield from self._codings(replace(concept, value=None, long_value=None))
            concept = replace(concept, urn_value=None)
        iri, code = self.keys.iri(concept), token(concept.code)
        if iri is None or code is None:
            return
        system = self._system(concept, iri)
        # A code that is a URI, or a UID, is written as a URI.
        code = iri if system == URI_SYSTEM else code
        if iri.startswith(SNOMED_IRI) and (canonical := unquote(iri[len(SNOMED_IRI) :])) != code:
            yield {"system": SNOMED_SYSTEM, "code": canonical}
        elif iri.startswith(SNOMED_IRI):
            system = SNOMED_SYSTEM
        meaning = clean(concept.meaning)
        version = {"version": clean(concept.version)} if clean(concept.version) else {}
        yield {"system": system, **version, "code": code, **({"display": meaning} if meaning else {})}

    def _system(self, concept: CodedConcept, iri: str) -> str:
        """Return the URI of a coding scheme; never a bare designator, which identifies nothing."""
        if concept.urn_value:
            return URI_SYSTEM
        uid = (concept.scheme_uid or self._uids.get(concept.scheme) or "").strip(" \0")
        entry = coding_scheme(concept.scheme) or coding_scheme_by_uid(uid)
        if entry is None:
            return uid_iri(uid) if VALID_UID.fullmatch(uid) else iri.rpartition("/")[0]
        designator = "SRT" if entry.designator == "SCT" and not iri.startswith(SNOMED_IRI) else entry.designator
        override = keyed("systems", "designator").get(_as_written(designator, concept))
        return override["system"] if override else entry.fhir_system or entry.iri_prefix.rstrip("/#")

    # ------------------------------------------------------------ quantities

    def unit(self, unit: CodedConcept | None) -> Json:
        """Return unit, system and code: UCUM where the unit is known, else the text alone."""
        if unit is None:
            return {}
        seen = self._units.get(id(unit))
        if seen is not None and seen[0] is unit:
            return seen[1]
        code = unit_code(unit)
        text = clean(unit.meaning) or token(unit.code)
        named: Json = {"unit": text} if text else {}
        made: Json = {**named, "system": UCUM_SYSTEM, "code": code} if code else named
        self._units[id(unit)] = unit, made
        return made

    def quantities(self, value: MeasuredValue) -> list[Json]:
        """Return the numbers of a NUM, each with the text of the file."""
        found = numbers(value)
        unit = self.unit(value.unit) if found else {}
        return [{"value": number, **unit} for number in found]

    def absent(self, qualifier: CodedConcept | None) -> Json:
        """Return a data absent reason; the qualifier of the report goes with it."""
        row = coded("qualifiers").get(self.keys.iri(qualifier) or "") if qualifier is not None else None
        made = coding_of(ABSENT_SYSTEM, row["reason"] if row else "unknown")
        if qualifier is not None:
            said = self.concept(qualifier)
            made["coding"] += said.get("coding", [])
            made |= {"text": said["text"]} if "text" in said else {}
        return made

    # ------------------------------------------------------------ values

    def value(self, item: ContentItem, place: str = "observation") -> Valued:
        """Return the value of an item for an Observation, or for a component of one."""
        make = _maker(item.value_type, place)
        made = make(self, item.value) if make is not None else None
        if made is not None:
            return made
        if item.value_type == ValueType.CONTAINER:
            return Valued()
        return Valued({"dataAbsentReason": coding_of(ABSENT_SYSTEM, "unknown")})

    def _quantity(self, value: MeasuredValue) -> Valued | None:
        found = self.quantities(value)
        if len(found) == 1:
            told: Json = {"valueQuantity": found[0]}
            # obs-6: with a value there is no dataAbsentReason.
            told |= {"interpretation": [self.concept(value.qualifier)]} if value.qualifier else {}
            others = value.numeric_value and (value.floating_point or value.rational_numerator)
            return Valued(told, reason="floating point or rational form: in the narrative" if others else "")
        if found:
            return Valued({}, tuple(found))
        written = clean("\\".join(value.numeric_value))
        if written:
            return Valued({"valueString": written}).set_aside("no Decimal String (PS3.5 6.2): kept as text")
        return Valued({"dataAbsentReason": self.absent(value.qualifier)})

    def _code(self, value: Code) -> Valued | None:
        return Valued({"valueCodeableConcept": self.concept(value.concept)}) if value.concept is not None else None

    def _date_time(self, value: DateTime | Date) -> Valued | None:
        text = value.datetime if isinstance(value, DateTime) else value.date
        written = date_time(text, self.zone)
        if written is None or text is None:
            return _string(text).set_aside("no date of PS3.5 6.2: kept as text") if clean(text) else None
        told = Valued({"valueDateTime": written})
        return told if is_whole(text, written) else told.set_aside("time of day without a zone: in the narrative")

    def _time(self, value: Time) -> Valued | None:
        written = time_of(value.time)
        if written is None:
            return _string(value.time).set_aside("no time with minutes: kept as text") if clean(value.time) else None
        return Valued({"valueTime": written})


def _as_written(designator: str, concept: CodedConcept) -> str:
    """Return SRT for codes in its style, whatever they are written under."""
    is_snomed_rt = designator in {"SRT", "SNM3", "99SDM"}
    return "SRT" if is_snomed_rt or (designator == "SCT" and "-" in (concept.code or "")[:3]) else designator


def numbers(value: MeasuredValue) -> list[Exact]:
    """Return the numbers of a NUM: as decimal text, else as floating point; nothing if any is none."""
    texts = value.numeric_value
    if len(texts) == 1:
        number = exact(texts[0])
        return [number] if number is not None else []
    if not texts:
        found = [exact_float(number) if isfinite(number) else None for number in value.floating_point]
    else:
        found = [exact(text) for text in texts]
    told = [number for number in found if number is not None]
    return told if len(told) == len(found) else []


def _string(text: str | None) -> Valued:
    return Valued({"valueString": clean(text)})


def _text(_: Values, value: Text | PersonName) -> Valued | None:
    text = value.text if isinstance(value, Text) else value.person_name
    return _string(text) if clean(text) else None


def _uid(_: Values, value: UIDReference) -> Valued | None:
    return _string(uid_iri(value.uid)) if value.uid else None


def _table(_: Values, value: Table) -> Valued | None:
    told = _string(value_text(value, MOST_CELLS))
    return told if len(value.cells) <= MOST_CELLS else told.set_aside(f"the first {MOST_CELLS} cells")


def _typed(wanted: type | tuple[type, ...], make: Callable[[Values, Any], Valued | None]) -> _Maker:
    """Return a maker that takes values of its type only: a file may say NUM and have none."""
    return lambda values, value: make(values, value) if isinstance(value, wanted) else None


_Maker = Callable[[Values, object], Valued | None]
_MAKERS: dict[str, _Maker] = {
    "quantity": _typed(MeasuredValue, Values._quantity),  # noqa: SLF001 # of this module
    "concept": _typed(Code, Values._code),  # noqa: SLF001
    "string": _typed((Text, PersonName), _text),
    "dateTime": _typed((DateTime, Date), Values._date_time),  # noqa: SLF001
    "time": _typed(Time, Values._time),  # noqa: SLF001
    "uid": _typed(UIDReference, _uid),
    "table": _typed(Table, _table),
}
"""What value_types.csv says ↔ how it is made."""


@lru_cache(256)
def _maker(value_type: str | None, place: str) -> _Maker | None:
    row = keyed("value_types", "value_type").get(value_type or "")
    return _MAKERS.get(row[place] if row else "")
