"""Bytes to Report and back: the only room that knows how DICOM encodes things."""
