"""The tables of mappings/checking: no duplicates, names that exist, and what the generator writes."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.sop_classes import sr_sop_classes
from sr2graph.dicom.values import ValueType
from sr2graph.resources import resource
from sr2graph.templates.catalogue import templates
from sr2graph.templates.checking.annex_d import dcm_codes
from sr2graph.templates.checking.findings import rules
from sr2graph.templates.checking.iods import iods, lines
from sr2graph.templates.value_sets import meanings
from tests.conftest import ROOT

KEYS: dict[str, Callable[[dict[str, str]], object]] = {
    "iods.csv": lambda line: line["sop_class"],
    "relationships.csv": lambda line: tuple(line.values()),
    "conflicts.csv": lambda line: (line["sop_class"], line["value_type"], line["relationship"], line["target"],
                                   line["rows"] if line["by_reference"] else ""),
    "dcm_codes.csv": lambda line: line["value"],
    "meanings.csv": lambda line: (line["scheme"], line["value"], line["meaning"]),
    "rules.csv": lambda line: line["rule"],
}  # fmt: skip

VALUE_TYPES = {value_type.value for value_type in ValueType}
RELATIONSHIPS = {relationship.value for relationship in RelationshipType}


@pytest.mark.parametrize("name", KEYS)
def test_no_row_is_there_twice_and_each_has_a_source(name: str) -> None:
    rows = lines(name)
    assert rows
    assert len({KEYS[name](row) for row in rows}) == len(rows)
    assert all(row["source"] for row in rows)


def test_every_sr_class_that_is_not_retired_has_its_table() -> None:
    current = {uid for uid, sop_class in sr_sop_classes().items() if not sop_class.retired}
    assert current <= set(iods())


def test_iods_speak_of_types_and_templates_that_exist() -> None:
    for iod in iods().values():
        assert iod.value_types <= VALUE_TYPES
        assert iod.by_reference <= iod.triples
        assert not iod.conflicts & iod.triples
        assert set(iod.root_templates) <= set(templates())
        assert re.fullmatch(r"PS3\.3 2024c Table A\.35\.\d+-2", iod.source)
        for source, relationship, target in iod.triples | iod.conflicts:
            assert {source, target} <= VALUE_TYPES
            assert relationship in RELATIONSHIPS
        # Table A.35.10-2 lets a TCOORD of Colon CAD be selected from a WAVEFORM, which A.35.10.3.1 does not list.
        assert {target for _, _, target in iod.triples} - iod.value_types <= {"WAVEFORM"}


def test_a_row_of_the_standard() -> None:
    """PS3.3 Table A.35.3-2: Comprehensive SR."""
    iod = iods()["1.2.840.10008.5.1.4.1.1.88.33"]
    assert ("SCOORD", "SELECTED FROM", "IMAGE") in iod.by_reference
    assert ("CONTAINER", "CONTAINS", "CONTAINER") in iod.triples - iod.by_reference
    assert ("CONTAINER", "SELECTED FROM", "IMAGE") not in iod.triples
    assert iod.ancestors_forbidden
    assert iod.root_templates == ()


def test_dcm_codes_that_took_the_place_of_others_exist() -> None:
    for code in dcm_codes().values():
        scheme, _, value = code.replaced_by.partition(":")
        assert not code.replaced_by or code.retired
        assert scheme != "DCM" or value in dcm_codes(), code


def test_every_dcm_code_of_the_templates_is_in_annex_d() -> None:
    assert {value for scheme, value in meanings() if scheme == "DCM"} <= set(dcm_codes())


def test_every_rule_that_the_code_names_is_in_the_table_and_the_other_way_round() -> None:
    folder = ROOT / "sr2graph" / "templates" / "checking"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    quoted = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', text))
    assert set(rules()) <= quoted
    told = set(re.findall(r'add\([^"()]*(?:\([^()]*\)[^"()]*)*"([a-z-]+)"', text))
    assert told
    assert told <= set(rules())


def test_every_rule_is_explained() -> None:
    page = (ROOT / "docs" / "reference" / "checking.md").read_text(encoding="utf-8")
    for rule in rules().values():
        assert re.search(rf"^\| `{rule.name}` \| {rule.severity} \|", page, re.MULTILINE), rule.name


@pytest.mark.skipif(
    not (ROOT.parent / "shared" / "dicom").is_dir(), reason="../shared/dicom is not beside this checkout"
)
def test_the_generator_writes_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "mappings" / "build"))
    import checking  # type: ignore[import-not-found]

    monkeypatch.setattr(checking, "TARGET", tmp_path)
    monkeypatch.setattr(sys, "argv", ["checking.py"])
    checking.main()
    written = sorted(tmp_path.iterdir())
    assert len(written) == 5
    for path in written:
        assert path.read_bytes() == resource(f"mappings/checking/{path.name}").read_bytes()
    sys.modules.pop("checking")
