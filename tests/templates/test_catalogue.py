"""The catalogue: every row means what the standard prints, and everything it names is there."""

from collections import Counter
from itertools import chain

import pytest

from sr2graph.dicom.content import RelationshipType
from sr2graph.dicom.sop_classes import sr_sop_classes
from sr2graph.dicom.values import ValueType
from sr2graph.templates import catalogue
from sr2graph.templates.catalogue import Requirement, Row, templates
from sr2graph.templates.conditions import Condition, Expression, Mode, condition
from sr2graph.templates.replaced import successors
from sr2graph.templates.starts import PRINTED_NO_ROOT, named_roots, root_templates
from sr2graph.templates.value_sets import Binding, Code, ValueSet, context_groups, meanings, value_set

ROWS = tuple(row for each in templates().values() for row in each.rows)
LINES = {(line["tid"], line["row"]): line for lines in catalogue._lines_by_template().values() for line in lines}

# Counted in the standard by hand, 2024c.
TEMPLATES, ALL_ROWS, GROUPS = 410, 4280, 1385


def sets_of(row: Row) -> tuple[ValueSet, ...]:
    return (row.concept, row.values, row.units, row.default, *row.parameters.values())


def codes_in(said: Expression | None) -> tuple[Code, ...]:
    if said is None:
        return ()
    return said.codes + tuple(code for argument in said.arguments for code in codes_in(argument))


def rows_in(said: Expression | None, tid: str) -> tuple[tuple[str, str], ...]:
    """The rows that an expression names, with the template they are in."""
    if said is None:
        return ()
    own = tuple((said.tid or tid, row) for row in said.rows)
    return own + tuple(row for argument in said.arguments for row in rows_in(argument, tid))


def test_nothing_of_the_standard_is_missing() -> None:
    assert (len(templates()), len(ROWS), len(context_groups())) == (TEMPLATES, ALL_ROWS, GROUPS)


def test_no_row_is_there_twice() -> None:
    assert [key for key, count in Counter((row.tid, row.row) for row in ROWS).items() if count > 1] == []


def test_rows_are_grouped_by_template() -> None:
    """Reading takes the rows of a template as one run of lines."""
    assert sum(len(lines) for lines in catalogue._lines_by_template().values()) == ALL_ROWS


@pytest.mark.parametrize("field", ["concept", "values", "units", "default"])
def test_every_set_of_codes_is_written_as_it_is_read(field: str) -> None:
    column = {"default": "defaults"}.get(field, field)
    wrong = [row.name for row in ROWS if str(getattr(row, field)) != LINES[row.tid, row.row][column]]
    assert wrong == []


def test_every_row_is_written_as_it_is_read() -> None:
    def written(row: Row) -> dict[str, str]:
        bound = " ; ".join(f"{name} = {value}" for name, value in row.parameters.items())
        graphic = " | ".join([*row.graphic_types, *(f"not {name}" for name in row.graphic_types_excluded)])
        return {
            "nest": str(row.nest),
            "relationship": row.relationship or "",
            "by_reference": "1" if row.by_reference else "",
            "value_types": " ".join(row.value_types),
            "include": row.include or "",
            "vm": str(row.vm),
            "requirement": row.requirement.value,
            "condition": str(row.condition) if row.condition is not None else "",
            "graphic_types": graphic,
            "parameters": bound,
        }

    wrong = [row.name for row in ROWS if not written(row).items() <= LINES[row.tid, row.row].items()]
    assert wrong == []


def test_relationships_and_value_types_are_those_of_the_standard() -> None:
    assert {row.relationship for row in ROWS} <= {None, *RelationshipType}
    assert {value_type for row in ROWS for value_type in row.value_types} <= set(ValueType)


def test_a_row_is_an_item_or_an_include() -> None:
    """An include row has no concept of its own; every other row has one value type."""
    assert [row.name for row in ROWS if (row.include is None) != (len(row.value_types) == 1)] == []
    assert [row.name for row in ROWS if row.include is not None and row.concept != ValueSet()] == []
    assert [row.name for row in ROWS if row.parameters and row.include is None] == []


def test_parents_are_the_nearest_row_that_is_nested_less() -> None:
    """Nesting never jumps."""
    for each in templates().values():
        levels = {row.row: row.nest for row in each.rows}
        assert all(row.nest == (0 if row.parent is None else levels[row.parent] + 1) for row in each.rows), each.tid


def test_every_include_exists() -> None:
    assert [row.name for row in ROWS if row.include is not None and row.include not in templates()] == []


def test_every_context_group_exists() -> None:
    named = {group.cid for row in ROWS for said in sets_of(row) for group in said.groups}
    assert named - set(context_groups()) == set()
    assert {cid for group in context_groups().values() for cid in group.includes} - set(context_groups()) == set()


def test_parameters_are_declared_where_they_are_used_and_where_they_are_bound() -> None:
    used = [
        (row.name, said.parameter)
        for row in ROWS
        for said in sets_of(row)
        if said.parameter is not None and said.parameter not in templates()[row.tid].parameters
    ]
    bound = [
        (row.name, name)
        for row in ROWS
        for name in row.parameters
        if row.include is not None and name not in templates()[row.include].parameters
    ]
    assert (used, bound) == ([], [])


def test_every_code_has_its_line_in_the_table_of_codes() -> None:
    named = {code for row in ROWS for said in sets_of(row) for code in said.codes}
    named |= {code for group in context_groups().values() for code in group.own_codes()}
    named |= {code for row in ROWS if row.condition for code in codes_in(row.condition.expression)}
    assert {(code.scheme, code.value) for code in named} - set(meanings()) == set()


def test_every_code_is_needed() -> None:
    """What nothing names is a leftover of another edition."""
    named = {code for row in ROWS for said in sets_of(row) for code in said.codes}
    named |= {code for group in context_groups().values() for code in group.own_codes()}
    named |= {code for row in ROWS if row.condition for code in codes_in(row.condition.expression)}
    named |= {code for row in ROWS if row.condition for code in codes_in(row.condition.when)}
    keys = {(code.scheme, code.value) for code in named}
    tables = {part for row in ROWS for part in row.table.replace(";", "|").replace("=", "|").split(" | ")}
    told = {tuple(part.strip().split(" ")[-1].partition(":")[::2]) for part in tables}
    assert set(meanings()) - keys - told == set()


def test_the_rows_of_a_condition_exist() -> None:
    missing = [
        (row.name, name)
        for row in ROWS
        if row.condition is not None
        for name in chain(rows_in(row.condition.expression, row.tid), rows_in(row.condition.when, row.tid))
        if templates()[name[0]].row(name[1]) is None
    ]
    assert missing == []


def test_only_conditional_rows_have_conditions() -> None:
    conditional = (Requirement.MANDATORY_CONDITIONAL, Requirement.USER_CONDITIONAL)
    odd = Counter(row.requirement for row in ROWS if row.condition is not None and row.requirement not in conditional)
    assert odd.keys() <= {Requirement.USER, Requirement.MANDATORY}
    assert sum(odd.values()) < 20


def test_num_rows_name_units_rather_than_values() -> None:
    """These four print NUM where only a CODE can be meant; they are kept as printed."""
    printed = {row.name for row in ROWS if row.value_types == ("NUM",) and row.values != ValueSet()}
    assert printed == {"TID 1606 row 3", "TID 1606 row 4", "TID 1606 row 5", "TID 10042 row 25"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", None),
        ("words", Condition(Mode.WORDS)),
        ("IF absent(row 4)", Condition(Mode.IF, Expression("absent", ("4",)))),
        (
            "XOR xor(row 11) when or(present(row 7), present(row 10))",
            Condition(
                Mode.XOR,
                Expression("xor", ("11",)),
                Expression("or", arguments=(Expression("present", ("7",)), Expression("present", ("10",)))),
            ),
        ),
        (
            "IFF value_in(TID 10001, row 2, DCM:113704)",
            Condition(Mode.IFF, Expression("value_in", ("2",), "10001", (Code("DCM", "113704"),))),
        ),
    ],
)
def test_conditions_are_read(text: str, said: Condition | None) -> None:
    assert condition(text) == said


@pytest.mark.parametrize(
    ("text", "codes", "groups"),
    [
        ("EV SCT:410668003", [("SCT", "410668003", Binding.ENUMERATED)], []),
        ("EV UCUM:{0:n} | DT LN:14749-6", [("UCUM", "{0:n}", "EV"), ("LN", "14749-6", "DT")], []),
        ("DCID 25 | BCID 4021", [], [("25", "DCID"), ("4021", "BCID")]),
    ],
)
def test_sets_of_codes_are_read(text: str, codes: list[tuple[str, str, str]], groups: list[tuple[str, str]]) -> None:
    said = value_set(text)
    assert [(code.scheme, code.value, code.binding) for code in said.codes] == codes
    assert [(group.cid, group.binding) for group in said.groups] == groups


def test_a_known_template_reads_as_printed() -> None:
    """TID 1411 row 3b, read beside the standard."""
    row = templates()["1411"].row("3b")
    assert row is not None
    assert (row.nest, row.parent, row.relationship, row.value_types) == (1, "1", "CONTAINS", ("CODE",))
    assert str(row.concept) == "EV DCM:121071"
    assert (str(row.vm), row.requirement, row.values.parameter) == ("1", "U", "$FindingType")


# ---------------------------------------------------------------- the small tables beside it


def test_the_roots_that_sop_classes_name_exist() -> None:
    assert set(named_roots()) <= set(sr_sop_classes())
    assert {tid for tids in named_roots().values() for tid in tids} <= set(root_templates())


def test_root_templates_are_those_printed_so_and_three_more() -> None:
    assert len(root_templates()) == len(set(root_templates())) == 34 + len(PRINTED_NO_ROOT)
    assert all(not templates()[tid].root for tid in PRINTED_NO_ROOT)


def test_codes_are_given_up_for_codes_that_are_in_use() -> None:
    """One step leads to the end of the way: no successor was given up itself."""
    assert successors()[Code("DCM", "121070").iri] == Code("LN", "59776-5").iri
    assert successors().keys() & set(successors().values()) == set()
    assert all(successors().values())
