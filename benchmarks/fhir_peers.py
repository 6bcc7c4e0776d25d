"""The peers of the FHIR exit: models of fhir.resources, and dicom2fhir where it is installed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from pydicom import dcmread
from pydicom.config import disable_value_validation

from sr2graph.fhir.json_text import Json, json_text


def model_text(facts: Json) -> str:
    """Return the text of a Bundle by models, as their users write it: an object for each resource, then the bundle.

    `facts` is what we have made of the report: nothing that it takes to get there is counted.
    """
    entries = [_entry(each) for each in facts["entry"]]
    bundle = import_module("fhir.resources.bundle").Bundle
    rest = {name: value for name, value in facts.items() if name not in {"entry", "resourceType"}}
    return str(bundle(**rest, entry=entries).model_dump_json())


def _entry(entry: Json) -> Any:  # noqa: ANN401 # objects of fhir.resources
    bundle = import_module("fhir.resources.bundle")
    fields = dict(entry["resource"])
    type_ = fields.pop("resourceType")
    resource = getattr(import_module(f"fhir.resources.{type_.lower()}"), type_)(**fields)
    request = bundle.BundleEntryRequest(**entry["request"])
    return bundle.BundleEntry(fullUrl=entry["fullUrl"], resource=resource, request=request)


def same(facts: Json, text: str) -> bool:
    """Tell whether the text of the models says what was given to them."""
    return bool(json.loads(text, parse_float=Decimal) == json.loads(json_text(facts), parse_float=Decimal))


# ---------------------------------------------------------------- dicom2fhir


def has_dicom2fhir() -> bool:
    """Tell whether dicom2fhir is installed; it is no dependency."""
    return find_spec("dicom2fhir") is not None


def dicom2fhir(data: bytes) -> int | None:
    """Return how many resources dicom2fhir makes of a file, None where it fails; its bundle becomes text on the way."""
    convert = import_module("dicom2fhir.dicom2fhir").from_generator

    async def datasets() -> AsyncIterator[Json]:
        with disable_value_validation():
            yield dcmread(BytesIO(data)).to_json_dict()

    try:
        bundle = asyncio.run(convert(datasets(), {"dicom_timezone": "UTC"}))
        bundle.model_dump_json()
    except Exception:  # noqa: BLE001 -- it fails in many ways
        return None
    return len(bundle.entry or ())
