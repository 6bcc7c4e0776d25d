"""Elements to dataclasses, driven by the bindings of their fields.

A value either fits its field exactly, or its attribute is carried verbatim as well:
readers return (value, exact), and what is not exact ends up in `other` of the content
item or report it belongs to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from sr2graph.dicom import concept, content, header, references, values
from sr2graph.dicom.attributes import Attribute, Binding, bindings, tag_text
from sr2graph.dicom.charset import TextDecoder, text_decoder
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.report import Deviation
from sr2graph.dicom.tokenise import Elements, Tokeniser
from sr2graph.dicom.vr import BYTE_VRS, FORMATS, SINGLE_TEXT_VRS, TEXT_VRS, numbers, tags, trimmed
from sr2graph.errors import ReadError

SPECIFIC_CHARACTER_SET = 0x0008_0005
MAX_CONCEPTS = 20_000
"""Code sequences remembered per character set: a bound on memory, not on reports."""
MAX_WORDS = 1_000

Raw = bytes | list[Elements]
Reader = Callable[[str, Raw, "Reading"], tuple[Any, bool]]
"""(VR, raw value, state) -> (value or None, whether the value says it all)."""


class Reading:
    """What reading one data set carries along: character set, place, deviations."""

    __slots__ = ("decoder", "deviations", "limits", "position")

    def __init__(self, decoder: TextDecoder, limits: Limits = DEFAULT_LIMITS) -> None:
        self.decoder = decoder
        self.limits = limits
        self.position: str | tuple[int, ...] = "header"
        self.deviations: list[Deviation] = []

    def deviates(self, problem: str) -> None:
        """Note a deviation from the standard at the present position."""
        place = self.position
        text = place if isinstance(place, str) else ".".join(map(str, place))
        self.deviations.append(Deviation(text, problem))

    def text(self, raw: bytes, vr: str) -> str:
        """Return the decoded text without padding."""
        text, problem = self.decoder.decode(raw, person_name=vr == "PN")
        if problem is not None:
            self.deviates(f"{vr} {problem}")
        return trimmed(text, vr)

    def items(self, tag: int, vr: str, raw: Raw) -> list[Elements] | None:
        """Return the items of a sequence, unwrapping VR UN; None when it is not a sequence."""
        if isinstance(raw, list):
            return raw
        if vr == "UN":
            for explicit in (False, True):
                try:
                    return _unwrapped(tag, raw, self.limits, explicit=explicit)
                except ReadError:
                    continue
        if raw:
            self.deviates(f"{tag_text(tag)} is {vr} where a sequence should be; carried verbatim")
            return None
        return []


def _unwrapped(tag: int, raw: bytes, limits: Limits, *, explicit: bool) -> list[Elements]:
    # The value alone, put behind the header of a sequence of its length.
    wrapper = tag.to_bytes(4, "big")
    head = wrapper[1::-1] + wrapper[:1:-1]
    head += b"SQ\0\0" + len(raw).to_bytes(4, "little") if explicit else len(raw).to_bytes(4, "little")
    found = Tokeniser(head + raw, limits).data_set(explicit=explicit).get(tag)
    if found is None or isinstance(found[1], bytes):
        raise ReadError("not a sequence")
    return found[1]


# ---------------------------------------------------------------- fields


def _accepts(expected: str, vr: str, tag: int, reading: Reading, family: frozenset[str]) -> bool:
    if vr in ("UN", expected):
        return True
    reading.deviates(f"{tag_text(tag)} has VR {vr} where {expected} should be")
    return vr in family


def _text_reader(binding: Binding) -> Reader:
    tag, expected = binding.tag, binding.vr
    words: dict[bytes, str] | None = {} if expected == "CS" else None

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        if vr != expected and not _accepts(expected, vr, tag, reading, TEXT_VRS):
            return None, False
        if isinstance(raw, list):
            return None, False
        if words is not None and (word := words.get(raw)) is not None:
            return word, True
        text = reading.text(raw, expected)
        if not text:
            return None, False
        if words is not None and len(words) < MAX_WORDS and raw.isascii():
            words[raw] = text = sys.intern(text)
        return text, True

    return read


def _texts_reader(binding: Binding) -> Reader:
    tag, expected = binding.tag, binding.vr
    strip = expected not in ("LO", "PN", "SH", "UC")

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        if isinstance(raw, list) or (vr != expected and not _accepts(expected, vr, tag, reading, TEXT_VRS)):
            return None, False
        text = reading.text(raw, expected)
        if not text:
            return None, False
        if "\\" not in text:
            return (text,), True
        parts = text.split("\\")
        return tuple(part.strip(" ") for part in parts) if strip else tuple(parts), True

    return read


def _number_reader(binding: Binding) -> Reader:
    tag, expected, many = binding.tag, binding.vr, binding.many

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        if isinstance(raw, list) or (vr != expected and not _accepts(expected, vr, tag, reading, frozenset())):
            return None, False
        found = numbers(expected, raw)
        if found is None:
            reading.deviates(f"{tag_text(tag)} has {len(raw)} bytes, which do not fit {expected}; carried verbatim")
            return None, False
        if not found:
            return None, False
        if many:
            return found, True
        if len(found) > 1:
            reading.deviates(f"{tag_text(tag)} has {len(found)} values where one should be; the first is taken")
        return found[0], len(found) == 1

    return read


def _verbatim_reader(binding: Binding) -> Reader:
    tag = binding.tag

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        return verbatim(tag, vr, raw, reading), True

    return read


def _sequence_reader(binding: Binding) -> Reader:
    tag, many = binding.tag, binding.many
    if binding.entity is None:
        return _verbatim_reader(binding)
    cls = ENTITIES[binding.entity]
    read_item: Callable[[Elements, Reading], tuple[Any, bool]]
    if cls is CodedConcept:
        read_item = read_concept
    else:

        def read_item(elements: Elements, reading: Reading) -> tuple[Any, bool]:
            return read_entity(cls, elements, reading)

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        items = reading.items(tag, vr, raw)
        if not items:
            return None, False
        if many:
            found = [read_item(item, reading) for item in items]
            return tuple(value for value, _ in found), all(exact for _, exact in found)
        value, exact = read_item(items[0], reading)
        if len(items) > 1:
            reading.deviates(f"{tag_text(tag)} has {len(items)} items where one should be; the first is taken")
            exact = False
        return value, exact

    return read


def field_reader(binding: Binding) -> Reader:
    """Return the reader of one bound field."""
    if binding.vr == "SQ":
        return _sequence_reader(binding)
    if binding.vr in FORMATS:
        return _number_reader(binding)
    return _texts_reader(binding) if binding.many else _text_reader(binding)


# ---------------------------------------------------------------- entities

Plan = dict[int, tuple[str | None, Any]]
"""Tag -> (field name, Reader), or (None, Plan) for a sequence that wraps fields."""

ENTITIES: dict[str, type[Any]] = {
    cls.__name__: cls
    for module in (concept, references, header, values, content)
    for cls in vars(module).values()
    if isinstance(cls, type) and hasattr(cls, "__dataclass_fields__")
}
"""The dataclasses that sequences may hold, by name."""


@cache
def plan(cls: type[Any]) -> Plan:
    """Return how to read a dataclass from the elements of a data set."""
    result: Plan = {}
    for name, binding in bindings(cls).items():
        if binding.within is None:
            result[binding.tag] = (name, field_reader(binding))
        else:
            wrapped = result.setdefault(binding.within, (None, {}))
            wrapped[1][binding.tag] = (name, field_reader(binding))
    return result


def read_fields(by_tag: Plan, elements: Elements, reading: Reading, found: dict[str, Any]) -> list[int]:
    """Read elements into `found` by field name; return the tags that are not said exactly."""
    inexact = []
    for tag, (vr, raw) in elements.items():
        entry = by_tag.get(tag)
        if entry is None:
            inexact.append(tag)
            continue
        name, reader = entry
        if name is None:
            if not _read_wrapped(tag, reader, vr, raw, reading, found):
                inexact.append(tag)
            continue
        value, exact = reader(vr, raw, reading)
        if value is not None:
            found[name] = value
        if not exact:
            inexact.append(tag)
    return inexact


def _read_wrapped(tag: int, by_tag: Plan, vr: str, raw: Raw, reading: Reading, found: dict[str, Any]) -> bool:
    items = reading.items(tag, vr, raw)
    if not items:
        # An empty Measured Value Sequence is how a NUM says it has no value (PS3.3 C.18.1).
        return items is not None and tag == values.MEASURED_VALUE_SEQUENCE
    if len(items) > 1:
        reading.deviates(f"{tag_text(tag)} has {len(items)} items where one should be; the first is taken")
    return not read_fields(by_tag, items[0], reading, found) and len(items) == 1 and bool(items[0])


def read_entity(cls: type[Any], elements: Elements, reading: Reading) -> tuple[Any, bool]:
    """Return (dataclass, exact) for one sequence item."""
    outer = enter_character_set(elements, reading)
    found: dict[str, Any] = {}
    inexact = read_fields(plan(cls), elements, reading, found)
    if outer is not None:
        reading.decoder = outer
        inexact.remove(SPECIFIC_CHARACTER_SET)
    return cls(**found), not inexact


def enter_character_set(elements: Elements, reading: Reading) -> TextDecoder | None:
    """Switch to the character set an item declares for itself; return the one to go back to."""
    declared = elements.get(SPECIFIC_CHARACTER_SET)
    if declared is None or not isinstance(declared[1], bytes):
        return None
    outer = reading.decoder
    reading.decoder = declared_decoder(declared[1])
    for problem in reading.decoder.problems:
        reading.deviates(problem)
    return outer


def declared_decoder(raw: bytes) -> TextDecoder:
    """Return the decoder for the raw value of Specific Character Set (0008,0005)."""
    text = raw.decode("ascii", "replace").strip(" \0")
    return text_decoder(tuple(part.strip() for part in text.split("\\")) if text else ())


def read_concept(elements: Elements, reading: Reading) -> tuple[CodedConcept, bool]:
    """Return (code, exact) for one item of a code sequence; the same code is read only once."""
    known = reading.decoder.concepts
    try:
        key = tuple(elements.items())
        hit = known.get(key)
    except TypeError:  # it holds a sequence, such as equivalent codes
        return read_entity(CodedConcept, elements, reading)
    if isinstance(hit, CodedConcept):
        return hit, True
    deviations = len(reading.deviations)
    concept, exact = read_entity(CodedConcept, elements, reading)
    if exact and deviations == len(reading.deviations) and len(known) < MAX_CONCEPTS:
        known[key] = concept
    return concept, exact


# ---------------------------------------------------------------- verbatim


def verbatim(tag: int, vr: str, raw: Raw, reading: Reading) -> Attribute:
    """Return an attribute as it stands."""
    if isinstance(raw, list):
        return Attribute(tag, "SQ", tuple(verbatim_item(item, reading) for item in raw))
    if not raw:
        return Attribute(tag, vr)
    if vr in TEXT_VRS:
        text = reading.text(raw, vr)
        if not text:
            return Attribute(tag, vr)
        return Attribute(tag, vr, (text,) if vr in SINGLE_TEXT_VRS else tuple(text.split("\\")))
    found = tags(raw) if vr == "AT" else numbers(vr, raw) if vr in FORMATS else None
    if found is not None:
        return Attribute(tag, vr, found)
    return Attribute(tag, vr if vr in BYTE_VRS else "UN", (raw,))


def verbatim_item(elements: Elements, reading: Reading) -> tuple[Attribute, ...]:
    """Return the attributes of a sequence item as they stand, in tag order."""
    outer = enter_character_set(elements, reading)
    attributes = tuple(
        verbatim(tag, *elements[tag], reading) for tag in sorted(elements) if tag != SPECIFIC_CHARACTER_SET
    )
    if outer is not None:
        reading.decoder = outer
    return attributes
