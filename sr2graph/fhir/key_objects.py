"""A key object document as a whole: what its objects are picked for, and by whom (PS3.16 TID 2010)."""

from __future__ import annotations

from collections.abc import Iterator

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.values import Code
from sr2graph.fhir.contexts import Contexts, Makers
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.pictures import DICOM
from sr2graph.fhir.reading import KEY_OBJECTS
from sr2graph.fhir.resources import resource_of
from sr2graph.fhir.tables import for_code
from sr2graph.fhir.texts import clean, instant, uid_identifier
from sr2graph.graph.iris import uid_iri
from sr2graph.templates.context import Context, text_of


class KeyObjects:
    """What there is once for a key object document; nothing of other reports."""

    def __init__(self, makers: Makers, contexts: Contexts) -> None:
        self._makers = makers
        self._contexts = contexts
        kind = makers.reading.kinds[0] if makers.reading.items else None
        self.is_one = kind is not None and kind.name == KEY_OBJECTS

    def category(self) -> list[Json]:
        """Return the modifiers of the title: why an object was rejected, of what it is the best."""
        made, target = [], "ImagingSelection" if self._makers.flavour.is_r5 else "DocumentReference"
        for item in self._said("category"):
            if isinstance(item.value, Code) and item.value.concept is not None:
                made.append(self._makers.values.concept(item.value.concept))
                self._makers.account.mapped(item, f"{target}.category")
        return made

    def about(self, context: Context) -> Json | None:
        """Return what a selection (R5) has of the document: category and performers."""
        if not self.is_one or not self._makers.flavour.is_r5:
            return None
        told = self._contexts.who(context)
        actors = told["performer"] or ([told["device"]] if told["device"] else [])
        made = {"category": self.category(), "performer": [{"actor": each} for each in actors]}
        return {key: value for key, value in made.items() if value}

    def document(self, authors: list[Json], related: list[Json]) -> Json | None:
        """Add the document as a DocumentReference (R4), that refers to its objects; return a reference to it."""
        makers, report = self._makers, self._makers.reading.report
        if not self.is_one or makers.flavour.is_r5:
            return None
        resource = resource_of("DocumentReference", report.sop_instance_uid)
        identifier = uid_identifier(report.sop_instance_uid)
        root = makers.reading.items[0].concept_name
        described = [text for item in self._said("description") if (text := clean(text_of(item)))]
        date = instant(makers.studies.written, makers.studies.zone)
        sort = makers.studies.evidence.sop_class(report.document.sop_class_uid)
        attachment = {"contentType": DICOM, "url": uid_iri(report.sop_instance_uid)}
        replaced = [{"type": "DocumentReference", "identifier": each} for each in makers.studies.predecessors()]
        study = makers.studies.study()
        resource |= {
            "masterIdentifier": identifier,
            "identifier": [identifier],
            "status": "current",
            "type": makers.values.concept(root) if root is not None else None,
            "category": self.category(),
            "subject": makers.people.patient,
            "date": date,
            "author": authors,
            "relatesTo": [{"code": "replaces", "target": each} for each in replaced],
            "description": "\n".join(described),
            "content": [{"attachment": attachment, **({"format": sort} if "code" in sort else {})}],
            "context": {"related": [*([study] if study else []), *related]},
        }
        resource = {key: value for key, value in resource.items() if value not in ([], None, "", {"related": []})}
        makers.resources.add(resource, identifier)
        return makers.resources.reference("DocumentReference", str(resource["id"]), identifier)

    def _said(self, element: str) -> Iterator[ContentItem]:
        """Yield what the document says of itself as a whole (key_objects.csv)."""
        reading = self._makers.reading
        for child in reading.items[0].children if self.is_one else ():
            if isinstance(child, ContentItem):
                row = for_code("key_objects", reading.keys.iri(child.concept_name))
                if row is not None and row["element"] == element:
                    yield child
