"""Hypothesis strategies for Reports: whatever reading a file can yield, and nothing it cannot.

Every field of every dataclass is reached through its binding, so a new field is covered
the day it is bound.  Text is trimmed and never empty, numbers fit their VR, positions
follow the tree: as reading leaves them.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from sr2graph.dicom.attributes import Attribute, Binding, bindings
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, Position, RelationshipType
from sr2graph.dicom.reading import ENTITIES, SPECIFIC_CHARACTER_SET
from sr2graph.dicom.report import Report
from sr2graph.dicom.sop_classes import sr_sop_classes
from sr2graph.dicom.tokenise import CONTENT_SEQUENCE
from sr2graph.dicom.tree import HEADER_CLASSES, REFERENCED_ITEM
from sr2graph.dicom.values import TABULATED_VALUES_SEQUENCE, VALUE_CLASSES, ValueType
from sr2graph.dicom.vr import BYTE_VRS, FORMATS, SINGLE_TEXT_VRS, TEXT_VRS, TRIMMED_VRS

STRIPPED_IN_LISTS = frozenset("AE AS CS DA DS DT IS TM UI".split())
"""VRs in which blanks around each of several values say nothing."""

# ---------------------------------------------------------------- text

odd_characters = st.characters(exclude_categories=["Cs"])
ascii_characters = st.characters(min_codepoint=0, max_codepoint=127)

REALISTIC: dict[str, tuple[str, ...]] = {
    "AE": ("PACS", "ARCHIVE 1"),
    "AS": ("045Y", "003W"),
    "CS": ("ORIGINAL", "F", "1", "DCMR", "lower case"),
    "DA": ("20240229", "2024.02.29", "20240230", "2024"),
    "DS": ("1.10", "-0", "+.5", "1e-3", "1E+400", "5.", "0.000000001", "1e999999999", "not a number", "12,5"),
    "DT": ("2024", "202402", "20240229", "20240229120000.123456+0200", "2024022912-0330", "20240229 12", "00000101"),
    "IS": ("0", "-1", "+007", "2147483648", "1.0", "one"),
    "LO": ("Ж", "CT Thorax", "a^b=c", '"quoted" <angle> & more'),
    "LT": ("two\r\nlines", " indented", "back\\slash"),
    "PN": ("Doe^Jane^^Dr.", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Müller^Jörg", "^^^", "="),
    "SH": ("mm", "T-D1100", "{ratio}", "99SR"),
    "ST": ("http://example.org/a\\b", "tab\there"),
    "TM": ("12", "1200", "120000", "235960", "240000", "12:00:00", "120000.5"),
    "UC": ("long" * 30, "値"),
    "UI": ("1.2.840.10008.1.1", "1.2.03", "2.25.1", "not a uid", "1.2#3", "1..2"),
    "UR": ("http://example.org/?a=b c", "urn:oid:1.2.3", "\\\\server"),
    "UT": ("1 < 2 & 3 > 2", "end\\", "\x1b[31mred", "\u2028", "\ufeffbom", "\U0001d6fc"),
}
"""Values that real files have, valid and not."""


def normal(text: str, vr: str) -> str:
    """Text as reading leaves it."""
    return text.strip(" \0") if vr in TRIMMED_VRS else text.rstrip(" \0")


@cache
def texts(vr: str, *, backslash: bool = True) -> SearchStrategy[str]:
    """One value of a text VR."""
    found = st.one_of(
        st.sampled_from(REALISTIC[vr]),
        st.text(ascii_characters, min_size=1, max_size=12),
        st.text(odd_characters, min_size=1, max_size=12),
    )
    if not backslash:
        found = found.map(lambda text: text.replace("\\", "/"))
    return found.map(lambda text: normal(text, vr)).filter(bool)


@cache
def text_lists(vr: str) -> SearchStrategy[tuple[str, ...]]:
    """One or more values of a text VR, as a backslash separates them."""
    part = st.one_of(st.sampled_from(REALISTIC[vr]), st.text(odd_characters, max_size=8), st.just(""))
    return st.lists(part, min_size=1, max_size=4).map("\\".join).map(lambda text: _split(text, vr)).filter(bool)


def _split(text: str, vr: str) -> tuple[str, ...]:
    text = normal(text, vr)
    if not text:
        return ()
    if "\\" not in text:
        return (text,)
    return tuple(part.strip(" ") if vr in STRIPPED_IN_LISTS else part for part in text.split("\\"))


# ---------------------------------------------------------------- numbers


def _float32(value: float) -> float:
    (packed,) = struct.unpack("<f", struct.pack("<f", value))
    return math.nan if math.isnan(packed) else float(packed)


@cache
def numbers(vr: str) -> SearchStrategy[Any]:
    """One number of a binary VR, as unpacking it yields; there is one NaN object for all."""
    if vr == "FL":
        return st.one_of(st.floats(width=32).map(_float32), st.sampled_from([math.nan, math.inf, -math.inf, -0.0]))
    if vr == "FD":
        return st.floats().map(lambda value: math.nan if math.isnan(value) else value)
    bits = 8 * struct.calcsize(FORMATS[vr])
    signed = FORMATS[vr].islower()
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.one_of(st.integers(low, high), st.sampled_from([low, high, 0, 1]))


# ---------------------------------------------------------------- attributes carried verbatim


@cache
def bound_tags() -> frozenset[int]:
    """Every tag that some field or some structure of a Report stands for."""
    tags = {SPECIFIC_CHARACTER_SET, CONTENT_SEQUENCE, REFERENCED_ITEM, TABULATED_VALUES_SEQUENCE}
    for cls in (*HEADER_CLASSES.values(), *ENTITIES.values()):
        for binding in bindings(cls).values():
            tags.add(binding.tag)
            if binding.within is not None:
                tags.add(binding.within)
    return frozenset(tags)


ATTRIBUTE_VRS = (*sorted(TEXT_VRS), *sorted(FORMATS), *sorted(BYTE_VRS), "AT")

_tags = st.one_of(
    st.sampled_from([0x0008_0008, 0x0009_0010, 0x0009_1001, 0x0028_0010, 0x0029_10FF, 0x0040_A0FF, 0x7FE0_0010]),
    st.integers(0x0004_0001, 0xFFFA_FFFF).filter(lambda tag: tag & 0xFFFF),
).filter(lambda tag: tag not in bound_tags())


@cache
def _attribute_values(vr: str) -> SearchStrategy[tuple[Any, ...]]:
    if vr in SINGLE_TEXT_VRS:
        return st.tuples(texts(vr))
    if vr in TEXT_VRS:
        part = st.one_of(st.sampled_from(REALISTIC[vr]), st.text(odd_characters, max_size=8))
        whole = st.lists(part, min_size=1, max_size=3).map("\\".join).map(lambda text: normal(text, vr)).filter(bool)
        return whole.map(lambda text: tuple(text.split("\\")))
    if vr in FORMATS:
        return st.lists(numbers(vr), min_size=1, max_size=3).map(tuple)
    if vr == "AT":
        return st.lists(st.integers(0, 0xFFFF_FFFF), min_size=1, max_size=3).map(tuple)
    return st.tuples(st.binary(min_size=1, max_size=6).map(lambda raw: raw + b"\0" * (len(raw) % 2)))


@st.composite
def attributes(draw: DrawFn, depth: int = 0) -> Attribute:
    """An attribute that no field stands for: standard, private, empty, or a sequence."""
    tag = draw(_tags)
    if depth < 3 and draw(st.integers(0, 4)) == 0:
        return Attribute(tag, "SQ", tuple(draw(st.lists(other_attributes(depth + 1), max_size=2))))
    vr = draw(st.sampled_from(ATTRIBUTE_VRS))
    return Attribute(tag, vr, draw(st.one_of(_attribute_values(vr), st.just(()))))


@cache
def other_attributes(depth: int = 0) -> SearchStrategy[tuple[Attribute, ...]]:
    """Attributes of one data set, in tag order, each tag once."""
    found = st.lists(attributes(depth), max_size=2, unique_by=lambda a: a.tag)
    return found.map(lambda some: tuple(sorted(some, key=lambda a: a.tag)))


@st.composite
def _empty_attributes(draw: DrawFn, cls: type[Any], fields: dict[str, Any]) -> tuple[Attribute, ...]:
    """Attributes that are present without a value, for fields that have none."""
    free = [
        Attribute(binding.tag, binding.vr)
        for name, binding in bindings(cls).items()
        if name not in fields and binding.within is None and name not in ("target", "value_type")
    ]
    chosen = draw(st.lists(st.sampled_from(free), max_size=2, unique_by=lambda a: a.tag)) if free else []
    return tuple(chosen)


def _in_order(*groups: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    return tuple(sorted((a for group in groups for a in group), key=lambda a: a.tag))


# ---------------------------------------------------------------- dataclasses by their bindings


def _field(binding: Binding, depth: int) -> SearchStrategy[Any]:
    if binding.vr == "SQ":
        return _sequence_field(binding, depth)
    if binding.vr in FORMATS:
        number = numbers(binding.vr)
        return st.lists(number, min_size=1, max_size=6).map(tuple) if binding.many else number
    return text_lists(binding.vr) if binding.many else texts(binding.vr)


def _sequence_field(binding: Binding, depth: int) -> SearchStrategy[Any]:
    if binding.entity is None:
        items = st.lists(other_attributes(2), max_size=2).map(tuple)
        return items.map(lambda values: Attribute(binding.tag, "SQ", values))
    cls = ENTITIES[binding.entity]
    if binding.many:
        return st.lists(entities(cls, depth + 1), min_size=1, max_size=2).map(tuple)
    # An item that says nothing is carried verbatim instead.
    return entities(cls, depth + 1).filter(lambda entity: entity != cls())


@st.composite
def _fields(draw: DrawFn, cls: type[Any], depth: int, skipped: tuple[str, ...] = ()) -> dict[str, Any]:
    names = [n for n, b in bindings(cls).items() if n not in skipped and (b.vr != "SQ" or depth < 3)]
    if not names:
        return {}
    chosen = draw(st.lists(st.sampled_from(names), max_size=5, unique=True))
    return {name: draw(_field(bindings(cls)[name], depth)) for name in chosen}


@st.composite
def entities(draw: DrawFn, cls: type[Any], depth: int = 0) -> Any:
    """A dataclass of the header or of a value, any of its fields set."""
    return cls(**draw(_fields(cls, depth)))


REALISTIC_CODES = (
    CodedConcept("410668003", "SCT", "Length"),
    CodedConcept("410668003", "sct", "length"),
    CodedConcept("T-D1100", "SRT", "Head"),
    CodedConcept("mm", "UCUM", "millimeter", version="1.4"),
    CodedConcept("1", "99PRIVATE", "Eins"),
    CodedConcept("1", "99PRIVATE", "Eins", scheme_uid="1.2.3.4"),
    CodedConcept("121071", "DCM"),
    CodedConcept(None, None, "no code at all"),
    CodedConcept(scheme="LN", meaning="long", long_value="x" * 40),
    CodedConcept(meaning="urn", urn_value="urn:lex:us:federal:codified.regulation:2013-04-25;45CFR164"),
)


def concepts(depth: int = 0) -> SearchStrategy[CodedConcept]:
    """A code: of a known scheme, private, long, URN, with versions and equivalents, or odd."""
    return st.one_of(
        st.sampled_from(REALISTIC_CODES), entities(CodedConcept, depth).filter(lambda c: c != CodedConcept())
    )


# ---------------------------------------------------------------- the tree

_relationships = st.one_of(st.sampled_from(RelationshipType), st.sampled_from([None, "UNHEARD OF", "contains"]))
_value_types = st.one_of(st.sampled_from(ValueType), st.sampled_from([None, "TEXTO", "num"]))


@st.composite
def _values(draw: DrawFn, value_type: str | None) -> Any:
    """The value that reading gives an item of a value type, missing and unheard of ones included."""
    if value_type in VALUE_CLASSES:
        return draw(entities(VALUE_CLASSES[ValueType(value_type)]))
    if value_type == ValueType.CONTAINER:
        return None
    # Told by the attributes that are there: one that belongs to this class alone.
    telling = [
        (VALUE_CLASSES[t], name)
        for t, name in (
            (ValueType.TEXT, "text"),
            (ValueType.CODE, "concept"),
            (ValueType.DATE, "date"),
            (ValueType.UIDREF, "uid"),
        )
    ]
    choice = draw(st.sampled_from([None, *telling]))
    if choice is None:
        return None
    cls, name = choice
    return cls(**{name: draw(_field(bindings(cls)[name], 1))})


@st.composite
def _items(draw: DrawFn, depth: int) -> ContentItem:
    """A content item and its children, all at position ()."""
    value_type = draw(_value_types)
    value = draw(_values(value_type))
    fields = draw(_fields(ContentItem, 1, skipped=("relationship", "value_type", "concept_name")))
    if draw(st.integers(0, 9)):
        fields["concept_name"] = draw(concepts())
    relationship = draw(_relationships)
    if relationship is not None:
        fields["relationship"] = relationship
    children: tuple[Any, ...] = ()
    if depth < 4:
        child = st.one_of(_items(depth + 1), _references())
        children = tuple(draw(st.lists(child, min_size=depth == 0, max_size=4 if depth < 2 else 1)))
    other = draw(other_attributes()) if draw(st.integers(0, 4)) == 0 else ()
    empty = draw(_empty_attributes(ContentItem, fields)) if draw(st.integers(0, 4)) == 0 else ()
    return ContentItem(
        position=(), value_type=value_type, value=value, children=children, other=_in_order(other, empty), **fields
    )


@st.composite
def _references(draw: DrawFn) -> ByReference:
    # Ancestors make cycles, others dangle; zeros and huge ordinals are in real files.
    target = draw(
        st.one_of(
            st.sampled_from([(1,), (1, 1), (1, 2), (1, 1, 1), (2,), (1, 0), (0,)]),
            st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4).map(tuple),
        )
    )
    other = draw(other_attributes()) if draw(st.integers(0, 4)) == 0 else ()
    return ByReference(position=(), relationship=draw(_relationships), target=target, other=other)


def placed(item: ContentItem, position: Position = (1,)) -> ContentItem:
    """The item with positions as they follow from its place in the tree."""
    children = tuple(_placed_child(child, (*position, i)) for i, child in enumerate(item.children, 1))
    return replace(item, position=position, children=children)


def _placed_child(child: ContentItem | ByReference, position: Position) -> ContentItem | ByReference:
    return placed(child, position) if isinstance(child, ContentItem) else replace(child, position=position)


# ---------------------------------------------------------------- reports

uids = st.one_of(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=5).map(lambda parts: "1." + ".".join(map(str, parts))),
    texts("UI"),
)


@st.composite
def _headers(draw: DrawFn) -> tuple[dict[str, dict[str, Any]], tuple[Attribute, ...]]:
    header: dict[str, dict[str, Any]] = {}
    empties: list[tuple[Attribute, ...]] = []
    for part, cls in HEADER_CLASSES.items():
        header[part] = draw(_fields(cls, 0))
        if part == "document":
            header[part]["sop_instance_uid"] = draw(uids)
            header[part]["sop_class_uid"] = draw(st.sampled_from(sorted(sr_sop_classes())))
        if draw(st.integers(0, 3)) == 0:
            empties.append(draw(_empty_attributes(cls, header[part])))
    return header, _in_order(*empties)


@st.composite
def reports(draw: DrawFn) -> Report:
    """A whole Report, as reading some file would give it."""
    header, empties = draw(_headers())
    root = None
    if draw(st.integers(0, 9)):
        root = placed(replace(draw(_items(0)), other=()))
        if root.concept_name is None and not root.children:
            # What tells a content tree (PS3.3 C.17.3): a concept name or content.
            root = replace(root, concept_name=CodedConcept("121071", "DCM", "Finding"))
        if root.value_type is None and not root.children:
            root = replace(root, value_type="CONTAINER", value=None)
    other = draw(other_attributes()) if draw(st.booleans()) else ()
    return Report(
        **{part: cls(**header[part]) for part, cls in HEADER_CLASSES.items()},
        root=root,
        other=_in_order(other, empties),
    )


# ---------------------------------------------------------------- one report with everything


def _filled(binding: Binding, numbering: Iterator[int], depth: int) -> Any:
    n = next(numbering)
    if binding.vr == "SQ":
        if binding.entity is None:
            return Attribute(binding.tag, "SQ", ((Attribute(0x0028_0010, "US", (n % 1000,)),),))
        entity = filled(ENTITIES[binding.entity], numbering, depth + 1)
        return (entity, filled(ENTITIES[binding.entity], numbering, depth + 1)) if binding.many else entity
    if binding.vr in FORMATS:
        one: Any = float(n) if binding.vr in ("FL", "FD") else n % 60000
        return (one, one) if binding.many else one
    text = f"1.2.{n}" if binding.vr == "UI" else str(n)
    return (text, text + "0") if binding.many else text


def filled(cls: type[Any], numbering: Iterator[int], depth: int = 0) -> Any:
    """A dataclass with every bound field set, each value told apart by a number."""
    return cls(
        **{
            name: _filled(binding, numbering, depth)
            for name, binding in bindings(cls).items()
            if binding.entity is None or depth < 2
        }
    )


def full_report() -> Report:
    """A Report in which every bound field of every dataclass has a value."""
    numbering = count(1001)
    children = []
    for i, (value_type, cls) in enumerate(VALUE_CLASSES.items(), 1):
        fields = {
            name: _filled(binding, numbering, 1)
            for name, binding in bindings(ContentItem).items()
            if name not in ("relationship", "value_type")
        }
        children.append(
            ContentItem(
                position=(1, i),
                relationship="CONTAINS",
                value_type=value_type,
                value=filled(cls, numbering),
                **fields,
            )
        )
    reference = ByReference(position=(1, len(children) + 1), relationship="INFERRED FROM", target=(1, 2))
    root = ContentItem(
        position=(1,),
        value_type="CONTAINER",
        concept_name=CodedConcept("121071", "DCM", "Finding"),
        children=(*children, reference),
    )
    header = {part: filled(cls, numbering) for part, cls in HEADER_CLASSES.items()}
    return Report(**header, root=root)
