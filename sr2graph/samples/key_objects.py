"""Key object selections (PS3.16 TID 2010)."""

from __future__ import annotations

from dataclasses import replace

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.samples.build import Draft, code, concept_mod, container, image, text
from sr2graph.samples.codes import dcm
from sr2graph.samples.context import language, person_observer
from sr2graph.samples.document import Issue, report
from sr2graph.samples.identity import pick
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "key_objects"
KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"

TITLE_MODIFIER = dcm("113011", "Document Title Modifier")
DESCRIPTION = dcm("113012", "Key Object Description")

TITLES: tuple[tuple[float, tuple[CodedConcept, CodedConcept | None, str]], ...] = (
    (5, (dcm("113000", "Of Interest"), None, "Images that show the findings of the report")),
    (3, (dcm("113002", "For Referring Provider"), None, "For the tumour board on Thursday")),
    (1, (dcm("113004", "For Teaching"), None, "Cas d'école : à présenter à la réunion de l'équipe")),
    (1, (dcm("113013", "Best In Set"), dcm("113015", "Series"), "Sharpest of the series")),
    (
        1,
        (
            dcm("113001", "Rejected for Quality Reasons"),
            dcm("111210", "Motion blur"),
            "Repeated, see the later acquisition",
        ),
    ),
)
"""How often which title is used, with its modifier and a description."""


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
    title, modifier, description = pick(random, TITLES)
    chosen = sorted(random.sample(range(images.count), min(images.count, random.randint(2, 9))))
    return container(
        _from_context_group(title),
        concept_mod(code(TITLE_MODIFIER, modifier)) if modifier else None,
        language(),
        *person_observer(visit.radiologist, visit),
        text(DESCRIPTION, description),
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
