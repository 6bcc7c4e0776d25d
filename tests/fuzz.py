"""Hostile bytes: mutations of good files, and what must hold whatever they turn into.

`make test` tries a few hundred mutations (tests/dicom/test_fuzz.py); `make fuzz` thousands;
`python -m tests.fuzz --seconds 600 [--seed N]` goes on from seed to seed and writes what it finds to a file.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sr2graph.dicom.limits import Limits
from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.write import to_dicom
from sr2graph.errors import SrError
from sr2graph.graph.from_rdf import from_rdf
from sr2graph.graph.quads import nquads
from tests.conftest import corpus_files
from tests.dicom.encodings import ENCODINGS

Edit = tuple[str, int, int]
"""(name of a mutation, where, what): numbers of any size, taken modulo what there is."""

FUZZ_LIMITS = Limits(max_bytes=2**22)
LENGTHS = (0, 1, 3, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0xFFFF, 0x1_0000)
VRS = b"AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUVZZ\0\0"
TAGS = (
    0x0040_A730,
    0x0040_DB73,
    0x0040_A043,
    0xFFFE_E000,
    0xFFFE_E00D,
    0xFFFE_E0DD,
    0x0008_0005,
    0x0002_0010,
    0x0040_A040,
)


def flipped(data: bytes, at: int, what: int) -> bytes:
    return data[:at] + bytes([data[at] ^ (what % 255 + 1)]) + data[at + 1 :]


def set_byte(data: bytes, at: int, what: int) -> bytes:
    return data[:at] + bytes([what % 256]) + data[at + 1 :]


def truncated(data: bytes, at: int, _what: int) -> bytes:
    return data[:at]


def spliced(data: bytes, at: int, what: int) -> bytes:
    """A stretch of the file again somewhere else."""
    start = what % len(data)
    return data[:at] + data[start : start + what % 97] + data[at:]


def cut(data: bytes, at: int, what: int) -> bytes:
    return data[:at] + data[at + what % 33 + 1 :]


def inserted(data: bytes, at: int, what: int) -> bytes:
    return data[:at] + what.to_bytes(8, "little")[: what % 8 + 1] + data[at:]


def length_lie(data: bytes, at: int, what: int) -> bytes:
    """Four bytes that may be a length say something else."""
    return data[:at] + LENGTHS[what % len(LENGTHS)].to_bytes(4, "little") + data[at + 4 :]


def _element_starts(data: bytes) -> list[int]:
    """Where explicit VR elements seem to start."""
    return [i for i in range(132, len(data) - 8) if data[i + 4 : i + 6].isalpha() and data[i + 4 : i + 6].isupper()]


@cache
def _starts(data: bytes) -> tuple[int, ...]:
    return tuple(_element_starts(data)) or (0,)


def other_vr(data: bytes, at: int, what: int) -> bytes:
    start = _starts(data)[at % len(_starts(data))]
    vr = 2 * (what % (len(VRS) // 2))
    return data[: start + 4] + VRS[vr : vr + 2] + data[start + 6 :]


def other_tag(data: bytes, at: int, what: int) -> bytes:
    starts = _starts(data)
    start = starts[at % len(starts)]
    if what % 2:
        source = starts[what % len(starts)]
        tag = data[source : source + 4]
    else:
        number = TAGS[what // 2 % len(TAGS)]
        tag = (number >> 16).to_bytes(2, "little") + (number & 0xFFFF).to_bytes(2, "little")
    return data[:start] + tag + data[start + 4 :]


def other_length(data: bytes, at: int, what: int) -> bytes:
    start = _starts(data)[at % len(_starts(data))] + 6
    return data[:start] + (what % 0x10000).to_bytes(2, "little") + data[start + 2 :]


MUTATIONS: dict[str, Callable[[bytes, int, int], bytes]] = {
    mutate.__name__: mutate
    for mutate in (flipped, set_byte, truncated, spliced, cut, inserted, length_lie, other_vr, other_tag, other_length)
}


def mutated(data: bytes, edits: list[Edit]) -> bytes:
    """The file after some edits."""
    for name, at, what in edits:
        if data:
            data = MUTATIONS[name](data, at % len(data), what)
    return data


def check(data: bytes) -> Report | None:
    """What holds for any bytes: an error of ours, or a Report that survives DICOM and RDF."""
    try:
        report = read(data, limits=FUZZ_LIMITS)
    except SrError:
        return None
    survives(report)
    return report


def survives(report: Report) -> None:
    """A Report that could be read can be written, and comes back equal."""
    again = read(to_dicom(report))
    assert again == report, difference(again, report)
    rebuilt = from_rdf(nquads(report).encode())
    assert rebuilt == report, difference(rebuilt, report)


def difference(found: Report, expected: Report) -> str:
    """Which fields differ, without the bulk of the rest."""
    parts = ("document", "patient", "study", "series", "equipment", "other")
    lines = [
        f"{p}: {getattr(found, p)!r} != {getattr(expected, p)!r}"
        for p in parts
        if getattr(found, p) != getattr(expected, p)
    ]
    for one, other in zip(found.walk(), expected.walk(), strict=False):
        names = [name for name in type(one).__dataclass_fields__ if name != "children"]
        unequal = [name for name in names if getattr(one, name) != getattr(other, name)]
        lines += [f"{other.position}.{n}: {getattr(one, n)!r} != {getattr(other, n)!r}" for n in unequal]
    return "\n".join(lines) or "the shape of the tree differs"


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """(name, bytes) of the files that are mutated: small samples in every encoding, one with every field."""
    from sr2graph.samples import sample
    from tests.strategies import full_report

    whole = to_dicom(full_report())
    found = [("full", whole)]
    for kind in ("key_objects", "basic_text"):
        file = to_dicom(sample(kind))
        found += [(f"{kind}-{name}", encode(file)) for name, encode in ENCODINGS.items()]
    return tuple(found)


def main() -> int:
    """Mutate until the time is up; exit status 1 when something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=None, help="first seed; without it, one from the clock")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 10**9
    say = sys.stdout.write
    say(f"first seed {seed}\n")
    files = [*seeds(), *((path.name, path.read_bytes()) for path in corpus_files(".dcm"))]
    files = [(name, data) for name, data in files if len(data) < 200_000]
    folder = Path(tempfile.mkdtemp(prefix="sr2graph-fuzz-"))
    end = time.monotonic() + arguments.seconds
    tried = read_well = failed = 0
    while time.monotonic() < end:
        chance = random.Random(seed)
        name, data = chance.choice(files)
        edits = [
            (chance.choice(list(MUTATIONS)), chance.getrandbits(32), chance.getrandbits(32))
            for _ in range(chance.choice((1, 1, 2, 3, 8)))
        ]
        broken = mutated(data, edits)
        started = time.monotonic()
        try:
            read_well += check(broken) is not None
            slow = time.monotonic() - started
            assert slow < 20, f"{slow:.0f} seconds"
        except Exception as cause:  # noqa: BLE001  anything but an SrError is a find
            failed += 1
            reproducer = folder / f"{seed}.dcm"
            reproducer.write_bytes(broken)
            say(f"seed {seed} ({name}, {edits}): {type(cause).__name__}: {str(cause)[:500]}\n  {reproducer}\n")
        tried += 1
        seed += 1
    say(f"{tried} mutations, {read_well} of them read and written back, {failed} failures\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
