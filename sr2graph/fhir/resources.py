"""The resources of a bundle, and how they refer to each other.

An id follows from what identifies the resource, so the same report gives the same bundle and a second post changes
nothing.  References are by what the bundle and the server can resolve:

- `put`: every resource has its id and is put there; references are `urn:uuid:` inside a bundle, and `Type/id` in a
  batch, whose entries do not see each other (FHIR 3.2.0.11.1).
- `conditional`: a resource is created unless one with its identifier exists (`ifNoneExist`).
- `logical`: as put, but patients, studies and people are referred to by identifier and not created.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import quote

from sr2graph.fhir.json_text import Json
from sr2graph.fhir.texts import identify


class Ids(StrEnum):
    """How resources get their identity on a server."""

    PUT = "put"
    CONDITIONAL = "conditional"
    LOGICAL = "logical"


class BundleType(StrEnum):
    """The types of FHIR Bundle that are made."""

    TRANSACTION = "transaction"
    BATCH = "batch"
    COLLECTION = "collection"
    DOCUMENT = "document"


ELSEWHERE = frozenset({"Patient", "Practitioner", "ImagingStudy", "ServiceRequest"})
"""What a server has from its own sources."""

NOT_FOUND = frozenset({"Provenance"})
"""What has no identifier to be found by: it is always put under its id."""


class Entry(NamedTuple):
    """One resource, and the identifier that it is found by."""

    type: str
    id: str
    resource: Json
    identifier: Json


class Resources:
    """Collects the resources of one bundle; each is made once."""

    def __init__(self, bundle: BundleType, ids: Ids) -> None:
        self._bundle = bundle
        self._ids = ids
        self._entries: dict[str, Entry] = {}
        self._first: dict[tuple[str, str | None], str] = {}
        """Type and value of the identifier ↔ id of the first resource that has them."""
        # Entries of a batch do not see each other, so the ids that a server gives cannot be known.
        is_by_identifier = bundle is BundleType.BATCH and ids is Ids.CONDITIONAL
        self._before = None if is_by_identifier else "" if bundle is BundleType.BATCH else "urn:uuid:"
        """What stands before the id in a reference, the type in a batch; None where there is no reference."""

    def __contains__(self, id_: str) -> bool:
        return id_ in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def add(self, resource: Json, identifier: Json) -> None:
        """Add a resource that has an id; an id of old keeps its resource."""
        type_, id_ = resource["resourceType"], resource["id"]
        if id_ not in self._entries:
            self._entries[id_] = Entry(type_, id_, resource, identifier)
            self._first.setdefault((type_, identifier.get("value")), id_)

    def replace(self, resource: Json) -> None:
        """Put a resource in the place of the one of its id."""
        id_ = str(resource["id"])
        self._entries[id_] = self._entries[id_]._replace(resource=resource)

    def find(self, reference: Json) -> Json | None:
        """Return the resource that a Reference made here is to; None where none of this bundle is."""
        id_ = str(reference.get("reference", "")).rpartition("/" if self._bundle is BundleType.BATCH else ":")[2]
        if id_ not in self._entries:
            type_ = str(reference.get("type"))
            id_ = self._first.get((type_, reference.get("identifier", {}).get("value")), "")
            if not id_ or self.is_elsewhere(type_):
                return None
        return self._entries[id_].resource

    def reference(self, type_: str, id_: str, identifier: Json | None = None, display: str | None = None) -> Json:
        """Return a Reference to a resource of this bundle."""
        told: Json = {}
        if self._before is not None and not self.is_elsewhere(type_):
            told["reference"] = f"{self._before or f'{type_}/'}{id_}"
        told["type"] = type_
        if identifier is not None:
            told["identifier"] = identifier
        if display:
            told["display"] = display
        return told

    def is_elsewhere(self, type_: str) -> bool:
        """Tell whether resources of a type are referred to and not created."""
        return self._ids is Ids.LOGICAL and type_ in ELSEWHERE

    def entries(self) -> list[Json]:
        """Return the entries of the bundle in the order the resources were added, a Composition first (bdl-11)."""
        ordered = [each for each in self if not self.is_elsewhere(each.type)]
        first = [each for each in ordered if each.type == "Composition"]
        if first:
            ordered = first + [each for each in ordered if each.type != "Composition"]
        if self._bundle not in {BundleType.TRANSACTION, BundleType.BATCH}:
            return [{"fullUrl": f"urn:uuid:{each.id}", "resource": each.resource} for each in ordered]
        request = self._put if self._ids is not Ids.CONDITIONAL else self._created
        return [
            {"fullUrl": f"urn:uuid:{each.id}", "resource": each.resource, "request": request(each)} for each in ordered
        ]

    @staticmethod
    def _put(each: Entry) -> Json:
        return {"method": "PUT", "url": f"{each.type}/{each.id}"}

    def _created(self, each: Entry) -> Json:
        if each.type in NOT_FOUND:
            return self._put(each)
        return {"method": "POST", "url": each.type, "ifNoneExist": _search(each.identifier)}


def _search(identifier: Json) -> str:
    """Return the search by identifier; commas and bars of a value are escaped (FHIR 3.2.1.5.7)."""
    parts = (_escaped(str(identifier.get(name, ""))) for name in ("system", "value"))
    return f"identifier={quote('|'.join(parts), safe='')}"


def _escaped(text: str) -> str:
    for sign in "\\|,$":
        text = text.replace(sign, f"\\{sign}")
    return text


def resource_of(type_: str, *key: str) -> Json:
    """Return the beginning of a resource that its key identifies."""
    return {"resourceType": type_, "id": identify(type_, *key)}


def once(references: Sequence[Json]) -> list[Json]:
    """Return references without those that were there before."""
    if len(references) < 2:
        return list(references)
    return list({each.get("reference") or str(each): each for each in references}.values())
