"""What items say: texts, times, identities and references that fit the visit, by mappings/samples/answers.csv."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from random import Random

from sr2graph.dicom.values import (
    Code,
    CompositeReference,
    Date,
    DateTime,
    MeasuredValue,
    PersonName,
    Text,
    Time,
    UIDReference,
    Value,
    WaveformReference,
)
from sr2graph.samples.people import RADIOLOGISTS, TECHNOLOGISTS
from sr2graph.samples.sop_classes import SEGMENTATION
from sr2graph.samples.templated import coordinates
from sr2graph.samples.templated.choosing import concept, options
from sr2graph.samples.templated.nodes import Node
from sr2graph.samples.templated.quantities import measured, row_of
from sr2graph.samples.templated.roots import Root, table
from sr2graph.samples.templated.rules import fetal
from sr2graph.samples.templated.scopes import Scope
from sr2graph.samples.templated.tabulated import tabulated
from sr2graph.samples.visit import ImageSeries, Visit
from sr2graph.templates.expansion import ExpandedRow
from sr2graph.templates.value_sets import Code as TableCode

ECG_WAVEFORM = "1.2.840.10008.5.1.4.1.1.9.1.1"
MODALITY = "DCM:121139"
SUBJECT_SEX = "DCM:121032"
OUTLINE = "DCM:111041"
IMAGES = 24
"""In the series that a report is about."""
OTHERS = 8
"""In each series of other objects that are referred to."""
CHANNELS = ((1, 1), (1, 2), (1, 7))
SENTENCES = (
    "Without particular features.",
    "As described on the previous occasion.",
    "Seen on two adjacent images.",
    "Measured twice; the mean is given.",
    "Unchanged since the previous study.",
    "Limited by motion.",
    "See the images listed.",
    "To be reviewed with the referring physician.",
)
FETUSES = "ABCDEFGH"


def suits(row: ExpandedRow, node: Node) -> bool:
    """Return whether an item can be the target of a by-reference row."""
    if row.row.value_types and node.value_type not in row.row.value_types:
        return False
    if not row.concept.is_constrained:
        return node.value_type != "CONTAINER"
    return node.name is not None and node.name.iri in row.concept.iris()


@dataclass(slots=True)
class Maker:
    """Makes the values of one instance."""

    visit: Visit
    root: Root
    images: ImageSeries
    """The series that the report is about."""
    random: Random
    moment: float = 0
    """Seconds since the start of the visit: date-times go forward through the tree."""
    others: dict[tuple[str, str], ImageSeries] = field(default_factory=dict)
    """(SOP class, modality) ↔ the series of objects other than the images."""
    uids: int = 0

    def value(self, node: Node, scope: Scope) -> Value | None:
        """Return a value for an item whose row, value type and concept name are known."""
        make = MAKERS.get(node.value_type)
        return (_copied(node, scope) or make(self, node, scope)) if make is not None else None

    def code(self, row: ExpandedRow) -> TableCode | None:
        """Return the code that the visit gives to a CODE of some concepts: the modality, the patient's sex."""
        own = {MODALITY: self.images.modality, SUBJECT_SEX: self.visit.subject.sex}
        found = next((own[_key(code)] for code in row.concept.codes if _key(code) in own), None)
        return next((code for code in options(row.values) if (code.scheme, code.value) == ("DCM", found)), None)

    def answer(self, node: Node, scope: Scope) -> str | None:
        """Return what answers.csv has for the concept; `@` words are looked up in the visit."""
        said = _answers().get((_key(node.name), node.value_type)) or _answers().get(("*", node.value_type))
        if said is None:
            return None
        choice = self.random.choice(said.split(" | "))
        return WORDS[choice](self, scope) if choice.startswith("@") else choice

    def new_uid(self, what: str) -> str:
        """Return the UID of something that nothing else refers to."""
        self.uids += 1
        return self.visit.uid("templated", self.root.tid, what, self.uids)

    def after(self) -> float:
        """Return how many seconds have gone when something happens next."""
        self.moment += self.random.uniform(1, 40)
        return self.moment

    def other(self, sop_class_uid: str, modality: str) -> ImageSeries:
        """Return a series of other objects of the same study."""
        key = sop_class_uid, modality
        if key not in self.others:
            self.others[key] = ImageSeries(self.visit, 60 + len(self.others), modality, sop_class_uid, OTHERS)
        return self.others[key]


def _key(code: TableCode | None) -> str:
    return f"{code.scheme}:{code.value}" if code is not None else ""


@cache
def _answers() -> dict[tuple[str, str], str]:
    return {(line["concept"], line["value_type"]): line["answer"] for line in table("answers.csv")}


def _copied(node: Node, scope: Scope) -> Value | None:
    """Return the value of the row that the value shall be the same as: a tracking identifier and its like."""
    source = scope.source(node.row.values, node.row.row.values)
    made = source[0].nodes.get(source[1], ()) if source is not None else ()
    return next((each.value for each in made if each.value_type == node.value_type), None)


# ---------------------------------------------------------------- by value type


def _text(maker: Maker, node: Node, scope: Scope) -> Value:
    return Text(maker.answer(node, scope) or maker.random.choice(SENTENCES))


def _code(_: Maker, node: Node, __: Scope) -> Value:
    return Code(concept(node.code) if node.code is not None else None)


def _num(maker: Maker, node: Node, scope: Scope) -> Value:
    number, node.unit = measured(maker.random, node.row, node.name, _measurement(node, scope))
    node.number = maker.answer(node, scope) or number
    return MeasuredValue((node.number,), concept(node.unit))


def _measurement(node: Node, scope: Scope) -> tuple[str, TableCode] | None:
    """Return number and unit of what a statistic is about: the measurement above it, else the one before it.

    What is a factor of a particular row is about that.
    """
    if (row := row_of(node.name)) is not None:
        made = next(iter(scope.nodes.get(row, ())), None)
        return (made.number, made.unit) if made is not None and made.unit is not None else None
    above = node.parent
    before = reversed(above.children) if above is not None else ()
    found = next((each for each in (above, *before) if each is not None and each.number and each is not node), None)
    return (found.number, found.unit) if found is not None and found.unit is not None else None


def _datetime(maker: Maker, _: Node, __: Scope) -> Value:
    return DateTime(maker.visit.after(round(maker.after())))


def _date(maker: Maker, node: Node, scope: Scope) -> Value:
    said = maker.answer(node, scope)
    low, is_range, high = (said or "").partition("..")
    if not is_range:
        return Date(said or maker.visit.day_time(0)[0])
    day = maker.visit.started + timedelta(days=maker.random.randint(int(low), int(high)))
    return Date(day.strftime("%Y%m%d"))


def _time(maker: Maker, _: Node, __: Scope) -> Value:
    return Time(maker.visit.day_time(round(maker.after()))[1])


def _uidref(maker: Maker, node: Node, scope: Scope) -> Value:
    return UIDReference(maker.answer(node, scope) or maker.new_uid("uid"))


def _pname(maker: Maker, node: Node, scope: Scope) -> Value:
    return PersonName(maker.answer(node, scope) or maker.random.choice(RADIOLOGISTS).name)


def _composite(maker: Maker, node: Node, scope: Scope) -> Value:
    said = maker.answer(node, scope) or ""
    sop_class_uid, _, modality = said.partition(" ")
    series = maker.other(sop_class_uid, modality)
    return CompositeReference(sop_class_uid, maker.random.choice(series.instances))


def _image(maker: Maker, node: Node, scope: Scope) -> Value:
    said = maker.answer(node, scope)
    if said is None:
        return maker.images.image(maker.random.randrange(IMAGES))
    masks = maker.other(SEGMENTATION, "SEG")
    # Frames or segments, not both (PS3.3 Table 10-3).
    number = (maker.random.randint(1, 4),)
    instance = maker.random.randrange(OTHERS)
    return masks.image(instance, frames=number) if said == "frame" else masks.image(instance, segments=number)


def _waveform(maker: Maker, _: Node, __: Scope) -> Value:
    series = maker.other(ECG_WAVEFORM, "ECG")
    channels = tuple(part for channel in CHANNELS[: maker.random.randint(0, 3)] for part in channel)
    return WaveformReference(ECG_WAVEFORM, maker.random.choice(series.instances), channels)


def _scoord(maker: Maker, node: Node, _: Scope) -> Value:
    return coordinates.planar(maker.random, node.row.row, is_outline=_key(node.name) == OUTLINE)


def _scoord3d(maker: Maker, node: Node, _: Scope) -> Value:
    return coordinates.spatial(maker.random, node.row.row, maker.visit.uid("frame of reference"))


def _tcoord(maker: Maker, node: Node, _: Scope) -> Value:
    return coordinates.temporal(maker.random, node.row.row)


def _table(maker: Maker, node: Node, _: Scope) -> Value:
    times = [maker.visit.after(round(maker.after())) for _ in range(maker.random.randint(2, 5))]
    return tabulated(maker.random, node.row, times)


MAKERS: dict[str, Callable[[Maker, Node, Scope], Value]] = {
    "TEXT": _text,
    "CODE": _code,
    "NUM": _num,
    "DATETIME": _datetime,
    "DATE": _date,
    "TIME": _time,
    "UIDREF": _uidref,
    "PNAME": _pname,
    "COMPOSITE": _composite,
    "IMAGE": _image,
    "WAVEFORM": _waveform,
    "SCOORD": _scoord,
    "SCOORD3D": _scoord3d,
    "TCOORD": _tcoord,
    "TABLE": _table,
}


# ---------------------------------------------------------------- words of answers.csv


def _fetus(_: Maker, scope: Scope) -> str:
    """Return the letter of the fetus whose section this is."""
    return FETUSES[next((each.index for each in scope.above() if each.outer is None and each.tid in fetal()), 0)]


WORDS: dict[str, Callable[[Maker, Scope], str]] = {
    "@accession": lambda maker, _: maker.visit.accession_number,
    "@placer": lambda maker, _: f"P{maker.visit.accession_number}",
    "@filler": lambda maker, _: f"F{maker.visit.accession_number}",
    "@hospital": lambda maker, _: maker.visit.station.hospital.name,
    "@address": lambda maker, _: maker.visit.station.hospital.address,
    "@station": lambda maker, _: maker.visit.station.name,
    "@manufacturer": lambda maker, _: maker.visit.station.manufacturer,
    "@model": lambda maker, _: maker.visit.station.model,
    "@serial": lambda maker, _: maker.visit.station.serial_number,
    "@software": lambda maker, _: maker.visit.station.software[0],
    "@device": lambda maker, _: maker.visit.station.uid,
    "@study": lambda maker, _: maker.visit.study_uid,
    "@series": lambda maker, _: maker.images.uid,
    "@instance": lambda maker, _: maker.random.choice(maker.images.instances),
    "@sop-class": lambda maker, _: maker.images.sop_class_uid,
    "@frame-of-reference": lambda maker, _: maker.visit.uid("frame of reference"),
    "@step": lambda maker, _: maker.visit.uid("procedure step"),
    "@step-class": lambda _, __: "1.2.840.10008.3.1.2.3.3",
    "@patient": lambda maker, _: maker.visit.subject.name,
    "@patient-id": lambda maker, _: maker.visit.subject.patient_id,
    "@birth-date": lambda maker, _: maker.visit.subject.birth_date.strftime("%Y%m%d"),
    "@age": lambda maker, _: str(maker.visit.subject.age(maker.visit.started.date())),
    "@radiologist": lambda maker, _: maker.visit.radiologist.name,
    "@technologist": lambda maker, _: maker.random.choice(TECHNOLOGISTS).name,
    "@referrer": lambda maker, _: maker.visit.referring_physician,
    "@staff-id": lambda maker, _: maker.visit.technologist.number,
    "@fetus": _fetus,
    "@label": lambda maker, _: f"Lesion {maker.random.randint(1, 9)}",
    "@session": lambda maker, _: f"Session {maker.random.randint(1, 3)}",
    "@number": lambda maker, _: str(maker.random.randint(1, 99)),
    "@lot": lambda maker, _: f"L{maker.random.randint(10_000, 99_999)}",
    "@study-date": lambda maker, _: maker.visit.day_time(0)[0],
}
