"""The document around a content tree: from a visit and a draft to a Report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sr2graph.dicom.attributes import Attribute
from sr2graph.dicom.header import Document, Participant, Series, VerifyingObserver
from sr2graph.dicom.references import InstanceReference, StudyReference
from sr2graph.dicom.report import Report
from sr2graph.samples.build import Draft, positioned, survey
from sr2graph.samples.codes import CODING_SCHEMES
from sr2graph.samples.fleet import Station
from sr2graph.samples.people import Staff
from sr2graph.samples.visit import ImageSeries, Visit, evidence

PERFORMED_PROCEDURE_STEP = "1.2.840.10008.3.1.2.3.3"
PERFORMED_PROCEDURE_STEP_SEQUENCE = 0x0008_1111
WHY_PARTIAL = (
    "Patient left before the examination was finished",
    "Prior images not yet available",
    "Second series still to be measured",
)
"""What (0040,A492) says of a report that is not complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """How a document was issued: all that is neither visit nor content."""

    kind: str
    sop_class_uid: str
    description: str
    series_number: int
    station: Station | None = None
    """The device that wrote the report; None if the device of the visit did."""
    modality: str = "SR"
    minutes: float = 15
    """From the start of the visit to the writing of the report."""
    complete: bool = True
    author: Staff | None = None
    verifier: Staff | None = None
    preliminary: str | None = None
    """PRELIMINARY or FINAL, where the writer says so, (0040,A496)."""
    series: tuple[ImageSeries, ...] = ()
    """Where referenced images come from; only those that are used become evidence."""
    unused: tuple[ImageSeries, ...] = ()
    """Series of this visit that were read and are evidence, although the content refers to none of their images."""
    predecessors: tuple[StudyReference, ...] = ()


def report(visit: Visit, issue: Issue, root: Draft) -> Report:
    """Return the report of a visit with this content."""
    found = survey(root)
    return Report(
        _document(visit, issue, found.instances),
        visit.patient,
        visit.study,
        _series(visit, issue),
        (issue.station or visit.station).equipment,
        positioned(root, found.labels),
        # Type 2 (PS3.3 C.17.1): present, and empty where the writer was not told of the procedure step.
        (Attribute(PERFORMED_PROCEDURE_STEP_SEQUENCE, "SQ"),) if issue.station else (),
    )


def _series(visit: Visit, issue: Issue) -> Series:
    """Return what the header says of the series that the document is in (PS3.3 C.17.1)."""
    day, moment = visit.day_time(60 * issue.minutes)
    step = InstanceReference(sop_class_uid=PERFORMED_PROCEDURE_STEP, sop_instance_uid=visit.uid("procedure step"))
    return Series(
        series_instance_uid=visit.uid("document series", issue.kind),
        number=str(issue.series_number),
        modality=issue.modality,
        date=day,
        time=moment,
        description=issue.description,
        performed_procedure_steps=() if issue.station else (step,),
    )


def _document(visit: Visit, issue: Issue, used: frozenset[str]) -> Document:
    """Return what the header says of the document (PS3.3 C.12.1, C.17.2)."""
    day, moment = visit.day_time(60 * issue.minutes)
    document = Document(
        sop_class_uid=issue.sop_class_uid,
        sop_instance_uid=visit.uid(issue.kind),
        instance_number="1",
        content_date=day,
        content_time=moment,
        creation_date=day,
        creation_time=moment,
        timezone_offset=visit.station.hospital.utc_offset if visit.station.writes_offset else None,
        requests=(visit.request,),
        current_evidence=tuple(evidence((*_of(issue.series, visit), *issue.unused), used, issue.unused)),
        coding_schemes=CODING_SCHEMES,
    )
    # A key object selection has neither completion nor verification (PS3.3 C.17.6.2).
    return document if issue.modality == "KO" else _signed(document, visit, issue, used)


def _signed(document: Document, visit: Visit, issue: Issue, used: frozenset[str]) -> Document:
    """Return the document with what only SR documents say: how complete, by whom, on what else it rests."""
    # Only what is complete can be verified (PS3.3 C.17.2).
    verifier = issue.verifier if issue.complete else None
    return replace(
        document,
        completion_flag="COMPLETE" if issue.complete else "PARTIAL",
        completion_flag_description=None if issue.complete else _why_partial(visit, issue),
        preliminary_flag=issue.preliminary,
        verification_flag="VERIFIED" if verifier else "UNVERIFIED",
        verifying_observers=(_verifying(visit, issue, verifier),) if verifier else (),
        authors=tuple(_person(visit, who) for who in (issue.author,) if who),
        participants=(_entered(visit),) if issue.author else (),
        performed_procedures=(visit.procedure,),
        other_evidence=tuple(evidence((s for s in issue.series if s.visit.key != visit.key), used)),
        predecessors=issue.predecessors,
    )


def _of(series: Iterable[ImageSeries], visit: Visit) -> Iterator[ImageSeries]:
    return (each for each in series if each.visit.key == visit.key)


def _why_partial(visit: Visit, issue: Issue) -> str:
    return visit.random(f"why {issue.kind} is partial").choice(WHY_PARTIAL)


def _verifying(visit: Visit, issue: Issue, who: Staff) -> VerifyingObserver:
    return VerifyingObserver(
        name=who.name,
        identification=who.identification,
        organization=visit.station.hospital.name,
        verified_at=visit.after(60 * issue.minutes + 240),
    )


def _person(visit: Visit, who: Staff) -> Participant:
    return Participant(
        observer_type="PSN",
        person_name=who.name,
        person_identification=(who.identification,),
        institution_name=visit.station.hospital.name,
        institution_code=visit.station.hospital.code,
    )


def _entered(visit: Visit) -> Participant:
    """Return who entered the data: the only kind of participation that samples know."""
    return replace(_person(visit, visit.technologist), participation_type="ENT", participated_at=visit.after(0))
