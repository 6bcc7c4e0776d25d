"""Codes as such, wherever they are used: scheme, value and meaning (PS3.3 8, PS3.16 8 and Annex D).

The same code is told of once, at its first place; what is wrong with it is wrong at all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, Position
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import Code, MeasuredValue, Table
from sr2graph.templates.checking.annex_d import dcm_codes
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.iods import lines
from sr2graph.templates.checking.wording import code_text, designator_text, standard_code, standard_codes
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.value_sets import Code as StandardCode
from sr2graph.templates.value_sets import meanings
from sr2graph.terms.schemes import PADDING, coding_scheme, normal_designator

WITHOUT_FIXED_MEANINGS = frozenset({"UCUM", "ISO3166_1", "RFC5646", "RFC3066", "IETF4646", "ISO639_1", "ISO639_2"})
"""Schemes whose codes are written out in any way: units, languages, countries."""


def codes_of(item: ContentItem) -> Iterator[CodedConcept]:
    """Yield the codes of an item: its concept name, and those in its value."""
    if item.concept_name is not None:
        yield item.concept_name
    value = item.value
    if isinstance(value, Code):
        found: Iterable[CodedConcept | None] = (value.concept,)
    elif isinstance(value, MeasuredValue):
        found = (value.unit, value.qualifier)
    elif isinstance(value, Table):
        found = _codes_of_table(value)
    else:
        return
    yield from (concept for concept in found if concept is not None)


def _codes_of_table(value: Table) -> Iterator[CodedConcept | None]:
    for axis in (*value.row_definitions, *value.column_definitions):
        yield axis.concept_name
        yield axis.unit
    for cell in value.cells:
        yield from cell.codes
        yield cell.qualifier


def check_codes(items: Iterable[ContentItem], report: Report, keys: CodeKeys, findings: Findings) -> None:
    """Note what is wrong with the codes of a report."""
    declared = frozenset(normal_designator(scheme.designator) for scheme in report.document.coding_schemes)
    checks = _CodeChecks(keys, declared, findings)
    seen: dict[int, CodedConcept] = {}  # the codes themselves, for identities are used again
    for item in items:
        for concept in codes_of(item):
            if id(concept) not in seen:
                seen[id(concept)] = concept
                checks.check(concept, item.position)


class _CodeChecks:
    def __init__(self, keys: CodeKeys, declared: frozenset[str], findings: Findings) -> None:
        self._keys = keys
        self._declared = declared
        self._findings = findings
        self._told = set[tuple[str, str]]()

    def check(self, concept: CodedConcept, position: Position) -> None:
        """Check one code; the same finding about the same code is told once."""
        if concept.code is None:
            return  # told by reading where it matters
        self._check_scheme(concept, position)
        meaning = (concept.meaning or "").strip(PADDING)
        if not meaning:
            self._tell(concept, position, "code-without-meaning",
                       "Code Meaning (0008,0104) is Type 1 (PS3.3 Table 8.8-1)", "none")  # fmt: skip
        if normal_designator(concept.scheme) == "DCM":
            self._check_dcm(concept, position)
        if meaning:
            self._check_meaning(concept, meaning, position)

    def _check_scheme(self, concept: CodedConcept, position: Position) -> None:
        designator = normal_designator(concept.scheme)
        if not designator:
            if not concept.urn_value:
                self._tell(concept, position, "code-without-scheme",
                           "Coding Scheme Designator (0008,0102) is there with a Code Value (PS3.3 Table 8.8-1)",
                           "none")  # fmt: skip
            return
        scheme = coding_scheme(concept.scheme)
        if scheme is not None and scheme.status != "active":
            self._tell_scheme(concept, position, "scheme-retired",
                              f"{scheme.designator} is {scheme.status} (PS3.16 Table 8-1)")  # fmt: skip
        elif scheme is None and designator not in self._declared and not _is_private(designator):
            self._tell_scheme(concept, position, "scheme-unknown",
                              "a designator is one of PS3.16 Tables 8-1 and 8-2, begins with 99 or L, or is in the "
                              "Coding Scheme Identification Sequence (PS3.3 8.2, C.12.1.1.5)")  # fmt: skip

    def _check_dcm(self, concept: CodedConcept, position: Position) -> None:
        code = dcm_codes().get((concept.code or "").strip(PADDING))
        if code is None:
            self._tell(concept, position, "code-unknown",
                       "the codes of DCM are those of PS3.16 Annex D", "none of them, as far as edition 2024c "
                       "is known")  # fmt: skip
        elif code.retired:
            instead = f", use {_code_named(code.replaced_by)}" if code.replaced_by else ""
            self._tell(concept, position, "code-retired",
                       f"({code.value}, DCM) is retired{instead} (PS3.16 Annex D)", "it is used")  # fmt: skip

    def _check_meaning(self, concept: CodedConcept, meaning: str, position: Position) -> None:
        iri, designator = self._keys.iri(concept) or "", normal_designator(concept.scheme)
        known = _meanings_of().get(iri)
        if known is None or designator in WITHOUT_FIXED_MEANINGS:
            return
        said = _normal(meaning)
        if said in known or not said:
            return
        standard = f"it means {code_text(concept, self._keys)} (PS3.16)"
        others = _iris_of().get((standard_codes()[iri].scheme, said), ())
        if others:
            other = standard_code(standard_codes()[others[0]])
            self._tell(concept, position, "meaning-of-another", standard,
                       f"the meaning of {other}")  # fmt: skip
        else:
            self._tell(concept, position, "meaning-differs", standard, "another meaning")

    def _tell(self, concept: CodedConcept, position: Position, rule: str, standard: str, found: str) -> None:
        key = rule, f"{concept.scheme} {concept.code} {concept.meaning if rule.startswith('meaning') else ''}"
        if key not in self._told:
            self._told.add(key)
            self._findings.add(position, rule, standard, found)

    def _tell_scheme(self, concept: CodedConcept, position: Position, rule: str, standard: str) -> None:
        key = rule, normal_designator(concept.scheme)
        if key not in self._told:
            self._told.add(key)
            self._findings.add(position, rule, standard, designator_text(concept))


def _is_private(designator: str) -> bool:
    """PS3.3 8.2: 99 begins a private designator, L one that only has a local meaning."""
    return designator.startswith(("99", "L"))


def _code_named(text: str) -> str:
    scheme, _, value = text.partition(":")
    return standard_code(StandardCode(scheme, value))


def _normal(meaning: str) -> str:
    """Return a meaning as it is compared: letters and digits, in any case."""
    return "".join(letter for letter in meaning.casefold() if letter.isalnum())


@cache
def _meanings_of() -> dict[str, frozenset[str]]:
    """Return canonical IRI ↔ what the standard calls it, SRT and SCT alike."""
    found: dict[str, set[str]] = {}
    elsewhere = (((line["scheme"], line["value"]), line["meaning"]) for line in lines("meanings.csv"))
    for (scheme, value), meaning in chain(meanings().items(), elsewhere):
        if meaning:
            found.setdefault(StandardCode(scheme, value).iri, set()).add(_normal(meaning))
    return {iri: frozenset(said) for iri, said in found.items()}


@cache
def _iris_of() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return (scheme, meaning) ↔ canonical IRIs of the codes that mean it."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for iri, said in _meanings_of().items():
        for meaning in said:
            key = standard_codes()[iri].scheme, meaning
            found[key] = (*found.get(key, ()), iri)
    return found
