"""The reports that the tests of this room look at: samples, real files, and reports with everything in them."""

from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sr2graph.dicom.attributes import Attribute, Binding, bindings
from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.header import Document
from sr2graph.dicom.read import read
from sr2graph.dicom.reading import ENTITIES
from sr2graph.dicom.report import Report
from sr2graph.dicom.tree import HEADER_CLASSES
from sr2graph.dicom.values import VALUE_CLASSES, Value
from sr2graph.dicom.vr import FORMATS
from sr2graph.samples import KINDS, sample
from tests.conftest import corpus_files
from tests.strategies import placed

UID = "1.2.3"
IRI = f"urn:oid:{UID}"
FINDING = CodedConcept("121071", "DCM", "Finding")
OPAQUE = Attribute(0x0009_1001, "LO", ("private",))


def item(value: Value | None = None, *children: ContentItem | ByReference, **fields: Any) -> ContentItem:
    """A content item; without a value a CONTAINER, and related by CONTAINS unless said otherwise."""
    default = next((name for name, cls in VALUE_CLASSES.items() if cls is type(value)), "CONTAINER")
    settings: dict[str, Any] = {"relationship": "CONTAINS", "value_type": default, "concept_name": FINDING} | fields
    return ContentItem(position=(), value=value, children=children, **settings)


def link(*target: int, relationship: str | None = "INFERRED FROM") -> ByReference:
    """A by-reference relationship."""
    return ByReference(position=(), relationship=relationship, target=target)


def report(*children: ContentItem | ByReference, **header: Any) -> Report:
    """A report whose root has these children, its positions as they follow."""
    root = placed(item(None, *children, relationship=None))
    return Report(**{"document": Document(sop_instance_uid=UID), **header}, root=root)


# ---------------------------------------------------------------- reports with everything in them

EXACT = {"DA": "20240229", "TM": "120000", "DT": "20240229120000+0200", "DS": "1.10", "IS": "12", "AS": "042Y"}
"""Values whose typed form says it all."""
ODD = {"DA": "2024.02.29", "TM": "1200", "DT": "2024022912", "DS": "1e-3", "IS": "one", "AS": "042Y"}
"""Values that have a typed form that does not say it all, or none."""


EQUIVALENT = 10
"""The depth of equivalent codes, which have none themselves."""


class Filler:
    """Sets every bound field of a dataclass, each text told apart by a number."""

    def __init__(self, words: dict[str, str], *, several: bool) -> None:
        self.words = words
        self.several = several
        self.numbers: Iterator[int] = count(1001)

    def entity(self, cls: type[Any], depth: int = 0) -> Any:
        """A dataclass with every field set; codes have equivalents only where several of things are asked for."""
        fields = {name: self.value(b, depth) for name, b in bindings(cls).items() if name != "equivalent_codes"}
        if cls is CodedConcept and self.several and depth < EQUIVALENT:
            fields["equivalent_codes"] = tuple(self.entity(CodedConcept, EQUIVALENT) for _ in range(2))
        if "graphic_type" in fields:
            fields |= {"graphic_type": "POINT", "graphic_data": (1.0, 2.5, 3.0)[: 2 if "pixel_origin" in fields else 3]}
        return cls(**fields)

    def value(self, binding: Binding, depth: int) -> Any:
        """The value of one field."""
        if binding.entity is not None:
            one: Any = self.entity(ENTITIES[binding.entity], depth + 1)
        elif binding.vr == "SQ":
            return Attribute(binding.tag, "SQ", ((OPAQUE,),))
        elif binding.vr in FORMATS:
            one = 1.5 if binding.vr in ("FL", "FD") else next(self.numbers)
        else:
            one = self.words.get(binding.vr) or f"{'1.2.' if binding.vr == 'UI' else ''}{next(self.numbers)}"
        if not binding.many:
            return one
        return (one, one) if self.several else (one,)

    def items(self) -> Iterator[ContentItem | ByReference]:
        """An item of every value type and every relationship, by value and by reference."""
        for value_type, cls in VALUE_CLASSES.items():
            fields = {
                name: self.value(binding, 1)
                for name, binding in bindings(ContentItem).items()
                if name not in ("relationship", "value_type")
            }
            yield item(self.entity(cls), **fields | {"value_type": value_type, "other": (OPAQUE,)})
        for relationship in (*RelationshipType, "UNHEARD OF", None):
            yield item(None, relationship=relationship, value_type=None if relationship else "UNHEARD OF")
            yield link(1, 1, relationship=relationship)

    def report(self) -> Report:
        """A report with a value in every field."""
        header = {part: self.entity(cls) for part, cls in HEADER_CLASSES.items()}
        return Report(**header, root=report(*self.items()).root, other=(OPAQUE,))


@cache
def full_reports() -> dict[str, Report]:
    """Two reports that together need every row of the vocabulary table."""
    return {"exact": Filler(EXACT, several=False).report(), "odd": Filler(ODD, several=True).report()}


# ---------------------------------------------------------------- all of them, as parameters

SMALL = 50_000
"""Bytes of a file that pure-Python parsers still read in good time: five of six real ones."""


@cache
def load(source: str | Path) -> Report:
    """The report of a real file, a kind of sample, or the name of a full report."""
    if isinstance(source, Path):
        return read(source)
    return full_reports()[source] if source in full_reports() else sample(source)


def every_report(*, largest: int | None = None) -> list[Any]:
    """Parameters for `load`: full reports, samples, and the real files, up to a size."""
    files = [path for path in corpus_files() if largest is None or path.stat().st_size <= largest]
    made = [pytest.param(name, id=name) for name in (*full_reports(), *KINDS)]
    return made + [pytest.param(path, id=path.name, marks=pytest.mark.corpus) for path in files]
