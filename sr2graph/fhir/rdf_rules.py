"""What Turtle and N-Quads of a bundle have in common: the rules of FHIR RDF.

Those of R4 are hl7.org/fhir/R4/rdf.html, those of R5 hl7.org/fhir/R5/rdf.html:

| | R4 | R5 |
| --- | --- | --- |
| predicate | where the element is defined: `fhir:Observation.code` | its name: `fhir:code` |
| value of a primitive | `fhir:value` | `fhir:v` |
| several values | `fhir:index` on each | an RDF list |
| one of several types | `fhir:Observation.valueQuantity` | `fhir:value [ a fhir:Quantity ]` |

In both, a Coding has the IRI of its concept as a type, and what refers to a resource has `fhir:link` to it.
Every resource says with `prov:wasDerivedFrom` which content items it came from.  That is no property of FHIR.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sr2graph.dicom.content import position_text
from sr2graph.errors import FhirError, NotFhirError
from sr2graph.fhir.elements import element, is_type
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.rdf_terms import is_iri
from sr2graph.fhir.texts import UID_SYSTEM

if TYPE_CHECKING:
    from sr2graph.fhir.project import FhirBundle

FHIR: Final = "http://hl7.org/fhir/"
ENTRY: Final = "Bundle.entry.resource"
REPORT: Final = "DiagnosticReport"
STUDY: Final = "ImagingStudy"
RESOURCE: Final = "Resource"


@dataclass(frozen=True, slots=True)
class Step:
    """How an element is written."""

    path: str
    predicate: str
    """After the namespace of FHIR."""
    type: str
    repeats: bool
    is_primitive: bool
    chosen: str
    """The type, where the predicate does not tell it."""


@cache
def step(release: str, shape: str, name: str) -> Step:
    """Return how an element is written, by its name in JSON.  Raises NotFhirError where the release has none."""
    found = element(release, shape, name)
    if release == "R5":
        predicate, chosen = found.name, found.type if found.is_choice else ""
    else:
        # The name in JSON has the type: Observation.valueQuantity.
        predicate, chosen = f"{found.path.rpartition('.')[0]}.{name}", ""
    return Step(found.path, predicate, found.type, found.repeats, found.is_primitive, chosen)


def listed(step: Step, value: Any) -> list[Any]:  # noqa: ANN401 # of JSON
    """Return the values of an element as a list.  Raises NotFhirError where they are not of the shape of its type."""
    if isinstance(value, list) is not step.repeats:
        raise NotFhirError(f"{step.path}: {'no list, and it repeats' if step.repeats else 'a list, and it is one'}")
    values: list[Any] = value if step.repeats else [value]
    for each in values:
        if isinstance(each, dict) is step.is_primitive or each is None or isinstance(each, list):
            raise NotFhirError(f"{step.path}: a {type(each).__name__}, and its type is {step.type}")
    return values


def type_of(release: str, resource: Json) -> str:
    """Return the type of a resource.  Raises NotFhirError where the release has none such."""
    type_ = str(resource.get("resourceType"))
    if not is_type(release, type_):
        raise NotFhirError(f"{type_}: no resource of FHIR {release}, or mappings/fhir/elements.csv lacks it")
    return type_


def bundle_iri(bundle: FhirBundle) -> str:
    """Return the IRI of a bundle, which also names its graph."""
    iri = f"urn:uuid:{bundle.resource.get('id', '')}"
    if not is_iri(iri):
        raise NotFhirError("Bundle.id: a graph needs one, of letters, digits, - and .")
    return iri


def checked_base(base: str | None) -> str | None:
    """Return the base of a server without a slash at its end.  Raises FhirError where it is no IRI."""
    if base is None or is_iri(base.rstrip("/")):
        return base and base.rstrip("/")
    raise FhirError(f"base: {base!r} is no absolute IRI. Give one such as https://example.org/fhir")


class Subjects:
    """The resources of a bundle by IRI, and what they refer to."""

    def __init__(self, bundle: FhirBundle, base: str | None, *, provenance: bool) -> None:
        """Raises FhirError for a base that is no IRI, and NotFhirError where a resource has none.

        Resources have the IRIs of their entries, or with a `base` those of a server with that base.
        """
        self._base = checked_base(base)
        self._sources = bundle.sources
        self.document = bundle.document if provenance and is_iri(bundle.document) else ""
        """IRI of the report, empty where nothing is to be said of it."""
        self._iris: dict[str, str] = {}
        """What a reference may say ↔ the IRI of a resource of the bundle."""
        entries = enumerate(bundle.resource.get("entry", ()), 1)
        self.resources: dict[str, Json] = dict(self._named(number, entry) for number, entry in entries)

    def _named(self, number: int, entry: Json) -> tuple[str, Json]:
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            raise NotFhirError(f"entry {number}: no resource")
        told, full = self._told(resource), str(entry.get("fullUrl", ""))
        iri = full if self._base is None else f"{self._base}/{told}"
        if not is_iri(iri):
            raise NotFhirError(f"entry {number}: no fullUrl that is an absolute IRI. Give one, or a base and ids")
        self._iris |= {told: iri, full: iri}
        return iri, resource

    @staticmethod
    def _told(resource: Json) -> str:
        return f"{resource.get('resourceType')}/{resource.get('id')}"

    def of(self, resource: Json) -> str:
        """Return the IRI of a resource of the bundle."""
        return self._iris[self._told(resource)]

    def target(self, reference: str) -> str | None:
        """Return the IRI that a reference is to; None where it is to none that is known."""
        known = self._iris.get(reference)
        if known is not None:
            return known
        iri = reference if self._base is None or ":" in reference else f"{self._base}/{reference}"
        return iri if is_iri(iri) else None

    def sources(self, resource: Json) -> list[str]:
        """Return what a resource was made of: parts of the report (`1.4.2`), or IRIs; at least the report itself."""
        if not self.document:
            return []
        told = self._told(resource)
        found = [] if told.startswith(REPORT) else [position_text(each) for each in sorted(self._sources.get(told, ()))]
        if told.startswith(STUDY):
            uids = (each.get("value") for each in resource.get("identifier", ()) if each.get("system") == UID_SYSTEM)
            found += [str(uid) for uid in uids if is_iri(str(uid))]
        return found or [self.document]
