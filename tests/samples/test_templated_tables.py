"""The tables behind instances of templates: they name what exists, and are in order."""

import re
from decimal import Decimal
from random import Random

import pytest

from sr2graph.samples.templated.choosing import options
from sr2graph.samples.templated.quantities import quantities
from sr2graph.samples.templated.roots import root_templates, table
from sr2graph.samples.templated.rules import LATER, WORDS, decisions
from sr2graph.samples.templated.values import WORDS as ANSWERS
from sr2graph.templates.catalogue import templates
from sr2graph.templates.conditions import Expression, condition
from sr2graph.templates.value_sets import Code, context_groups, meanings, value_set

TABLES = ("answers.csv", "conditions.csv", "examples.csv", "meanings.csv", "quantities.csv", "roots.csv")


@pytest.mark.parametrize("name", TABLES)
def test_every_line_says_where_it_is_from(name: str) -> None:
    lines = table(name)
    assert lines
    assert all(line["source"] for line in lines)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("answers.csv", ("concept", "value_type")),
        ("conditions.csv", ("tid", "row")),
        ("examples.csv", ("key",)),
        ("meanings.csv", ("scheme", "value")),
        ("quantities.csv", ("key",)),
        ("roots.csv", ("tid", "sop_class_uid")),
    ],
)
def test_no_key_is_there_twice(name: str, keys: tuple[str, ...]) -> None:
    found = [tuple(line[key] for key in keys) for line in table(name)]
    assert len(found) == len(set(found))


def test_ranges_go_up_in_whole_steps() -> None:
    for key, quantity in quantities().items():
        assert quantity.low <= quantity.high, key
        assert quantity.step > 0, key
        assert (quantity.high - quantity.low) % quantity.step == 0, key
        assert not quantity.is_factor or quantity.low > 0, key
        assert all(len(f"{bound:f}") <= 16 for bound in (quantity.low, quantity.high)), key


def test_quantities_are_of_concepts_groups_and_units_that_exist() -> None:
    for key, quantity in quantities().items():
        if key.startswith("CID "):
            assert key.removeprefix("CID ") in context_groups()
        elif key.startswith("UCUM:"):
            assert key == f"UCUM:{quantity.unit}"
        else:
            scheme, _, value = key.partition(":")
            assert (scheme, value) in meanings()


def test_every_unit_that_a_row_names_has_a_range() -> None:
    units = {
        code.value
        for template in templates().values()
        for row in template.rows
        for code in options(row.units)
        if code.scheme == "UCUM"
    }
    assert len(units) > 80
    assert {unit for unit in units if f"UCUM:{unit}" not in quantities()} == set()


def test_conditions_are_about_rows_that_exist() -> None:
    for (tid, name), rule in decisions().items():
        row = templates()[tid].row(name)
        assert row is not None, (tid, name)
        assert row.requirement != "M", (tid, name)
        if rule not in WORDS:
            said = condition(rule.removeprefix(LATER))
            assert said is not None
            assert said.expression is not None
            assert str(said) == rule.removeprefix(LATER)
            for expression in expressions(said.expression):
                rows = templates()[expression.tid or tid]
                assert all(rows.row(each) for each in expression.rows), (tid, name)


def expressions(said: Expression) -> list[Expression]:
    return [said, *(inner for argument in said.arguments for inner in expressions(argument))]


def test_conditions_decide_where_only_words_do_or_what_would_be_odd() -> None:
    """A condition that a machine can read is left alone."""
    overruled = [
        key
        for key in decisions()
        if (row := templates()[key[0]].row(key[1])) and row.condition and row.condition.expression is not None
    ]
    assert overruled == []


def test_examples_are_codes() -> None:
    for line in table("examples.csv"):
        assert options(value_set(line["codes"])), line["key"]


def test_answers_are_known_words_or_texts() -> None:
    for line in table("answers.csv"):
        for choice in line["answer"].split(" | "):
            assert choice in ANSWERS or not choice.startswith("@"), line
        scheme, _, value = line["concept"].partition(":")
        assert line["concept"] == "*" or (scheme, value) in meanings(), line


def test_roots_name_uids() -> None:
    for root in (root for roots in root_templates().values() for root in roots):
        assert re.fullmatch(r"1\.2\.840\.10008\.5\.1\.4\.1\.1(\.\d+)+", root.sop_class_uid)
        assert all(re.fullmatch(r"1\.2\.840\.10008\.5\.1\.4\.1\.1(\.\d+)+", uid) for _, uid in root.images)


def test_a_range_gives_numbers_inside_it() -> None:
    random = Random("a range")
    quantity = quantities()["DCM:113830"]
    numbers = [Decimal(quantity.number(random)) for _ in range(200)]
    assert all(quantity.low <= number <= quantity.high for number in numbers)
    assert len(set(numbers)) > 100


def test_quantities_are_of_concepts_that_are_numbers() -> None:
    """A concept that only rows of other value types name has been confused with another."""
    numbers: set[str] = set()
    others: set[str] = set()
    for row in (row for template in templates().values() for row in template.rows):
        (numbers if "NUM" in row.value_types else others).update(code.iri for code in options(row.concept))
        for bound in row.parameters.values():
            numbers.update(code.iri for code in options(bound))
    for key in quantities():
        scheme, _, value = key.partition(":")
        if value and scheme != "UCUM":
            iri = Code(scheme, value).iri
            assert iri in numbers or iri not in others, key
