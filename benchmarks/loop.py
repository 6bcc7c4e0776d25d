"""Convert the files of a folder one after the other in one process: `python -m benchmarks.loop ours FOLDER`.

For peak memory, and for whole processes where the command line is not at hand; the text is made and dropped.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(converter: str, folder: Path) -> None:
    """Convert every file of a folder, or one file, with `ours` or `straightforward`."""
    if converter == "ours":
        from benchmarks.ours import convert
    else:
        from benchmarks.straightforward import convert
    for path in sorted(folder.iterdir()) if folder.is_dir() else [folder]:
        convert(path.read_bytes())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
