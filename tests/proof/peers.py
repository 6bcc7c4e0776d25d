"""dcmtk and dicom3tools as judges of what we write."""

import re
import subprocess
from collections import Counter
from pathlib import Path

LENIENT = ("-Er", "-Ev", "-Ec", "-Ee", "-Dv")
"""dsrdump options that let it read reports which break the standard."""
EVERYTHING = ("+Pl", "+Pu", "+Pc", "+Pt")

UNREADABLE_FOR_DSRDUMP = {
    "basictext-amrgablla-malformed-1",
    "basictext-amrgablla-malformed-2",
    "basictext-dwv-arrow-1",
    "basictext-dwv-circle-1",
    "basictext-dwv-ellipse-1",
    "basictext-dwv-roi-1",
    "enhxrdose-kgrizz-synthetic-1",
}
"""Originals that dsrdump refuses however lenient."""

_MADE_UP = re.compile(rb"1\.2\.276\.0\.7230010\.3\.1\.[23]\.8323\d+\.\d+\.\d+\.\d+")


def run(*command: str | Path) -> tuple[int, bytes, bytes]:
    """Exit status, stdout, stderr."""
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def dciodvfy_errors(path: Path) -> Counter[bytes]:
    """The Error lines of dciodvfy, without the bytes they quote beyond ASCII."""
    _, out, talk = run("dciodvfy", path)
    lines = (out + talk).splitlines()
    return Counter(bytes(byte for byte in line if byte < 128) for line in lines if line.startswith(b"Error"))


def dsrdump(path: Path, *, utf_8: bool | None = None) -> tuple[bool, list[bytes]] | None:
    """(text converted to UTF-8, printed lines); None where dsrdump cannot read the file.

    Where it cannot convert the text it prints it as it stands; then only ASCII is compared, line
    by line, without the lines that hold ISO 2022 escapes in one of the encodings.
    """
    for convert in (True, False) if utf_8 is None else (utf_8,):
        # Without conversion the header is left out: names are what differs.
        options = ("+U8",) if convert else ("-Ph",)
        status, out, _ = run("dsrdump", *LENIENT, *EVERYTHING, *options, path)
        if status == 0:
            lines = out.splitlines()
            return convert, lines if convert else [bytes(b for b in line if b < 128) for line in lines]
    return None


def dsr2xml(path: Path) -> bytes | None:
    """The XML of dsr2xml in UTF-8; None where it cannot read the file."""
    status, out, _ = run("dsr2xml", "-Er", "-Ev", "-Ec", "-Ee", "+U8", path)
    # Where the document has no study or series UID, dcmtk makes up a new one each time.
    return _MADE_UP.sub(b"made up", out) if status == 0 else None
