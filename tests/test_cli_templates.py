"""The verb of the catalogue: what it prints, and how it ends."""

import json

import click
import pytest
from click.testing import CliRunner, Result

from sr2graph.cli_templates import COMMANDS, DEPTH, FORMATS, template


def run(*arguments: str) -> Result:
    return CliRunner().invoke(template, arguments)


def test_the_command_is_the_one_there_is() -> None:
    assert [command.name for command in COMMANDS] == ["template"]
    assert all(command.help for command in COMMANDS)


def test_a_template_is_printed() -> None:
    found = run("1411")
    assert found.exit_code == 0
    assert found.stdout.startswith("TID 1411  Volumetric ROI Measurements and Qualitative Evaluations\n")
    assert "\n1419 5    1-n  U      CONTAINS NUM $Measurement [units $Units]\n" in found.stdout


def test_depth_is_bounded_unless_all_is_asked_for() -> None:
    shallow, usual, whole = (len(run("5300", *more).stdout) for more in (["--depth", "2"], [], ["--all"]))
    assert shallow < usual < whole
    assert run("5300", "--depth", str(DEPTH)).stdout == run("5300").stdout


def test_flat_prints_the_table() -> None:
    found = run("1411", "--flat").stdout
    assert "INCLUDE DTID 1419 ROI Measurements" in found
    assert "\n1419 " not in found


@pytest.mark.parametrize("arguments", [("CID 244",), ("--group", "244"), ("-g", "CID 244"), ("cid244",)])
def test_a_group_is_printed(arguments: tuple[str, ...]) -> None:
    found = run(*arguments)
    assert found.exit_code == 0
    assert found.stdout.startswith("CID 244  Laterality\n")
    assert '(24028007, SCT, "Right")' in found.stdout


def test_words_are_searched() -> None:
    found = run("--search", "ejection fraction")
    assert found.exit_code == 0
    assert 'TID 3803 row 14  NUM (10230-1, LN, "LV Ejection Fraction")\n' in found.stdout


def test_nothing_found_is_told_as_grep_tells_it() -> None:
    found = run("--search", "no such words")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "nothing has all of these words" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [(("1411",), dict), (("1411", "--flat"), dict), (("CID 244",), dict), (("--search", "laterality"), list)],
)
def test_json_is_one_value(arguments: tuple[str, ...], kind: type) -> None:
    found = run(*arguments, "--format", "json")
    assert found.exit_code == 0
    assert isinstance(json.loads(found.stdout), kind)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give either a number or --search"),
        (("1411", "--search", "words"), "give either a number or --search"),
        (("1499",), "there is no TID 1499; near it: 1420, 1500, 1501, 1502"),
        (("CID 1",), "there is no CID 1; near it: 2, 4, 5, 6"),
        (("1411", "--format", "yaml"), "yaml"),
        (("1411", "--depth", "0"), "0"),
    ],
)
def test_a_wrong_use_is_told(arguments: tuple[str, ...], message: str) -> None:
    found = run(*arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert message in found.stderr


def test_the_formats_are_those_it_offers() -> None:
    (option,) = (each for each in template.params if each.name == "format_")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == FORMATS
