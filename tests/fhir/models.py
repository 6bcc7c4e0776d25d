"""What the tests of this room share: validating a bundle through fhir.resources, and the reports to try."""

import importlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from sr2graph import read
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue
from sr2graph.errors import SrError
from sr2graph.fhir import FhirBundle, How
from sr2graph.fhir.tables import flavours
from tests.conftest import ROOT, corpus_files

SHARED = ROOT.parent / "shared" / "fhir"
"""Paired cases and profile rules: read from beside the repository."""

RELEASES = {each.name: "" if each.is_r5 else "R4B." for each in flavours().values()}
"""Flavour ↔ the package of fhir.resources; R4B has what R4 has of all resources made here."""

XHTML = "{http://www.w3.org/1999/xhtml}"
LANGUAGE = {"lang", "{http://www.w3.org/XML/1998/namespace}lang"}
"""What the outermost element says of its language."""
ALLOWED = {XHTML + name for name in ("div", "p", "ul", "li", "b", "br")}


def resources(bundle: FhirBundle, type_: str | None = None) -> list[dict[str, Any]]:
    """The resources of a bundle, of one type."""
    found = [entry["resource"] for entry in bundle.resource["entry"]]
    return [each for each in found if type_ in (None, each["resourceType"])]


def parsed(bundle: FhirBundle) -> dict[str, Any]:
    """The text of a bundle as JSON, numbers exact."""
    found: dict[str, Any] = json.loads(bundle.json(), parse_float=Decimal)
    return found


@cache
def model(release: str, type_: str) -> Any:
    """The model of a resource."""
    return getattr(importlib.import_module(f"fhir.resources.{release}{type_.lower()}"), type_)


def problems(bundle: FhirBundle, flavour: str) -> list[str]:
    """What fhir.resources, and we ourselves, have against a bundle."""
    data = parsed(bundle)
    found = [said for entry in data["entry"] for said in _problems(entry["resource"], flavour)]
    found += [broken for each in resources(bundle) for broken in broken_invariants(each)]
    frame = {key: value for key, value in data.items() if key != "entry"} | {"entry": data["entry"][:1]}
    return found + _problems(frame, flavour) + list(ours(data))


def _problems(resource: dict[str, Any], flavour: str) -> list[str]:
    type_ = resource["resourceType"]
    try:
        model(RELEASES[flavour], type_).model_validate(resource)
    except ValueError as error:
        return [f"{type_}: {error}"]
    return []


def ours(top: object) -> Iterator[str]:
    """What validators miss: empty lists, objects and texts, codes without a system, active content."""
    stack = [(top, "")]
    while stack:
        value, path = stack.pop()
        if value is None or (not value and isinstance(value, str | list | dict)):
            yield f"{path}: empty"
        elif isinstance(value, dict):
            yield from _ours(value, path)
            stack += [(each, f"{path}.{key}") for key, each in value.items() if not isinstance(each, str) or not each]
        elif isinstance(value, list):
            stack += [(each, path) for each in value]


def _ours(value: dict[str, Any], path: str) -> Iterator[str]:
    if "code" in value and isinstance(value["code"], str) and "system" not in value and "value" in value:
        yield f"{path}: Quantity with a code without a system"
    if "div" in value:
        elements = list(ET.fromstring(value["div"]).iter())  # noqa: S314 # our own
        elements[0].attrib = {name: told for name, told in elements[0].attrib.items() if name not in LANGUAGE}
        yield from (f"{path}: {each.tag}" for each in elements if each.tag not in ALLOWED or each.attrib)


def broken_invariants(resource: dict[str, Any]) -> Iterator[str]:
    """What FHIR says of an Observation beyond its shape, which fhir.resources does not look at."""
    if resource["resourceType"] != "Observation":
        return
    has_value = any(key.startswith("value") for key in resource)
    own = {(each.get("system"), each.get("code")) for each in resource["code"].get("coding", ())}
    components = resource.get("component", ())
    if has_value and "dataAbsentReason" in resource:
        yield "obs-6"
    if has_value and any(own & codings_of(each["code"]) for each in components):
        yield "obs-7"
    if {"bodySite", "bodyStructure"} <= resource.keys():
        yield "obs-8"
    if any(not {"low", "high", "text"} & each.keys() for each in resource.get("referenceRange", ())):
        yield "obs-3"
    if not all(
        {"dataAbsentReason"} & each.keys() or any(key.startswith("value") for key in each) for each in components
    ):
        yield "component without value"
    period = resource.get("effectivePeriod")
    if period and period["start"] > period["end"]:
        yield "per-1"


def codings_of(concept: dict[str, Any]) -> set[tuple[str | None, str | None]]:
    """System and code of each coding."""
    return {(each.get("system"), each.get("code")) for each in concept.get("coding", ())}


def references(value: object) -> Iterator[dict[str, Any]]:
    """Every Reference in a resource."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def quantities(value: object) -> Iterator[str]:
    """The texts of the values of every Quantity of an Observation: value, component or limit of a range."""
    if isinstance(value, dict):
        if "value" in value and isinstance(value["value"], Decimal):
            yield value["value"].text  # type: ignore[attr-defined] # Exact
        for each in value.values():
            yield from quantities(each)
    elif isinstance(value, list):
        for each in value:
            yield from quantities(each)


def as_json(text: str) -> str:
    """A Decimal String as JSON takes it: written here a second time, by other means."""
    text = re.sub(r"^\+", "", text.strip(" \0"))
    text = re.sub(r"^(-?)0+(?=\d)", r"\1", text)
    text = re.sub(r"^(-?)\.", r"\g<1>0.", text)
    return re.sub(r"\.(?=$|[eE])", "", text).replace("e", "E")


def same_number(one: str, other: str) -> bool:
    """Whether two texts mean the same number with the same digits; 1.0 is not 1.00."""
    return Decimal(one).as_tuple() == Decimal(other).as_tuple()


def numbers_not_found(report: Report, bundle: FhirBundle) -> list[str]:
    """Positions of NUM items whose numbers are in no Observation with the same text, and in no line with a reason."""
    made = {f"Observation/{each['id']}": each for each in resources(bundle, "Observation")}
    parents = {}
    missing = []
    for item, loss in zip(report.walk(), bundle.losses, strict=False):
        parents[item.position] = loss
        if not isinstance(item.value, MeasuredValue):
            continue
        if loss.how is not How.MAPPED or loss.reason.startswith("no Decimal String"):
            missing += [] if loss.reason else [loss.position]
            continue
        above = loss
        while not above.target.startswith("Observation/"):
            above = parents[tuple(map(int, above.position.split(".")))[:-1]]
        written = {Decimal(text).as_tuple() for text in quantities(made[above.target])}
        wanted = {Decimal(as_json(text)).as_tuple() for text in item.value.numeric_value}
        missing += [loss.position] if wanted - written else []
    return missing


def numbered(item: ContentItem, position: tuple[int, ...] = (1,)) -> ContentItem:
    """A tree with its positions put right."""
    children = tuple(
        numbered(child, (*position, number)) if isinstance(child, ContentItem) else child
        for number, child in enumerate(item.children, 1)
    )
    return replace(item, position=position, children=children)


@cache
def corpus_reports() -> tuple[tuple[str, Report], ...]:
    """The real reports that can be read."""
    found = []
    for path in corpus_files():
        try:
            found.append((path.name, read(path)))
        except SrError:
            continue
    return tuple(found)


def case(name: str) -> Path:
    """A file of the shared folder."""
    return SHARED / name
