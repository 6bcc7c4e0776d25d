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
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from sr2graph.batch.destination import UsageError, aside, created, opened, own_errors, replacing
from sr2graph.batch.safe_name import safe_name
from sr2graph.errors import WriteError
from sr2graph.fhir.accounts import Loss, inert
from sr2graph.fhir.json_text import Json, json_bytes

if TYPE_CHECKING:
    from sr2graph.fhir.project import FhirBundle

NDJSON = ".ndjson"
OF_ONE_REPORT = frozenset(
    {
        "Composition",
        "DiagnosticReport",
        "DocumentReference",
        "ImagingSelection",
        "ImagingStudy",
        "Observation",
        "Procedure",
        "Provenance",
    }
)
"""Types whose ids follow from the SOP Instance UID of the report: no other report has them."""


@dataclass(frozen=True, slots=True)
class Form:
    """How bundles are written: json, turtle or nquads; in RDF, resources have the IRIs of a server with a base."""

    name: str
    base: str | None = None

    @property
    def suffix(self) -> str:
        """What the names of files end in."""
        return _SUFFIXES[self.name]

    @property
    def several(self) -> bool:
        """Whether the texts of several bundles make one file when they are put together."""
        return self.name != "json"

    def data(self, bundle: FhirBundle) -> bytes:
        """Return the text of a bundle.  Raises NotFhirError where it cannot be RDF."""
        if self.name == "json":
            return _line(bundle.resource)
        text = bundle.to_turtle(self.base) if self.name == "turtle" else bundle.to_nquads(self.base)
        return text.encode()


_SUFFIXES = {"json": ".json", "turtle": ".ttl", "nquads": ".nq"}
JSON = Form("json")


class Sink(Protocol):
    """Takes the bundles of a run, one after the other, as it wants them rendered."""

    @property
    def render(self) -> Callable[[FhirBundle], Any]:
        """What makes of a bundle what `add` takes, in whatever process; raises NotFhirError."""

    @property
    def staging(self) -> Path | None:
        """A folder for what is not complete, on the disk where the bundles go; None where that is no disk."""

    def add(self, uid: str, rendered: Any) -> bool:  # noqa: ANN401 # by sink
        """Take the bundle of the report with a SOP Instance UID; tell whether all of it arrived.  Raises WriteError."""


# ---------------------------------------------------------------- a file for each report


class BundleFolder:
    """One file for each report, named by its SOP Instance UID; each is there when it is complete."""

    def __init__(self, folder: Path, staging: Path, form: Form = JSON) -> None:
        self._folder = folder
        self.staging = staging
        self.render = form.data
        self._suffix = form.suffix

    def add(self, uid: str, rendered: bytes) -> bool:
        """Write the bundle of a report."""
        name = f"{safe_name(uid)}{self._suffix}"
        with own_errors():
            complete = self.staging / name
            complete.write_bytes(rendered)
            complete.replace(self._folder / name)
        return True


@contextmanager
def bundle_folder(folder: Path, form: Form = JSON) -> Iterator[BundleFolder]:
    """Open a folder that is to hold a file for each report.  Raises UsageError."""
    with created(folder), aside(folder) as staging:
        yield BundleFolder(folder, staging, form)


class ManyBundles:
    """The bundles of all reports in one file."""

    def __init__(self, file: BinaryIO, staging: Path, form: Form) -> None:
        self._file = file
        self.staging = staging
        self.render = form.data

    def add(self, uid: str, rendered: bytes) -> bool:  # noqa: ARG002 # a Sink
        """Write a bundle after the others."""
        with own_errors():
            self._file.write(rendered)
        return True


@contextmanager
def many_bundles(path: Path, form: Form) -> Iterator[ManyBundles]:
    """Open a file for the bundles of all reports; it is there when the block ends well.  Raises UsageError."""
    with replacing(path) as (complete, staging), opened(complete) as file:
        yield ManyBundles(file, staging, form)


class OneBundle:
    """The bundle of a single report in one file; a second report has no room there."""

    render = staticmethod(JSON.data)
    staging = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_taken = False

    def add(self, uid: str, rendered: bytes) -> bool:  # noqa: ARG002 # a Sink
        """Write the bundle."""
        if self._is_taken:
            raise UsageError(f"{self._path}: one bundle, and here is a second report. Name a folder (ending in /)")
        self._is_taken = True
        try:
            self._path.write_bytes(rendered)
        except OSError as cause:
            raise WriteError(f"{self._path}: {cause.strerror}") from cause
        return True


# ---------------------------------------------------------------- a file for each type


class Ndjson:
    """One file for each type of resource; a resource that several reports have is written once, as it first came."""

    def __init__(self, staging: Path, open_: Callable[[Path], BinaryIO]) -> None:
        self.staging = staging
        self._open = open_
        self._files: dict[str, BinaryIO] = {}
        self._shared: set[bytes] = set()

    @staticmethod
    def render(bundle: FhirBundle) -> list[tuple[str, str, bytes]]:
        """Return type, id and line of the resources of a bundle."""
        resources = (entry["resource"] for entry in bundle.resource["entry"])
        return [(each["resourceType"], each["id"], _line(each)) for each in resources]

    def add(self, uid: str, rendered: list[tuple[str, str, bytes]]) -> bool:  # noqa: ARG002 # a Sink
        """Write the resources of a report."""
        with own_errors():
            for type_, id_, line in rendered:
                if self._is_new(type_, id_):
                    self._file(type_).write(line)
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
            self._files[type_] = self._open(self.staging / f"{type_}{NDJSON}")
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


# ---------------------------------------------------------------- accounts of many reports


class LossTable:
    """The accounts of many reports as one CSV: what `losses_csv` has, and first the report."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._names = [each.name for each in fields(Loss)]
        self._writer.writerow(["report", *self._names])

    def add(self, uid: str, losses: Iterable[Loss]) -> None:
        """Write the lines of a report."""
        cells = ([inert(uid), *(inert(str(getattr(loss, name))) for name in self._names)] for loss in losses)
        try:
            self._writer.writerows(cells)
        except OSError as cause:
            raise WriteError(f"the losses cannot be written ({cause.strerror})") from cause
