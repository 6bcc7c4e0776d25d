"""What codes of a report are looked up by: their canonical IRIs, which SRT and SCT share.

Reading gives equal codes as one object most of the time, so the memory goes by identity first: that is much cheaper
than hashing all fields of a code.
"""

from __future__ import annotations

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.report import Report
from sr2graph.terms.codes import CodeScope, code_iri
from sr2graph.terms.schemes import coding_scheme

MAX_REMEMBERED = 8_000
"""Codes of standard schemes remembered between reports: a bound on memory."""

Spelling = tuple[str | None, str | None, str | None, str | None]

_standard: dict[Spelling, str | None] = {}


class CodeKeys:
    """The canonical IRIs of the codes of one report; private schemes mean what the report says they mean."""

    __slots__ = ("_kept", "_scope", "_seen", "_spelled")

    def __init__(self, report: Report) -> None:
        uids = {each.designator: each.uid for each in report.document.coding_schemes if each.designator and each.uid}
        self._scope = CodeScope(uids, report.equipment.manufacturer)
        self._seen: dict[int, str | None] = {id(None): None}
        self._kept: list[CodedConcept] = []
        """Those seen: identities are used again once their owner is gone."""
        self._spelled: dict[tuple[Spelling, str | None], str | None] = {}

    def iri(self, concept: CodedConcept | None) -> str | None:
        """Return the canonical IRI of a code; None where there is no code."""
        try:
            return self._seen[id(concept)]
        except KeyError:
            assert concept is not None  # noqa: S101 # None is among those seen
            found = self._seen[id(concept)] = self._of(concept)
            self._kept.append(concept)
            return found

    def _of(self, concept: CodedConcept) -> str | None:
        spelling = concept.value, concept.long_value, concept.urn_value, concept.scheme
        known = _standard.get(spelling)
        if known is not None:
            return known
        if coding_scheme(concept.scheme) is not None:
            return _standard_iri(spelling)
        key = spelling, concept.scheme_uid
        if key not in self._spelled:
            scope = self._scope
            if concept.scheme_uid and concept.scheme:
                scope = CodeScope({**scope.scheme_uids, concept.scheme: concept.scheme_uid}, scope.manufacturer)
            self._spelled[key] = _iri(spelling, scope)
        return self._spelled[key]


def _standard_iri(spelling: Spelling) -> str | None:
    if len(_standard) >= MAX_REMEMBERED:
        _standard.clear()
    found = _standard[spelling] = _iri(spelling, CodeScope({}, None))
    return found


def _iri(spelling: Spelling, scope: CodeScope) -> str | None:
    value, long_value, urn, scheme = spelling
    return code_iri(value or long_value, scheme, urn=urn, scope=scope).iri
