"""Templates and context groups as text and as JSON."""

import json
from itertools import islice

import pytest

from sr2graph.dicom.printable import cells
from sr2graph.dicom.show import Line
from sr2graph.templates.catalogue import templates
from sr2graph.templates.plain import group_json, template_json
from sr2graph.templates.printing import described, group_lines, template_lines
from sr2graph.templates.value_sets import context_group, context_groups, value_set


def text(lines: "islice[Line] | list[Line]") -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def printed(tid: str, *, depth: int | None = None, flat: bool = False, width: int = 0) -> list[str]:
    return text(list(template_lines(templates()[tid], depth=depth, flat=flat, width=width)))


def test_a_template_is_printed_as_a_tree_with_includes_replaced() -> None:
    lines = printed("1410")
    assert lines[0] == "TID 1410  Planar ROI Measurements and Qualitative Evaluations"
    assert "type        extensible, order not significant" in lines
    start = lines.index("row       VM   req  content")
    assert lines[start + 1 : start + 4] == [
        '1410 1    1    M    CONTAINER (125007, DCM, "Measurement Group")',
        '1410 1b   1    U      HAS OBS CONTEXT TEXT (C67447, NCIt, "Activity Session")',
        '1410 2    1    U      HAS OBS CONTEXT TEXT DT (112039, DCM, "Tracking Identifier") = $TrackingID',
    ]
    assert '1502 1    1    U      HAS OBS CONTEXT TEXT (126070, DCM, "Subject Time Point Identifier")' in lines
    assert "1410 6    1    M        SELECTED FROM IMAGE" in lines


def test_flat_prints_the_table_of_the_standard() -> None:
    lines = printed("1410", flat=True)
    assert "1410 4    1    U      HAS OBS CONTEXT INCLUDE DTID 1502 Time Point Context" in lines
    assert len(lines) == 6 + len(templates()["1410"].rows)


def test_parameters_are_shown_by_name_or_by_what_they_are_bound_to() -> None:
    assert any("NUM $Measurement [units $Units]" in line for line in printed("1419"))
    assert any("NUM BCID 218 Quantitative Image Feature [units BCID 7181" in line for line in printed("1500"))


@pytest.mark.parametrize(
    ("tid", "row", "note"),
    [
        ("1411", "1411 5 ", "[graphic type not MULTIPOINT; XOR xor(row 7, row 10, row 12b)]"),
        ("1000", "1000 2 ", "[conditional, see the standard]"),
        ("1002", "1002 1 ", '[default (121006, DCM, "Person"); conditional, see the standard]'),
        ("4006", "4006 6 ", '[units (%, UCUM, "Percent"); number 0 - 100]'),
        ("4021", "4021 2 ", ' R-SELECTED FROM IMAGE = (111028, DCM, "Image Library")'),
        ("4023", "4023 8 ", " HAS PROPERTIES NUM value of row 4"),
    ],
)
def test_what_a_row_asks_for_is_said(tid: str, row: str, note: str) -> None:
    line = next(line for line in printed(tid, depth=3) if line.startswith(row))
    assert line.endswith(note), line


def test_depth_cuts_the_tree_and_counts_what_is_left_out() -> None:
    lines = printed("1500", depth=2)
    assert max(len(line) - len(line.lstrip()) for line in lines) == 0
    (measurements,) = (line for line in lines if line.startswith("1500 6 "))
    assert "more below, see --depth" in measurements
    assert not any(line.startswith("1410 ") for line in lines)


def test_a_row_below_itself_is_named_once_more_and_not_opened() -> None:
    assert any(line.startswith("4006 1 ") and line.endswith("↑ again, as above") for line in printed("4006"))


def test_lines_are_folded_below_their_content() -> None:
    lines = printed("1411", width=80)
    assert max(cells(line) for line in lines) <= 80
    at = next(number for number, line in enumerate(lines) if line.startswith("1411 11 "))
    assert lines[at + 1].startswith(" " * 24)


def test_every_template_can_be_printed() -> None:
    """As printed in full, expanded to two levels; the rows are all there."""
    for tid, each in templates().items():
        flat = printed(tid, flat=True)
        head = len(flat) - len(each.rows)
        assert [line.split(" ")[:2] for line in flat[head:]] == [[row.tid, row.row] for row in each.rows]
        assert all(printed(tid, depth=2)[head:])


# ---------------------------------------------------------------- context groups


def test_a_group_is_printed_with_the_groups_in_it() -> None:
    lines = text(list(group_lines(context_group("7464"))))
    assert lines[0] == "CID 7464  General Region of Interest Measurement Modifier"
    assert {"type        extensible", "includes    CID 3488", '  (126051, DCM, "Skewness")'} <= set(lines)
    assert lines.index("CID 3488  Min/Max/Mean") < lines.index('  (56851009, SCT, "Maximum")')


def test_a_group_that_is_a_whole_scheme_says_so() -> None:
    assert text(list(group_lines(context_group("82"))))[-1] == "  all codes of UCUM"


def test_units_of_members_are_shown() -> None:
    assert any(line.endswith("[units ppm]") for line in text(list(group_lines(context_group("4033")))))


def test_every_group_can_be_printed_with_all_its_members() -> None:
    for group in context_groups().values():
        lines = {line.strip().partition(" [units")[0] for line in text(list(group_lines(group)))}
        assert {str(code) for code in group.codes()} <= lines, group.cid


@pytest.mark.parametrize(
    ("notation", "words"),
    [
        ("", ""),
        ("EV DCM:121071", '(121071, DCM, "Finding")'),
        ("DT DCM:121071 | DCID 244", 'DT (121071, DCM, "Finding") or DCID 244 Laterality'),
        ("$Units", "$Units"),
        ("row 4", "value of row 4"),
    ],
)
def test_sets_of_codes_are_described(notation: str, words: str) -> None:
    assert described(value_set(notation)) == words


# ---------------------------------------------------------------- JSON


def test_json_of_a_template_is_a_tree() -> None:
    found = template_json(templates()["1410"])
    (top,) = found["rows"]
    assert (found["tid"], found["extensible"], found["orderSignificant"]) == ("1410", True, False)
    assert top["concept"]["codes"] == [
        {"scheme": "DCM", "code": "125007", "meaning": "Measurement Group", "bind": "EV"}
    ]
    region = next(row for row in top["rows"] if row["tid"] == "1410" and row["row"] == "5")
    assert (region["relationship"], region["vm"], region["requirement"]) == ("CONTAINS", "1", "MC")
    assert region["condition"] == "XOR xor(row 7, row 7b, row 8b)"
    assert [row["row"] for row in region["rows"]] == ["6"]
    number = next(row for row in top["rows"] if row["tid"] == "1419" and row["row"] == "5")
    assert number["includes"] == ["TID 1410 row 11"]
    assert json.loads(json.dumps(found)) == found


def test_json_of_a_flat_template_is_its_table() -> None:
    rows = template_json(templates()["1500"], flat=True)["rows"]
    assert [row["row"] for row in rows] == [row.row for row in templates()["1500"].rows]
    include = next(row for row in rows if row["row"] == "7")
    assert include["include"] == "1410"
    assert include["bind"]["$Units"] == {"groups": [{"cid": "7181", "bind": "BCID"}]}


def test_json_says_where_it_was_cut_and_where_a_row_comes_again() -> None:
    (top,) = template_json(templates()["1500"], depth=1)["rows"]
    assert top["more"] == len(top.keys() & {"more"}) * top["more"] > 20
    assert '"again": true' in json.dumps(template_json(templates()["4006"]))


def test_json_of_a_group_nests_the_groups_in_it() -> None:
    found = group_json(context_group("7464"))
    assert {"scheme": "DCM", "code": "126051", "meaning": "Skewness"} in found["members"]
    assert [each["cid"] for each in found["includes"]] == ["3488"]
    assert {"scheme": "SCT", "code": "56851009", "meaning": "Maximum"} in found["includes"][0]["members"]
