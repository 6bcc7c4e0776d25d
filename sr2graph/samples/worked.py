"""The worked examples of PS3.17, node by node: mappings/samples/worked.csv.

The standard prints the code meanings of their nodes, numbers them as positions are numbered, and leaves out items that
the templates require: the language, most of the acquisition context.  They are left out here too, so that a node of
the standard and an item of the report have the same position.  What is ours: relationships, which the templates give,
coordinates, UIDs, sentences, and everything in the header.  "Mass Correlation" of E.3.2, which has no code, is the
spatial collocation analysis of CID 6043; pixel spacings are per pixel, as TID 4122 has them since.

The examples of ultrasound show sections, with an ellipsis for the rest.  Where a number is missing before a node that
is printed, the nodes of I.8.1 stand there; where a template requires something of an ellipsis, we say it: the profiles
of I.8.3 (those of I.8.4), the summary, the characteristics and most velocities of M.2.1.  Titles and procedures whose
codes the context groups have not any more are the nearest of those they have.  A Subject ID is a CODE, as TID 1007 asks
for.  N.4.2 numbers nothing, and is preceded by
the characteristics of N.4.1; the heading "Observation Context" of RRR.1 is no item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    Code,
    Date,
    MeasuredValue,
    PersonName,
    SpatialCoordinates,
    SpatialCoordinates3D,
    Template,
    Text,
    Time,
    UIDReference,
    Value,
)
from sr2graph.errors import SrError
from sr2graph.samples.build import DCMR_UID, Draft, Link, singles
from sr2graph.samples.codes import local
from sr2graph.samples.course import course
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import stations
from sr2graph.samples.sop_classes import (
    COMPREHENSIVE_3D_SR,
    COMPREHENSIVE_SR,
    CT_IMAGE,
    DX_IMAGE,
    ENHANCED_SR,
    MAMMOGRAPHY_CAD_SR,
    MAMMOGRAPHY_IMAGE,
    SEGMENTATION,
    US_IMAGE,
)
from sr2graph.samples.templated.choosing import concept
from sr2graph.samples.templated.roots import table
from sr2graph.samples.visit import ImageSeries, Visit
from sr2graph.templates.value_sets import Code as TableCode

CHEST_CAD_SR = "1.2.840.10008.5.1.4.1.1.88.65"
COLON_CAD_SR = "1.2.840.10008.5.1.4.1.1.88.69"
KINDS = {
    "DCM:111036": ("4000", MAMMOGRAPHY_CAD_SR, "MG", MAMMOGRAPHY_IMAGE),
    "DCM:112000": ("4100", CHEST_CAD_SR, "DX", DX_IMAGE),
    "DCM:112220": ("4120", COLON_CAD_SR, "CT", CT_IMAGE),
    "DCM:111400": ("4200", ENHANCED_SR, "MG", MAMMOGRAPHY_IMAGE),
    "DCM:125000": ("5000", COMPREHENSIVE_SR, "US", US_IMAGE),
    "LN:24534-0": ("5100", COMPREHENSIVE_SR, "US", US_IMAGE),
    "DCM:125200": ("5200", COMPREHENSIVE_SR, "US", US_IMAGE),
    "DCM:126001": ("1500", COMPREHENSIVE_3D_SR, "CT", CT_IMAGE),
}
"""Title of a report ↔ its template and SOP class, modality and SOP class of its images."""
STUDY_DATE = "DCM:111060"
ACCESSION_NUMBER = "DCM:121022"
"""Begins with the day, in the examples."""
SUBJECT_SEX, SUBJECT_AGE = "DCM:121032", "DCM:121033"
SEGMENT = "segment "
"""Before the number of a segment, in place of that of an image."""
AGES = (60, 64)
"""Today's; the examples are of 1998 to 2001."""
SEED = 17

Line = dict[str, str]


class WorkedError(SrError):
    """An example was asked for that is not there."""


@cache
def _examples() -> dict[str, tuple[Line, ...]]:
    return {name: tuple(lines) for name, lines in groupby(table("worked.csv"), itemgetter("example"))}


WORKED: tuple[str, ...] = tuple(_examples())
"""The names of the examples."""


def worked(name: str) -> Report:
    """Return an example of PS3.17; always the same.  Raises WorkedError for a name that is not in WORKED."""
    lines = _examples().get(name)
    if lines is None:
        raise WorkedError(f"no worked example {name}; there are {', '.join(WORKED)}")
    tid, sop_class_uid, modality, image_class = KINDS[lines[0]["concept"]]
    visit = _visit(name, lines, modality)
    images = ImageSeries(visit, 1, modality, image_class, sum(_is_image(line) for line in lines))
    issue = Issue(
        kind=name,
        sop_class_uid=sop_class_uid,
        description=f"Example of {lines[0]['source']}",
        series_number=930,
        station=stations("CAD", visit.station.hospital)[0],
        series=(images, _masks(visit)),
    )
    root = replace(_draft("1", lines, images), template=Template(tid, "DCMR", DCMR_UID))
    return report(visit, issue, root)


def _is_image(line: Line) -> bool:
    return line["value_type"] == "IMAGE" and not line["value"].startswith(SEGMENT)


def _masks(visit: Visit) -> ImageSeries:
    """Return the series of the segmentation that is drawn on the images."""
    return ImageSeries(visit, 2, "SEG", SEGMENTATION, 1)


def source(name: str) -> str:
    """Return the section that an example is from."""
    return _examples()[name][0]["source"]


def _visit(name: str, lines: tuple[Line, ...], modality: str) -> Visit:
    """Return the visit, on the day that the example says."""
    sex = next((line["value"].removeprefix("DCM:") for line in lines if line["concept"] == SUBJECT_SEX), "F")
    years = (int(line["value"].split()[0]) for line in lines if line["concept"] == SUBJECT_AGE)
    patient = course(SEED, WORKED.index(name), sex=sex, ages=next(((age, age) for age in years), AGES))
    visit = patient.visit(modality, "Screening", local("SCR", "Screening"))
    dated = (line["value"][:8] for line in lines if line["concept"] in (STUDY_DATE, ACCESSION_NUMBER))
    day = next(dated, f"{visit.started:%Y%m%d}")
    started = datetime.combine(datetime.strptime(day, "%Y%m%d"), visit.started.time())  # noqa: DTZ007 # local time
    return replace(visit, started=started, key=f"worked/{name}")


def _draft(node: str, lines: tuple[Line, ...], images: ImageSeries) -> Draft:
    """Return the draft of a node and of those below it."""
    line = next(line for line in lines if line["node"] == node)
    below = [each for each in lines if each["node"].rpartition(".")[0] == node]
    children = tuple(
        Link(RelationshipType(each["relationship"]), each["value"])
        if each["value_type"] == "@"
        else _draft(each["node"], lines, images)
        for each in below
    )
    return Draft(
        value=_value(line, images),
        concept_name=concept(_code(line["concept"])) if line["concept"] else None,
        children=children,
        relationship=RelationshipType(line["relationship"] or "CONTAINS"),
        label=node if line["value_type"] == "IMAGE" else None,
    )


def _value(line: Line, images: ImageSeries) -> Value | None:
    said = line["value"]
    if line["value_type"] == "IMAGE" and said.startswith(SEGMENT):
        return _masks(images.visit).image(0, segments=(int(said.removeprefix(SEGMENT)),))
    if line["value_type"] == "IMAGE":
        return images.image(int(said) - 1)
    if line["value_type"] == "UIDREF":
        known = {"series": images.uid, "study": images.visit.study_uid}
        return UIDReference(known.get(said) or images.visit.uid(said))
    if line["value_type"] == "SCOORD3D":
        drawn = _scoord(said)
        return SpatialCoordinates3D(drawn.graphic_type, drawn.graphic_data, images.frame_of_reference_uid)
    make = MAKERS.get(line["value_type"])
    return make(said) if make is not None else None


def _num(said: str) -> Value:
    number, _, unit = said.partition(" ")
    return MeasuredValue((number,), concept(_code(unit)))


def _scoord(said: str) -> SpatialCoordinates:
    graphic_type, *points = said.split()
    return SpatialCoordinates(graphic_type, singles(map(float, points)))


def _code(said: str) -> TableCode:
    scheme, _, value = said.partition(":")
    return TableCode(scheme, value)


MAKERS: dict[str, Callable[[str], Value]] = {
    "CODE": lambda said: Code(concept(_code(said))),
    "DATE": Date,
    "NUM": _num,
    "PNAME": PersonName,
    "SCOORD": _scoord,
    "TEXT": Text,
    "TIME": Time,
}
"""Value type ↔ what is made of the value in the table."""
