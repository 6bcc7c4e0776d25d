"""The course of one patient: who it is, where, and when the visits are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.fleet import AUBEPINE, KINGSMERE, TOKIWA, Hospital, station
from sr2graph.samples.identity import pick, stream
from sr2graph.samples.people import (
    FIRST_DAY,
    RADIOLOGISTS,
    REFERRERS,
    SONOGRAPHERS,
    TECHNOLOGISTS,
    Subject,
    subject,
)
from sr2graph.samples.visit import Visit

HOSPITALS = ((50, KINGSMERE), (32, AUBEPINE), (18, TOKIWA))
"""How many in a hundred patients go where."""

DAYS = 730
"""Over how many days patients come for the first time."""


@dataclass(frozen=True, slots=True)
class Course:
    """A patient, the hospital, and the day of the first visit."""

    key: str
    subject: Subject
    hospital: Hospital
    first_day: datetime

    def visit(
        self, modality: str, description: str, procedure: CodedConcept, *, number: int = 1, days: int = 0
    ) -> Visit:
        """Return visit number `number`, so many days after the first."""
        key = f"{self.key}/{number}"
        random = stream(key, "schedule")
        moment = timedelta(days=days, minutes=random.randrange(7 * 60, 18 * 60), seconds=random.randrange(60))
        started = self.first_day + moment
        radiologist, second_reader = random.sample(RADIOLOGISTS, 2)
        return Visit(
            subject=self.subject,
            station=station(random, modality, self.hospital, started.date()),
            started=started,
            radiologist=radiologist,
            second_reader=second_reader,
            technologist=random.choice(SONOGRAPHERS if modality == "US" else TECHNOLOGISTS),
            referring_physician=random.choice(REFERRERS),
            number=number,
            description=description,
            procedure=procedure,
            key=key,
        )


def course(
    seed: int, index: int, *, sex: str | None = None, ages: tuple[int, int] = (18, 92), earlier: int = 0
) -> Course:
    """Return the course of patient number `index`, which no other patient has a part in.

    Those who are followed for years come for the first time so many days earlier than the others.
    """
    random = stream(seed, "course", index)
    hospital = pick(random, HOSPITALS)
    first_day = datetime.combine(FIRST_DAY, time()) + timedelta(days=random.randrange(DAYS) - earlier)
    return Course(f"{seed}/{index}", subject(seed, index, sex=sex, ages=ages), hospital, first_day)
