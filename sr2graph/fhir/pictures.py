"""DocumentReference: images in FHIR R4, which has no ImagingSelection.

An image that an observation refers to is a DocumentReference of its instance, its frames or its segments; so are the
images of a key object document, which is one itself.  Coordinates have no place in R4: the narrative has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.value_text import sop_class_text
from sr2graph.fhir.accounts import Account
from sr2graph.fhir.json_text import Json
from sr2graph.fhir.reading import Reading
from sr2graph.fhir.resources import Resources, resource_of
from sr2graph.fhir.selections import NO_INSTANCE, Instance, images_of, subset
from sr2graph.fhir.studies import Studies
from sr2graph.fhir.texts import URI_SYSTEM, is_uid, uid_identifier
from sr2graph.graph.iris import uid_iri

DICOM = "application/dicom"
NO_REGION = "FHIR R4 has no regions of images: the image is in DocumentReference, the coordinates in the narrative"
PRESENTED = "presentation state: in the narrative"

_SERIES = re.compile(r".*/studies/[0-9.]+/series/[0-9.]+/?", re.ASCII)
"""A Retrieve URL of a series, which PS3.18 10.4.1 continues to its instances."""


class Pictures:
    """Makes the DocumentReferences of the images of one report, each once."""

    def __init__(self, reading: Reading, resources: Resources, studies: Studies, account: Account) -> None:
        self._reading = reading
        self._resources = resources
        self._studies = studies
        self._account = account
        self._made: dict[int, list[Json]] = {}

    def of_all(self, items: Sequence[ContentItem], about: Json | None = None) -> Iterator[Json]:  # noqa: ARG002 # as Selections
        """Yield references to the images of items, each once."""
        seen: set[str] = set()
        for item in items:
            for reference in self._of(item):
                if str(reference) not in seen:
                    seen.add(str(reference))
                    yield reference

    def _of(self, item: ContentItem) -> list[Json]:
        key = id(item)
        if key not in self._made:
            self._made[key] = [] if self._studies.evidence.is_listed(item) else list(self._documents(item))
        return self._made[key]

    def _documents(self, item: ContentItem) -> Iterator[Json]:
        for image in images_of(self._reading, item):
            value = image.value
            if not isinstance(value, Instance) or not is_uid(value.sop_instance_uid):
                self._account.refused(image, NO_INSTANCE)
                continue
            reference, target = self._document(value)
            is_shown = getattr(value, "presentation_state", None) is not None
            self._account.mapped(image, target, PRESENTED if is_shown else "")
            yield reference

    def _document(self, value: Instance) -> tuple[Json, str]:
        """Return a reference to the DocumentReference of an instance, and its type and id."""
        uid, parts = value.sop_instance_uid or "", subset(value)
        resource = resource_of("DocumentReference", self._studies.report_uid, uid, *parts)
        own: Json = {"system": URI_SYSTEM, "value": f"urn:uuid:{resource['id']}"}
        if resource["id"] not in self._resources:
            resource |= {"masterIdentifier": uid_identifier(uid), "identifier": [own], "status": "current"}
            resource |= {"subject": self._studies.subject, "content": [self._content(value, parts)]}
            study = self._studies.place(uid).get("derivedFrom")
            resource |= {"context": {"related": study}} if study else {}
            self._resources.add(resource, own)
        target = f"DocumentReference/{resource['id']}"
        return self._resources.reference("DocumentReference", str(resource["id"]), own), target

    def _content(self, value: Instance, parts: list[str]) -> Json:
        uid = value.sop_instance_uid or ""
        attachment: Json = {"contentType": DICOM, "url": self._url(uid)}
        title = sop_class_text(value.sop_class_uid)
        if parts:
            title = f"{title}, {_named(value)} {', '.join(parts)}"
        attachment |= {"title": title} if title else {}
        sort = self._studies.evidence.sop_class(value.sop_class_uid)
        return {"attachment": attachment, **({"format": sort} if "code" in sort else {})}

    def _url(self, uid: str) -> str:
        """Return where an instance is retrieved, if the evidence says it of its series; else its UID as a URI."""
        base = self._studies.evidence.retrieve_url(uid)
        if base is not None and _SERIES.fullmatch(base):
            return f"{base.rstrip('/')}/instances/{uid}"
        return uid_iri(uid)


def _named(value: Instance) -> str:
    """Return what the parts of an instance are."""
    return "segments" if getattr(value, "segments", ()) else "channels" if hasattr(value, "channels") else "frames"
