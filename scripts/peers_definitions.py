"""Take out of HL7's definitions of FHIR R5 what only people read; scripts/peers.sh does so once for each peer.

HAPI FHIR parses all of them whenever it starts, and half of that time goes into the narratives of resources and into
how their elements map to other standards, which no validator and no server looks at.
"""

import argparse
import gzip
import io
import json
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

JARS = "hapi-fhir-validation-resources-r5-*.jar"


def without_prose(value: Any) -> Any:  # noqa: ANN401 # any JSON
    """Return JSON without narratives and mappings."""
    if isinstance(value, list):
        return [without_prose(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: without_prose(each) for name, each in value.items() if not is_prose(name, each)}


def is_prose(name: str, value: Any) -> bool:  # noqa: ANN401 # the same
    """Tell whether a member of an object is for people: a narrative has a div, other texts have none."""
    return name == "mapping" or (name == "text" and isinstance(value, dict) and "div" in value)


def shorter_package(content: bytes) -> bytes:
    """Return a package of npm with shorter resources."""
    made = io.BytesIO()
    # Quickly packed is quickly unpacked.
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as package,
        gzip.GzipFile(fileobj=made, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as shorter,
    ):
        for member in package:
            file = package.extractfile(member)
            text = file.read() if file else b""
            if member.name.endswith(".json") and b'"resourceType"' in text:
                text = json.dumps(without_prose(json.loads(text)), ensure_ascii=False).encode()
            member.size = len(text)
            shorter.addfile(member, io.BytesIO(text))
    return made.getvalue()


def shorten(jar: Path) -> None:
    """Write a jar again with shorter packages."""
    shorter = jar.with_suffix(".shorter")
    with zipfile.ZipFile(jar) as whole, zipfile.ZipFile(shorter, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in whole.infolist():
            content = whole.read(entry)
            written.writestr(entry, shorter_package(content) if entry.filename.endswith(".tgz") else content)
    shorter.replace(jar)


def main() -> int:
    """Shorten the definitions in a folder of jars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the jars of a peer are")
    for jar in sorted(parser.parse_args().folder.glob(JARS)):
        shorten(jar)
    return 0


if __name__ == "__main__":
    sys.exit(main())
