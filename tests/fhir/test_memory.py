"""What a projection leaves behind: nothing that waits for the garbage collector."""

import gc

import pytest

from sr2graph.fhir import to_fhir
from sr2graph.samples import KINDS, sample


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_leaves_no_garbage(kind: str) -> None:
    """A reference in a circle would keep the whole report until all of memory is looked through."""
    report = sample(kind)
    to_fhir(report)  # what is remembered between reports stays
    gc.disable()
    try:
        gc.collect()
        assert len(to_fhir(report).losses) > 0
        assert gc.collect() == 0
    finally:
        gc.enable()
