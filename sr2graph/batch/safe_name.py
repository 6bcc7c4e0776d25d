"""UIDs as file names."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

_LONGEST = 128


def safe_name(uid: str) -> str:
    """Return a file name, without suffix, that no UID can break out of its folder with.

    >>> safe_name("1.2.840"), safe_name("../x")
    ('1.2.840', '%2E%2E%2Fx')
    """
    # A valid UID (PS3.5 9.1) stays as it is.
    name = quote(uid, safe=".", errors="replace")
    if name.startswith(".") or not name:
        name = name.replace(".", "%2E") or "no-uid"
    if len(name) <= _LONGEST:
        return name
    return f"{name[:_LONGEST]}-{hashlib.sha256(uid.encode(errors='replace')).hexdigest()[:16]}"
