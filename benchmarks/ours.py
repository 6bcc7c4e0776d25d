"""What the peers are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import sr2graph
from sr2graph.graph.quads import nquads


def convert(data: bytes) -> str:
    """Return the N-Quads of a DICOM file by sr2graph."""
    return nquads(sr2graph.read(data))


@contextmanager
def without_templates() -> Iterator[None]:
    """Leave out what templates and observations add, where it is asked for: peers know nothing of them."""
    with ExitStack() as stack:
        for user in ("item_statements", "records"):
            nothing = patch(f"sr2graph.graph.{user}.observation_rows", lambda _report, _recorder: iter(()))
            stack.enter_context(nothing)
        yield
