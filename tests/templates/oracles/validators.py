"""Two independent validators of structured reports, and what they say of a file in terms of our rules."""

import re
import subprocess
import tempfile
from collections import Counter
from functools import cache
from itertools import takewhile
from pathlib import Path

JARS = "/usr/share/java/*"
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


NO_ERROR = ("Warning", "Found ", "Root Template Validation Complete", "IOD validation complete")
"""How the lines begin that PixelMed writes about a file it accepts."""


class PixelMed:
    """PixelMed's validator as a process: its rules are loaded once, with the first file."""

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 # as long as the process
        # The second compiler costs more than it gives in so short a run.
        options = ["-Xmx3g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *LIMITS]
        self._process = subprocess.Popen(
            ["java", *options, "-cp", JARS, str(Path(__file__).with_name("Validate.java"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def said(self, path: Path) -> str:
        """Return all that it says of a file."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(f"{path}\n".encode())
        asked.flush()
        # It ends where the process does, too.
        lines = list(takewhile(lambda line: line not in {b"END OF FILE\n", b""}, iter(answers.readline, None)))
        said = b"".join(lines).decode("utf-8", "replace")
        self._log.seek(0)
        assert "IOD validation complete" in said, self._log.read()[-2000:]
        return said

    def found(self, path: Path) -> set[tuple[str, str]]:
        """Return (rule, position) of what it finds that one of our rules says too."""
        said = self.said(path).splitlines()
        found = ((rule, pattern.search(line)) for line in said for rule, pattern in PIXELMED)
        return {(rule, match["place"]) for rule, match in found if match is not None}

    def errors(self, path: Path) -> list[str]:
        """Return what it has against a file."""
        # What is wrong with its own rules goes over several lines.
        said = re.sub(r"Internal Error:\s+(.*)\s+: (.*) - \s+(\d+)\s", r"Internal Error: \1: \2 \3", self.said(path))
        return [line for line in said.splitlines() if line.strip() and not line.startswith(NO_ERROR)]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()
