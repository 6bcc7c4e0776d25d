"""Whatever a report holds, checking ends with findings that name a rule, a severity of that rule and a place."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sr2graph.dicom.content import ByReference, ContentItem, RelationshipType
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import VALUE_CLASSES, ValueType
from sr2graph.templates.checking import Finding, Severity, checked
from sr2graph.templates.checking.findings import rules as rules_of_the_table
from tests.strategies import REALISTIC_CODES, reports
from tests.templates.checking.mutations import Node, edited, link, the_sample


def is_sound(report: Report, findings: list[Finding]) -> bool:
    places = {".".join(map(str, item.position)) for item in report.walk()} | {"header", "file", "1"}
    places |= {".".join(map(str, reference.position)) for _, reference in report.by_references()}
    table = rules_of_the_table()
    for finding in findings:
        assert finding.position in places
        # Errors of a template that is not declared are warnings.
        milder = table[finding.rule].severity is Severity.ERROR and finding.severity is Severity.WARNING
        assert finding.severity is table[finding.rule].severity or milder
        assert finding.standard
        assert finding.found
    return True


@given(reports())
def test_any_report(report: Report) -> None:
    assert is_sound(report, checked(report))


def surgery(report: Report, random: Random) -> Report:
    """The report with one item somewhere dropped, doubled, turned around or made into something else."""
    item = random.choice(list(report.walk())[1:] or list(report.walk()))
    return edited(report, item.position, lambda found: _operated(found, random))


def _operated(item: ContentItem, random: Random) -> tuple[Node, ...]:
    value_type = random.choice(list(ValueType))
    cls = VALUE_CLASSES.get(value_type)
    return random.choice(
        [
            () if len(item.position) > 1 else (item,),
            (item, item) if len(item.position) > 1 else (item,),
            (replace(item, children=item.children[::-1]),),
            (replace(item, children=()),),
            (replace(item, relationship=random.choice([None, *RelationshipType])),),
            (replace(item, concept_name=random.choice([None, *REALISTIC_CODES])),),
            (replace(item, value_type=value_type.value, value=cls() if cls is not None else None),),
            (replace(item, value=None),),
            (replace(item, children=(*item.children, link(random.choice(list(RelationshipType)), (1, 1)))),),
            (replace(item, children=tuple(c for c in item.children if isinstance(c, ByReference))),),
        ]
    )


@given(
    st.sampled_from(["ct_dose", "radiopharmaceutical_dose", "mammography_cad", "planar_roi", "obgyn", "key_objects"]),
    st.integers(0, 2**32),
)
def test_any_sample_after_surgery(kind: str, seed: int) -> None:
    random, report = Random(seed), the_sample(kind)
    for _ in range(random.randrange(1, 6)):
        report = surgery(report, random)
    assert is_sound(report, checked(report))
