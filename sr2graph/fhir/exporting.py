"""Bundles of many reports as files: one for each report, or one of newline-delimited JSON for each type of resource.

The second is the form of FHIR Bulk Data (2.0.0, 3.5): a resource a line, references relative
(`Patient/id`).  Memory holds no resource for longer than its report, and of those that reports
share a digest of the id each.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TextIO

from sr2graph.batch.destination import UsageError, aside, created, opened, own_errors, replacing
from sr2graph.batch.outcome import Outcome, State, unconverted
from sr2graph.batch.safe_name import safe_name
from sr2graph.dicom.report import Report
from sr2graph.errors import NotFhirError, WriteError
from sr2graph.fhir.accounts import Loss, inert
from sr2graph.fhir.json_text import Json, json_bytes
from sr2graph.fhir.settling import Losses

if TYPE_CHECKING:
    from sr2graph.fhir.project import FhirBundle

NDJSON = ".ndjson"
OF_ONE_REPORT = frozenset(
    {
        "Composition",
        "DiagnosticReport",
        "DocumentReference",
        "ImagingSelection",
        "Observation",
        "Procedure",
        "Provenance",
    }
)
"""Types whose ids follow from the SOP Instance UID of the report: no other report has them."""


@dataclass(frozen=True, slots=True)
class Form:
    """How bundles are written."""

    data: Callable[[FhirBundle], bytes]
    suffix: str
    several: bool
    """Whether the texts of several bundles make one file when they are put together."""


def form(name: str, base: str | None = None) -> Form:
    """Return a form by its name: json, turtle or nquads; in RDF, resources have the IRIs of a server with a base."""
    forms = {
        "json": Form(lambda bundle: _line(bundle.resource), ".json", several=False),
        "turtle": Form(lambda bundle: bundle.to_turtle(base).encode(), ".ttl", several=True),
        "nquads": Form(lambda bundle: bundle.to_nquads(base).encode(), ".nq", several=True),
    }
    return forms[name]


JSON = form("json")

Found = Iterable[tuple[str, Report | Outcome]]
"""(name, report) of each input, or what became of it where there is none."""


class Sink(Protocol):
    """Takes the bundles of a run, one after the other."""

    def add(self, uid: str, bundle: FhirBundle) -> bool:
        """Take the bundle of the report with a SOP Instance UID; tell whether all of it arrived.  Raises WriteError."""


# ---------------------------------------------------------------- a file for each report


class BundleFolder:
    """One file for each report, named by its SOP Instance UID; each is there when it is complete."""

    def __init__(self, folder: Path, staging: Path, form: Form = JSON) -> None:
        self._folder = folder
        self._staging = staging
        self._form = form

    def add(self, uid: str, bundle: FhirBundle) -> bool:
        """Write the bundle of a report."""
        name = f"{safe_name(uid)}{self._form.suffix}"
        data = self._form.data(bundle)
        with own_errors():
            complete = self._staging / name
            complete.write_bytes(data)
            complete.replace(self._folder / name)
        return True


@contextmanager
def bundle_folder(folder: Path, form: Form = JSON) -> Iterator[BundleFolder]:
    """Open a folder that is to hold a file for each report.  Raises UsageError."""
    with created(folder), aside(folder) as staging:
        yield BundleFolder(folder, staging, form)


class ManyBundles:
    """The bundles of all reports in one file."""

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file = file
        self._form = form

    def add(self, uid: str, bundle: FhirBundle) -> bool:  # noqa: ARG002 # a Sink
        """Write a bundle after the others."""
        data = self._form.data(bundle)
        with own_errors():
            self._file.write(data)
        return True


@contextmanager
def many_bundles(path: Path, form: Form) -> Iterator[ManyBundles]:
    """Open a file for the bundles of all reports; it is there when the block ends well.  Raises UsageError."""
    with replacing(path) as (complete, _), opened(complete) as file:
        yield ManyBundles(file, form)


class OneBundle:
    """The bundle of a single report in one file; a second report has no room there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_taken = False

    def add(self, uid: str, bundle: FhirBundle) -> bool:  # noqa: ARG002 # a Sink
        """Write the bundle."""
        if self._is_taken:
            raise UsageError(f"{self._path}: one bundle, and here is a second report. Name a folder (ending in /)")
        self._is_taken = True
        try:
            self._path.write_bytes(_line(bundle.resource))
        except OSError as cause:
            raise WriteError(f"{self._path}: {cause.strerror}") from cause
        return True


# ---------------------------------------------------------------- a file for each type


class Ndjson:
    """One file for each type of resource; a resource that several reports have is written once, as it first came."""

    def __init__(self, staging: Path, open_: Callable[[Path], BinaryIO]) -> None:
        self._staging = staging
        self._open = open_
        self._files: dict[str, BinaryIO] = {}
        self._shared: set[bytes] = set()

    def add(self, uid: str, bundle: FhirBundle) -> bool:  # noqa: ARG002 # a Sink
        """Write the resources of a report."""
        with own_errors():
            for entry in bundle.resource["entry"]:
                resource = entry["resource"]
                if self._is_new(resource["resourceType"], resource["id"]):
                    self._file(resource["resourceType"]).write(_line(resource))
        return True

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [f"{type_}{NDJSON}" for type_ in sorted(self._files)]

    def _is_new(self, type_: str, id_: str) -> bool:
        if type_ in OF_ONE_REPORT:
            return True
        digest = blake2b(f"{type_}/{id_}".encode(), digest_size=16).digest()
        before = len(self._shared)
        self._shared.add(digest)
        return len(self._shared) > before

    def _file(self, type_: str) -> BinaryIO:
        if type_ not in self._files:
            self._files[type_] = self._open(self._staging / f"{type_}{NDJSON}")
        return self._files[type_]


@contextmanager
def ndjson_folder(folder: Path) -> Iterator[Ndjson]:
    """Open a folder that is to hold a file for each type; they are there when the block ends well, and not otherwise.

    Files of an earlier run would look like part of this one, so there may be none.  Raises UsageError.
    """
    with created(folder), aside(folder) as staging:
        if any(folder.glob(f"*{NDJSON}")):
            raise UsageError(f"{folder}: there are {NDJSON} files in it already. Name an empty folder")
        with ExitStack() as stack:
            sink = Ndjson(staging, lambda path: stack.enter_context(opened(path)))
            yield sink
            with own_errors():
                stack.close()
        with own_errors():
            for name in sink.names:
                (staging / name).replace(folder / name)


def _line(resource: Json) -> bytes:
    return json_bytes(resource) + b"\n"


# ---------------------------------------------------------------- a run over many reports


def first_of_each(found: Found) -> Found:
    """Yield what was found, and of reports with the same SOP Instance UID the first."""
    seen: set[bytes] = set()
    for name, report in found:
        if isinstance(report, Outcome):
            yield name, report
            continue
        uid = report.sop_instance_uid
        digest = blake2b(uid.encode(errors="replace"), digest_size=16).digest()
        if digest in seen:
            taken = f"an earlier report has its SOP Instance UID {uid}"
            yield name, Outcome(file=name, state=State.SKIPPED, reason=taken, named=True)
        else:
            seen.add(digest)
            yield name, report


class Run:
    """Turns one report after the other into FHIR, and counts; a bad report costs itself and not the run."""

    def __init__(
        self,
        sink: Sink,
        losses: LossTable | None,
        make: Callable[[Report], FhirBundle],
        tell: Callable[[Outcome], None],
    ) -> None:
        self._sink = sink
        self._losses = losses
        self._make = make
        self._tell = tell
        self.made = 0
        """Reports that are bundles now, whether or not all of it arrived."""
        self.skipped = 0
        self.failed = 0
        self.items = 0
        """Content items of the reports."""
        self.left_out = 0
        """... that no element has."""

    def all(self, found: Found) -> None:
        """Take all reports.  Raises WriteError and FhirError where it makes no sense to go on."""
        for name, report in found:
            if isinstance(report, Outcome):
                self._count(report)
                continue
            try:
                bundle = self._make(report)
            except Exception as error:  # noqa: BLE001 # one bad report is one line, whatever is wrong with it
                self._count(unconverted(name, error))
            else:
                self._take(name, report.sop_instance_uid, bundle)

    def _take(self, name: str, uid: str, bundle: FhirBundle) -> None:
        try:
            arrived = self._sink.add(uid, bundle)
        except NotFhirError as error:
            self._count(unconverted(name, error))
            return
        self.made += 1
        if isinstance(bundle.losses, Losses):
            self.items += bundle.losses.items
            self.left_out += bundle.losses.left_out
        if self._losses is not None:
            self._losses.add(uid, bundle)
        self.failed += not arrived

    def _count(self, outcome: Outcome) -> None:
        is_failure = outcome.state is State.FAILED
        self.failed += is_failure
        self.skipped += not is_failure
        self._tell(outcome)


# ---------------------------------------------------------------- accounts of many reports


class LossTable:
    """The accounts of many reports as one CSV: what `losses_csv` has, and first the report."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._names = [each.name for each in fields(Loss)]
        self._writer.writerow(["report", *self._names])

    def add(self, uid: str, bundle: FhirBundle) -> None:
        """Write the lines of a report."""
        cells = ([inert(uid), *(inert(str(getattr(loss, name))) for name in self._names)] for loss in bundle.losses)
        try:
            self._writer.writerows(cells)
        except OSError as cause:
            raise WriteError(f"the losses cannot be written ({cause.strerror})") from cause
