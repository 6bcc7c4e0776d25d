"""Posting to a server that behaves, and to servers that do not: what is claimed, and what is sent again."""

import csv
import gzip
import json
import os
import shutil
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sr2graph.errors import FhirError
from sr2graph.fhir import FhirBundle, to_fhir
from sr2graph.fhir.answers import What
from sr2graph.fhir.posting import MOST_ROUNDS, Posted, post
from sr2graph.fhir.redacting import Redactor
from sr2graph.fhir.server import Server
from sr2graph.samples import sample
from tests.commands import run
from tests.fhir.fhir_server import (
    Fake,
    Handler,
    behave,
    breaks_off,
    changes,
    does_and_hangs_up,
    drips,
    http_date,
    labels,
    long_ago,
    outcome,
    says,
    serving,
    sleeps,
)

Json = dict[str, Any]
TOKEN = "s3cret-token.abc"  # noqa: S105 # of a server that is ours


@pytest.fixture(name="fake")
def _fake() -> Iterator[Fake]:
    with serving() as fake:
        yield fake


def bundle(kind: str = "transaction", ids: str = "put") -> FhirBundle:
    return to_fhir(sample("planar_roi"), "r4", kind, ids)


COUNT = len(bundle().resource["entry"])


def posted(fake: Fake, made: FhirBundle | None = None, slept: list[float] | None = None, **options: Any) -> Posted:
    server = Server(fake.url, **{"timeout": 2.0, "pause": 1.0, **options})
    return post(bundle() if made is None else made, server, sleep=(slept if slept is not None else []).append)


def only(result: Posted) -> tuple[What, str]:
    """What became of all entries, when it is the same for all."""
    ((what, reason),) = {(each.what, each.reason) for each in result.results}
    return what, reason


# ---------------------------------------------------------------- a server that behaves


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize("ids", ["put", "conditional"])
def test_twice_is_once(fake: Fake, kind: str, ids: str) -> None:
    first = posted(fake, bundle(kind, ids))
    versions = fake.versions()
    second = posted(fake, bundle(kind, ids))
    assert (first.counts(), second.counts()) == ({What.CREATED: COUNT}, {What.UNCHANGED: COUNT})
    assert first.is_done
    assert fake.versions() == versions
    assert set(versions.values()) == {1}
    assert [each.number for each in first.results] == list(range(COUNT))


def test_the_request_is_the_bundle(fake: Fake) -> None:
    posted(fake, token=TOKEN)
    (headers,) = fake.headers
    assert fake.requests == [json.loads(bundle().json())]
    assert headers["content-type"] == "application/fhir+json; fhirVersion=4.0"
    assert headers["accept"] == "application/fhir+json"
    assert (headers["authorization"], headers["path"]) == (f"Bearer {TOKEN}", "/fhir")


def test_what_changed_is_updated(fake: Fake) -> None:
    fake.stored = {entry["request"]["url"]: (1, {}) for entry in bundle().resource["entry"][:3]}
    assert posted(fake).counts() == {What.CREATED: COUNT - 3, What.UPDATED: 3}


@pytest.mark.parametrize(("change", "what"), [(long_ago, What.UNCHANGED), (lambda _: None, What.UPDATED)])
def test_a_time_before_the_request_says_unchanged(fake: Fake, change: Callable[[Json], None], what: What) -> None:
    """Of a server that has no code for it; without a word the update is one."""
    posted(fake)
    fake.tells_no_change = False
    fake.script = [changes(change)]
    assert only(posted(fake)) == (what, "")


def test_a_batch_is_sent_until_what_it_refers_to_is_there(fake: Fake) -> None:
    """The server keeps references whole, and the entries come in any order."""
    fake.checks_references = True
    made = bundle("batch")
    turned = FhirBundle(made.resource | {"entry": made.resource["entry"][::-1]}, (), "R4")
    result = posted(fake, turned)
    assert result.counts() == {What.CREATED: COUNT}
    assert 1 < result.requests <= MOST_ROUNDS
    assert set(fake.versions().values()) == {1}


# ---------------------------------------------------------------- refusals


def test_a_transaction_that_is_refused_names_the_entry(fake: Fake) -> None:
    fake.script = [says(422, outcome("Unknown code", expression=["Bundle.entry[2].resource.ofType(Patient).name"]))]
    result = posted(fake)
    assert result.counts() == {What.REFUSED: 1, What.NOT_DONE: COUNT - 1}
    assert (result.results[2].what, result.results[2].reason) == (What.REFUSED, "422: processing: Unknown code")
    assert (result.requests, fake.stored) == (1, {})


ENTRIES = bundle().resource["entry"]
PATIENT = next(entry for entry in ENTRIES if entry["resource"]["resourceType"] == "Patient")
OF_PATIENT = sum(f'"reference": "{PATIENT["fullUrl"]}"' in json.dumps(each, default=str) for each in ENTRIES)
GONE = "Patient/gone"


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (f"HAPI-1094: Resource {GONE} not found, specified in path: Observation.subject", OF_PATIENT),
        (f"HAPI-1094: Resource {GONE}. Not found", OF_PATIENT),
        (f"HAPI-0534: Transaction bundle contains multiple resources with ID: {ENTRIES[3]['fullUrl']}", 1),
        (f"Cannot write {ENTRIES[3]['request']['url']}, {ENTRIES[3]['fullUrl']}", 1),
        (f"Resource x{GONE} not found", COUNT),
        ("HAPI-0541: Unable to satisfy placeholder ID urn:uuid:7dfd2eb1-7d4f-4a32-9b5e-0e3f5d1f7e11", COUNT),
        ("Patient/" + "x" * 1_000_000, COUNT),
    ],
)
def test_a_refusal_in_words_is_that_of_the_entries_it_names(fake: Fake, words: str, refused: int) -> None:
    """HAPI gives no place in the bundle; what names nothing of it is the refusal of all."""
    fake.script = [says(400, outcome(words))]
    made = json.loads(bundle().json().replace(f'"reference":"{PATIENT["fullUrl"]}"', f'"reference":"{GONE}"'))
    result = posted(fake, FhirBundle(made, (), "R4"))
    assert [each.what for each in result.results].count(What.REFUSED) == refused
    assert {each.what for each in result.results} <= {What.REFUSED, What.NOT_DONE}
    assert result.requests == 1


def test_a_conflict_is_sent_again(fake: Fake) -> None:
    """Two requests were at the same patient; the other one is done now."""
    fake.script = [says(409, outcome("HAPI-0550: HAPI-0825"))]
    result = posted(fake)
    assert (result.counts(), result.requests) == ({What.CREATED: COUNT}, 2)


def test_a_conflict_that_stays_is_a_refusal(fake: Fake) -> None:
    fake.script = [says(409, outcome("HAPI-0550"))] * 4
    result = posted(fake)
    assert (only(result), result.requests) == ((What.REFUSED, "409: processing: HAPI-0550"), 4)


@pytest.mark.parametrize(
    ("answer", "what", "reason"),
    [
        (says(400, outcome("Bad bundle")), What.REFUSED, "400: processing: Bad bundle"),
        (says(413, b"<html>", "text/html"), What.REFUSED, "413: the server gives no reason"),
        (says(500, outcome("HAPI-0389")), What.REFUSED, "500: processing: HAPI-0389"),
        (says(401), What.REFUSED, "401: the server does not allow it. Is the token right?"),
        (says(500, b"[" * 100_000), What.REFUSED, "500: the server gives no reason"),
        (says(202), What.UNKNOWN, "the answer cannot be understood: it is not JSON"),
        (says(302, Location="https://other.example/x"), What.NOT_DONE, "302: the server is at another address"),
        (says(307, Location="http://other.example/fhir"), What.NOT_DONE, "(other.example). Give that one"),
        (says(308, Location="https://[::1"), What.NOT_DONE, "another address. Give that one"),
    ],
)
def test_a_refusal_is_that_of_every_entry(fake: Fake, answer: Any, what: What, reason: str) -> None:
    fake.script = [answer]
    result = posted(fake)
    found, why = only(result)
    assert (found, len(result.results), result.requests) == (what, COUNT, 1)
    assert reason in why


def test_a_batch_that_fails_as_a_whole_is_unknown(fake: Fake) -> None:
    """Its entries are done one by one, and nobody knows how far it came."""
    fake.script = [says(500, outcome("out of memory"))]
    assert only(posted(fake, bundle("batch"))) == (What.UNKNOWN, "500: processing: out of memory")


def spoil(status: str, *numbers: int, **response: object) -> Callable[[Json], None]:
    def change(good: Json) -> None:
        for number in numbers:
            good["entry"][number]["response"] = {"status": status, **response}

    return change


def test_a_batch_that_fails_in_part(fake: Fake) -> None:
    refusal = outcome("Profile not met", expression=["Observation.code"])
    fake.script = [changes(spoil("403 Forbidden", 1, 3, outcome=refusal))]
    result = posted(fake, bundle("batch"))
    assert result.counts() == {What.CREATED: COUNT - 2, What.REFUSED: 2}
    assert result.results[3].reason == "403: processing: Profile not met"
    assert (result.results[3].status, result.requests) == (403, 1)


def test_a_busy_entry_of_a_batch_is_sent_again_alone(fake: Fake) -> None:
    fake.script = [changes(spoil("503 Busy", 1))]
    result = posted(fake, bundle("batch"))
    assert result.is_done
    assert [len(each["entry"]) for each in fake.requests] == [COUNT, 1]


def test_a_round_that_fails_takes_nothing_back(fake: Fake) -> None:
    """Entries that were refused stay refused when the server is gone for the second round."""
    fake.script = [changes(spoil("409", 1, outcome=outcome("Not there"))), says(429, Retry_After="3600")]
    result = posted(fake, bundle("batch"))
    assert result.counts() == {What.CREATED: COUNT - 1, What.REFUSED: 1}
    assert result.results[1].reason == "409: processing: Not there"


def test_half_a_transaction_is_believed_of_none(fake: Fake) -> None:
    fake.script = [changes(spoil("422", 0))]
    assert posted(fake).counts() == {What.REFUSED: 1, What.UNKNOWN: COUNT - 1}


# ---------------------------------------------------------------- answers that are none


@pytest.mark.parametrize(
    "answer",
    [
        says(200, b"<html>Welcome</html>", "text/html"),
        says(200, b'{"resourceType":"Bundle"', "application/fhir+json"),
        says(200, b"[" * 200_000),
        says(200, b'"text"'),
        says(200, gzip.compress(b"{}"), Content_Encoding="gzip"),
        says(200, outcome("All is well", "information")),
        changes(lambda good: {**good, "entry": good["entry"][1:]}),
        changes(lambda good: {**good, "entry": {"0": {}}}),
        changes(lambda good: {**good, "type": "searchset"}),
        changes(lambda good: {**good, "entry": [None] * len(good["entry"])}),
        changes(spoil("fine", *range(COUNT))),
        changes(spoil("2000", *range(COUNT))),
        changes(spoil("202 Accepted", *range(COUNT))),
        changes(lambda good: {**good, "entry": [{"response": {"status": None}}] * COUNT}),
        labels("text/html"),
        labels("application/fhir+xml"),
    ],
)
def test_nothing_is_claimed_from_an_answer_that_is_none(fake: Fake, answer: Any) -> None:
    fake.script = [answer]
    result = posted(fake)
    assert result.counts() == {What.UNKNOWN: COUNT}
    assert all(each.reason for each in result.results)
    assert result.requests == 1


@pytest.mark.parametrize("content_type", ["application/json", "Application/FHIR+JSON; charset=UTF-8; fhirVersion=4.0"])
def test_json_has_several_names(fake: Fake, content_type: str) -> None:
    fake.script = [labels(content_type)]
    assert posted(fake).is_done


@pytest.mark.parametrize(
    "issue",
    [None, "x", [None], [{"severity": "error", "details": "x"}], [{"severity": "error", "expression": "Bundle"}]],
)
def test_an_outcome_may_be_anything(fake: Fake, issue: object) -> None:
    fake.script = [says(422, {"resourceType": "OperationOutcome", "issue": issue})]
    assert only(posted(fake))[0] is What.REFUSED


@pytest.mark.parametrize("where", ["Bundle.entry[999999999]", "Bundle.entry[-1]", "Bundle.entry", "Patient", "", 5])
def test_a_place_that_is_none_names_no_entry(fake: Fake, where: object) -> None:
    fake.script = [says(422, outcome("No", expression=[where]))]
    assert only(posted(fake)) == (What.REFUSED, "422: processing: No")


def test_an_answer_has_a_largest_size(fake: Fake) -> None:
    fake.script = [says(200, b" " * 5000)]
    what, reason = only(posted(fake, most_bytes=4000))
    assert (what, reason) == (What.UNKNOWN, "the answer is larger than 4,000 bytes")
    assert len(fake.requests) == 1


# ---------------------------------------------------------------- sent again


@pytest.mark.parametrize("ids", ["put", "conditional"])
@pytest.mark.parametrize("status", [429, 503, 408])
def test_a_busy_server_is_asked_again(fake: Fake, status: int, ids: str) -> None:
    slept: list[float] = []
    fake.script = [says(status, Retry_After="7"), says(status)]
    result = posted(fake, bundle(ids=ids), slept)
    assert result.counts() == {What.CREATED: COUNT}
    assert (slept, result.requests) == ([7.0, 2.0], 3)


def test_a_time_to_wait_until(fake: Fake) -> None:
    slept: list[float] = []
    fake.script = [says(503, Retry_After=http_date(30))]
    assert posted(fake, None, slept).is_done
    assert 25 < slept[0] <= 30


@pytest.mark.parametrize("wait", ["61", "999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_server_that_wants_too_long_a_wait_is_left(fake: Fake, wait: str) -> None:
    slept: list[float] = []
    fake.script = [says(503, outcome("Maintenance"), Retry_After=wait)]
    result = posted(fake, None, slept)
    assert only(result) == (What.NOT_DONE, "503: processing: Maintenance")
    assert (slept, result.requests, result.is_hopeless) == ([], 1, True)


@pytest.mark.parametrize("wait", ["soon", "-5", "", "\u00b2"])
def test_a_wait_that_is_none_is_the_usual_one(fake: Fake, wait: str) -> None:
    slept: list[float] = []
    fake.script = [says(503, Retry_After=wait)]
    assert posted(fake, None, slept).is_done
    assert slept == [1.0]


def test_there_is_a_last_attempt(fake: Fake) -> None:
    slept: list[float] = []
    fake.script = [says(503)] * 9
    result = posted(fake, None, slept)
    assert only(result)[0] is What.NOT_DONE
    assert (slept, result.requests) == ([1.0, 2.0, 4.0], 4)


def test_puts_are_sent_again_when_the_answer_was_lost(fake: Fake) -> None:
    """The server had done it: the second time nothing changes."""
    fake.script = [does_and_hangs_up]
    result = posted(fake)
    assert result.counts() == {What.UNCHANGED: COUNT}
    assert set(fake.versions().values()) == {1}


@pytest.mark.parametrize("bad", [does_and_hangs_up, says(504), says(502), breaks_off])
def test_conditional_creates_are_not_sent_again_while_they_may_be_running(fake: Fake, bad: Any) -> None:
    fake.script = [bad]
    result = posted(fake, bundle(ids="conditional"))
    assert result.counts() == {What.UNKNOWN: COUNT}
    assert (result.requests, result.is_done) == (1, False)


@pytest.mark.parametrize("after", [says(503, Retry_After="999"), says(401), says(422, outcome("x"))])
def test_what_may_have_been_done_is_not_said_to_be_refused(fake: Fake, after: Any) -> None:
    fake.script = [does_and_hangs_up, after]
    what, reason = only(posted(fake))
    assert what is What.UNKNOWN
    assert reason.endswith("; an earlier attempt had no answer")


@pytest.mark.parametrize("slow", [sleeps(0.5), drips], ids=["silent", "dripping"])
def test_a_slow_server_is_left(fake: Fake, slow: Any) -> None:
    fake.script = [slow]
    result = posted(fake, bundle(ids="conditional"), timeout=0.2, longest=0.3)
    assert only(result) == (What.UNKNOWN, "the server did not answer in time")
    assert result.requests == 1


def test_a_server_that_is_not_there(fake: Fake) -> None:
    """Nothing was sent, so nothing is unknown, and even conditional creates are tried again."""
    url = fake.url
    slept: list[float] = []
    with serving() as gone:
        url = gone.url
    result = post(bundle(ids="conditional"), Server(url, timeout=2), sleep=slept.append)
    what, reason = only(result)
    assert (what, len(slept), result.is_hopeless) == (What.NOT_DONE, 3, True)
    assert reason.startswith("the server cannot be reached (")


def test_a_redirect_on_the_same_server_is_followed(fake: Fake) -> None:
    fake.script = [says(308, Location="/fhir/r4")]
    assert posted(fake).is_done
    assert [each["path"] for each in fake.headers] == ["/fhir", "/fhir/r4"]


def test_redirects_have_an_end(fake: Fake) -> None:
    fake.script = [says(307, Location="/fhir")] * 9
    assert only(posted(fake))[0] is What.NOT_DONE
    assert len(fake.requests) == 3


def test_a_redirect_to_another_server_gets_no_token(fake: Fake) -> None:
    with serving() as other:
        fake.script = [says(307, Location=other.url)]
        assert only(posted(fake, token=TOKEN))[0] is What.NOT_DONE
        assert other.requests == []


# ---------------------------------------------------------------- secrets


def test_what_a_server_quotes_of_a_patient_is_hidden(fake: Fake) -> None:
    made = bundle()
    patient = next(e["resource"] for e in made.resource["entry"] if e["resource"]["resourceType"] == "Patient")
    family, number = patient["name"][0]["family"], patient["identifier"][0]["value"]
    fake.script = [says(422, outcome(f"Name '{family.upper()}' of\n {number} born {patient['birthDate']} is bad"))]
    reason = only(posted(fake, made))[1]
    assert reason == "422: processing: Name '[...]' of [...] born [...] is bad"


def test_texts_of_a_report_are_hidden_and_codes_are_not() -> None:
    observation = {
        "resourceType": "Observation",
        "valueString": "Large mass",
        "code": {"coding": [{"code": "121071", "display": "Finding"}]},
        "subject": {"reference": "Patient/1", "display": "Doe, Jane"},
        "identifier": [{"value": "urn:oid:1.2.3#1.4"}],
    }
    clean = Redactor([observation])
    assert clean("large MASS of Doe, Jane; Doe%2C%20Jane: 121071 Finding urn:oid:1.2.3#1.4 masses") == (
        "[...] of [...]; [...]: 121071 Finding urn:oid:1.2.3#1.4 masses"
    )
    assert len(clean("x" * 10_000)) < 400
    assert Redactor([])("as it is") == "as it is"


def test_a_token_is_in_no_text() -> None:
    assert TOKEN not in repr(Server("https://example.org/fhir", TOKEN))


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("ftp://example.org", None),
        ("example.org/fhir", None),
        ("http://", None),
        ("http://[::1/fhir", None),
        ("http://example.org:99999/", None),
        ("http://example.org/a b", None),
        ("http://example.org/\r\nX: y", None),
        ("https://me:secret@example.org/fhir", None),
        ("https://example.org/fhir?token=secret", None),
        ("http://example.org/fhir", TOKEN),
        ("http://127.0.0.1.example.org/fhir", TOKEN),
        ("https://example.org/fhir", "a b"),
        ("https://example.org/fhir", "secret\r\nX: y"),
        ("https://example.org/fhir", ""),
    ],
)
def test_addresses_and_tokens_that_are_none(url: str, token: str | None) -> None:
    with pytest.raises(FhirError) as caught:
        Server(url, token)
    assert "secret" not in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed: it makes the certificate")
def test_certificates_are_verified(tmp_path: Path) -> None:
    """A certificate that signed itself is refused, at once; one that is trusted is fine."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split()
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *options, *names], check=True, capture_output=True)
    fake = Fake()
    server = HTTPServer(("127.0.0.1", 0), type("Own", (Handler,), {"fake": fake}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # the handshake that fails is the test
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url = f"https://localhost:{server.server_port}/fhir"
    refused = post(bundle(), Server(url, TOKEN, timeout=5), sleep=lambda _: None)
    trusted = ssl.create_default_context(cafile=certificate)
    taken = post(bundle(), Server(url, TOKEN, timeout=5, context=trusted))
    server.shutdown()
    server.server_close()
    what, reason = only(refused)
    assert (what, refused.requests) == (What.NOT_DONE, 1)
    assert reason.startswith("the certificate of the server is not trusted")
    assert taken.is_done
    assert len(fake.requests) == 1


@pytest.mark.parametrize("kind", ["collection", "document"])
def test_what_no_server_takes_is_not_sent(fake: Fake, kind: str) -> None:
    made = to_fhir(sample("planar_roi"), bundle=kind, timezone="+01:00")
    with pytest.raises(FhirError, match="not for posting"):
        posted(fake, made)
    assert fake.requests == []


# ---------------------------------------------------------------- the command


@pytest.fixture(name="report")
def _report(tmp_path: Path) -> Path:
    path = tmp_path / "report.dcm"
    path.write_bytes(sample("planar_roi").to_dicom())
    return path


UID = sample("planar_roi").sop_instance_uid


def test_the_command_says_what_the_server_did(fake: Fake, report: Path, tmp_path: Path) -> None:
    done = [
        run("fhir", report, "--flavour", "r4", "--post", fake.url, "--posted", tmp_path / "x.csv") for _ in range(2)
    ]
    assert [each.exit_code for each in done] == [0, 0]
    assert [each.stdout for each in done] == [f"{UID}: {COUNT} created\n", f"{UID}: {COUNT} unchanged\n"]
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter((row["report"], row["what"], row["status"]) for row in rows) == {(UID, "unchanged", "200"): COUNT}
    assert [int(row["entry"]) for row in rows] == list(range(COUNT))


def test_the_command_tells_of_what_was_refused(fake: Fake, report: Path) -> None:
    fake.script = [changes(spoil("403", 1, outcome=outcome("Not yours")))]
    done = run("fhir", report, "--flavour", "r4", "--bundle", "batch", "--post", fake.url)
    resource = fake.requests[0]["entry"][1]["resource"]
    assert (done.exit_code, done.stdout) == (1, f"{UID}: {COUNT - 1} created, 1 refused\n")
    name = f"{resource['resourceType']}/{resource['id']}"
    assert f"refused: {UID}: {name}: 403: processing: Not yours" in done.stderr


def test_a_run_ends_where_the_next_would_fare_no_better(fake: Fake, tmp_path: Path) -> None:
    for kind in ("planar_roi", "ct_dose", "key_objects"):
        (tmp_path / f"{kind}.dcm").write_bytes(sample(kind).to_dicom())
    fake.script = [behave, says(401), says(401)]
    done = run("fhir", tmp_path, "--post", fake.url)
    assert (done.exit_code, len(fake.requests), len(done.stdout.splitlines())) == (1, 2, 2)
    assert "given up" in done.stderr


@pytest.mark.parametrize("version", ["5.0.0", "3.0.2", "6.0.0-ballot1"])
def test_a_server_of_another_release_gets_nothing(fake: Fake, report: Path, version: str) -> None:
    fake.metadata = {"resourceType": "CapabilityStatement", "fhirVersion": version}
    done = run("fhir", report, "--flavour", "r4", "--post", fake.url)
    assert (done.exit_code, done.stdout, fake.requests) == (1, "", [])
    assert f"the server speaks FHIR {version}, and the bundle is R4. Choose another flavour" in done.stderr
    assert fake.asked == ["/fhir/metadata?_elements=fhirVersion"]


@pytest.mark.parametrize(
    "metadata", [None, {"fhirVersion": "4.3.0"}, {"fhirVersion": "x" * 99}, {}, [], b"[" * 100_000]
)
def test_a_server_that_says_nothing_else_is_tried(fake: Fake, report: Path, metadata: object) -> None:
    fake.metadata = metadata
    for _ in range(2):
        assert run("fhir", report, "--flavour", "r4", "--post", fake.url).exit_code == 0
    assert (len(fake.requests), len(fake.asked)) == (2, 2)


def test_the_token_comes_from_a_file_or_the_environment(
    fake: Fake, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    monkeypatch.setenv("FHIR_TOKEN", TOKEN)
    for options in (["--token-file", str(tmp_path / "token")], ["--token-env", "FHIR_TOKEN"]):
        fake.script = [says(403, outcome("no"))]
        done = run("fhir", report, "--post", fake.url, *options)
        assert fake.headers[-1]["authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in done.output
    assert os.environ["FHIR_TOKEN"] == TOKEN


@pytest.mark.parametrize(
    "options",
    [
        ["--post", "nowhere"],
        ["--post", "https://example.org/fhir", "-o", "x"],
        ["--post", "https://example.org/fhir", "--bundle", "collection"],
        ["--post", "https://example.org/fhir", "--token-env", "NO_SUCH_VARIABLE"],
        ["--post", "https://example.org/fhir", "--token-env", "HOME", "--token-file", __file__],
        ["--post", "http://example.org/fhir", "--token-env", "HOME"],
        ["--token-env", "HOME"],
        ["--posted", "x.csv"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_not_sent(report: Path, options: list[str]) -> None:
    assert run("fhir", report, *options).exit_code == 2
