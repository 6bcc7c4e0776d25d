"""What all tests share: the real reports, the peers, the golden files, how hard hypothesis tries."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.templates.oracles.validators import PixelMed

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"
"""Other people's reports: read from beside the repository, never copied into it."""

HAPI = ROOT / "build" / "peers" / "validator" / "validator.jar"
"""HAPI FHIR's validator, as scripts/peers.sh builds it."""
JPA = ROOT / "build" / "peers" / "jpa_server" / "jpa_server.jar"
"""HAPI FHIR's JPA server, likewise."""
MEDPLUM = ROOT / "build" / "peers" / "medplum"
"""Where scripts/peers_node.sh installs Medplum."""

PEERS = {
    "dcmtk": "dsrdump",
    "dicom3tools": "dciodvfy",
    "pixelmed": "/usr/share/java/pixelmed.jar",
    "hapi": str(HAPI),
    "jpa": str(JPA),
    "medplum": str(MEDPLUM / ".sources"),
}
"""Marker ↔ the command, or the file where there is no command, that shows the peer is installed."""

# ci: the same examples in every run, so that a red build is red again at home. long: make fuzz.
settings.register_profile(
    "ci", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "long", max_examples=5000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci")

# Samples, catalogues and graphs of shapes are kept for all tests: to look through them for garbage, again and again,
# took a sixth of the time.
gc.set_threshold(50_000, 20, 100)


def corpus_files(*suffixes: str) -> list[Path]:
    """The real reports in a stable order, DICOM and JSON or only those suffixes; empty where there is no corpus."""
    wanted = suffixes or (".dcm", ".json")
    return sorted(path for path in CORPUS.rglob("*") if path.suffix in wanted)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden from what the code does now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end of a run one worker waits for what the other still has."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("corpus"):
        require_corpus()
    for peer, command in PEERS.items():
        if item.get_closest_marker(peer) and shutil.which(command) is None and not Path(command).is_file():
            missing_peer(peer, command)


def require_corpus() -> None:
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not beside this checkout")


def missing_peer(peer: str, command: str) -> None:
    """Skip at home; fail in CI, where an oracle that is silently gone would prove nothing."""
    reason = f"{command} is not installed: make peers (Debian as root, {peer})"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """The folder of real reports; the test is skipped where it is absent."""
    require_corpus()
    return CORPUS


@pytest.fixture(scope="session")
def pixelmed() -> Iterator[PixelMed]:
    """PixelMed's validator; tests that ask it are a group of xdist, so that it starts once."""
    found = PixelMed()
    yield found
    found.close()


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """True when the run is to rewrite the golden files."""
    return bool(request.config.getoption("--update-golden"))
