"""The VR of an attribute by its tag (PS3.6), for implicit VR and for checks."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=8192)
def dictionary_vr(tag: int) -> str:
    """Return the VR of a standard attribute, `UN` where the tag alone does not tell.

    Private and unknown attributes are UN, and so are the few whose VR depends on others
    (`US or SS`): their bytes are carried as they stand.
    """
    if tag & 0xFFFF == 0:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    # pydicom takes a tenth of a second to import: only when implicit VR asks for it.
    from pydicom.datadict import dictionary_VR

    try:
        vr = dictionary_VR(tag)
    except KeyError:
        return "UN"
    return vr if len(vr) == 2 else "UN"
