"""HAPI FHIR's validator: started once for each release, a bundle in, its issues out (tests/fhir/validator)."""

import csv
import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from select import select
from typing import Any

from sr2graph.fhir.tables import flavours
from tests.conftest import HAPI, ROOT
from tests.fhir.models import SHARED

GUIDES = {"R4": ("radiation-dose-summary", "ihe-imr"), "R5": ("dicom-sr", "ihe-idr")}
"""Release ↔ the guides whose profiles our bundles of it claim."""

PATIENCE = 900
"""Seconds for one answer; most take less than one, the first has to wait for the start."""

JAVA = ["java", "-Xmx3g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
"""The second compiler costs more than it gives in a run as short as this one."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What the validator says of a place in a resource."""

    severity: str
    location: str
    id: str | None
    message: str


class Validator:
    """A process that answers one line with one line."""

    def __init__(self, release: str) -> None:
        self.guides = [folder for name in GUIDES[release] if (folder := SHARED / "ig" / name / "definitions").is_dir()]
        libraries = f"{HAPI}:{HAPI.parent / 'lib'}/*"
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 # as long as the process
        self._process = subprocess.Popen(
            [*JAVA, "-cp", libraries, "Validate", release, *map(str, self.guides)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._known: dict[str, tuple[Issue, ...]] = {}

    def issues(self, resource: str | dict[str, Any]) -> tuple[Issue, ...]:
        """What it says of a resource; the same text is asked once."""
        text = resource if isinstance(resource, str) else json.dumps(resource)
        if text not in self._known:
            self._known[text] = tuple(Issue(**each) for each in json.loads(self._answer(text)))
        return self._known[text]

    def _answer(self, text: str) -> bytes:
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(text.replace("\n", " ").encode() + b"\n")
        asked.flush()
        ready, _, _ = select([answers], [], [], PATIENCE)
        line = answers.readline() if ready else b""
        if not line:
            self._log.seek(0)
            said = self._log.read()[-2000:]
            # A late answer would be taken for that of the next question.
            self._process.kill()
            raise AssertionError(f"no answer: {said!r}")
        return line

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()


# ---------------------------------------------------------------- what is excused


@dataclass(frozen=True, slots=True)
class Excuse:
    """A line of hapi_excuses.csv: an issue that is not ours to mend, and why."""

    severity: str
    id: str
    pattern: re.Pattern[str]
    guide: str
    """The guide without whose definitions it is not seen."""
    kind: str
    flavour: str
    bundle: str
    """The sample, the flavour and the sort of bundle that it is seen in."""
    example: str
    """The example of the guide that it is seen in, too."""
    reason: str

    @property
    def release(self) -> str:
        """Of FHIR: R4 or R5."""
        return flavours()[self.flavour].release

    def covers(self, issue: Issue) -> bool:
        """Whether it is about an issue."""
        is_it = (self.severity, self.id) == (issue.severity, str(issue.id))
        found = self.pattern.fullmatch(issue.message) if is_it else None
        return found is not None and all(code in dcm_codes() for code in found.groupdict().values())


@cache
def excuses() -> tuple[Excuse, ...]:
    """The lines of hapi_excuses.csv."""
    with Path(__file__).with_name("hapi_excuses.csv").open(encoding="utf-8", newline="") as file:
        rows = [row | {"pattern": re.compile(row["pattern"], re.DOTALL)} for row in csv.DictReader(file)]
        return tuple(Excuse(**row) for row in rows)  # type: ignore[arg-type] # the pattern is one


@cache
def dcm_codes() -> frozenset[str]:
    """The codes of PS3.16 Annex D: a group `dcm` of a pattern is one of them."""
    with (ROOT / "mappings" / "checking" / "dcm_codes.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["value"] for row in csv.DictReader(file))


def unexcused(issues: Iterable[Issue]) -> list[Issue]:
    """The errors and warnings that no line is about."""
    told = [each for each in issues if each.severity != "information"]
    return [each for each in told if not any(excuse.covers(each) for excuse in excuses())]
