"""What is wrong with a bundle that validators of FHIR often miss: looked at here before it is written or posted.

It is no validator: shapes and value sets of resources are left to those.  It looks at what holds for any resource
(syntax of data types, entries that find each other, narrative without anything active) and at what an Observation
may not say at once.  No problem quotes a value: bundles are about patients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sr2graph.fhir.check_narrative import attachment_problems, narrative_problems
from sr2graph.fhir.check_values import CHECKED_TEXTS, TOKEN, is_absolute_uri, value_problems
from sr2graph.fhir.texts import in_order

MOST_LEVELS = 100
"""Of JSON that are looked at; bundles made here have some ten."""

Found = Mapping[str, Any]
"""A JSON object from anywhere: nothing of it is certain."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, and where."""

    where: str
    """Path of the element, such as `Bundle.entry[3].resource.code`."""
    what: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.where}: {self.what}"


class Node(NamedTuple):
    """A JSON object, and where it is."""

    path: str
    name: str
    """Of the element that it is the value of, or one of the values."""
    value: Found


def problems(resource: Found, release: str = "R5") -> list[Problem]:
    """Return what is wrong with a Bundle or another resource; `release` of FHIR is R4 or R5."""
    type_ = str(resource.get("resourceType"))
    found: list[Problem] = []
    nodes: list[Node] = []
    for node in _nodes(resource, type_, found):
        nodes.append(node)
        found += [Problem(node.path, what) for what in _of_node(node, release)]
    if type_ == "Bundle":
        found += _of_bundle(resource, nodes)
    return found


def _nodes(top: Found, path: str, found: list[Problem]) -> Iterator[Node]:
    """Yield every object, and note values that FHIR does not know: nothing, and empty ones.

    A stack of our own, for nothing bounds how deep the JSON is; the path of each level is a text of its own.
    """
    stack: list[tuple[str, str, Any, int]] = [(path, path, top, 0)]
    while stack:
        place, name, value, depth = stack.pop()
        if depth > MOST_LEVELS:
            found.append(Problem(place, f"more than {MOST_LEVELS} levels: not looked at"))
            continue
        if isinstance(value, list):
            parts = ((f"{place}[{number}]", name, each) for number, each in enumerate(value))
        else:
            yield Node(place, name, value)
            parts = ((f"{place}.{key}", key, each) for key, each in value.items() if not _is_right(key, each))
        inner = []
        for part in parts:
            if isinstance(part[2], dict | list) and part[2]:
                inner.append((*part, depth + 1))
            elif not _is_right(part[1], part[2]):
                found.append(Problem(part[0], _of_text(part[1], part[2])))
        stack += reversed(inner)


def _is_right(name: str, value: object) -> bool:
    """Tell whether a value has no parts and nothing is wrong with it."""
    if isinstance(value, str):
        check = CHECKED_TEXTS.get(name)
        return not (value.isspace() or not value or (check is not None and check(value)))
    return isinstance(value, int | Decimal | float)


def _of_text(name: str, value: object) -> str:
    """Return what is wrong with a value without parts."""
    if not isinstance(value, str) or not value:
        return "empty"
    check = CHECKED_TEXTS.get(name)
    return (check(value) if check is not None else None) or "blanks only"


def _of_node(node: Node, release: str) -> Iterator[str]:
    """Yield what is wrong with one object in itself."""
    value = node.value
    if "resourceType" in value:
        yield from _of_resource(value, release)
    if isinstance(value.get("div"), str):
        yield from narrative_problems(value["div"])
    if "contentType" in value:
        yield from attachment_problems(value)
    if "reference" in value and not isinstance(value["reference"], str | dict):
        yield "a reference that is no text"
    yield from value_problems(node.name, value)
    chosen = [found[1] for key in value if (found := _CHOICE.match(key))]
    if len(chosen) > 1 and len(set(chosen)) < len(chosen):
        yield "more than one value[x], or of another choice of types"


_CHOICE = re.compile(r"(value|effective|deceased|occurred|onset)[A-Z]")
"""Elements with a choice of types: at most one of each (FHIR 2.1.5.1.1)."""


# ---------------------------------------------------------------- resources


def _of_resource(resource: Found, release: str) -> Iterator[str]:
    if "id" in resource and not TOKEN.fullmatch(str(resource["id"])):
        yield "id is none (up to 64 letters, digits, - and .)"
    told = {str(each.get("id")) for each in _dicts(resource.get("contained"))}
    if told and not told <= _inner(resource):
        yield "contained, and nothing refers to it (dom-3)"
    profiles = _list(_dict(resource.get("meta")).get("profile"))
    if not all(isinstance(each, str) and is_absolute_uri(each) for each in profiles):
        yield "meta.profile is no absolute URI"
    if len(set(map(str, profiles))) < len(profiles):
        yield "the same profile twice"
    if resource.get("resourceType") == "Observation":
        yield from _of_observation(resource, release)


def _inner(resource: Found) -> set[str]:
    """Return the ids of contained resources that are referred to."""
    found: set[str] = set()
    stack: list[object] = [resource]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            reference = value.get("reference")
            if isinstance(reference, str) and reference.startswith("#"):
                found.add(reference[1:])
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return found


def _of_observation(resource: Found, release: str) -> Iterator[str]:
    """Yield what an Observation may not say at once, and what says nothing (invariants of FHIR Observation)."""
    components = _dicts(resource.get("component"))
    has_value, has_reason = _has_value(resource), "dataAbsentReason" in resource
    if has_value and has_reason:
        yield "a value beside a dataAbsentReason (obs-6)"
    # A group may do no more than point at the images of a lesion.
    if not (has_value or has_reason or components or resource.get("hasMember") or resource.get("derivedFrom")):
        yield "neither value nor dataAbsentReason nor component, and of nothing else"
    own = _codes(resource.get("code"))
    if has_value and any(own & _codes(each.get("code")) for each in components):
        yield "a value beside a component of the same code (obs-7)"
    for number, each in enumerate(components):
        if _has_value(each) == ("dataAbsentReason" in each):
            yield f"component[{number}]: either a value or a dataAbsentReason"
    if release == "R5" and {"bodySite", "bodyStructure"} <= resource.keys():
        yield "bodySite beside bodyStructure (obs-8)"
    if any(not {"low", "high", "text"} & each.keys() for each in _dicts(resource.get("referenceRange"))):
        yield "a referenceRange that says nothing (obs-3)"
    period = _dict(resource.get("effectivePeriod"))
    if in_order(str(period.get("start", "")), str(period.get("end", ""))) is False:
        yield "effectivePeriod ends before it starts (per-1)"


def _has_value(node: Found) -> bool:
    return any(key.startswith("value") for key in node)


def _codes(concept: object) -> set[tuple[Any, Any]]:
    return {(each.get("system"), each.get("code")) for each in _dicts(_dict(concept).get("coding"))}


# ---------------------------------------------------------------- bundles


POSTED = {"transaction", "batch"}


def _of_bundle(bundle: Found, nodes: list[Node]) -> Iterator[Problem]:
    entries = _dicts(bundle.get("entry"))
    by_url: dict[str, Found] = {}
    by_id: dict[str, Found] = {}
    for number, entry in enumerate(entries):
        where, resource = f"Bundle.entry[{number}]", _dict(entry.get("resource"))
        url, id_ = str(entry.get("fullUrl")), f"{resource.get('resourceType')}/{resource.get('id')}"
        if url in by_url:
            yield Problem(where, "fullUrl of an earlier entry (bdl-7)")
        if id_ in by_id:
            yield Problem(where, "type and id of an earlier entry")
        if url.startswith("urn:uuid:") and "id" in resource and url != f"urn:uuid:{resource['id']}":
            yield Problem(where, "fullUrl and id differ")
        yield from (Problem(where, what) for what in _of_request(entry, resource, str(bundle.get("type"))))
        by_url.setdefault(url, resource)
        by_id.setdefault(id_, resource)
    if bundle.get("type") == "document":
        yield from (Problem("Bundle", what) for what in _of_document(bundle, entries))
    held = (each for entry in entries for each in _dicts(_dict(entry.get("resource")).get("contained")))
    targets = by_id | by_url | {f"#{each.get('id')}": each for each in held}
    yield from _of_references(nodes, targets)
    yield from _of_members(entries, targets)
    yield from _of_patients(nodes, targets)


def _of_request(entry: Found, resource: Found, kind: str) -> Iterator[str]:
    """Yield what is wrong with how an entry is to be posted (bdl-3; FHIR 3.2.0.11)."""
    request = _dict(entry.get("request"))
    if (kind in POSTED) != bool(request):
        yield f"{'no' if kind in POSTED else 'a'} request in a {kind} (bdl-3)"
        return
    method, url, type_ = request.get("method"), str(request.get("url", "")), str(resource.get("resourceType"))
    if method == "PUT" and url != f"{type_}/{resource.get('id')}" and not url.startswith(f"{type_}?"):
        yield "request.url is not that of the resource"
    if method == "POST" and url != type_:
        yield "request.url is not the type of the resource"
    if method == "POST" and not request.get("ifNoneExist"):
        yield "a second post would create it again: no ifNoneExist"


def _of_document(bundle: Found, entries: list[Found]) -> Iterator[str]:
    if not entries or _dict(entries[0].get("resource")).get("resourceType") != "Composition":
        yield "a document that does not begin with a Composition (bdl-11)"
    if not {"identifier", "timestamp"} <= bundle.keys():
        yield "a document without identifier or timestamp (bdl-9, bdl-10)"


def _of_references(nodes: list[Node], targets: Mapping[str, Found]) -> Iterator[Problem]:
    """Yield references that lead nowhere, or to another type than they say."""
    for node in nodes:
        reference = node.value.get("reference")
        if not isinstance(reference, str):
            continue
        target = targets.get(reference)
        if target is None:
            yield Problem(node.path, "a reference to nothing in this bundle")
        elif node.value.get("type", target.get("resourceType")) != target.get("resourceType"):
            yield Problem(node.path, "a reference to another type than it says")


def _of_members(entries: list[Found], targets: Mapping[str, Found]) -> Iterator[Problem]:
    """Yield an Observation that is a member of itself, at whatever depth."""
    state: dict[int, bool] = {}
    for number, entry in enumerate(entries):
        stack = [_dict(entry.get("resource"))]
        while stack:
            top = stack[-1]
            if id(top) in state:
                stack.pop()
                state[id(top)] = True
                continue
            state[id(top)] = False
            told = (targets.get(str(each.get("reference"))) for each in _dicts(top.get("hasMember")))
            members = [each for each in told if each is not None]
            if any(state.get(id(each)) is False for each in members):
                yield Problem(f"Bundle.entry[{number}].resource.hasMember", "members in a circle")
            stack += [each for each in members if id(each) not in state]


def _of_patients(nodes: list[Node], targets: Mapping[str, Found]) -> Iterator[Problem]:
    """Yield what is about another patient than the rest: a report is about one."""
    seen: set[str] = set()
    for node in nodes:
        reference = node.value.get("reference")
        if node.name in {"subject", "patient"} and isinstance(reference, str):
            target = targets.get(reference, {})
            is_new = target.get("resourceType") == "Patient" and reference not in seen
            seen |= {reference} if is_new else set()
            if is_new and len(seen) > 1:
                yield Problem(node.path, "a second patient in one report")


# ---------------------------------------------------------------- anything may be anything


def _dict(value: object) -> Found:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: object) -> list[Found]:
    return [each for each in _list(value) if isinstance(each, dict)]
