"""Cohorts: reproducible, extendable, plausible; and written as files."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from itertools import islice
from pathlib import Path

from click.testing import CliRunner

from sr2graph.dicom.read import read
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, Text, UIDReference
from sr2graph.samples import KINDS, cohort, cohort_reports, write_samples
from sr2graph.samples.__main__ import main
from sr2graph.samples.cohort import patient_reports
from sr2graph.samples.files import BLOCK, write_reports
from tests.conftest import ROOT

PATIENTS = 100


@cache
def reports() -> tuple[Report, ...]:
    return tuple(cohort(PATIENTS, seed=1))


def test_more_patients_change_nothing_for_those_before_them() -> None:
    few, many = list(cohort(3, seed=5)), list(cohort(6, seed=5))
    assert many[: len(few)] == few
    assert len(many) > len(few)


def test_seeds_make_different_people() -> None:
    assert {report.sop_instance_uid for report in cohort(4, seed=1)}.isdisjoint(
        report.sop_instance_uid for report in cohort(4, seed=2)
    )


def test_another_process_makes_the_same_bytes() -> None:
    """Nothing depends on the hash seed of the process, the clock, or what was generated before."""
    program = """if True:
        import hashlib
        from sr2graph.samples import cohort
        print(hashlib.sha256(b"".join(report.to_dicom() for report in cohort(6, seed=3))).hexdigest())
    """
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_every_kind_occurs() -> None:
    assert {kind for index in range(PATIENTS) for kind, _ in patient_reports(1, index)} == set(KINDS)


def test_no_two_reports_share_an_identity() -> None:
    assert len({report.sop_instance_uid for report in reports()}) == len(reports())


def test_the_reports_of_a_patient_agree_on_who_it_is() -> None:
    people = defaultdict(set)
    for report in reports():
        patient = report.patient
        people[patient.patient_id].add((patient.name, patient.birth_date, patient.sex))
    assert len(people) == PATIENTS
    assert all(len(identities) == 1 for identities in people.values())


def test_a_lesion_keeps_its_tracking_uid_over_time() -> None:
    studies = defaultdict(set)
    names = defaultdict(set)
    for report in reports():
        items = {(item.position, item.concept_name.value): item for item in report.walk() if item.concept_name}
        for (position, concept), item in items.items():
            if concept == "112040" and isinstance(item.value, UIDReference):
                studies[item.value.uid].add(report.study.study_instance_uid)
                named = items[(*position[:-1], position[-1] - 1), "112039"]
                assert isinstance(named.value, Text)
                names[item.value.uid].add(named.value.text)
    assert max(len(uids) for uids in studies.values()) >= 3
    assert all(len(identifiers) == 1 for identifiers in names.values())


def test_names_are_written_in_several_scripts() -> None:
    names = "".join({report.patient.name or "" for report in reports()})
    scripts = Counter(ord(letter) >> 8 for letter in names)
    assert scripts[0x30], "no kana"
    assert any(0xAC <= block <= 0xD7 for block in scripts), "no hangul"
    assert "é" in names


def test_some_reports_are_verified_amended_or_incomplete() -> None:
    documents = [report.document for report in reports()]
    assert {document.verification_flag for document in documents} == {"VERIFIED", "UNVERIFIED", None}
    assert {document.completion_flag for document in documents} >= {"COMPLETE", "PARTIAL"}
    assert any(document.predecessors for document in documents)
    assert any(document.sop_class_uid == "1.2.840.10008.5.1.4.1.1.88.22" for document in documents)


def test_what_an_amended_report_replaces_is_in_the_cohort() -> None:
    present = {report.sop_instance_uid for report in reports()}
    replaced = {
        instance.sop_instance_uid
        for report in reports()
        for study in report.document.predecessors
        for series in study.series
        for instance in series.instances
    }
    assert replaced
    assert replaced <= present


def test_heavier_patients_get_more_dose() -> None:
    """Dose follows the body mass index; a distribution, so only the halves are compared."""
    doses = []
    for report in cohort(300, seed=1):
        if report.study.description == "CT head without contrast" and report.series.description == "Dose Report":
            patient, total = report.patient, report.item("1.13.2")
            assert isinstance(total.value, MeasuredValue)
            index = float(patient.weight or 0) / float(patient.size or 1) ** 2
            doses.append((index, float(total.value.number or 0)))
    doses.sort()
    half = len(doses) // 2
    assert half > 10
    light, heavy = (sorted(dose for _, dose in part)[half // 2] for part in (doses[:half], doses[half:]))
    assert light < heavy


def test_write_samples_names_files_by_kind_patient_and_number(tmp_path: Path) -> None:
    paths = write_samples(tmp_path / "new", patients=3, seed=2)
    assert [read(path) for path in paths] == list(cohort(3, seed=2))
    assert all(path.stem.split("-")[0] in KINDS for path in paths)
    assert {path.stem.split("-")[1] for path in paths} == {"0001", "0002", "0003"}


def test_the_command_line_writes_dicom(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path), "--patients", "2", "--seed", "4"])
    assert done.exit_code == 0
    files = list(tmp_path.glob("*.dcm"))
    assert f"{len(files)} reports of 2 patients" in done.output


def test_the_command_line_writes_dicom_json(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path), "--patients", "1", "--seed", "1", "--format", "json"])
    assert done.exit_code == 0
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"] * len(list(cohort(1)))


def test_the_command_line_writes_as_many_reports_as_asked_for(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path), "--reports", "30"])
    assert done.exit_code == 0
    assert len(list(tmp_path.glob("*.dcm"))) == 30
    assert "30 reports of" in done.output


def test_patients_and_reports_do_not_go_together(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path), "--reports", "30", "--patients", "3"])
    assert done.exit_code == 2
    assert "--reports" in done.output


def test_a_number_of_reports_is_exact() -> None:
    """The first of a cohort that goes on."""
    assert list(cohort_reports(25, seed=4)) == list(islice(cohort(25, seed=4), 25))


def test_many_patients_are_spread_over_folders(tmp_path: Path) -> None:
    """... and the files are the same, whoever writes them."""
    alone = write_reports(tmp_path / "alone", 600, seed=6, format_="dicom")
    together = write_reports(tmp_path / "together", 600, seed=6, format_="dicom", jobs=2)
    assert len(alone) == 600
    assert {path.parent.name for path in alone} == {"0001", "0002"}
    assert [path.relative_to(tmp_path / "alone") for path in alone] == [
        path.relative_to(tmp_path / "together") for path in together
    ]
    assert [path.read_bytes() for path in alone] == [path.read_bytes() for path in together]
    assert sorted(tmp_path.glob("together/*/*.dcm")) == sorted(together), "files that nobody asked for"


def test_few_patients_share_one_folder(tmp_path: Path) -> None:
    assert {path.parent for path in write_samples(tmp_path, patients=3)} == {tmp_path}
    assert BLOCK >= 3
