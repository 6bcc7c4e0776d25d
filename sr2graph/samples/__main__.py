"""The command line of the samples: `python -m sr2graph.samples FOLDER`."""

from __future__ import annotations

from pathlib import Path

import click

from sr2graph.samples.files import FORMATS, write_cohort


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--patients", type=click.IntRange(min=1), default=5, show_default=True, help="How many patients.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same files.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted(FORMATS)),
    default="dicom",
    show_default=True,
    help="DICOM files, or the DICOM JSON Model.",
)
def main(folder: Path, patients: int, seed: int, format_: str) -> None:
    """Write synthetic structured reports into FOLDER."""
    paths = write_cohort(folder, patients, seed, format_)
    size = sum(path.stat().st_size for path in paths)
    click.echo(f"{len(paths)} reports of {patients} patients in {folder} ({size / 1e6:.1f} MB, seed {seed})")


if __name__ == "__main__":
    main()
