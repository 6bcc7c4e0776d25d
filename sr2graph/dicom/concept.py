"""Coded concepts and coding schemes (PS3.3 section 8, C.12.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.attributes import attribute, sequence


@dataclass(frozen=True, slots=True)
class CodedConcept:
    """A code as the report wrote it: Code Sequence Macro, PS3.3 Table 8.8-1.

    >>> CodedConcept("410668003", "SCT", "Length").code
    '410668003'
    """

    value: str | None = attribute(0x0008_0100, "SH")
    scheme: str | None = attribute(0x0008_0102, "SH")
    meaning: str | None = attribute(0x0008_0104, "LO")
    version: str | None = attribute(0x0008_0103, "SH")
    long_value: str | None = attribute(0x0008_0119, "UC")
    urn_value: str | None = attribute(0x0008_0120, "UR")
    scheme_uid: str | None = attribute(0x0008_010C, "UI")
    context_identifier: str | None = attribute(0x0008_010F, "CS")
    context_uid: str | None = attribute(0x0008_0117, "UI")
    context_group_version: str | None = attribute(0x0008_0106, "DT")
    context_group_local_version: str | None = attribute(0x0008_0107, "DT")
    context_group_extension_flag: str | None = attribute(0x0008_010B, "CS")
    context_group_extension_creator_uid: str | None = attribute(0x0008_010D, "UI")
    mapping_resource: str | None = attribute(0x0008_0105, "CS")
    mapping_resource_uid: str | None = attribute(0x0008_0118, "UI")
    mapping_resource_name: str | None = attribute(0x0008_0122, "LO")
    equivalent_codes: tuple[CodedConcept, ...] = sequence(0x0008_0121, "CodedConcept")

    @property
    def code(self) -> str | None:
        """The code itself, whichever of the three attributes carries it."""
        return self.value or self.long_value or self.urn_value

    def __str__(self) -> str:
        """Return `(code, scheme, "meaning")`, the notation of PS3.16."""
        return f'({self.code or ""}, {self.scheme or ""}, "{self.meaning or ""}")'


@dataclass(frozen=True, slots=True)
class CodingScheme:
    """What a report says of a coding scheme it uses: PS3.3 Table C.12-1, (0008,0110)."""

    designator: str | None = attribute(0x0008_0102, "SH")
    registry: str | None = attribute(0x0008_0112, "LO")
    uid: str | None = attribute(0x0008_010C, "UI")
    external_id: str | None = attribute(0x0008_0114, "ST")
    name: str | None = attribute(0x0008_0115, "ST")
    version: str | None = attribute(0x0008_0103, "SH")
    responsible_organization: str | None = attribute(0x0008_0116, "ST")
