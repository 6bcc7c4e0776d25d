"""Fictional hospitals and the devices in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.header import Equipment
from sr2graph.samples.codes import local
from sr2graph.samples.identity import uid


@dataclass(frozen=True, slots=True)
class Hospital:
    """Where devices stand, and what time it is there."""

    number: str
    """In the hospitals' own coding scheme."""
    name: str
    address: str
    utc_offset: str
    """As in (0008,0201): +0100."""
    language: str
    """That reports are dictated in (RFC 5646)."""

    @property
    def code(self) -> CodedConcept:
        """The hospital in the hospitals' own coding scheme."""
        return local(self.number, self.name)


@dataclass(frozen=True, slots=True)
class Station:
    """A device that makes reports."""

    modality: str
    manufacturer: str
    model: str
    software: tuple[str, ...]
    name: str
    hospital: Hospital
    writes_offset: bool = False
    """Whether its date-times say how far from UTC they are."""

    @property
    def serial_number(self) -> str:
        """A number that belongs to this station only."""
        return self.uid[-7:]

    @property
    def uid(self) -> str:
        """The Device UID."""
        return uid("station", self.name)

    @property
    def equipment(self) -> Equipment:
        """What headers say of the device (PS3.3 C.7.5.1)."""
        return Equipment(
            manufacturer=self.manufacturer,
            model_name=self.model,
            serial_number=self.serial_number,
            device_uid=self.uid,
            software_versions=self.software,
            station_name=self.name,
            institution_name=self.hospital.name,
            institution_address=self.hospital.address,
            department_name="Radiology",
        )


AUBEPINE = Hospital("H02", "Hôpital de l'Aubépine", "12 allée des Érables, Sainte-Aurore", "+0100", "fr-FR")
KINGSMERE = Hospital("H01", "Kingsmere Infirmary", "Weir Lane, Kingsmere", "-0500", "en-US")
TOKIWA = Hospital("H03", "Tokiwa Kita Clinic", "3-14 Kita-machi, Tokiwa", "+0900", "ja-JP")

STATIONS = (
    Station("CT", "Borealis Imaging", "Helix 128", ("H128_4.2.1",), "KMCT1", KINGSMERE),
    Station("CT", "Borealis Imaging", "Helix 64", ("H64_3.9",), "AUCT2", AUBEPINE),
    Station("CT", "Kestrel Systems", "Peregrine CT", ("2.10.0", "DoseKit 1.4"), "AUCT1", AUBEPINE, writes_offset=True),
    Station("CT", "Kestrel Systems", "Peregrine CT", ("2.9.3", "DoseKit 1.3"), "KMCT2", KINGSMERE, writes_offset=True),
    Station("CT", "Asahi Tomo Works", "Kumo S", ("V7.0SP2",), "TKCT1", TOKIWA, writes_offset=True),
    Station("PT", "Kestrel Systems", "Merlin PET", ("5.1",), "AUPT1", AUBEPINE, writes_offset=True),
    Station("PT", "Nordlys Medical", "Aurora PET/CT", ("NL8.3",), "KMPT1", KINGSMERE, writes_offset=True),
    Station("XA", "Nordlys Medical", "Lumen FD", ("NL12.0.4",), "KMXA1", KINGSMERE),
    Station("XA", "Asahi Tomo Works", "Ryu Biplane", ("V3.1",), "TKXA1", TOKIWA, writes_offset=True),
    Station("DX", "Helianthe Medical", "Clarté DR", ("1.8.2",), "AUDX1", AUBEPINE),
    Station("DX", "Borealis Imaging", "Plane 5", ("P5_2.0",), "KMDX1", KINGSMERE),
    Station("MG", "Nordlys Medical", "Iris Mammo", ("NL6.2",), "KMMG1", KINGSMERE),
    Station("MG", "Helianthe Medical", "Corolle 3D", ("3.0.1",), "AUMG1", AUBEPINE, writes_offset=True),
    Station("US", "Helianthe Medical", "Ondine 9", ("9.0.3",), "AUUS1", AUBEPINE),
    Station("US", "Kestrel Systems", "Harrier Echo", ("HE 4.4",), "KMUS1", KINGSMERE),
    Station("US", "Asahi Tomo Works", "Nami X", ("V2.2",), "TKUS1", TOKIWA, writes_offset=True),
    Station("WS", "Lanternfish Software", "Gloam Reading Room", ("2021.2",), "KMWS1", KINGSMERE),
    Station("WS", "Lanternfish Software", "Gloam Reading Room", ("2023.3",), "AUWS1", AUBEPINE),
    Station("WS", "Asahi Tomo Works", "Hoshi Viewer", ("V5.5",), "TKWS1", TOKIWA, writes_offset=True),
    Station("CAD", "Lanternfish Software", "Gloam Mammo CAD", ("6.1",), "KMCAD1", KINGSMERE),
    Station("CAD", "Helianthe Medical", "Corolle Detect", ("2.3.0",), "AUCAD1", AUBEPINE, writes_offset=True),
)
"""CT, PT, XA, DX, MG and US are modalities; WS is a reading workstation, CAD a server that looks for findings."""

UPGRADES: dict[str, tuple[tuple[date, tuple[str, ...]], ...]] = {
    "KMCT1": ((date(2021, 3, 8), ("H128_4.3.0",)), (date(2024, 9, 16), ("H128_5.0.2",))),
    "AUCT1": ((date(2022, 6, 20), ("2.11.4", "DoseKit 1.4")), (date(2025, 1, 13), ("3.0.1", "DoseKit 2.0"))),
    "KMCT2": ((date(2023, 11, 6), ("2.11.4", "DoseKit 1.4")),),
    "TKCT1": ((date(2024, 4, 1), ("V8.0",)),),
    "KMPT1": ((date(2023, 8, 14), ("NL8.4",)),),
    "KMXA1": ((date(2022, 2, 7), ("NL12.1.0",)), (date(2024, 5, 27), ("NL13.0.1",))),
    "AUDX1": ((date(2024, 2, 5), ("1.9.0",)),),
    "KMMG1": ((date(2022, 10, 3), ("NL7.0",)),),
    "KMUS1": ((date(2023, 5, 15), ("HE 5.0",)),),
    "KMWS1": ((date(2022, 1, 10), ("2022.1",)), (date(2024, 1, 15), ("2024.1",))),
    "KMCAD1": ((date(2021, 9, 6), ("6.2",)), (date(2023, 9, 4), ("7.0",))),
    "AUCAD1": ((date(2023, 3, 20), ("2.4.1",)),),
}
"""When which station got which software after what it began with, in order of time."""


def station(random: Random, modality: str, hospital: Hospital, on: date) -> Station:
    """Return one of the stations of a modality as it was on a day, in that hospital if it has one."""
    return as_of(random.choice(stations(modality, hospital)), on)


@cache
def stations(modality: str, hospital: Hospital) -> tuple[Station, ...]:
    """Return the stations of a modality, those of this hospital if it has any."""
    suitable = tuple(station for station in STATIONS if station.modality == modality)
    return tuple(station for station in suitable if station.hospital is hospital) or suitable


def as_of(station: Station, day: date) -> Station:
    """Return the station with the software that it had on a day."""
    installed = sum(since <= day for since, _ in UPGRADES.get(station.name, ()))
    return _upgraded(station, installed)


@cache
def _upgraded(station: Station, installed: int) -> Station:
    """Return the station after so many of its upgrades."""
    return replace(station, software=UPGRADES[station.name][installed - 1][1]) if installed else station
