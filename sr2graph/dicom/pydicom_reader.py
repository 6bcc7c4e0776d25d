"""The rare and the broken through pydicom: the same elements, by a slower road."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Any

from sr2graph.dicom.attributes import tag_text
from sr2graph.dicom.dictionary import dictionary_vr
from sr2graph.dicom.limits import Limits
from sr2graph.dicom.tokenise import LONG_VRS, SHORT_VRS, Elements
from sr2graph.errors import LimitError, ReadError

_SWAPPED = {"US": 2, "SS": 2, "OW": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "OF": 4, "OL": 4}
_SWAPPED |= {"FD": 8, "OD": 8, "SV": 8, "UV": 8, "OV": 8}
"""Bytes per number of the VRs that depend on byte order (PS3.5 7.3)."""
VRS = frozenset(SHORT_VRS.values()) | frozenset(LONG_VRS.values())


def elements_by_pydicom(data: bytes, *, explicit: bool, big_endian: bool, limits: Limits) -> Elements:
    """Return the elements of a data set as pydicom sees them; raises ReadError when it cannot."""
    from pydicom import config
    from pydicom.filereader import read_dataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        strictness = config.settings.reading_validation_mode
        config.settings.reading_validation_mode = config.IGNORE
        try:
            data_set = read_dataset(BytesIO(data), not explicit, not big_endian, bytelength=len(data))
            return _Walk(limits, big_endian=big_endian).elements(data_set, 0)
        except LimitError:
            raise
        except RecursionError as cause:
            raise LimitError("sequences nest too deep") from cause
        except Exception as cause:  # pydicom raises what it likes on hostile bytes
            raise ReadError(f"pydicom cannot read the data set ({type(cause).__name__})") from cause
        finally:
            config.settings.reading_validation_mode = strictness


class _Walk:
    def __init__(self, limits: Limits, *, big_endian: bool) -> None:
        self._limits = limits
        self._big_endian = big_endian
        self._items = 0

    def elements(self, data_set: Any, depth: int) -> Elements:
        if depth > self._limits.max_depth:
            raise LimitError(f"sequences nest deeper than {self._limits.max_depth} levels")
        return {int(tag): self._element(data_set, tag, depth) for tag in list(data_set.keys())}

    def _element(self, data_set: Any, tag: Any, depth: int) -> tuple[str, Any]:
        raw = data_set.get_item(tag, keep_deferred=True)
        vr = raw.VR or dictionary_vr(int(tag))
        if vr not in VRS:  # pydicom takes any two letters
            vr = "UN"
        if vr == "SQ":
            return "SQ", [self._item(item, depth) for item in data_set[tag].value]
        value = raw.value
        if not value:  # pydicom has several empty values
            return vr, b""
        if not isinstance(value, bytes):
            raise ReadError(f"{tag_text(int(tag))} has a value that is not bytes")
        size = _SWAPPED.get(vr) if self._big_endian else None
        return vr, _swapped(value, size) if size else value

    def _item(self, item: Any, depth: int) -> Elements:
        self._items += 1
        if self._items > self._limits.max_items:
            raise LimitError(f"more than {self._limits.max_items} sequence items")
        return self.elements(item, depth + 1)


def _swapped(value: bytes, size: int) -> bytes:
    if len(value) % size:
        return value
    return b"".join(value[i : i + size][::-1] for i in range(0, len(value), size))


def file_bytes(data_set: Any) -> bytes:
    """Return a pydicom Dataset as an Explicit VR Little Endian data set."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    try:
        write_dataset(buffer, data_set)
    except Exception as cause:  # whatever a hand-made Dataset makes pydicom raise
        raise ReadError(f"pydicom cannot encode the Dataset ({type(cause).__name__}: {cause})") from cause
    return bytes(buffer.getvalue())
