"""Bundles of small reports, reviewed as text: `pytest --update-golden` rewrites them, the diff is the review."""

import json
import re
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pytest

from sr2graph.dicom.content import ByReference, ContentItem, Position
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import ValueType
from sr2graph.fhir import to_fhir
from sr2graph.samples import sample
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "fhir"
ZONE = "+01:00"
"""Of reports that say none."""


class Case(NamedTuple):
    """A sample, cut to a size that can be reviewed, and what is made of it."""

    kind: str
    flavour: str
    bundle: str = "transaction"
    alike: int = 2
    """Children of one name that are kept of each item."""
    sections: str = ""
    """Codes of the sections that are kept; all, if it is empty."""


CASES = {
    "measurements": Case("planar_roi", "r5-dicom-sr"),
    "measurements-r4": Case("planar_roi", "r4", "batch", alike=1),
    "ct-dose": Case("ct_dose", "r4-rds"),
    "twins": Case("obgyn", "r5-dicom-sr", sections="55112-7"),
    "mammography-cad": Case("mammography_cad", "r5-dicom-sr", alike=1),
    "key-objects": Case("key_objects", "r5-dicom-sr"),
    "text-report": Case("basic_text", "r5-idr"),
    "text-document": Case("basic_text", "r4-imr", "document"),
}

GONE = (1, 999)
"""Where nothing is in reports of this size."""


def small(report: Report, case: Case) -> Report:
    """The report with what the case keeps of it; references to what is gone lead nowhere."""
    assert report.root is not None
    places: dict[Position, Position] = {}

    def cut(item: ContentItem, position: Position) -> ContentItem:
        places[item.position] = position
        seen = Counter[str]()
        children: list[ContentItem | ByReference] = []
        for child in item.children:
            name = _name(child)
            seen[name] += 1
            if seen[name] > case.alike or (case.sections and _is_section(child) and name not in case.sections.split()):
                continue
            place = (*position, len(children) + 1)
            children.append(cut(child, place) if isinstance(child, ContentItem) else replace(child, position=place))
        return replace(item, position=position, children=tuple(children))

    def linked(item: ContentItem) -> ContentItem:
        children: list[ContentItem | ByReference] = []
        for child in item.children:
            if isinstance(child, ContentItem):
                children.append(linked(child))
            else:
                children.append(replace(child, target=places.get(child.target, GONE)))
        return replace(item, children=tuple(children))

    return replace(report, root=linked(cut(report.root, (1,))))


def _name(child: ContentItem | ByReference) -> str:
    if isinstance(child, ByReference):
        return str(child.target)
    return str(child.concept_name.code) if child.concept_name is not None else str(child.value_type)


def _is_section(child: ContentItem | ByReference) -> bool:
    return len(child.position) == 2 and isinstance(child, ContentItem) and child.value_type == ValueType.CONTAINER


def pretty(text: str) -> str:
    """JSON in lines, the points of an outline in one; numbers keep their digits."""
    marked = json.loads(text, parse_float="\ue000{}\ue001".format, parse_int="\ue000{}\ue001".format)
    lines = json.dumps(marked, ensure_ascii=False, indent=1)
    lines = re.sub('"\ue000([^\ue001]*)\ue001"', r"\1", lines)
    return re.sub(r"\[\n([-+.0-9eE, \n]*)\]", lambda found: f"[{' '.join(found[1].split())}]", lines) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_the_bundle_is_the_one_reviewed(name: str, *, update_golden: bool) -> None:
    case = CASES[name]
    bundle = to_fhir(small(sample(case.kind), case), case.flavour, case.bundle, timezone=ZONE)
    assert bundle.problems() == []
    path, text = GOLDEN / f"{name}.json", pretty(bundle.json())
    if update_golden:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text, "review the difference, then pytest --update-golden"


def test_numbers_keep_their_digits() -> None:
    assert (
        pretty('{"value":1.10,"n":[2,3.0],"s":["a"]}') == '{\n "value": 1.10,\n "n": [2, 3.0],\n "s": [\n  "a"\n ]\n}\n'
    )
