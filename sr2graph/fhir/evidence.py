"""Series and instances of studies: the evidence of a report, and what its image library says of it (PS3.3 C.17.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.references import SeriesReference
from sr2graph.dicom.report import Report
from sr2graph.dicom.value_text import sop_class_text
from sr2graph.dicom.values import Code, Date, Time, ValueType
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.libraries import INSTANCE, SERIES, STUDY, Described, Instance, Library, Remark, integer
from sr2graph.fhir.profiles import claimed
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.resources import Resources, resource_of
from sr2graph.fhir.tables import Flavour, for_code, rows
from sr2graph.fhir.texts import DCM, URI_SYSTEM, clean, coding_of, date_time, is_uid, together, uid_identifier
from sr2graph.fhir.values import Values
from sr2graph.templates.context import concept_of, text_of
from sr2graph.templates.value_sets import context_group, meanings

CONNECTION = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UNKNOWN: Json = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
"""What a required element has that the report says nothing of (FHIR, data-absent-reason)."""

BREASTS = "6022"
"""Context group of PS3.16: left, right, both breasts."""

_WEB = re.compile(r"https?://[^\s\"<>\\^`{|}]{1,2000}", re.ASCII | re.IGNORECASE)
"""A Retrieve URL (0008,1190) that somebody could follow."""


class Evidence:
    """The studies that one report names, each with its series and instances."""

    def __init__(  # noqa: PLR0913, PLR0917 # what it is made of
        self,
        report: Report,
        reading: Reading,
        flavour: Flavour,
        resources: Resources,
        values: Values,
        account: Account,
    ) -> None:
        self._report = report
        self._flavour = flavour
        self._resources = resources
        self._values = values
        self._account = account
        self.own = report.study.study_instance_uid
        self.studies: dict[str, dict[str, list[SeriesReference]]] = {}
        """Series by UID, by Study Instance UID; a series may be told of more than once."""
        self.compared: set[str] = set()
        """Studies that are only other evidence: not what the report was asked for."""
        self.places: dict[str, tuple[str | None, str | None]] = {}
        """Study and series of an instance."""
        self._gather()
        self._reading = reading
        self._library = Library(reading, self.places)
        self._listed = set(self._manifest())

    def _gather(self) -> None:
        document = self._report.document
        current = {study.study_instance_uid for study in document.current_evidence}
        for study in (*document.other_evidence, *document.current_evidence):
            uid = study.study_instance_uid
            if uid and uid not in current and uid != self.own:
                self.compared.add(uid)
            if uid:
                self.studies.setdefault(uid, {})
            for series in study.series:
                told = [each.sop_instance_uid for each in series.instances if each.sop_instance_uid]
                self.places |= dict.fromkeys(told, (uid, series.series_instance_uid))
                if uid and series.series_instance_uid:
                    self.studies[uid].setdefault(series.series_instance_uid, []).append(series)

    def _manifest(self) -> Iterator[int]:
        """Yield the objects that a manifest lists: its study has them, and nobody picked them (manifests.csv)."""
        items = self._reading.items
        root = self._reading.keys.iri(items[0].concept_name) if items else None
        if for_code("manifests", root) is None:
            return
        for number, item in enumerate(items):
            uid = item.value.sop_instance_uid if isinstance(item.value, Instance) else None
            if uid and self.holds(uid):
                yield id(item)
                if not self._reading.in_library[number]:
                    self._library.items.setdefault(uid, []).append(item)

    def holds(self, uid: str | None) -> bool:
        """Tell whether an ImagingStudy that is made has an instance."""
        study, series = self.places.get(uid or "", (None, None))
        is_made = bool(study) and not self._resources.is_elsewhere("ImagingStudy")
        return is_made and is_uid(uid) and is_uid(series)

    def retrieve_url(self, uid: str) -> str | None:
        """Return the Retrieve URL of the series of an instance."""
        study, series = self.places.get(uid, (None, None))
        told = self.studies.get(study or "", {}).get(series or "", [])
        found = ((each.retrieve_url or "").strip() for each in told)
        return next((each for each in found if _WEB.fullmatch(each)), None)

    def breast(self, uids: Iterable[str]) -> CodedConcept | None:
        """Return the breast that instances show, all of them the same, as the image library says (PS3.16 CID 6022).

        A mammogram shows one side, and a finding on it says none itself (TID 4006).  A mere left or right is no site.
        """
        wanted = list(uids)
        items = [self._library.sides[uid] for uid in wanted if uid in self._library.sides]
        concepts = [concept for item in items if (concept := concept_of(item)) is not None]
        iris = {self._reading.keys.iri(each) for each in concepts}
        if len(concepts) < len(wanted) or len(iris) != 1 or not iris <= context_group(BREASTS).iris():
            return None
        for item in items:
            self._account.mapped(item, "ImagingSelection.bodySite")
        return concepts[0]

    def is_listed(self, item: ContentItem) -> bool:
        """Tell whether an item is an object that a manifest lists, and no selection."""
        return id(item) in self._listed

    def settle(self) -> None:
        """Note the parts of an image library that hold what a study says."""
        reading = self._reading
        for number in range(len(reading.items) - 1, -1, -1):
            item = reading.items[number]
            is_part = reading.in_library[number] and item.value_type == ValueType.CONTAINER
            if is_part and any(map(self._account.is_mapped, _leaves(item))):
                self._account.mapped(item, "ImagingStudy.series")

    # ------------------------------------------------------------ one study

    def elements(self, uid: str) -> Json:
        """Return what an ImagingStudy has of its series, and note what of the image library that says."""
        told = self.studies.get(uid, {}).items()
        found = (self._series(each, references) for each, references in told)
        series = [each for each in found if each is not None]
        known = [each["modality"] for each in series if self._is_listed_modality(each["modality"])]
        made: Json = {"modality": list({str(each): each for each in known}.values())}
        endpoints = {str(each.get("endpoint")): each.get("endpoint") for each in series}
        made["endpoint"] = next(iter(endpoints.values())) if len(endpoints) == 1 else None
        if uid == self.own:
            made |= self._counts(series)
            self._note_modality(known)
        made["series"] = series
        return {key: value for key, value in made.items() if value not in ([], None)}

    def _is_listed_modality(self, modality: Json) -> bool:
        """Tell whether a study lists a modality of a series: R4 wants those that acquire (PS3.16 CID 29)."""
        if self._flavour.is_r5:
            return "coding" in modality or "text" in modality
        return modality.get("code") in _acquiring() and modality.get("system") == DCM

    def _counts(self, series: list[Json]) -> Json:
        """Return how many series and instances the study has, if the library says so: the evidence need not be all."""
        described = self._library.studies.get("")
        made = self._number(STUDY, described, "numberOfSeries", "ImagingStudy") if described is not None else {}
        counts = [each.get("numberOfInstances", -1) for each in series]
        is_whole = bool(counts) and min(counts) >= 0 and made.get("numberOfSeries") == len(series)
        return made | ({"numberOfInstances": sum(counts)} if is_whole else {})

    def started(self, uid: str) -> str | None:
        """Return when another study began, as the library says."""
        described = self._library.studies.get(uid)
        return self._when(described, "ImagingStudy.started") if described is not None else None

    # ------------------------------------------------------------ one series

    def _series(self, uid: str, told: list[SeriesReference]) -> Json | None:
        """Return a series; None where its UID is none that FHIR takes."""
        if not is_uid(uid):
            return None
        instances = {
            each.sop_instance_uid: each.sop_class_uid
            for series in told
            for each in series.instances
            if is_uid(each.sop_instance_uid)
        }
        # What a group says of a series that it names holds for all of it; what entries say, for them.
        parts = ((self._library.series.get(uid), 0), (self._library.entries.get(uid), len(instances)))
        described = {each: of for each, of in parts if each is not None}
        made: Json = {"uid": uid}
        for each in described:
            made |= self._number(SERIES, each, "number") | self._words(each, "description")
            made |= self._number(SERIES, each, "numberOfInstances")
        made["modality"] = self._modality(described, told, set(instances.values()))
        made["endpoint"] = list({str(each): each for one in told for each in self._endpoints(one)}.values())
        for each, of in described.items():
            for element in ("bodySite", "laterality"):
                made |= self._concept(each, element, of)
            started = self._when(each, "ImagingStudy.series.started")
            made |= {"started": started} if started else {}
            self._note(each.on("uid"), "ImagingStudy.series.uid")
        made["instance"] = [self._instance(sop or "", of_class) for sop, of_class in instances.items()]
        return {key: value for key, value in made.items() if value not in ([], None)}

    def _instance(self, uid: str, sop_class: str | None) -> Json:
        made: Json = {"uid": uid, "sopClass": self.sop_class(sop_class)}
        described = self._library.instances.get(uid)
        if described is not None:
            made |= self._number(INSTANCE, described, "number") | self._words(described, "title", "instance.title")
        for item in self._library.items.get(uid, ()):
            self._account.mapped(item, "ImagingStudy.series.instance")
        return made

    def sop_class(self, uid: str | None) -> Json:
        """Return a SOP Class UID as a Coding of the system of the flavour."""
        if not is_uid(uid):
            return UNKNOWN
        system, name = self._flavour.sop_class_system, sop_class_text(uid)
        code = f"urn:oid:{uid}" if system.startswith("urn:") else uid
        return {"system": system, "code": code, **({"display": name} if name != uid else {})}

    def _modality(self, described: Iterable[Described], told: list[SeriesReference], classes: set[str | None]) -> Json:
        """Return the modality of a series: as the library or the evidence says, else as its SOP classes all have it."""
        written = {code for series in told if (code := clean(series.modality))}
        found: set[str | None] = {*written} or {_modalities().get(each or "") for each in classes}
        code = found.pop() if len(found) == 1 else None
        by_class = self._coded(CodedConcept(code, "DCM", meanings().get(("DCM", code)))) if code else None
        for each in described:
            remarks = each.on("modality")
            iris = {self._reading.keys.iri(concept_of(remark.item)) for remark in remarks}
            # A code of no known scheme, as drafts of IHE MADO write it, says less than the SOP class.
            if remarks and (by_class is None or iris <= context_group("29").iris()):
                return dict(self._concept(each, "modality", 0).get("modality", UNKNOWN))
            if by_class is not None and all(_code(remark.item) == code for remark in remarks):
                self._note(remarks, "ImagingStudy.series.modality")
        return by_class or UNKNOWN

    # ------------------------------------------------------------ where it is

    def _endpoints(self, series: SeriesReference) -> Iterator[Json]:
        """Yield where a series can be had: an Endpoint for a URL; what has none is told of by its identifiers."""
        location = series.retrieve_location_uid
        titles = [title for each in series.retrieve_ae_title if (title := clean(each))]
        identifiers: list[Json] = [{"type": {"text": "Retrieve AE Title"}, "value": title} for title in titles]
        if is_uid(location):
            identifiers.append({"type": {"text": "Retrieve Location UID"}, **uid_identifier(location or "")})
        url = (series.retrieve_url or "").strip()
        if not _WEB.fullmatch(url):
            yield from ({"type": "Endpoint", "identifier": each} for each in identifiers)
            return
        resource = resource_of("Endpoint", url, *(str(each["value"]) for each in identifiers))
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        sort, payload = coding_of(CONNECTION, "dicom-wado-rs"), coding_of(DCM, "113014", "Study")
        is_r5, mime = self._flavour.is_r5, ["application/dicom"]
        resource |= {"identifier": [own, *identifiers], "status": "active"}
        resource["connectionType"] = [sort] if is_r5 else sort["coding"][0]
        resource |= {"payload": [{"type": [payload], "mimeType": mime}]} if is_r5 else {"payloadType": [payload]}
        resource |= {} if is_r5 else {"payloadMimeType": mime}
        self._resources.add(claimed(resource | {"address": url}, "", self._flavour, self._account), own)
        yield self._resources.reference("Endpoint", str(resource["id"]), own)

    # ------------------------------------------------------------ what the library says

    def _note(self, remarks: list[Remark], target: str) -> None:
        for each in remarks:
            self._account.mapped(each.item, target)

    def _note_modality(self, modalities: Collection[Json]) -> None:
        """Note the modality that the library says of the study, if its series have it."""
        described = self._library.studies.get("")
        codes = {coding.get("code") for each in modalities for coding in each.get("coding", [each])}
        found = described.on("modality") if described is not None else []
        self._note([each for each in found if _code(each.item) in codes], "ImagingStudy.modality")

    def _number(self, level: str, described: Described, element: str, within: str = "") -> Json:
        found = described.on(element)
        number = integer(found[0].item) if found else None
        if number is None:
            return {}
        self._note(found, f"{within or _PATHS[level]}.{element}")
        return {element: number}

    def _words(self, described: Described, element: str, target: str = "description") -> Json:
        found = described.on(element)
        text = clean(text_of(found[0].item)) if found else None
        if not text:
            return {}
        self._note(found, f"ImagingStudy.series.{target}")
        return {element: text}

    def _concept(self, described: Described, element: str, of: int) -> Json:
        found = described.on(element, of)
        concept = found[0].item.value.concept if found and isinstance(found[0].item.value, Code) else None
        if concept is None:
            return {}
        self._note(found, f"ImagingStudy.series.{element}")
        made = self._coded(concept)
        return {element: {"concept": made} if element == "bodySite" and self._flavour.is_r5 else made}

    def _coded(self, concept: CodedConcept) -> Json:
        """Return a code as R5 has it, or as a Coding of R4."""
        made = self._values.concept(concept)
        if self._flavour.is_r5:
            return made
        codings = made.get("coding")
        return dict(codings[0]) if codings else {"display": made["text"]}

    def _when(self, described: Described, target: str) -> str | None:
        """Return date and time as they are said apart."""
        dates, times = described.on("date"), described.on("time")
        date = dates[0].item.value if dates else None
        time = times[0].item.value if times else None
        if not isinstance(date, Date):
            return None
        clock = time.time if isinstance(time, Time) else None
        written = date_time(together(date.date, clock), self._values.zone)
        if written is not None:
            self._note(dates, target)
            self._note(times if "T" in written else [], target)
        return written


_PATHS = {SERIES: "ImagingStudy.series", INSTANCE: "ImagingStudy.series.instance"}


def _leaves(item: ContentItem) -> Iterator[ContentItem]:
    return (child for child in item.children if isinstance(child, ContentItem))


def _code(item: ContentItem) -> str | None:
    concept = concept_of(item)
    return clean(concept.code) if concept is not None else None


@cache
def _acquiring() -> frozenset[str]:
    return frozenset(iri.rpartition("/")[2] for iri in context_group("29").iris())


@cache
def _modalities() -> dict[str, str]:
    return {row["sop_class"]: row["modality"] for row in rows("modalities")}
