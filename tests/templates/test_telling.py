"""Observations as lines for people."""

from sr2graph.dicom.values import Text
from sr2graph.samples import sample
from sr2graph.templates.observations import observations_of
from sr2graph.templates.telling import told
from tests.templates.trees import container, item, report


def test_a_dose_says_its_event_and_its_device() -> None:
    dose = next(each for each in observations_of(sample("ct_dose")) if "CTDIvol" in str(each.item.concept_name))
    heading, *lines = told([dose])
    assert heading == "1.15.8.1 NUM Mean CTDIvol (113830, DCM) = 1.22 mGy"
    said = dict(line.strip().split(": ", 1) for line in lines)
    assert said["template"] == "TID 10013 row 22"
    assert said["target region"] == "Abdomen (818981001, SCT)"
    assert (said["group"], said["section"]) == ("1.15", "1.15.8")
    assert said["irradiation event"].startswith("2.25.")
    assert "role Irradiating Device (113859, DCM)" in said["participants"]
    assert "role" not in said


def test_nothing_drives_the_terminal() -> None:
    (line,) = told(observations_of(report(container("99X:1", item("TEXT", "99X:2", value=Text("a\x1b[2Jb"))))))
    assert line == "1.1 TEXT (2, 99X) = a\\x1b[2Jb"
