"""Which row an item stands for: rule by rule, and what hostile trees may cost."""

from dataclasses import replace

import pytest
from hypothesis import given

from sr2graph.dicom.concept import CodedConcept, CodingScheme
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.report import Report
from sr2graph.templates.code_keys import CodeKeys
from sr2graph.templates.likeness import ITEMS, SHARE
from sr2graph.templates.matching import _Matcher, matched
from sr2graph.templates.places import MAX_KNOWN, Fit, below
from sr2graph.templates.starts import Reason
from tests import strategies
from tests.templates.trees import (
    CONTEXT,
    FROM,
    MOD,
    SELECTED,
    code,
    container,
    image,
    item,
    link,
    num,
    report,
    rows,
    scoord,
    starts,
)

MEASUREMENTS = "DCM:126010"
GROUP = "DCM:125007"


def tid1500(*children: ContentItem) -> ContentItem:
    """An imaging measurement report with measurement groups."""
    return container("DCM:126000", container(MEASUREMENTS, *children), tid="1500")


def placed_at(root: ContentItem) -> dict[str, str | None]:
    return rows(matched(report(root)))


# ---------------------------------------------------------------- the rules


def test_rows_are_aligned_with_the_items_in_document_order() -> None:
    made = report(tid1500(container(GROUP, num("SCT:103339001"), item("TEXT", "DCM:112039", relationship=CONTEXT))))
    found = matched(made)
    assert found.items == tuple(made.walk())
    assert len(found.rows) == len(found.items)
    assert [found.row_at(each.position) for each in found.items] == list(found.rows)
    assert (found.row_at((1, 9)), found.row_at(())) == (None, None)


def test_a_concept_names_the_row() -> None:
    group = container(
        GROUP, item("TEXT", "DCM:112039", relationship=CONTEXT), code("DCM:121071", "SCT:1", relationship="CONTAINS")
    )
    assert placed_at(tid1500(group)) == {
        "1": "1500/1",
        "1.1": "1500/6",
        "1.1.1": "1410/1",
        "1.1.1.1": "1410/2",
        "1.1.1.2": "1410/3b",
    }


@pytest.mark.parametrize("site", ["SCT:363698007", "SRT:G-C0E3", "SNM3:G-C0E3", "srt:G-C0E3"])
def test_codes_match_however_they_are_written(site: str) -> None:
    assert placed_at(tid1500(container(GROUP, code(site, "SCT:10200004"))))["1.1.1.1"] == "1419/2"


def test_a_row_without_a_concept_takes_any() -> None:
    """TID 1500 row 13: qualitative evaluations name what they like."""
    root = container(
        "DCM:126000", container("UMLS:C0034375", code("99X:1", "99X:2", relationship="CONTAINS")), tid="1500"
    )
    assert placed_at(root)["1.1.1"] == "1500/13"


def test_a_row_that_names_the_concept_comes_before_one_that_takes_any() -> None:
    """TID 1410 row 3b names Finding, row 12 takes any CODE."""
    group = container(
        GROUP, code("99X:1", "99X:2", relationship="CONTAINS"), code("DCM:121071", "99X:2", relationship="CONTAINS")
    )
    found = placed_at(tid1500(group))
    assert (found["1.1.1.1"], found["1.1.1.2"]) == ("1410/12", "1410/3b")


@pytest.mark.parametrize(
    ("child", "row", "why"),
    [
        (code("DCM:121058", "SCT:1", relationship="CONTAINS"), "1500/4", Fit.RELATIONSHIP),
        (item("TEXT", "DCM:121058", relationship=MOD), "1500/4", Fit.VALUE_TYPE),
    ],
)
def test_a_known_concept_with_something_wrong_is_placed_and_told(child: ContentItem, row: str, why: Fit) -> None:
    found = matched(report(container("DCM:126000", child, tid="1500")))
    assert rows(found)["1.1"] == row
    assert [(each.item, each.row, each.why) for each in found.misfits] == [(found.items[1], found.rows[1], why)]


def test_a_known_concept_with_everything_wrong_is_not_placed() -> None:
    found = matched(report(container("DCM:126000", item("TEXT", "DCM:121058"), tid="1500")))
    assert (found.unplaced(), found.misfits) == ((found.items[1],), ())


def test_an_unknown_code_extends_the_only_group_that_can_be_extended() -> None:
    """$Measurement is BCID 218 in TID 1500, and the only NUM that a measurement group contains."""
    assert placed_at(tid1500(container(GROUP, num("99X:1"))))["1.1.1.1"] == "1419/5"


def test_an_unknown_code_extends_a_defined_group_only_where_nothing_else_could_be_meant() -> None:
    """A number of Philips is no distance because TID 10003 has a row for those; in an echo section it is measured."""
    event = container("DCM:113701", container("DCM:113706", num("99PHI:026")), tid="10001")
    assert placed_at(event)["1.1.1"] is None
    atrium = container("LN:59776-5", code("SCT:363698007", "SCT:82471001"), container(GROUP, num("99X:1")))
    assert placed_at(container("DCM:125200", atrium, tid="5200"))["1.1.2.1"] == "300/1"


def test_an_unknown_code_extends_nothing_where_several_groups_could_be_meant() -> None:
    """A fetal biometry section: ratios, lengths and cranial measurements are groups of their own."""
    section = container("DCM:125002", container("DCM:125005", num("99X:1")))
    found = matched(report(container("DCM:125000", section, tid="5000")))
    candidates = [row for row in below(found.rows[2]).rows if "NUM" in row.row.value_types]
    assert len(candidates) > 1
    assert rows(found)["1.1.1.1"] is None


def test_a_single_code_that_may_be_replaced_takes_no_other() -> None:
    """TID 1410 row 2 is DT Tracking Identifier; what another code means cannot be told."""
    assert placed_at(tid1500(container(GROUP, item("TEXT", "99X:1", relationship=CONTEXT))))["1.1.1.1"] is None


def test_an_item_that_may_go_without_a_concept_fits_an_open_row() -> None:
    """TID 320 names the purpose of an image by $ImagePurpose, BCID 7551 here; most files leave it out."""
    shape = scoord(None, "POLYLINE", image(relationship=SELECTED), relationship=FROM)
    found = placed_at(tid1500(container(GROUP, num("SCT:103339001", shape))))
    assert (found["1.1.1"], found["1.1.1.1.1"], found["1.1.1.1.1.1"]) == ("1501/1", "320/3", "320/4")


def test_a_code_given_up_by_the_standard_is_that_of_its_successor() -> None:
    """TID 5000 of earlier editions: (121111, DCM, "Summary"), now LOINC 55112-7."""
    assert placed_at(container("DCM:125000", container("DCM:121111"), tid="5000"))["1.1"] == "5002/1"


def test_the_concept_may_be_the_value_of_another_row() -> None:
    """TID 4023 row 8: a NUM named by what the number of images counts, row 4 beside its parent."""
    counted = num(
        "DCM:111071", num("99X:7", relationship="HAS PROPERTIES"), num("99X:8", relationship="HAS PROPERTIES")
    )
    curve = container(
        "DCM:111093", code("DCM:122698", "99X:7", relationship="CONTAINS"), counted, relationship="HAS PROPERTIES"
    )
    analysis = code("DCM:111004", "DCM:111011", curve, relationship="CONTAINS")
    found = matched(report(container("DCM:111036", container("DCM:111063", analysis), tid="4000")))
    at = rows(found)
    curve_at = next(position for position, row in at.items() if row == "4023/3")
    assert at[f"{curve_at}.2"] == "4023/6"
    assert (at[f"{curve_at}.2.1"], at[f"{curve_at}.2.2"]) == ("4023/8", None)


# ---------------------------------------------------------------- several rows that fit


@pytest.mark.parametrize(
    ("child", "tid"),
    [
        (image("DCM:121214"), "1410"),
        (scoord("DCM:111030", "POLYLINE"), "1410"),
        (image("DCM:121191"), "1411"),
        (item("SCOORD3D", "DCM:121231"), "1411"),
        (code("SCT:370129005", "SCT:1"), "1410"),
        (item("WAVEFORM", None), "1501"),
    ],
)
def test_what_lies_below_decides_between_measurement_groups(child: ContentItem, tid: str) -> None:
    """Three templates begin with (125007, DCM, "Measurement Group"); the first wins a tie."""
    assert placed_at(tid1500(container(GROUP, child)))["1.1.1"] == f"{tid}/1"


def test_a_group_is_what_it_declares() -> None:
    """Planar by its region, but it says that it is TID 1411."""
    group = container(GROUP, scoord("DCM:111030", "POLYLINE"), tid="1411")
    found = matched(report(tid1500(group)))
    assert rows(found)["1.1.1"] == "1411/1"
    assert starts(found) == [("1", "1500", "declared")]


@pytest.mark.parametrize(("plane", "include"), [("113622", "11"), ("113620", "12"), ("113621", "13")])
def test_the_value_of_a_modifier_decides(plane: str, include: str) -> None:
    """TID 10001 includes TID 10002 three times: single plane, plane A, plane B."""
    dose = container("DCM:113702", code("DCM:113764", f"DCM:{plane}"))
    found = matched(report(container("DCM:113701", dose, tid="10001")))
    assert found.rows[1] is not None
    assert [row.row for row in found.rows[1].includes] == [include]


def test_a_modifier_that_contradicts_all_rows_leaves_them() -> None:
    """No plane that TID 10001 knows: TID 10002 begins anew, where its plane may be any."""
    dose = container("DCM:113702", code("DCM:113764", "99X:plane"), num("DCM:113725"))
    found = matched(report(container("DCM:113701", dose, tid="10001")))
    assert starts(found) == [("1", "10001", "declared"), ("1.1", "10002", "included")]
    assert found.rows[1] is not None
    assert found.rows[1].includes == ()


def test_the_section_of_an_unknown_organ_is_none_of_the_known_ones() -> None:
    """TID 5200 has a Findings section for each part of the heart; a wrong one is worse than none."""
    known = container("LN:59776-5", code("SCT:363698007", "SCT:87878005"))
    other = container("LN:59776-5", code("SCT:363698007", "99X:gizzard"))
    found = matched(report(container("DCM:125200", known, other, tid="5200")))
    assert found.row_at((1, 1)) is not None
    assert found.row_at((1, 2)) is None


def test_rows_that_occur_once_are_taken_once() -> None:
    """TID 2010 rows 2 and 3 are both Document Title Modifier; row 3 occurs once."""
    modifier = code("DCM:113011", "DCM:113031")
    found = placed_at(container("DCM:113001", modifier, modifier, modifier, tid="2010"))
    assert len({found["1.1"], found["1.2"], found["1.3"]}) <= 2
    assert all(found.values())


# ---------------------------------------------------------------- where templates begin


def test_a_known_group_below_something_private_begins_its_template() -> None:
    private = container("99X:1", container(GROUP, scoord("DCM:111030", "POLYLINE"), image("DCM:121191")))
    found = matched(report(container("DCM:126000", private, tid="1500")))
    assert [each[1:] for each in starts(found)] == [("1500", "declared"), ("1411", "included")]
    assert rows(found)["1.1"] is None
    assert (rows(found)["1.1.1.1"], rows(found)["1.1.1.2"]) == ("1411/5", "1411/7")


def test_a_group_with_nothing_in_it_that_fits_proves_nothing() -> None:
    private = container("99X:1", container(GROUP, num("99X:2", relationship="HAS ACQ CONTEXT")))
    assert starts(matched(report(container("DCM:126000", private, tid="1500")))) == [("1", "1500", "declared")]


def test_a_group_begins_its_template_where_only_an_open_row_would_take_it() -> None:
    """TID 2000 row 8 takes any section; a measurement group with measurements is rather TID 1410 than that."""
    group = container(GROUP, scoord("DCM:111030", "POLYLINE"), num("SCT:103339001"))
    found = matched(report(container("LN:18748-4", group, container("99X:1"), tid="2000")))
    assert [each[1:] for each in starts(found)] == [("2000", "declared"), ("1410", "included")]
    assert rows(found)["1.2"] == "2000/8"


@pytest.mark.parametrize("tid", ["1500", "001500", " 1500 "])
def test_a_declared_template_is_followed(tid: str) -> None:
    found = matched(report(container("DCM:126000", container(MEASUREMENTS), tid=tid)))
    assert starts(found) == [("1", "1500", "declared")]


@pytest.mark.parametrize(
    ("tid", "resource", "reason"),
    [
        ("99999", "DCMR", Reason.UNKNOWN),
        ("10001", "DCMR", Reason.MISFIT),
        ("1500", "99QIICR", Reason.FOREIGN),
        ("0", "DCMR", None),
        ("", "DCMR", None),
    ],
)
def test_a_declared_template_that_cannot_be_is_refused_and_told(tid: str, resource: str, reason: Reason | None) -> None:
    """The concept of the root decides then."""
    root = container("DCM:126000", container(MEASUREMENTS), tid=tid)
    assert root.template is not None
    found = matched(report(replace(root, template=replace(root.template, mapping_resource=resource))))
    assert [(each.item.position, each.reason) for each in found.refusals] == ([((1,), reason)] if reason else [])
    assert starts(found) == [("1", "1500", "concept")]


def test_the_concept_of_the_root_names_its_template() -> None:
    """Dose reports of both kinds have the same title; what they hold tells them apart."""
    ct = report(container("DCM:113701", container("DCM:113819")))
    xray = report(container("DCM:113701", container("DCM:113706")))
    assert [starts(matched(each)) for each in (ct, xray)] == [[("1", "10011", "concept")], [("1", "10001", "concept")]]


def test_a_tie_between_root_templates_is_broken_the_same_way_every_time() -> None:
    """TIDs 2000, 2005 and 2006 have the titles of CID 7000."""
    assert [starts(matched(report(container("LN:18748-4"))))[0][1] for _ in range(3)] == ["2000"] * 3


def test_the_sop_class_names_the_template_of_a_root_that_no_one_knows() -> None:
    """A Key Object Selection with a title of its own, which CID 7010 allows."""
    made = report(container("99X:1", image()), sop_class_uid="1.2.840.10008.5.1.4.1.1.88.59")
    assert starts(matched(made)) == [("1", "2010", "SOP class")]
    assert starts(matched(report(container("99X:1", image())))) == []


def test_a_report_without_a_tree_matches_nothing() -> None:
    found = matched(Report(document=Document()))
    assert (found.items, found.rows, found.starts, found.unplaced()) == ((), (), (), ())


def test_a_root_that_is_a_group_begins_that() -> None:
    made = report(container(GROUP, scoord("DCM:111030", "POLYLINE")))
    assert starts(matched(made)) == [("1", "1410", "included")]


# ---------------------------------------------------------------- by reference


def test_relationships_by_reference_have_rows_too() -> None:
    """TID 300 row 10, R-INFERRED FROM NUM, rather than row 9, which is by value."""
    length = num("SCT:103339001")
    area = num("SCT:42798000", link(1, 1, 1, 1), num("SCT:103339001", relationship=FROM))
    group = container(GROUP, length, area, item("WAVEFORM", None))
    found = matched(report(tid1500(group)))
    assert rows(found)["1.1.1.2.2"] == "300/9"
    ((source, reference, row),) = found.by_references
    assert (source.position, reference.target) == ((1, 1, 1, 2), (1, 1, 1, 1))
    assert row is not None
    assert (row.tid, row.row.row) == ("300", "10")


def test_references_to_nothing_and_in_circles_are_harmless() -> None:
    first = num("SCT:103339001", link(1, 1, 1, 2), link(1, 99), link())
    second = num("SCT:103340004", link(1, 1, 1, 1), link(1))
    found = matched(report(tid1500(container(GROUP, first, second))))
    assert len(found.by_references) == 5
    assert [row is None for _, reference, row in found.by_references if reference.target in ((1, 99), ())] == [True] * 2


# ---------------------------------------------------------------- hostile trees


def deep(levels: int, said: str) -> ContentItem:
    found = container(said)
    for _ in range(levels):
        found = container(said, found)
    return found


@pytest.mark.parametrize("said", [GROUP, "LN:59776-5", "99X:1", "DCM:111059"])
def test_depth_costs_no_stack(said: str) -> None:
    levels = 3_000
    made = Report(document=Document(), root=deep(levels, said))
    assert len(matched(made).items) == levels + 1


def test_a_template_that_includes_itself_is_followed_as_deep_as_the_file_goes() -> None:
    """TID 4006 row 25: a cluster is inferred from single findings, which are TID 4006 again."""
    inner = code("DCM:111059", "SCT:129770007", relationship=FROM)
    for _ in range(50):
        inner = code("DCM:111059", "SCT:129769006", inner, relationship=FROM)
    root = container(
        "DCM:111036",
        code("DCM:111017", "DCM:111242", container("DCM:111034", inner, relationship=FROM), relationship="CONTAINS"),
        tid="4000",
    )
    found = matched(report(root))
    last = rows(found)["1.1.1" + ".1" * 51]
    assert last == "4006/1"


def test_comparing_rows_is_bounded_by_the_size_of_the_report() -> None:
    """Sections that three templates could begin with, each full of the same again."""
    wide = container(GROUP, *(container(GROUP, *(num(f"99X:{n}") for n in range(20))) for _ in range(20)))
    made = report(container("99X:0", *(wide for _ in range(20))))
    matcher = _Matcher(made)
    count = len(matcher.matching().items)
    assert matcher._likeness.spent <= ITEMS + SHARE * count


def test_what_is_remembered_of_odd_codes_is_bounded() -> None:
    found = matched(report(tid1500(container(GROUP, *(num(f"99X:{n}") for n in range(2 * MAX_KNOWN))))))
    place = below(found.rows[2])
    assert len(place.known) <= MAX_KNOWN
    assert found.unplaced() == ()


@given(strategies.reports())
def test_any_report_can_be_matched(made: Report) -> None:
    """Whatever a file holds; twice gives the same."""
    found = matched(made)
    assert found.items == tuple(made.walk())
    assert len(found.rows) == len(found.items)
    assert [(source, reference) for source, reference, _ in found.by_references] == list(made.by_references())
    assert {each.position for each in found.starts} <= {item.position for item in found.items}
    assert matched(made).rows == found.rows


# ---------------------------------------------------------------- codes of a report


def test_keys_follow_the_coding_schemes_of_the_report() -> None:
    document = Document(coding_schemes=(CodingScheme("99ACME", uid="1.2.3.4"),))
    own, other = CodeKeys(Report(document=document)), CodeKeys(Report(document=Document()))
    private = CodedConcept("1", "99ACME")
    assert own.iri(private) == own.iri(CodedConcept("1", "99acme", "other words")) != other.iri(private)
    assert own.iri(CodedConcept("T-D1100", "SRT")) == other.iri(CodedConcept("69536005", "SCT"))
    assert (own.iri(None), own.iri(CodedConcept())) == (None, None)


def test_keys_do_not_confuse_codes_that_come_and_go() -> None:
    """Identities are used again once their owner is gone."""
    keys = CodeKeys(Report(document=Document()))
    assert len({keys.iri(CodedConcept(str(n), "99X")) for n in range(1000)}) == 1000


def test_private_codes_of_two_manufacturers_are_two() -> None:
    first, second = (CodeKeys(report(container(None), manufacturer=name)) for name in ("A", "B"))
    assert first.iri(CodedConcept("1", "99X")) != second.iri(CodedConcept("1", "99X"))
