"""Basic diagnostic imaging reports: narrative under headings (PS3.16 TID 2000)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference
from sr2graph.dicom.report import Report
from sr2graph.samples.build import Draft, code, concept_mod, container, image, inferred_from, observed, text
from sr2graph.samples.codes import (
    BEST_ILLUSTRATION,
    CLINICAL_INFORMATION,
    FINDING,
    FINDINGS,
    HISTORY,
    IMPRESSION,
    IMPRESSIONS,
    NORMAL,
    PROCEDURE_REPORTED,
    RECOMMENDATION,
    RECOMMENDATIONS,
    TARGET_REGION,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import station
from sr2graph.samples.people import Staff
from sr2graph.samples.sop_classes import BASIC_TEXT_SR
from sr2graph.samples.visit import ImageSeries, Visit
from sr2graph.samples.wordings import READINGS, Reading, Wording

KIND = "basic_text"
UNREMARKABLE = 0.35
"""How many readings in a hundred find nothing, as a share."""


@dataclass(frozen=True, slots=True)
class Version:
    """How a version of a report differs from others of the same visit."""

    kind: str
    minutes: float
    verified: float
    """How often."""
    preliminary: str | None = None
    by_second_reader: bool = False
    replaces: bool = False
    """Whether the first version, under the plain kind, is its predecessor."""


VERSIONS = {
    "original": Version(KIND, 90, 0.7),
    "preliminary": Version(KIND, 40, 0, "PRELIMINARY", by_second_reader=True),
    "final": Version("basic_text final", 300, 1, "FINAL", replaces=True),
    "addendum": Version("basic_text addendum", 180, 1, replaces=True),
}


def basic_text(visit: Visit, reading: str, images: ImageSeries, version: str = "original") -> Report:
    """Return the narrative report of a visit in one of VERSIONS; all of them say the same."""
    random = visit.random(KIND)
    issued = VERSIONS[version]
    author = visit.reader(2 if issued.by_second_reader else 1)
    issue = Issue(
        kind=issued.kind,
        sop_class_uid=BASIC_TEXT_SR,
        description="Radiology Report",
        series_number=980,
        station=station(random, "WS", visit.station.hospital, visit.started.date()),
        minutes=issued.minutes,
        preliminary=issued.preliminary,
        author=author,
        verifier=visit.radiologist if random.random() < issued.verified else None,
        series=(images,),
        predecessors=(_predecessor(visit),) if issued.replaces else (),
    )
    return report(visit, issue, _root(random, visit, author, READINGS[reading], images))


def _predecessor(visit: Visit) -> StudyReference:
    """Return a reference to the report that a later version replaces."""
    replaced = InstanceReference(sop_class_uid=BASIC_TEXT_SR, sop_instance_uid=visit.uid(KIND))
    series = SeriesReference(series_instance_uid=visit.uid("document series", KIND), instances=(replaced,))
    return StudyReference(study_instance_uid=visit.study_uid, series=(series,))


def _root(random: Random, visit: Visit, author: Staff, reading: Reading, images: ImageSeries) -> Draft:
    tag = visit.station.hospital.language
    words = reading.wordings[tag]
    is_normal = random.random() < UNREMARKABLE
    finding = code(FINDING, NORMAL if is_normal else reading.finding)
    main = () if is_normal else _main(random, visit, reading, images)
    return container(
        reading.title,
        concept_mod(code(PROCEDURE_REPORTED, reading.procedure)),
        concept_mod(code(TARGET_REGION, reading.region)),
        language(tag),
        *person_observer(author, visit),
        *procedure_context(visit),
        subject_context(),
        container(CLINICAL_INFORMATION, text(HISTORY, random.choice(words.histories))),
        container(FINDINGS, finding, *_negatives(random, words), *main),
        container(IMPRESSIONS, text(IMPRESSION, words.normal if is_normal else words.impression)),
        container(RECOMMENDATIONS, text(RECOMMENDATION, words.none if is_normal else words.recommendation)),
        template="2000",
    )


def _negatives(random: Random, words: Wording) -> Iterator[Draft]:
    """Draft one paragraph each for what was looked for and not found (TID 2002)."""
    for paragraph in random.sample(words.negatives, random.randint(2, len(words.negatives))):
        yield text(FINDING, paragraph)


def _main(random: Random, visit: Visit, reading: Reading, images: ImageSeries) -> Iterator[Draft]:
    """Draft the main finding in words, with its image."""
    sentence = reading.wordings[visit.station.hospital.language].finding
    main = sentence.format(size=random.randint(*reading.sizes))
    shown = inferred_from(image(BEST_ILLUSTRATION, images.image(images.count // 2)))
    yield observed(text(FINDING, main, shown), at=visit.after(5100), uid=visit.uid("observation", "main finding"))
