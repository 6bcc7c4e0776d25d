"""The command line of the samples: `python -m sr2graph.samples FOLDER`."""

from __future__ import annotations

from pathlib import Path

import click

from sr2graph.errors import SrError
from sr2graph.samples.files import FORMATS, write_cohort, write_instances, write_reports

POSITIVE = click.IntRange(min=1)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--patients", type=POSITIVE, help="How many patients.  [default: 5]")
@click.option("--reports", type=POSITIVE, help="How many reports, instead of how many patients.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed writes the same files.")
@click.option("--jobs", type=POSITIVE, default=1, show_default=True, help="How many processes write.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted(FORMATS)),
    default="dicom",
    show_default=True,
    help="DICOM files, or the DICOM JSON Model.",
)
@click.option(
    "--templates",
    metavar="TIDS",
    help="Instances of these root templates of PS3.16 instead of a cohort: 1500,10011, or all.  "
    "With --reports, so many of each.",
)
@click.option(
    "--richness",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="How much of what a template leaves open its instances have.",
)
def main(  # noqa: PLR0913, PLR0917 # one per option
    folder: Path,
    patients: int | None,
    reports: int | None,
    seed: int,
    jobs: int,
    format_: str,
    templates: str | None,
    richness: float,
) -> None:
    """Write synthetic structured reports into FOLDER, those of many patients into subfolders of it."""
    if patients and reports:
        raise click.UsageError("--patients and --reports say the same in two ways: use one of them")
    if templates is not None:
        _write_instances(folder, templates, reports or 1, seed, richness, format_)
        return
    paths = (
        write_reports(folder, reports, seed, format_, jobs)
        if reports
        else write_cohort(folder, patients or 5, seed, format_, jobs)
    )
    size = sum(path.stat().st_size for path in paths)
    people = len({path.stem.split("-")[1] for path in paths})
    click.echo(f"{len(paths)} reports of {people} patients in {folder} ({size / 1e6:.1f} MB, seed {seed})")


def _write_instances(folder: Path, templates: str, each: int, seed: int, richness: float, format_: str) -> None:  # noqa: PLR0913, PLR0917
    try:
        paths = write_instances(folder, templates.split(","), each, seed, richness, format_)
    except SrError as error:
        raise click.UsageError(str(error)) from error
    size = sum(path.stat().st_size for path in paths)
    click.echo(f"{len(paths)} instances of templates in {folder} ({size / 1e6:.1f} MB, seed {seed})")


if __name__ == "__main__":
    main()
