"""The verb that turns a report into FHIR."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sr2graph.terminal import put, say

FLAVOURS = ("r5-dicom-sr", "r4")
BUNDLES = ("transaction", "batch", "collection", "document")
IDS = ("put", "conditional", "logical")


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="REPORT")
@click.option("--flavour", type=click.Choice(FLAVOURS), default=FLAVOURS[0], help=f"Default: {FLAVOURS[0]}.")
@click.option("--bundle", type=click.Choice(BUNDLES), default=BUNDLES[0], help=f"Default: {BUNDLES[0]}.")
@click.option("--ids", type=click.Choice(IDS), default=IDS[0], help=f"How a server knows resources. Default: {IDS[0]}.")
@click.option("--timezone", metavar="+HH:MM", help="Of times in a report that does not say.")
@click.option("--patient-system", metavar="URI", help="Of patient IDs in a report that names no issuer.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: standard output.")
@click.option(
    "--losses",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV of what each content item became, or why not.",
)
def fhir(  # noqa: PLR0913 # one per option
    *,
    path: Path,
    flavour: str,
    bundle: str,
    ids: str,
    timezone: str | None,
    patient_system: str | None,
    output: Path | None,
    losses: Path | None,
) -> None:
    """Turn a report into a bundle of FHIR resources.

    REPORT is a DICOM file or DICOM JSON. Flavour r5-dicom-sr follows the HL7 guide DICOM SR to FHIR, r4 has the same
    shape in FHIR R4. The same report gives the same text. What no element of a resource has is in the narrative of
    the DiagnosticReport; --losses tells of every content item.
    """
    from sr2graph.dicom.read import read
    from sr2graph.fhir import losses_csv, to_fhir

    made = to_fhir(read(path), flavour, bundle, ids, timezone=timezone, patient_system=patient_system)
    if output is None:
        put([made.json() + "\n"])
    else:
        _write(output, made.json() + "\n")
    if losses is not None:
        _write(losses, losses_csv(made.losses))
    left_out = len(made.left_out())
    if left_out:
        say(f"{left_out} of {sum(bool(each.position) for each in made.losses)} content items in no element: --losses")


def _write(path: Path, text: str) -> None:
    """Write a file; a failure is one line and exit status 1."""
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        say(f"{path}: {error.strerror}")
        sys.exit(1)


COMMANDS = (fhir,)
