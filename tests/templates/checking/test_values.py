"""Values, units, graphics and tables against what the row of their item allows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem, Position
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import (
    MeasuredValue,
    SpatialCoordinates,
    SpatialCoordinates3D,
    Table,
    TableAxis,
    TableCell,
)
from sr2graph.templates.checking import Severity, checked
from sr2graph.templates.checking.findings import Findings
from sr2graph.templates.checking.tables import check_table
from sr2graph.templates.checking.units import Likeness, compared
from sr2graph.templates.checking.values import _range
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.expansion import ExpandedRow, roots
from sr2graph.templates.value_sets import value_set
from tests.templates.checking.mutations import (
    at_row,
    changed,
    dcm,
    new,
    rules,
    sct,
    text,
    the_matching,
    the_sample,
    told,
    ucum,
    valued,
)

# ---------------------------------------------------------------- codes


def closed_codes(kind: str) -> list[tuple[Position, str]]:
    """Coded items whose row takes no other codes."""
    matching = the_matching(kind)
    return [
        (item.position, row.row.name)
        for item, row in zip(matching.items, matching.rows, strict=True)
        if row is not None and item.value_type == "CODE" and row.values.is_closed
    ]


@pytest.mark.parametrize("kind", ["ct_dose", "mammography_cad"])
def test_a_code_outside_of_a_closed_set(kind: str) -> None:
    places = closed_codes(kind)[:8]
    assert len(places) > 3
    for position, row in places:
        other = valued(the_sample(kind), position, concept=sct("123037004", "Body structure"))
        assert ("value-set", text(position), row) in told(new(other, the_sample(kind))), position


def test_an_old_code_of_the_set_is_in_it() -> None:
    """SRT and SCT alike: (R-0038D, SRT) is (373066001, SCT, "Yes")."""
    kind = "ct_dose"
    position = at_row(kind, "TID 10013 row 3")
    old = CodedConcept("T-D0010", "SRT", "Entire body")
    found = new(valued(the_sample(kind), position, concept=old), the_sample(kind))
    assert rules(found) <= {"value-extension", "scheme-retired", "meaning-differs"}


# ---------------------------------------------------------------- units

DLP = "TID 10012 row 3"


@pytest.mark.parametrize(
    ("unit", "expected", "says"),
    [
        (ucum("mGy.cm"), {}, ""),
        (ucum("Gy.cm"), {"unit": Severity.ERROR}, Likeness.CONVERTIBLE),
        (ucum("mm"), {"unit": Severity.ERROR}, Likeness.OTHER_DIMENSION),
        (ucum("mGycm"), {"unit": Severity.ERROR, "unit-not-ucum": Severity.ERROR}, Likeness.SAME),
        (
            CodedConcept("mGy.cm", "99TEST", "mGy.cm"),
            {"unit": Severity.ERROR, "unit-other-scheme": Severity.WARNING},
            "a code of another scheme",
        ),
    ],
)
def test_the_unit_of_a_row(unit: CodedConcept, expected: dict[str, Severity], says: str) -> None:
    kind = "ct_dose"
    position = at_row(kind, DLP)
    found = new(valued(the_sample(kind), position, unit=unit), the_sample(kind))
    assert {finding.rule: finding.severity for finding in found} == expected
    assert {finding.position for finding in found} <= {text(position)}
    assert not expected or says in next(f.found for f in found if f.rule == "unit")


def test_a_number_without_units() -> None:
    kind = "ct_dose"
    position = at_row(kind, DLP)
    found = new(valued(the_sample(kind), position, unit=None), the_sample(kind))
    assert told(found) == {("unit-missing", text(position), DLP)}


def test_a_number_without_value_needs_no_units() -> None:
    kind = "ct_dose"
    empty = MeasuredValue(qualifier=dcm("114006", "Measurement failure"))
    assert new(changed(the_sample(kind), at_row(kind, DLP), value=empty), the_sample(kind)) == []


def test_the_standard_prints_a_unit_that_is_no_ucum() -> None:
    """TID 10013 row 13 asks for {X-Ray sources}; UCUM has no spaces, so {X-Ray_sources} is no error either."""
    kind = "ct_dose"
    position = at_row(kind, "TID 10013 row 13")
    assert "unit-of-the-standard" in rules(checked(the_sample(kind)))
    found = new(valued(the_sample(kind), position, unit=ucum("{X-Ray_sources}")), the_sample(kind))
    assert [(f.rule, f.severity) for f in found if f.position == text(position)] == [
        ("unit-conflict", Severity.WARNING)
    ]


def test_a_unit_of_another_dimension_than_the_quantity_has_elsewhere() -> None:
    """TID 1419 row 5 takes any unit, but a long axis is a length wherever PS3.16 says what it is."""
    kind = "planar_roi"
    position = at_row(kind, "TID 1419 row 5")
    assert the_sample(kind).item(position).concept_name == sct("103339001", "Long Axis")
    found = new(valued(the_sample(kind), position, unit=ucum("kg")), the_sample(kind))
    assert told(found) == {("unit-dimension", text(position), "TID 1419 row 5")}
    assert {f.severity for f in found} == {Severity.WARNING}
    assert new(valued(the_sample(kind), position, unit=ucum("[in_i]")), the_sample(kind)) == []


@pytest.mark.parametrize(
    ("unit", "allowed", "likeness"),
    [
        (ucum("cm"), "EV UCUM:mm", Likeness.CONVERTIBLE),
        (ucum("Gym2"), "EV UCUM:Gy.m2", Likeness.SAME),
        (ucum("uGy.m2"), "EV UCUM:Gy.m2", Likeness.CONVERTIBLE),
        (ucum("1/s"), "EV UCUM:Hz", Likeness.SAME),
        (ucum("kg"), "DCID 7460", Likeness.OTHER_DIMENSION),
        (ucum("cm"), "DCID 7460", Likeness.SAME),
        (ucum("cm"), "DCID 82", Likeness.UNKNOWN),
        (ucum("[iU]"), "EV UCUM:mm", Likeness.UNKNOWN),
        (ucum("by eye"), "EV UCUM:mm", Likeness.UNKNOWN),
    ],
)
def test_how_units_compare(unit: CodedConcept, allowed: str, likeness: Likeness) -> None:
    assert compared(unit, value_set(allowed)) is likeness


# ---------------------------------------------------------------- numbers and graphics


@pytest.mark.parametrize(
    ("printed", "inside", "outside"),
    [
        ("0 - 100", ["0", "100", "55.5"], ["-0.1", "100.01", "NaN"]),
        ("1", ["1", "1.0"], ["2", "Infinity"]),
        ("Integer 1 - n", ["1", "7", "7.0"], ["0", "1.5", "Infinity"]),
        ("Integer > = 1", ["1", "100"], ["0", "2.5"]),
        ("Integer 2 - n", ["2"], ["1"]),
    ],
)
def test_ranges_as_the_templates_print_them(printed: str, inside: list[str], outside: list[str]) -> None:
    allows = _range(printed)
    assert allows is not None
    assert all(allows(Decimal(number)) for number in inside)
    assert not any(allows(Decimal(number)) for number in outside)


def test_a_range_in_other_words_is_not_guessed() -> None:
    assert _range("about 7") is None


def test_a_number_out_of_range() -> None:
    """TID 4006 row 6: the certainty of a finding is 0 to 100 percent."""
    kind = "mammography_cad"
    position = at_row(kind, "TID 4006 row 6")
    report = valued(the_sample(kind), position, numeric_value=("101",))
    found = new(report, the_sample(kind))
    assert told(found) == {("number-range", text(position), "TID 4006 row 6")}
    assert "101" not in str(found[0])


@pytest.mark.parametrize(("graphic_type", "told_as"), [("POLYLINE", "POLYLINE"), ("STAR", "one that does not exist")])
def test_a_graphic_type_that_the_row_does_not_take(graphic_type: str, told_as: str) -> None:
    """TID 4021 row 1: the centre is a POINT."""
    kind = "mammography_cad"
    position = at_row(kind, "TID 4021 row 1")
    value = the_sample(kind).item(position).value
    assert isinstance(value, SpatialCoordinates)
    report = valued(the_sample(kind), position, graphic_type=graphic_type)
    (finding,) = (f for f in new(report, the_sample(kind)) if f.rule == "graphic-type")
    assert (finding.position, finding.row, finding.found) == (text(position), "TID 4021 row 1", told_as)
    assert "POINT" in finding.standard


# ---------------------------------------------------------------- tables


def table_row(tid: str, name: str) -> ExpandedRow:
    stack = list(roots(tid))
    while stack:
        row = stack.pop()
        if (row.tid, row.row.row) == (tid, name):
            return row
        stack += row.children
    raise AssertionError(name)


GOOD = Table(
    rows=1,
    columns=2,
    column_definitions=(
        TableAxis(column=1, concept_name=dcm("111526", "DateTime Started")),
        TableAxis(column=2, concept_name=dcm("113733", "KVP"), unit=ucum("kV")),
    ),
    cells=(
        TableCell(row=1, column=1, vr="DT", datetimes=("20260101",)),
        TableCell(row=1, column=2, vr="FL", floats=(80.0,)),
    ),
)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (GOOD, []),
        (replace(GOOD, columns=3), ["the table has 2 columns"]),
        (
            replace(GOOD, column_definitions=GOOD.column_definitions[:1]),
            ['column 2: (113733, DCM, "KVP")', 'column 2 units: (kV, UCUM, "kV")'],
        ),
        (
            replace(
                GOOD, column_definitions=(GOOD.column_definitions[0], replace(GOOD.column_definitions[1], unit=None))
            ),
            ['column 2 units: (kV, UCUM, "kV")'],
        ),
        (
            replace(GOOD, cells=(replace(GOOD.cells[0], vr="UC"), GOOD.cells[1])),
            ["the cells of column 1 are of VR DT"],
        ),
    ],
)
def test_the_columns_of_a_table(table: Table, expected: list[str]) -> None:
    """TID 10045 row 11: when the KVP changed."""
    item = ContentItem((1, 2), "CONTAINS", "TABLE", None, table)
    findings = Findings()
    check_table(item, table, table_row("10045", "11"), CodeKeys(the_sample("ct_dose")), findings)
    assert [finding.standard.removeprefix("PS3.16: ") for finding in findings] == expected
    assert {(finding.rule, finding.position, finding.row) for finding in findings} <= {
        ("table", "1.2", "TID 10045 row 11")
    }


def test_the_size_and_cells_of_a_matrix() -> None:
    """TID 10050 row 5: four by four numbers of VR FD."""
    good = Table(rows=4, columns=4, cells=(TableCell(row=1, column=1, vr="FD", doubles=(1.0,)),))
    for table, count in ((good, 0), (replace(good, rows=3), 1), (replace(good, cells=(TableCell(vr="FL"),)), 1)):
        findings = Findings()
        item = ContentItem((1, 2), "CONTAINS", "TABLE", None, table)
        check_table(item, table, table_row("10050", "5"), CodeKeys(the_sample("ct_dose")), findings)
        assert len(findings) == count


def test_nothing_is_said_of_a_good_report() -> None:
    report: Report = the_sample("projection_xray_dose")
    assert {finding.severity for finding in checked(report)} == {Severity.INFO}


@pytest.mark.parametrize(
    ("graphic_type", "count", "wrong"),
    [
        ("POINT", 2, False),
        ("POINT", 4, True),
        ("CIRCLE", 4, False),
        ("CIRCLE", 6, True),
        ("ELLIPSE", 8, False),
        ("ELLIPSE", 4, True),
        ("POLYLINE", 7, True),
        ("POLYLINE", 2, True),
        ("POLYLINE", 600, False),
        ("MULTIPOINT", 2, False),
        ("STAR", 10, False),
    ],
)
def test_how_many_points_a_graphic_type_has(graphic_type: str, count: int, wrong: bool) -> None:
    kind = "planar_roi"
    position = next(item.position for item in the_sample(kind).walk() if item.value_type == "SCOORD")
    data = tuple(float(number) for number in range(count))
    report = valued(the_sample(kind), position, graphic_type=graphic_type, graphic_data=data)
    found = [finding for finding in new(report, the_sample(kind)) if finding.rule == "graphic-data"]
    assert [finding.position for finding in found] == ([text(position)] if wrong else [])
    assert all(str(data[-1]) not in str(finding) for finding in found)


def test_how_many_points_in_space() -> None:
    """An ELLIPSOID has the ends of three axes: six points of three coordinates."""
    kind = "planar_roi"
    position = next(item.position for item in the_sample(kind).walk() if item.value_type == "SCOORD")
    for count, wrong in ((18, False), (12, True)):
        value = SpatialCoordinates3D("ELLIPSOID", tuple(map(float, range(count))), "1.2.3")
        report = changed(the_sample(kind), position, value_type="SCOORD3D", value=value)
        assert ("graphic-data" in rules(new(report, the_sample(kind)))) is wrong
