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
from dataclasses import dataclass
from enum import StrEnum
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource, and the identifier that it is found by."""

    resource: Json
    identifier: Json

    @property
    def type(self) -> str:
        """The type of the resource."""
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        """The id of the resource."""
        return str(self.resource["id"])


class Resources:
    """Collects the resources of one bundle; each is made once."""

    def __init__(self, bundle: BundleType, ids: Ids) -> None:
        self._bundle = bundle
        self._ids = ids
        self._entries: dict[str, Entry] = {}

    def __contains__(self, id_: str) -> bool:
        return id_ in self._entries

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def add(self, resource: Json, identifier: Json) -> None:
        """Add a resource that has an id; an id of old keeps its resource."""
        self._entries.setdefault(str(resource["id"]), Entry(resource, identifier))

    def replace(self, resource: Json) -> None:
        """Put a resource in the place of the one of its id."""
        id_ = str(resource["id"])
        self._entries[id_] = Entry(resource, self._entries[id_].identifier)

    def find(self, reference: Json) -> Json | None:
        """Return the resource that a Reference made here is to; None where none of this bundle is."""
        id_ = str(reference.get("reference", "")).rpartition("/" if self._bundle is BundleType.BATCH else ":")[2]
        if id_ in self._entries:
            return self._entries[id_].resource
        value, type_ = reference.get("identifier", {}).get("value"), reference.get("type")
        found = (each for each in self if each.type == type_ and each.identifier.get("value") == value)
        return None if self.is_elsewhere(str(type_)) else next((each.resource for each in found), None)

    def reference(self, type_: str, id_: str, identifier: Json | None = None, display: str | None = None) -> Json:
        """Return a Reference to a resource of this bundle."""
        told: Json = {"type": type_}
        if not self.is_elsewhere(type_) and not self._is_by_identifier:
            told = {"reference": f"{type_}/{id_}" if self._bundle is BundleType.BATCH else f"urn:uuid:{id_}", **told}
        if identifier is not None:
            told["identifier"] = identifier
        return {**told, "display": display} if display else told

    @property
    def _is_by_identifier(self) -> bool:
        """Whether the ids that the server gives cannot be known: entries of a batch do not see each other."""
        return self._bundle is BundleType.BATCH and self._ids is Ids.CONDITIONAL

    def is_elsewhere(self, type_: str) -> bool:
        """Tell whether resources of a type are referred to and not created."""
        return self._ids is Ids.LOGICAL and type_ in ELSEWHERE

    def entries(self) -> list[Json]:
        """Return the entries of the bundle in the order the resources were added, a Composition first (bdl-11)."""
        ordered = sorted(self, key=lambda each: each.type != "Composition")
        return [self._entry(each) for each in ordered if not self.is_elsewhere(each.type)]

    def _entry(self, each: Entry) -> Json:
        entry: Json = {"fullUrl": f"urn:uuid:{each.id}", "resource": each.resource}
        if self._bundle not in {BundleType.TRANSACTION, BundleType.BATCH}:
            return entry
        if self._ids is not Ids.CONDITIONAL or each.type in NOT_FOUND:
            return entry | {"request": {"method": "PUT", "url": f"{each.type}/{each.id}"}}
        return entry | {"request": {"method": "POST", "url": each.type, "ifNoneExist": _search(each.identifier)}}


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
