"""What is converted: the project's own samples, and other people's reports where they are at hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Document, Series, Study
from sr2graph.dicom.report import Report
from sr2graph.samples import KINDS, cohort, large_sample, sample

CORPUS = Path(__file__).resolve().parent.parent.parent / "shared" / "corpus"
"""Where other people's reports are looked for: beside the checkout."""

COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
QUICK_KINDS = ("ct_dose", "volumetric_roi", "key_objects")
LARGE_EVENTS = (40, 150)
"""Irradiation events of the large samples: about 300 KB and 1.1 MB."""

SIZE_CLASSES = ((10_000, "up to 10 KB"), (50_000, "10 to 50 KB"), (200_000, "50 to 200 KB"), (1 << 40, "over 200 KB"))
"""Upper bound in bytes, and name."""


@dataclass(frozen=True, slots=True)
class Input:
    """One report as the bytes of a DICOM file."""

    name: str
    data: bytes

    @property
    def size_class(self) -> str:
        """The name of its size class."""
        return next(name for bound, name in SIZE_CLASSES if len(self.data) <= bound)


def samples(*, quick: bool = False) -> list[Input]:
    """Return a sample of each kind, and two long fluoroscopies."""
    kinds = QUICK_KINDS if quick else KINDS
    found = [Input(kind, sample(kind, seed=1).to_dicom()) for kind in kinds]
    if not quick:
        found += [Input(f"fluoroscopy_{events}", large_sample(events).to_dicom()) for events in LARGE_EVENTS]
    return found


def warm_up() -> list[Input]:
    """Return reports that are none of the samples, to warm up on."""
    return [Input(kind, sample(kind, seed=2).to_dicom()) for kind in KINDS]


def corpus(folder: Path, *, quick: bool = False) -> list[Input]:
    """Return the DICOM files of a folder, none if there is no such folder."""
    paths = sorted(folder.rglob("*.dcm"))
    return [Input(path.stem, path.read_bytes()) for path in (paths[::20] if quick else paths)]


def minimal() -> bytes:
    """Return an SR with a root and nothing below it: what a process costs before it has work."""
    name = CodedConcept("121111", "DCM", "Summary")
    root = ContentItem((1,), value_type="CONTAINER", concept_name=name, continuity="SEPARATE")
    document = Document(
        sop_class_uid=COMPREHENSIVE_SR,
        sop_instance_uid="2.25.1",
        instance_number="1",
        content_date="20260101",
        content_time="000000",
        completion_flag="COMPLETE",
        verification_flag="UNVERIFIED",
    )
    series = Series(series_instance_uid="2.25.2", number="1", modality="SR")
    return Report(document, study=Study(study_instance_uid="2.25.3"), series=series, root=root).to_dicom()


def folders(parent: Path, counts: tuple[int, ...]) -> dict[int, Path]:
    """Write folders with so many different reports each; a larger one begins with those of the smaller."""
    reports = numbered_reports(max(counts))
    largest = parent / f"reports-{max(counts)}"
    largest.mkdir()
    for number, data in reports:
        (largest / f"{number:06}.dcm").write_bytes(data)
    found = {max(counts): largest}
    for count in counts:
        if count not in found:
            found[count] = copied(largest, parent / f"reports-{count}", count)
    return found


def numbered_reports(count: int) -> Iterator[tuple[int, bytes]]:
    """Yield so many reports of a cohort; a patient leaves two at least."""
    for number, report in enumerate(islice(cohort(count), count)):
        yield number, report.to_dicom()


def copied(folder: Path, target: Path, count: int) -> Path:
    """Return a new folder with the first files of another."""
    target.mkdir()
    for path in islice(sorted(folder.iterdir()), count):
        shutil.copyfile(path, target / path.name)
    return target
