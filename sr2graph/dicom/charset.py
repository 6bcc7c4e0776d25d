"""Bytes to text by Specific Character Set (0008,0005) (PS3.3 C.12.1.1.2, PS3.5 6.1)."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any

SINGLE_CODECS = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 166": "tis_620",
    "ISO_IR 192": "utf_8",
    "ISO_IR 203": "iso8859_15",
    "GB18030": "gb18030",
    "GBK": "gbk",
}
"""Defined terms without code extensions, and the Python codec of each (PS3.3 Table C.12-2, C.12-5)."""

_ISO_2022_NUMBERS = {6, 13, 58, 87, 100, 101, 109, 110, 126, 127, 138, 144, 148, 149, 159, 166, 203}
_MISSPELT = {
    "UTF-8": "ISO_IR 192",
    "UTF8": "ISO_IR 192",
    "UNICODE": "ISO_IR 192",
    "ASCII": "ISO_IR 6",
    "LATIN1": "ISO_IR 100",
    "LATIN-1": "ISO_IR 100",
    "ISO 8859-1": "ISO_IR 100",
    "ISO-8859-1": "ISO_IR 100",
    "ISO8859-1": "ISO_IR 100",
    "GB2312": "GBK",
    "GB 18030": "GB18030",
}
_IR = re.compile(r"ISO[ _-]*(2022)?[ _-]*IR[ _-]*(\d{1,3})")
_ESCAPE = b"\x1b"
_CHINESE_ESCAPE = "\x1b$)A"
"""Python's codec for ISO 2022 IR 58 leaves its escape sequence in the text, and so does pydicom."""


def corrected(term: str) -> str | None:
    """Return the defined term a declaration stands for, None when there is none to see.

    >>> corrected("ISO-IR 100")
    'ISO_IR 100'
    """
    term = term.strip().upper()
    term = _MISSPELT.get(term, term)
    if term in SINGLE_CODECS:
        return term
    match = _IR.fullmatch(term)
    if match is None:
        return None
    number = int(match[2])
    if match[1]:
        return f"ISO 2022 IR {number}" if number in _ISO_2022_NUMBERS else None
    return f"ISO_IR {number}" if f"ISO_IR {number}" in SINGLE_CODECS else None


class TextDecoder:
    """Decodes the text of one data set; says when it had to guess."""

    __slots__ = ("_codec", "_declared", "_encodings", "codes", "escapes", "leaves", "problems")

    def __init__(self, declared: tuple[str, ...]) -> None:
        self.problems: list[str] = []
        """What is wrong with the declaration itself."""
        self.leaves: dict[bool, dict[bytes, dict[str, Any]]] = {True: {}, False: {}}
        """Memo of the fields of leaves of the content tree, for explicit and implicit VR."""
        self.codes: dict[bool, dict[bytes, Any]] = {True: {}, False: {}}
        """Memo of the code sequences read with this decoder, for explicit and implicit VR."""
        self._declared = bool(declared)
        terms = [self._term(t) for t in declared]
        known = [t for t in terms if t is not None]
        self.escapes = len(known) > 1 or any(t.startswith("ISO 2022") for t in known)
        self._encodings: list[str] = _pydicom_encodings(known) if self.escapes else []
        self._codec = None if self.escapes or not known else SINGLE_CODECS[known[0]]

    def _term(self, declared: str) -> str | None:
        term = corrected(declared)
        if term is None:
            self.problems.append("the declared character set does not exist; text is decoded by guess")
        elif term != declared.strip() and declared.strip():
            self.problems.append(f"the declared character set is misspelt; read as {term}")
        return term

    def decode(self, raw: bytes, *, person_name: bool = False) -> tuple[str, str | None]:
        """Return (text, problem); the problem is None unless the text is a guess."""
        if self.escapes:
            return self._decode_escapes(raw, person_name=person_name)
        try:
            return raw.decode(self._codec or "ascii"), None
        except UnicodeDecodeError:
            return _guess(raw, declared=self._codec is not None and self._codec != "ascii")

    def _decode_escapes(self, raw: bytes, *, person_name: bool) -> tuple[str, str | None]:
        if raw.isascii() and _ESCAPE not in raw:
            return raw.decode("ascii"), None
        from pydicom import charset

        delimiters = {0x5E, 0x3D, 0x5C, 0xA, 0xC, 0xD, 0x9} if person_name else {0x5C, 0xA, 0xC, 0xD, 0x9}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                text = charset.decode_bytes(raw, self._encodings, delimiters)
            except (LookupError, UnicodeError, ValueError):
                return _guess(raw, declared=True)
        text = text.replace(_CHINESE_ESCAPE, "")
        return text, "text does not fit its character set; read with replacements" if caught else None


def _guess(raw: bytes, *, declared: bool) -> tuple[str, str]:
    found = "does not fit its character set" if declared else "is not ASCII and no valid character set is declared"
    try:
        return raw.decode("utf_8"), f"text {found}; read as UTF-8"
    except UnicodeDecodeError:
        return raw.decode("latin_1"), f"text {found}; read as ISO 8859-1"


def _pydicom_encodings(terms: list[str]) -> list[str]:
    from pydicom import charset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(charset.convert_encodings(terms))
        except LookupError:
            return ["iso8859"]


@lru_cache(maxsize=8)  # each remembers codes and leaves of its own
def text_decoder(declared: tuple[str, ...]) -> TextDecoder:
    """Return the decoder for the values of Specific Character Set (0008,0005)."""
    return TextDecoder(declared)
