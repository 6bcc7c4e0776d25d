"""Elements to dataclasses, driven by the bindings of their fields.

A value either fits its field exactly, or its attribute is carried verbatim as well:
readers return (value, exact), and what is not exact ends up in `other` of the content
item or report it belongs to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

from sr2graph.dicom import concept, content, header, references, values
from sr2graph.dicom.attributes import Attribute, Binding, bindings, builder, per_class, tag_text
from sr2graph.dicom.charset import TextDecoder, text_decoder
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.dictionary import dictionary_vr
from sr2graph.dicom.limits import DEFAULT_LIMITS, Limits
from sr2graph.dicom.report import Deviation
from sr2graph.dicom.tokenise import CONTENT_SEQUENCE, SHORT_VRS, Elements, Tokeniser
from sr2graph.dicom.vr import (
    BYTE_VRS,
    FORMATS,
    INTEGER_VRS,
    MAX_SHORT_LENGTH,
    SINGLE_TEXT_VRS,
    TEXT_VRS,
    fits,
    numbers,
    tags,
    trimmed,
)
from sr2graph.errors import LimitError, ReadError

SPECIFIC_CHARACTER_SET = 0x0008_0005
MAX_CODES = 8_000
MAX_CODE_LENGTH = 1_000
"""Code sequences remembered per character set: bounds on memory, not on reports."""
MAX_WORDS = 1_000
_SHORT = frozenset(SHORT_VRS.values())

Raw = bytes | list[Elements | bytes]
Reader = Callable[[str, Raw, "Reading"], tuple[Any, bool]]
"""(VR, raw value, state) -> (value or None, whether the value says it all)."""


class Reading:
    """What reading one data set carries along: character set, place, deviations."""

    __slots__ = (
        "decoder",
        "depth",
        "deviations",
        "explicit",
        "items_read",
        "limits",
        "not_carried",
        "position",
        "references",
    )

    def __init__(self, decoder: TextDecoder, limits: Limits = DEFAULT_LIMITS, *, explicit: bool = True) -> None:
        self.decoder = decoder
        self.limits = limits
        self.explicit = explicit
        self.depth = 0
        self.items_read = 0
        self.position: str | tuple[int, ...] = "header"
        self.deviations: list[Deviation] = []
        self.not_carried: set[int] = set()
        """Tags left out because they are about the encoding."""
        self.references: list[content.ByReference] = []
        """By-reference relationships met, to be checked once the tree is complete."""

    def deviates(self, problem: str) -> None:
        """Note a deviation from the standard at the present position."""
        place = self.position
        text = place if isinstance(place, str) else ".".join(map(str, place))
        self.deviations.append(Deviation(text, problem))

    def descend(self) -> None:
        """Go one sequence deeper; sequences that are tokenised only when read count as well."""
        self.depth += 1
        if self.depth > self.limits.max_depth:
            raise LimitError(f"sequences nest deeper than {self.limits.max_depth} levels")

    def text(self, raw: bytes, vr: str) -> str:
        """Return the decoded text without padding."""
        if raw.isascii() and not self.decoder.escapes:
            return trimmed(raw.decode("ascii"), vr)
        text, problem = self.decoder.decode(raw, person_name=vr == "PN")
        if problem is not None:
            self.deviates(f"{vr} {problem}")
        return trimmed(text, vr)

    def items(self, tag: int, vr: str, raw: Raw) -> list[Elements] | None:
        """Return the items of a sequence, unwrapping VR UN; None when it is not a sequence."""
        found = self.raw_items(tag, vr, raw)
        if tag == CONTENT_SEQUENCE and found:
            return [self.elements(item) for item in found]
        return cast("list[Elements] | None", found)

    def raw_items(self, tag: int, vr: str, raw: Raw) -> list[Elements | bytes] | None:
        """Return the items of a sequence as `items` does, but small content items as bytes."""
        if isinstance(raw, list):
            return raw
        if vr == "SQ":
            return self._tokenised(raw, explicit=self.explicit)
        if vr == "UN":
            for explicit in (False, True):  # PS3.5 6.2.2 says implicit, some writers do not
                try:
                    return self._tokenised(raw, explicit=explicit)
                except LimitError:
                    raise
                except ReadError:
                    continue
        if raw:
            self.deviates(f"{tag_text(tag)} is {vr} where a sequence should be; carried verbatim")
            return None
        return []

    def elements(self, item: Elements | bytes) -> Elements:
        """Return the elements of an item that may still be bytes."""
        if isinstance(item, dict):
            return item
        tokeniser = Tokeniser(item, self.limits, explicit=self.explicit, items_read=self.items_read)
        elements = tokeniser.data_set(explicit=self.explicit)
        self._note(tokeniser)
        return elements

    def _tokenised(self, raw: bytes, *, explicit: bool) -> list[Elements | bytes]:
        tokeniser = Tokeniser(raw, self.limits, explicit=self.explicit, items_read=self.items_read)
        items = tokeniser.items(explicit=explicit)
        self._note(tokeniser)
        return items

    def _note(self, tokeniser: Tokeniser) -> None:
        self.items_read = tokeniser.items_read
        for tag in tokeniser.duplicates:
            self.deviates(f"{tag_text(tag)} appears twice; the last one is taken")


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
    family = INTEGER_VRS if expected in INTEGER_VRS else frozenset()

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        if isinstance(raw, list) or (vr != expected and not _accepts(expected, vr, tag, reading, family)):
            return None, False
        found = numbers(vr if vr in family else expected, raw)
        if found is None or not fits(expected, found):
            reading.deviates(f"{tag_text(tag)} has {len(raw)} bytes, which do not fit {expected}; carried verbatim")
            return None, False
        if not found:
            return None, False
        exact = vr in ("UN", expected)
        if many:
            return found, exact
        if len(found) > 1:
            reading.deviates(f"{tag_text(tag)} has {len(found)} values where one should be; the first is taken")
        return found[0], exact and len(found) == 1

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
    empty = cls()

    def read(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        items = reading.items(tag, vr, raw)
        if not items:
            return None, False
        if many:
            found = [read_entity(cls, item, reading) for item in items]
            return tuple(value for value, _ in found), all(exact for _, exact in found)
        value, exact = read_entity(cls, items[0], reading)
        if value == empty:  # an item that says nothing
            value, exact = None, False
        if len(items) > 1:
            reading.deviates(f"{tag_text(tag)} has {len(items)} items where one should be; the first is taken")
            exact = False
        return value, exact

    return _remembering(read) if cls is CodedConcept and not many else read


def _remembering(read: Reader) -> Reader:
    """Return a reader that reads the same bytes of a code sequence only once."""

    def remembering(vr: str, raw: Raw, reading: Reading) -> tuple[Any, bool]:
        if isinstance(raw, list) or vr != "SQ":
            return read(vr, raw, reading)
        known = reading.decoder.codes[reading.explicit]
        found: tuple[Any, bool] | None = known.get(raw)
        if found is None:
            deviations = len(reading.deviations)
            found = read(vr, raw, reading)
            if deviations == len(reading.deviations) and len(known) < MAX_CODES and len(raw) < MAX_CODE_LENGTH:
                known[raw] = found
        return found

    return remembering


def field_reader(binding: Binding) -> Reader:
    """Return the reader of one bound field."""
    if binding.vr == "SQ":
        return _sequence_reader(binding)
    if binding.vr in FORMATS:
        return _number_reader(binding)
    return _texts_reader(binding) if binding.many else _text_reader(binding)


# ---------------------------------------------------------------- entities

Plan = dict[int, tuple[int, str, Any]]
"""Tag -> (part, field name, Reader); the name is empty, and the Reader a Plan, for a sequence that
wraps fields.  The part tells which of several dataclasses read in one pass has the field."""

ENTITIES: dict[str, type[Any]] = {
    cls.__name__: cls
    for module in (concept, references, header, values, content)
    for cls in vars(module).values()
    if isinstance(cls, type) and hasattr(cls, "__dataclass_fields__")
}
"""The dataclasses that sequences may hold, by name."""


@per_class
def plan(cls: type[Any]) -> Plan:
    """Return how to read a dataclass from the elements of a data set."""
    result: Plan = {}
    for name, binding in bindings(cls).items():
        if binding.within is None:
            result[binding.tag] = (0, name, field_reader(binding))
        else:
            _, _, wrapped = result.setdefault(binding.within, (0, "", {}))
            wrapped[binding.tag] = (0, name, field_reader(binding))
    return result


def in_part(part: int, by_tag: Plan) -> Plan:
    """Return a plan for the same fields as another part of what is read in one pass."""
    return {tag: (part, name, reader if name else in_part(part, reader)) for tag, (_, name, reader) in by_tag.items()}


def read_fields(by_tag: Plan, elements: Elements, reading: Reading, *found: dict[str, Any]) -> list[int]:
    """Read elements into `found`, by part and field name; return the tags that are not said exactly."""
    inexact = []
    for tag, (vr, raw) in elements.items():
        entry = by_tag.get(tag)
        if entry is None:
            if tag & 0xFFFF:  # group lengths are about the encoding
                inexact.append(tag)
            continue
        part, name, reader = entry
        if not name:
            if not _read_wrapped(tag, reader, reading.items(tag, vr, raw), reading, *found):
                inexact.append(tag)
            continue
        value, exact = reader(vr, raw, reading)
        if value is not None:
            found[part][name] = value
        if not exact:
            inexact.append(tag)
    return inexact


def _read_wrapped(
    tag: int, by_tag: Plan, items: list[Elements] | None, reading: Reading, *found: dict[str, Any]
) -> bool:
    if not items:
        # An empty Measured Value Sequence is how a NUM says it has no value (PS3.3 C.18.1).
        return items is not None and tag == values.MEASURED_VALUE_SEQUENCE
    if len(items) > 1:
        reading.deviates(f"{tag_text(tag)} has {len(items)} items where one should be; the first is taken")
    outer = enter_item(items[0], reading)
    before = sum(map(len, found))
    inexact = read_fields(by_tag, items[0], reading, *found)
    leave_item(outer, inexact, reading)
    return not inexact and len(items) == 1 and sum(map(len, found)) > before


def read_entity(cls: type[Any], elements: Elements, reading: Reading) -> tuple[Any, bool]:
    """Return (dataclass, exact) for one sequence item."""
    outer = enter_item(elements, reading)
    found: dict[str, Any] = {}
    inexact = read_fields(plan(cls), elements, reading, found)
    leave_item(outer, inexact, reading)
    return builder(cls)(**found), not inexact


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


def enter_item(elements: Elements, reading: Reading) -> TextDecoder | None:
    """Enter a sequence item; return what `leave_item` needs."""
    reading.descend()
    return enter_character_set(elements, reading)


def leave_item(outer: TextDecoder | None, inexact: list[int], reading: Reading) -> None:
    """Leave a sequence item; take from `inexact` what is only about its encoding."""
    reading.depth -= 1
    if outer is not None:
        reading.decoder = outer
    if inexact:
        inexact[:] = carried(inexact, reading)


def carried(tags: list[int], reading: Reading) -> list[int]:
    """Return the tags that are about more than the encoding of an item; note the others.

    A character set has been followed, a group length counts bytes: neither says any more.
    """
    found = [tag for tag in tags if tag & 0xFFFF and tag != SPECIFIC_CHARACTER_SET]
    if len(found) < len(tags):
        reading.not_carried.update(set(tags) - set(found))
    return found


def declared_decoder(raw: bytes) -> TextDecoder:
    """Return the decoder for the raw value of Specific Character Set (0008,0005)."""
    text = raw.decode("ascii", "replace").strip(" \0")
    return text_decoder(tuple(part.strip() for part in text.split("\\")) if text else ())


# ---------------------------------------------------------------- verbatim


def verbatim(tag: int, vr: str, raw: Raw, reading: Reading) -> Attribute:
    """Return an attribute as it stands."""
    if vr == "SQ":
        return Attribute(tag, vr, tuple(verbatim_item(item, reading) for item in reading.items(tag, vr, raw) or ()))
    if isinstance(raw, list) or not raw:
        return Attribute(tag, vr)
    if vr in TEXT_VRS:
        text = reading.text(raw, vr)
        if not text:
            return Attribute(tag, vr)
        if len(raw) < MAX_SHORT_LENGTH // 4 or vr not in _SHORT or len(text.encode("utf_8")) <= MAX_SHORT_LENGTH:
            return Attribute(tag, vr, (text,) if vr in SINGLE_TEXT_VRS else tuple(text.split("\\")))
        vr, raw = "UN", text.encode("utf_8")
    if vr in _SHORT and len(raw) > MAX_SHORT_LENGTH:
        vr = "UN"  # PS3.5 6.2.2: what explicit VR can say of a value too long for its VR
    found = tags(raw) if vr == "AT" else numbers(vr, raw) if vr in FORMATS else None
    if found is not None:
        return Attribute(tag, vr, found)
    if len(raw) % 2:
        reading.deviates(f"{tag_text(tag)} has {len(raw)} bytes, an odd number; a zero byte is added")
        raw += b"\0"
        if vr == "UN" and dictionary_vr(tag) not in TEXT_VRS | BYTE_VRS:
            vr = "OB"  # the added byte could make a number or a sequence of it
    # What does not fit its VR becomes OB, not UN: UN would be tried again as the VR it should have.
    return Attribute(tag, vr if vr in BYTE_VRS else "OB", (raw,))


def verbatim_item(elements: Elements, reading: Reading) -> tuple[Attribute, ...]:
    """Return the attributes of a sequence item as they stand, in tag order."""
    outer = enter_item(elements, reading)
    attributes = tuple(verbatim(tag, *elements[tag], reading) for tag in carried(sorted(elements), reading))
    leave_item(outer, [], reading)
    return attributes
