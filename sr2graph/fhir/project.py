"""From a Report to a bundle of FHIR resources, and the account of what became of every content item."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, Position, RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, ValueType
from sr2graph.errors import FhirError
from sr2graph.fhir.accounts import Account, How, Loss
from sr2graph.fhir.checking import Problem, problems
from sr2graph.fhir.contexts import Makers
from sr2graph.fhir.details import join_details
from sr2graph.fhir.documents import Documents
from sr2graph.fhir.doses import Doses
from sr2graph.fhir.evidence import Evidence
from sr2graph.fhir.json_text import Json, json_text
from sr2graph.fhir.observing import Observing
from sr2graph.fhir.people import People
from sr2graph.fhir.pictures import Pictures
from sr2graph.fhir.procedures import procedure
from sr2graph.fhir.profiles import claim_late
from sr2graph.fhir.rdf import nquads, to_rdflib
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.resources import BundleType, Ids, Resources
from sr2graph.fhir.selections import Selections
from sr2graph.fhir.settling import Losses
from sr2graph.fhir.sites import Sites
from sr2graph.fhir.studies import Studies, status_of, zone_of_report
from sr2graph.fhir.tables import flavours, for_code
from sr2graph.fhir.texts import identify, instant
from sr2graph.fhir.turtle import turtle
from sr2graph.fhir.values import Values
from sr2graph.graph.quads import report_iri

if TYPE_CHECKING:
    import rdflib

FLAVOURS = tuple(flavours())
BUNDLES = tuple(BundleType)
IDS = tuple(Ids)


@dataclass(frozen=True, slots=True)
class FhirBundle:
    """A Bundle, and the account of the report it was made of."""

    resource: Json
    """The Bundle as plain values; decimal numbers are Decimals that keep their text.

    What several resources say alike, such as a code, may be one object in all of them: put another in its place
    rather than change it.
    """
    losses: Sequence[Loss] = field(default=(), repr=False)
    """One line for each content item in document order, then notes; made when they are first looked at."""
    release: str = "R5"
    """Of FHIR: R4 or R5."""
    document: str = ""
    """IRI of the report, as in its graph."""
    sources: Mapping[str, Collection[Position]] = field(default_factory=dict, repr=False)
    """Resource, `Observation/<id>` ↔ positions of the items it was made of; others were made of the document."""

    def json(self) -> str:
        """Return the Bundle as JSON text; the same report gives the same text."""
        return json_text(self.resource)

    def model(self) -> Any:  # noqa: ANN401 # of fhir.resources, which is an extra
        """Return the Bundle as an object of fhir.resources, validated; R4 as R4B, which has the same of all used here.

        Raises ValueError where the models do not take it, ImportError without the extra `fhir`.
        """
        package = "fhir.resources.bundle" if self.release == "R5" else "fhir.resources.R4B.bundle"
        return import_module(package).Bundle.model_validate(json.loads(self.json(), parse_float=Decimal))

    def problems(self) -> list[Problem]:
        """Return what is wrong with the Bundle that validators often miss; nothing, as far as we know."""
        return problems(self.resource, self.release)

    def to_turtle(self, base: str | None = None, *, provenance: bool = True) -> str:
        """Return the Bundle as Turtle, by the RDF rules of its release of FHIR.

        Resources have the IRIs of their entries (`urn:uuid:`), or with a `base` those of a server with that base.
        Each is linked to the content items that it came from with `prov:wasDerivedFrom`, unless `provenance` is false.
        Raises NotFhirError where the Bundle is no FHIR of its release.
        """
        return turtle(self, base, provenance=provenance)

    def to_nquads(self, base: str | None = None, *, provenance: bool = True) -> str:
        """Return the same as N-Quads, in a graph named by the Bundle: `urn:uuid:` and its id."""
        return nquads(self, base, provenance=provenance)

    def to_rdflib(self, base: str | None = None, *, provenance: bool = True) -> rdflib.Dataset:
        """Return the same as an rdflib Dataset with that named graph; its default graph is the union of all."""
        return to_rdflib(self, base, provenance=provenance)

    def left_out(self) -> tuple[Loss, ...]:
        """Return the lines of items that no element has."""
        return tuple(loss for loss in self.losses if loss.how in {How.NARRATIVE, How.LISTED})


def to_fhir(  # noqa: PLR0913 # one per choice
    report: Report,
    flavour: str = "r5-dicom-sr",
    bundle: str = "transaction",
    ids: str = "put",
    *,
    timezone: str | None = None,
    patient_system: str | None = None,
) -> FhirBundle:
    """Return a report as a bundle of FHIR resources.

    `timezone`, such as `+01:00`, is that of times in reports that say none; `patient_system` the URI of the system
    that patient IDs without an issuer belong to.  Raises FhirError for what cannot be made.
    """
    for name, value, known in (("flavour", flavour, FLAVOURS), ("bundle", bundle, BUNDLES), ("ids", ids, IDS)):
        if value not in known:
            raise FhirError(f"{name}: {value!r} is none of {', '.join(known)}")
    return _Projection(report, flavour, BundleType(bundle), Ids(ids), timezone, patient_system).bundle()


class _Projection:
    """The projection of one report."""

    def __init__(  # noqa: PLR0913, PLR0917 # one per choice
        self,
        report: Report,
        flavour: str,
        bundle: BundleType,
        ids: Ids,
        timezone: str | None,
        patient_system: str | None,
    ) -> None:
        self._type = bundle
        self._report = report
        kind = flavours()[flavour]
        reading = Reading(report)
        if kind.doses:
            join_details(reading)
        values = Values(report, reading.keys, zone_of_report(report, timezone))
        resources, account = Resources(bundle, ids), Account()
        people = People(report, kind, resources, values, account, patient_system)
        self._reported = reported = tuple(_reported(reading))
        evidence = Evidence(report, reading, kind, resources, values, account)
        done = tuple(_done(reading))
        studies = Studies(report, kind, resources, values, people.patient, (*reported, *done), evidence)
        for role, concepts in (("procedure.reported", reported), ("procedure.codes", done)):
            for concept in concepts:
                account.said(role, concept, (), "ImagingStudy.procedure")
        sites = Sites(report, kind, resources, values, people, account)
        sites.expect(subject for context in reading.contexts if (subject := context.subject) is not None)
        selections = (
            Selections(reading, kind, resources, values, studies, account)
            if kind.selections
            else Pictures(reading, resources, studies, account)
        )
        observers = {id(each): each for context in reading.contexts for each in context.observers}
        status = status_of(report, observers.values(), has_addendum=_has_addendum(reading))
        self._makers = Makers(reading, kind, resources, values, account, people, studies, sites, selections, status)

    def bundle(self) -> FhirBundle:
        """Return the bundle and the account."""
        observing = Observing(self._makers)
        doses = Doses(self._makers, observing, self._reported)
        doses.make()
        documents = Documents(self._makers, observing, doses)
        documents.procedure = procedure(self._makers, observing.contexts)
        reference = documents.diagnostic_report()
        observing.make_all()
        documents.key_objects()
        if self._type is BundleType.DOCUMENT:
            documents.composition()
        documents.provenance(reference)
        claim_late(self._makers.resources, self._makers.flavour, self._makers.account)
        losses = Losses(self._makers, documents.narrated)
        sources = self._makers.account.sources
        release, iri = self._makers.flavour.release, report_iri(self._report)
        return FhirBundle(self._bundle(documents), losses, release, iri, sources)

    def _bundle(self, documents: Documents) -> Json:
        made: Json = {"resourceType": "Bundle", "id": identify("Bundle", self._type, self._report.sop_instance_uid)}
        if self._type is BundleType.DOCUMENT:
            studies = self._makers.studies
            timestamp = instant(studies.written, studies.zone)
            if timestamp is None:
                problem = (
                    "header: no zone (0008,0201) or no time (0008,0033), and a document needs the instant it was made"
                )
                raise FhirError(f"{problem}. Give timezone=, or make another type of bundle")
            made |= {"identifier": documents.identifier, "timestamp": timestamp}
        return made | {"type": self._type.value, "entry": self._makers.resources.entries()}


def _has_addendum(reading: Reading) -> bool:
    """Tell whether a section says that it was added to an earlier report (addenda.csv)."""
    return any(
        item.value_type == ValueType.CONTAINER and for_code("addenda", iri) is not None
        for item, iri in zip(reading.items, reading.matching.iris, strict=True)
    )


def _done(reading: Reading) -> Iterator[CodedConcept]:
    """Yield the procedures of the study that observations say as their context (PS3.16 TID 1005)."""
    for context in reading.contexts:
        procedure = context.procedure
        if procedure is not None and procedure.study_uid in {None, reading.report.study.study_instance_uid}:
            yield from procedure.codes


def _reported(reading: Reading) -> list[CodedConcept]:
    """Return the procedures that the document as a whole reports (PS3.16 TID 2000, 10011 ...)."""
    found = []
    for child in reading.items[0].children if reading.items else ():
        if isinstance(child, ContentItem) and isinstance(child.value, Code):
            role = reading.role(child)
            is_reported = (role.name, role.field) == ("procedure", "reported")
            if (
                is_reported
                and child.relationship == RelationshipType.HAS_CONCEPT_MOD
                and child.value.concept is not None
            ):
                found.append(child.value.concept)
    return found
