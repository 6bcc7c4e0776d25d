"""The units of the standard's own tables and of real reports, every one of them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import sr2graph
from sr2graph.dicom.concept import CodedConcept
from sr2graph.errors import SrError
from sr2graph.terms.units import canonical_unit, canonical_value, unit_code, units_of, unknown_units
from tests.conftest import ROOT, corpus_files

STANDARD = ROOT.parent / "shared" / "dicom"
"""The tables of PS3.16 as JSON, beside the repository."""

NOT_COMPARABLE = {
    "[hnsf'U]",
    "[arb'U]",
    "[iU]",
    "[pH]",
    "[p'diop]",
    "dB",
    "dB[mV]",
    "dB[uV]",
    "mg/[hnsf'U].cm3",
}
"""All units of the standard that have no canonical unit, as UCUM has it."""

UNIT = re.compile(r"""\(["“]?([^",\n]+)["”]?, ?UCUM""")


def standard_units() -> Iterator[str]:
    """UCUM codes of the context groups, and of the constraints of templates: (mm, UCUM, "mm")."""
    groups = json.loads((STANDARD / "context_groups.json").read_text(encoding="utf-8"))["context_groups"]
    for group in groups.values():
        yield from (code for scheme, code, _ in group.get("codes") or () if scheme == "UCUM")
    templates = json.loads((STANDARD / "templates.json").read_text(encoding="utf-8"))["templates"]
    yield from UNIT.findall("\n".join(texts(templates)))


def texts(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from texts(each)
    elif isinstance(found, str):
        yield found


def test_every_unit_of_the_standard_is_understood() -> None:
    if not STANDARD.is_dir():
        pytest.skip("../shared/dicom is not beside this checkout")
    codes = set(standard_units())
    assert len(codes) > 150
    meant = {code: unit_code(CodedConcept(code, "UCUM")) for code in codes}
    assert [code for code, ucum in meant.items() if ucum is None] == []
    assert {ucum for ucum in meant.values() if ucum and canonical_unit(ucum) is None} == NOT_COMPARABLE


@pytest.mark.corpus
def test_every_unit_of_real_reports_is_understood() -> None:
    """And every number in them has a value in its canonical unit, but for Hounsfield units."""
    counts: Counter[str] = Counter()
    for path in corpus_files():
        try:
            report = sr2graph.read(path)
        except SrError:
            continue
        assert not unknown_units(report), path.name
        counts.update(unit_code(unit) or "" for unit in units_of(report))
        for item in report.walk():
            value = item.value
            if not isinstance(value, sr2graph.MeasuredValue) or value.unit is None or value.number is None:
                continue
            unit = canonical_unit(unit_code(value.unit) or "")
            if unit is not None:
                assert canonical_value(value.numeric_value[0], unit) is not None, path.name
    assert len(counts) > 35
    assert {code for code in counts if canonical_unit(code) is None} == {"[hnsf'U]"}
