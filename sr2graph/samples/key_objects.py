"""Key object selections (PS3.16 TID 2010)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.samples.build import Draft, code, concept_mod, container, image, text
from sr2graph.samples.codes import dcm
from sr2graph.samples.context import language, person_observer
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import pick
from sr2graph.samples.sop_classes import KEY_OBJECT_SELECTION
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "key_objects"

TITLE_MODIFIER = dcm("113011", "Document Title Modifier")
DESCRIPTION = dcm("113012", "Key Object Description")
REJECTED = dcm("113001", "Rejected for Quality Reasons")
QUALITY_ISSUE = dcm("113010", "Quality Issue")


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why images are selected: the title, its modifier, and the descriptions that go with them."""

    title: CodedConcept
    modifier: CodedConcept | None
    descriptions: tuple[str | None, ...]


PURPOSES: tuple[tuple[float, Purpose], ...] = (
    (26, Purpose(dcm("113000", "Of Interest"), None, ("Images that show the findings of the report", None))),
    (14, Purpose(dcm("113002", "For Referring Provider"), None, ("For the ward round", "As discussed on the phone"))),
    (8, Purpose(dcm("113003", "For Surgery"), None, ("Resection margins", "Access route"))),
    (6, Purpose(dcm("113004", "For Teaching"), None, ("Cas d'école : à présenter à la réunion de l'équipe",))),
    (8, Purpose(dcm("113005", "For Conference"), None, ("For the conference on Thursday", None))),
    (8, Purpose(dcm("128203", "For Tumor Board"), None, ("For the tumour board on Thursday",))),
    (4, Purpose(dcm("113009", "For Research"), None, ("Measurements of the trial",))),
    (4, Purpose(dcm("113007", "For Patient"), None, (None,))),
    (6, Purpose(dcm("113013", "Best In Set"), dcm("113015", "Series"), ("Sharpest of the series",))),
    (7, Purpose(REJECTED, dcm("111210", "Motion blur"), ("Repeated, see the later acquisition",))),
    (3, Purpose(REJECTED, dcm("111209", "Positioning"), ("Repeated, see the later acquisition", None))),
    (2, Purpose(REJECTED, dcm("111212", "Over exposed"), (None,))),
    (3, Purpose(QUALITY_ISSUE, dcm("111208", "Grid artifact(s)"), ("Grid lines; service called",))),
    (
        1,
        Purpose(dcm("113037", "Rejected for Patient Safety Reasons"), None, ("Wrong patient selected",)),
    ),
)
"""How often images are selected for which purpose."""


def key_objects(visit: Visit, images: ImageSeries) -> Report:
    """Return a selection of the images of a visit."""
    issue = Issue(
        kind=KIND,
        sop_class_uid=KEY_OBJECT_SELECTION,
        description="Key Objects",
        series_number=990,
        modality="KO",
        minutes=40,
        series=(images,),
    )
    return report(visit, issue, _root(visit, images))


def _root(visit: Visit, images: ImageSeries) -> Draft:
    random = visit.random(KIND)
    purpose = pick(random, PURPOSES)
    description = random.choice(purpose.descriptions)
    chosen = sorted(random.sample(range(images.count), min(images.count, random.randint(2, 9))))
    return container(
        _from_context_group(purpose.title),
        concept_mod(code(TITLE_MODIFIER, purpose.modifier)) if purpose.modifier else None,
        language(),
        *person_observer(visit.radiologist, visit),
        text(DESCRIPTION, description) if description else None,
        *(image(None, images.image(index)) for index in chosen),
        template="2010",
    )


def _from_context_group(title: CodedConcept) -> CodedConcept:
    """Return the title with the context group it was chosen from, as some writers say (PS3.3 8.6)."""
    return replace(
        title,
        context_identifier="7010",
        context_uid="1.2.840.10008.6.1.490",
        context_group_version="20190915",
        mapping_resource="DCMR",
        mapping_resource_uid="1.2.840.10008.8.1.1",
    )
