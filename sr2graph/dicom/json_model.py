"""The DICOM JSON Model (PS3.18 F), read and written without losing a digit."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sr2graph.dicom.attributes import Attribute, tag_text
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.vr import BYTE_VRS, FORMATS, TEXT_VRS
from sr2graph.errors import LimitError, ReadError

_SPECIAL = {"NaN": math.nan, "inf": math.inf, "Infinity": math.inf, "-inf": -math.inf, "-Infinity": -math.inf}
_NAME_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_VRS = TEXT_VRS | BYTE_VRS | FORMATS.keys() | {"AT", "SQ"}


class _Members(dict[str, Any]):
    """A JSON object that knows which of its members were named more than once."""

    __slots__ = ("repeated",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = Counter(name for name, _ in pairs) if len(self) < len(pairs) else Counter()
        self.repeated = [name for name, count in names.items() if count > 1]


def load_json(text: str | bytes) -> Any:
    """Parse JSON; numbers stay text, so 1.10 stays 1.10.  Raises ReadError."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_Members)
    except (ValueError, RecursionError) as cause:
        raise ReadError(f"not valid JSON ({cause.__class__.__name__})") from cause


def attributes_from_json(
    model: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS
) -> tuple[tuple[Attribute, ...], tuple[str, ...]]:
    """Return the attributes of a DICOM JSON object, in tag order, and what is wrong with it."""
    reader = _JsonReader(limits)
    return reader.data_set(model, 0), tuple(reader.problems)


class _JsonReader:
    def __init__(self, limits: Limits) -> None:
        self.problems: list[str] = []
        self._limits = limits

    def data_set(self, model: Any, depth: int) -> tuple[Attribute, ...]:
        if not isinstance(model, Mapping):
            raise ReadError("a DICOM JSON object should be a mapping from tags to attributes")
        if depth > self._limits.max_depth:
            raise LimitError(f"sequences nest deeper than {self._limits.max_depth} levels")
        found = [self._attribute(key, member, depth) for key, member in model.items()]
        self._note_repeated(model, found)
        return tuple(sorted(found, key=lambda a: a.tag))

    def _note_repeated(self, model: Mapping[str, Any], found: list[Attribute]) -> None:
        # Written alike, or in letters of another case.
        repeated = {int(name, 16) for name in getattr(model, "repeated", ())}
        repeated |= {tag for tag, count in Counter(a.tag for a in found).items() if count > 1}
        self.problems += [f"{tag_text(tag)} appears twice; the last one is taken" for tag in sorted(repeated)]

    def _attribute(self, key: Any, member: Any, depth: int) -> Attribute:
        if not isinstance(key, str) or not _TAG.fullmatch(key) or not isinstance(member, Mapping):
            raise ReadError("a DICOM JSON member should be named by eight hexadecimal digits and hold an object")
        tag = int(key, 16)
        vr = member.get("vr", "UN")
        if not isinstance(vr, str) or vr not in _VRS:
            raise ReadError(f"{tag_text(tag)} has no valid vr")
        if getattr(member, "repeated", ()):
            self.problems.append(f"{tag_text(tag)} says something twice; the last one is taken")
        if "BulkDataURI" in member:
            self.problems.append(f"{tag_text(tag)} points to bulk data, which is not fetched; its value is not carried")
            return Attribute(tag, vr)
        if "InlineBinary" in member:
            if vr == "SQ":
                raise ReadError(f"{tag_text(tag)} has an InlineBinary where a sequence should be")
            return Attribute(tag, vr, (_binary(tag, member["InlineBinary"]),))
        values = member.get("Value", ())
        if not isinstance(values, list | tuple):
            self.problems.append(f"{tag_text(tag)} has a Value that is not a list; taken as one value")
            values = (values,)
        if vr == "SQ":
            return Attribute(tag, vr, tuple(self.data_set(item or {}, depth + 1) for item in values))
        found = tuple(_value(tag, vr, value) for value in values)
        if any(isinstance(value, str) and _SURROGATE.search(value) for value in found):
            self.problems.append(f"{tag_text(tag)} has half characters (lone surrogates); they are replaced")
        return Attribute(tag, vr, found)


def _binary(tag: int, text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as cause:
        raise ReadError(f"{tag_text(tag)} has an InlineBinary that is not base64") from cause


def _value(tag: int, vr: str, value: Any) -> Any:
    try:
        if vr in ("FL", "FD"):
            return _SPECIAL[value] if value in _SPECIAL else float(value)
        if vr in FORMATS:
            return int(value)
        if vr == "AT" and _TAG.fullmatch(value):
            return int(value, 16)
        if vr == "PN" and isinstance(value, Mapping):
            return "=".join(_groups(value))
        if value is None:
            return ""
        if vr in TEXT_VRS and isinstance(value, str | int | float):
            return str(value)
    except (TypeError, ValueError) as cause:
        raise ReadError(f"{tag_text(tag)} has a Value that is not {vr}") from cause
    raise ReadError(f"{tag_text(tag)} has a Value that is not {vr}")


def _groups(name: Mapping[str, Any]) -> list[str]:
    groups = [name.get(group) for group in _NAME_GROUPS]
    while groups and groups[-1] is None:
        groups.pop()
    return ["" if group is None else str(group) for group in groups]


# ---------------------------------------------------------------- writing


def attributes_to_json(attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    """Return attributes as a DICOM JSON object."""
    return {f"{a.tag:08X}": _member(a) for a in attributes}


def _member(attribute: Attribute) -> dict[str, Any]:
    member: dict[str, Any] = {"vr": attribute.vr}
    if not attribute.values:
        return member
    if isinstance(attribute.values[0], bytes):
        member["InlineBinary"] = base64.b64encode(attribute.values[0]).decode("ascii")
    elif attribute.vr == "SQ":
        member["Value"] = [attributes_to_json(item) for item in attribute.values]
    else:
        member["Value"] = [_json_value(attribute.vr, value) for value in attribute.values]
    return member


def _json_value(vr: str, value: Any) -> Any:
    if vr == "PN":
        return dict(zip(_NAME_GROUPS, value.split("=", 2), strict=False))
    if vr == "AT":
        return f"{value:08X}"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def attribute_text(attribute: Attribute) -> str:
    """Return one attribute as compact DICOM JSON text; `attribute_from_text` is its inverse."""
    return json.dumps(attributes_to_json((attribute,)), ensure_ascii=False, separators=(",", ":"))


def attribute_from_text(text: str) -> Attribute:
    """Return the attribute of one compact DICOM JSON text; raises ReadError."""
    attributes, _ = attributes_from_json(load_json(text))
    if len(attributes) != 1:
        raise ReadError("the DICOM JSON of one attribute should have one member")
    return attributes[0]
