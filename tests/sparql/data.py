"""The data that queries are asked of: reports, their quads, and the engines over them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from typing import Any

import pyoxigraph
from pyoxigraph import Quad, RdfFormat

from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.errors import SrError
from sr2graph.graph.quads import nquads
from sr2graph.samples import KINDS, sample
from tests.conftest import corpus_files
from tests.sparql.odd_reports import odd_reports
from tests.sparql.oracle import Oxigraph, Rdflib
from tests.sparql.spec.query import Specification
from tests.sparql.terms import Term, literal

_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(?:\^\^<([^>]*)>)? <[^>]*> \.$', re.MULTILINE)


@dataclass(frozen=True)
class DataSet:
    """Reports that are queried together."""

    name: str
    reports: tuple[Report, ...]

    @cached_property
    def nquads(self) -> str:
        """All of them as N-Quads."""
        return "".join(map(nquads, self.reports))

    @cached_property
    def quads(self) -> list[Quad]:
        """The quads, numbers spelled as pyoxigraph spells them where it parses them."""
        return list(pyoxigraph.parse(self.nquads.encode(), format=RdfFormat.N_QUADS))

    @cached_property
    def oxigraph(self) -> Oxigraph:
        """pyoxigraph over the data."""
        return Oxigraph(self.quads)

    @cached_property
    def rdflib(self) -> Rdflib:
        """rdflib over the data."""
        return Rdflib(self.quads)

    @cached_property
    def specification(self) -> Specification:
        """The standard over the data."""
        return Specification(self.quads)

    @cached_property
    def literals(self) -> frozenset[Term]:
        """Every literal, exactly as the N-Quads spell it."""
        found = _LITERAL.findall(self.nquads)
        return frozenset(literal(_unescaped(text), datatype or literal("").datatype) for text, datatype in found)


_ESCAPE = re.compile(r'\\(?:([tbnrf"\'\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))')
_CHARACTERS = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1]:
            return _CHARACTERS.get(match[1], match[1])
        return chr(int(match[2] or match[3], 16))

    return _ESCAPE.sub(character, text)


# ---------------------------------------------------------------- numbers in one spelling


def plainly_spelled(report: Report) -> Report:
    """The report with each number spelled in the one way that pyoxigraph writes it.

    pyoxigraph keeps values, not spellings: where a value has two, it joins, groups and counts
    what SPARQL keeps apart.
    """
    root = report.root and _plain_item(report.root)
    return replace(report, root=root, patient=_plain_fields(report.patient))


def _plain_item(item: ContentItem) -> ContentItem:
    children = tuple(_plain_item(child) if isinstance(child, ContentItem) else child for child in item.children)
    return replace(item, value=_plain_fields(item.value), children=children)


NUMBER_FIELDS = frozenset({"numeric_value", "decimals", "time_offsets", "size", "weight"})


def _plain_fields(thing: Any) -> Any:
    """A dataclass with its decimal strings in plain notation, those of its parts too."""
    if isinstance(thing, tuple):
        return tuple(map(_plain_fields, thing))
    if not is_dataclass(thing) or isinstance(thing, type):
        return thing
    changed = {}
    for field in fields(thing):
        before = getattr(thing, field.name)
        changed[field.name] = _plain_text(before) if field.name in NUMBER_FIELDS else _plain_fields(before)
    return replace(thing, **changed)


def _plain_text(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_plain_text, value))
    try:
        return value and f"{Decimal(value).normalize() + 0:f}"
    except InvalidOperation:
        return value


# ---------------------------------------------------------------- the data sets


@cache
def small() -> DataSet:
    """A sample of each kind, and the hand-made reports: what the suite is asked of."""
    return DataSet("small", (*map(sample, KINDS), *odd_reports()))


@cache
def odd() -> DataSet:
    """The hand-made reports alone: little enough for rdflib."""
    return DataSet("odd", tuple(odd_reports()))


SHORT_KINDS = ("key_objects", "basic_text", "radiopharmaceutical_dose", "planar_roi", "ct_dose")


@cache
def plain() -> DataSet:
    """Reports with each number in one spelling: where pyoxigraph can be believed about terms."""
    samples = [sample(kind) for kind in SHORT_KINDS] + [sample("basic_text", seed=2)]
    return DataSet("plain", tuple(map(plainly_spelled, (*samples, *odd_reports()))))


@cache
def real() -> DataSet:
    """The real files that can be read, each SOP Instance UID once."""
    found: dict[str, Report] = {}
    for report in _readable():
        found.setdefault(report.sop_instance_uid, report)
    return DataSet("real", tuple(found.values()))


def _readable() -> Iterator[Report]:
    for path in corpus_files():
        try:
            yield read(path)
        except SrError:
            continue
