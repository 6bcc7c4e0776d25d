"""The fenced code blocks of a page of documentation."""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\s*$")
NOT_RUN = re.compile(r"^<!-- not run: (?P<reason>\S.*) -->$")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, its text, the line its fence opens on."""

    language: str
    text: str
    line: int
    not_run: str | None
    """The reason given in a comment just above, for a block that cannot run."""


def blocks(page: Path) -> list[Block]:
    """The blocks of a page in order. A fence left open is an error."""
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        if opening:
            try:
                end = lines.index("```", number + 1)
            except ValueError:
                message = f"{page}:{number + 1}: this code block is never closed"
                raise ValueError(message) from None
            reason = NOT_RUN.match(lines[number - 1]) if number else None
            text = "\n".join(lines[number + 1 : end]) + "\n"
            found.append(Block(opening[1], text, number + 1, reason["reason"] if reason else None))
            number = end
        number += 1
    return found
