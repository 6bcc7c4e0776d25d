"""Two independent validators of structured reports, and what they say of a file in terms of our rules."""

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

JARS = "/usr/share/java/*"
VALIDATOR = "com.pixelmed.validate.DicomSRValidator"
LIMITS = [f"-Djdk.xml.xpath{name}Limit=0" for name in ("ExprGrp", "ExprOp", "TotalOp")]
"""Its rules are one stylesheet, longer than Java allows by default."""

DCIODVFY = {
    "evidence": re.compile(r"Error - Referenced SOP Instance is not listed in Current"),
    "continuity": re.compile(r"Error - (?:Missing|Empty) attribute .*Element=<ContinuityOfContent>"),
    "value-type": re.compile(r"Error - Unrecognized enumerated value <\w+> .*attribute <Value Type>"),
}
"""Rule ↔ the lines of dciodvfy that say the same."""

PIXELMED = (
    ("row-missing", re.compile(r"within (?P<place>[\d.]+): .*Missing (?:required|conditional) content item")),
    ("row-too-many", re.compile(r"within (?P<place>[\d.]+): .*Incorrect content item value multiplicity")),
    ("row-forbidden", re.compile(r"within (?P<place>[\d.]+): .*present when condition not satisfied")),
    ("unit", re.compile(r": (?P<place>[\d.]+): /.*Incorrect units")),
    ("row-relationship", re.compile(r": (?P<place>[\d.]+): /.*Incorrect relationship")),
    ("graphic-type", re.compile(r": (?P<place>[\d.]+): /.*Incorrect graphic type")),
    ("relationship", re.compile(r"has illegal relationship .*child content item \((?P<place>[\d.]+):")),
)
"""Our rule ↔ the lines of PixelMed that say the same, with the place they name."""

ABOVE = {"row-too-many", "row-forbidden"}
"""PixelMed tells these at the item above."""


@cache
def dciodvfy(path: Path) -> Counter[str]:
    """How often dciodvfy says what one of our rules says."""
    done = subprocess.run(["dciodvfy", path], capture_output=True, check=False, timeout=60)
    lines = (done.stdout + done.stderr).decode("ascii", "replace").splitlines()
    return Counter(rule for line in lines for rule, said in DCIODVFY.items() if said.match(line))


def pixelmed(path: Path) -> set[tuple[str, str]]:
    """(rule, position) of what PixelMed's validator finds."""
    command = ["java", "-Xmx2g", *LIMITS, "-cp", JARS, VALIDATOR, "-checktemplateid", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    assert any("validation complete" in line for line in lines), done.stderr[-2000:]
    found = ((rule, said.search(line)) for line in lines for rule, said in PIXELMED)
    return {(rule, match["place"]) for rule, match in found if match is not None}


MANY = Path(__file__).with_name("Validate.java")
NO_ERROR = ("Warning", "Found ", "Root Template Validation Complete", "IOD validation complete")
"""How the lines begin that PixelMed writes about a file it accepts."""


def errors_of_pixelmed(paths: Sequence[Path]) -> dict[Path, list[str]]:
    """What PixelMed has against each of many files, in one run."""
    command = ["java", "-Xmx3g", *LIMITS, "-cp", JARS, str(MANY), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=1800)
    _, *parts = done.stdout.decode("utf-8", "replace").split("FILE ")
    found = {}
    for part in parts:
        name, _, said = part.partition("\n")
        assert "IOD validation complete" in said, done.stderr[-2000:]
        # What is wrong with its own rules goes over several lines.
        lines = re.sub(r"Internal Error:\s+(.*)\s+: (.*) - \s+(\d+)\s", r"Internal Error: \1: \2 \3", said).splitlines()
        found[Path(name)] = [line for line in lines if line.strip() and not line.startswith(NO_ERROR)]
    assert list(found) == list(paths), done.stderr[-2000:]
    return found
