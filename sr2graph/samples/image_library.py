"""Image libraries: the images that a report rests on (PS3.16 TID 1600)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.build import Draft, acq_context, code, container, date, image, labelled, nums, time, uidref
from sr2graph.samples.codes import IMAGE_LIBRARY, MM, TARGET_REGION, dcm, ucum
from sr2graph.samples.visit import ImageSeries

MODALITIES = {
    "CT": dcm("CT", "Computed Tomography"),
    "PT": dcm("PT", "Positron emission tomography"),
    "US": dcm("US", "Ultrasound"),
}
PIXELS = ucum("{pixels}", "pixels")
SLICE_THICKNESS = 2.5
"""In mm."""
ROWS = 512


def image_library(series: ImageSeries, region: CodedConcept, indexes: Iterable[int], spacing: float) -> Draft:
    """Draft the library of some images of one series; pixel spacing in mm.

    Each image carries the label `image <index>`, for links to it.
    """
    return container(
        IMAGE_LIBRARY,
        container(
            dcm("126200", "Image Library Group"),
            *map(acq_context, _shared(series, region, spacing)),
            *(_entry(series, index) for index in indexes),
        ),
    )


def _shared(series: ImageSeries, region: CodedConcept, spacing: float) -> Iterator[Draft]:
    """Draft TID 1602 and 1604: what all images of the group have in common."""
    day, moment = series.visit.day_time(0)
    yield code(dcm("121139", "Modality"), MODALITIES[series.modality])
    yield code(TARGET_REGION, region)
    yield date(dcm("111060", "Study Date"), day)
    yield time(dcm("111061", "Study Time"), moment)
    yield uidref(dcm("112227", "Frame of Reference UID"), series.frame_of_reference_uid)
    yield from nums(
        (dcm("110910", "Pixel Data Rows"), ROWS, PIXELS),
        (dcm("110911", "Pixel Data Columns"), ROWS, PIXELS),
        (dcm("111026", "Horizontal Pixel Spacing"), spacing, MM),
        (dcm("111066", "Vertical Pixel Spacing"), spacing, MM),
        (dcm("112226", "Spacing between slices"), SLICE_THICKNESS, MM),
        (dcm("112225", "Slice Thickness"), SLICE_THICKNESS, MM),
    )


def _entry(series: ImageSeries, index: int) -> Draft:
    """Draft TID 1601: one image, and where its upper left corner is."""
    position = nums(
        (dcm("110901", "Image Position (Patient) X"), "-200.0", MM),
        (dcm("110902", "Image Position (Patient) Y"), "-180.5", MM),
        (dcm("110903", "Image Position (Patient) Z"), -SLICE_THICKNESS * index, MM),
    )
    return labelled(f"image {index}", image(None, series.image(index), *map(acq_context, position)))
