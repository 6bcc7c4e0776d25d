"""The same report gives the same bytes: twice, in two processes, whatever the order of their sets."""

import hashlib
import os
import subprocess
import sys

from sr2graph.fhir import FLAVOURS, IDS, losses_csv, to_fhir
from sr2graph.samples import KINDS, sample
from tests.conftest import ROOT

PROGRAM = """if True:
    from tests.fhir.test_stable import digests
    print(*digests(), sep="\\n")
"""


def digests() -> list[str]:
    """One of each sample; flavours and ways of ids take turns."""
    found = []
    for number, kind in enumerate(KINDS):
        how = (FLAVOURS[number % len(FLAVOURS)], "transaction", IDS[number % len(IDS)])
        bundle = to_fhir(sample(kind), *how, timezone="+01:00")
        account = losses_csv(bundle.losses).encode()
        found.append(f"{kind} {hashlib.sha256(bundle.json().encode() + account).hexdigest()}")
    return found


def test_two_processes_give_the_same_bytes() -> None:
    """Bundle and account: sets of texts have another order in each."""
    one, two = _elsewhere("1"), _elsewhere("2")
    assert len(one) == len(KINDS)
    assert one == two


def _elsewhere(seed: str) -> list[str]:
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
