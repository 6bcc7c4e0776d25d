"""A visit: one patient, one device, one study; and the images that were made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.header import Patient, ProcedureRequest, Study
from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference
from sr2graph.dicom.values import ImageReference
from sr2graph.samples.fleet import Station
from sr2graph.samples.identity import stream, uid
from sr2graph.samples.people import Staff, Subject

DETACHED_STUDY_MANAGEMENT = "1.2.840.10008.3.1.2.3.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An imaging study of one patient: all that its reports have in common."""

    subject: Subject
    station: Station
    started: datetime
    """Local time of the hospital."""
    radiologist: Staff
    """Who reads the study."""
    second_reader: Staff
    """Who reads it again, if anybody does."""
    technologist: Staff
    """Who makes the images."""
    referring_physician: str
    """Who asked for the study, as VR PN."""
    number: int
    """1 for the first visit of this patient."""
    description: str
    procedure: CodedConcept
    reason: str = "Follow-up"
    key: str
    """What all UIDs and random numbers of the visit derive from."""

    def uid(self, *what: object) -> str:
        """Return the UID of something in this visit."""
        return uid(self.key, *what)

    def random(self, purpose: str) -> Random:
        """Return the random numbers for one purpose; other purposes do not disturb them."""
        return stream(self.key, purpose)

    def after(self, seconds: float) -> str:
        """Return the date-time (VR DT) so many seconds into the visit."""
        moment = (self.started + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%S")
        return moment + self.station.hospital.utc_offset if self.station.writes_offset else moment

    def day_time(self, seconds: float) -> tuple[str, str]:
        """Return the date (VR DA) and time (VR TM) so many seconds into the visit."""
        moment = self.started + timedelta(seconds=seconds)
        return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")

    @property
    def study_uid(self) -> str:
        """The Study Instance UID."""
        return self.uid("study")

    @property
    def accession_number(self) -> str:
        """As the information system gave it."""
        return f"A{self.started:%y%m%d}{int(self.study_uid[-5:]):05d}"

    def reader(self, number: int) -> Staff:
        """Return the first or the second reader."""
        return self.radiologist if number == 1 else self.second_reader

    @property
    def patient(self) -> Patient:
        """What headers say of the patient."""
        subject = self.subject
        return Patient(
            patient_id=subject.patient_id,
            issuer=self.station.hospital.name,
            name=subject.name,
            birth_date=subject.birth_date.strftime("%Y%m%d"),
            sex=subject.sex,
            age=f"{subject.age(self.started.date()):03d}Y",
            size=f"{subject.height:.2f}",
            weight=f"{subject.weight:.1f}",
        )

    @property
    def study(self) -> Study:
        """What headers say of the study."""
        day, moment = self.day_time(0)
        return Study(
            study_instance_uid=self.study_uid,
            date=day,
            time=moment,
            study_id=f"S{self.number}",
            accession_number=self.accession_number,
            description=self.description,
            referring_physician=self.referring_physician,
            reading_physicians=(self.radiologist.name,),
            procedure_codes=(self.procedure,),
        )

    @property
    def request(self) -> ProcedureRequest:
        """The order that the study answers."""
        return ProcedureRequest(
            study_instance_uid=self.study_uid,
            accession_number=self.accession_number,
            placer_order_number=f"P{self.accession_number}",
            filler_order_number=f"F{self.accession_number}",
            requested_procedure_id=f"RP{self.number}",
            requested_procedure_description=self.description,
            requested_procedure_codes=(self.procedure,),
            reason=self.reason,
            referenced_studies=(
                InstanceReference(sop_class_uid=DETACHED_STUDY_MANAGEMENT, sop_instance_uid=self.study_uid),
            ),
        )


@dataclass(frozen=True, slots=True)
class ImageSeries:
    """A series of images made in a visit."""

    visit: Visit
    number: int
    modality: str
    sop_class_uid: str
    count: int

    @property
    def uid(self) -> str:
        """The Series Instance UID."""
        return self.visit.uid("series", self.number)

    @property
    def frame_of_reference_uid(self) -> str:
        """What positions in these images are relative to; one for the whole visit."""
        return self.visit.uid("frame of reference")

    def instance(self, index: int) -> str:
        """Return the SOP Instance UID of image number `index`, from 0."""
        return self.instances[index]

    def image(self, index: int, *, frames: Iterable[int] = (), segments: tuple[int, ...] = ()) -> ImageReference:
        """Return a reference to image number `index`."""
        return ImageReference(self.sop_class_uid, self.instance(index), tuple(map(str, frames)), segments)

    @property
    def instances(self) -> tuple[str, ...]:
        """The SOP Instance UIDs of all images."""
        return _instances(self.visit.key, self.number, self.count)

    def reference(self, instances: Iterable[str]) -> SeriesReference | None:
        """Return a reference to those images of the series; None if there are none."""
        references = tuple(
            InstanceReference(sop_class_uid=self.sop_class_uid, sop_instance_uid=instance) for instance in instances
        )
        return SeriesReference(series_instance_uid=self.uid, instances=references) if references else None


@lru_cache(maxsize=64)
def _instances(visit: str, series: int, count: int) -> tuple[str, ...]:
    return tuple(uid(visit, "series", series, "image", index) for index in range(count))


def evidence(
    series: Iterable[ImageSeries], used: frozenset[str], whole: tuple[ImageSeries, ...] = ()
) -> Iterator[StudyReference]:
    """Yield per study what of these series is used, and all of those in `whole` (PS3.3 C.17.2.3)."""
    studies: dict[str, list[SeriesReference]] = {}
    for each in series:
        instances = each.instances if each in whole else tuple(uid for uid in each.instances if uid in used)
        if reference := each.reference(instances):
            studies.setdefault(each.visit.study_uid, []).append(reference)
    for study_uid, references in studies.items():
        yield StudyReference(study_instance_uid=study_uid, series=tuple(references))
