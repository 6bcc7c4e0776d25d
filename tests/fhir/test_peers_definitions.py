"""What scripts/peers_definitions.py takes out of the definitions of FHIR R5, and what it leaves as it is."""

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tests.conftest import ROOT

PACKAGE = "org/hl7/fhir/r5/packages/some.tgz"
PROFILE = {
    "resourceType": "StructureDefinition",
    "text": {"status": "generated", "div": "<div>for people</div>"},
    "mapping": [{"identity": "v2"}],
    "snapshot": {"element": [{"path": "Patient.id", "short": "Ä", "mapping": [{"identity": "v2"}]}]},
}
QUESTIONS = {"resourceType": "Questionnaire", "item": [{"linkId": "1", "text": "Why?"}]}


def written(jar: Path, files: dict[str, bytes]) -> None:
    """A jar with a manifest, and a package of these files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as package:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            package.addfile(member, io.BytesIO(text))
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        archive.writestr(PACKAGE, content.getvalue())


def found(jar: Path) -> dict[str, bytes]:
    """The files of the package in a jar."""
    with zipfile.ZipFile(jar) as archive:
        assert archive.read("META-INF/MANIFEST.MF") == b"Manifest-Version: 1.0\n"
        with tarfile.open(fileobj=io.BytesIO(archive.read(PACKAGE))) as package:
            files = {member.name: package.extractfile(member) for member in package}
            return {name: file.read() for name, file in files.items() if file is not None}


def test_only_narratives_and_mappings_are_taken_out(tmp_path: Path) -> None:
    """Of resources of R5: indexes, other texts and other jars stay."""
    files = {"package/.index.json": b'{"files": []}', "package/other.txt": b"text"}
    resources = {"package/profile.json": PROFILE, "package/questions.json": QUESTIONS}
    files |= {name: json.dumps(each).encode() for name, each in resources.items()}
    r5, r4 = (tmp_path / f"hapi-fhir-validation-resources-{release}-8.8.0.jar" for release in ("r5", "r4"))
    written(r5, files)
    written(r4, files)
    subprocess.run([sys.executable, ROOT / "scripts" / "peers_definitions.py", tmp_path], check=True)
    assert found(r4) == files
    shorter = found(r5)
    assert json.loads(shorter.pop("package/profile.json")) == {
        "resourceType": "StructureDefinition",
        "snapshot": {"element": [{"path": "Patient.id", "short": "Ä"}]},
    }
    assert json.loads(shorter.pop("package/questions.json")) == QUESTIONS
    assert shorter == {name: text for name, text in files.items() if name not in resources}
    assert sorted(tmp_path.iterdir()) == [r4, r5]
