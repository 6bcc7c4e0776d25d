"""Character sets: decoded as pydicom does or better, told when guessed, never a crash (PS3.5 6.1, H to K)."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.charset import convert_encodings
from pydicom.charset import decode_bytes as pydicom_decode
from pydicom.valuerep import PersonName as PydicomName

from sr2graph.dicom.charset import SINGLE_CODECS, TextDecoder, corrected
from sr2graph.dicom.read import read
from sr2graph.dicom.values import Text
from tests.dicom.encodings import element, file, padded, text_item

TEXT_DELIMITERS = {0x5C, 0xA, 0xC, 0xD, 0x9}

EXAMPLES = [
    ("ISO_IR 100", "Buc^Jérôme".encode("latin-1"), "Buc^Jérôme"),
    ("ISO_IR 101", "Wałęsa".encode("iso8859_2"), "Wałęsa"),
    ("ISO_IR 109", "Ċensu".encode("iso8859_3"), "Ċensu"),
    ("ISO_IR 110", "Jānis".encode("iso8859_4"), "Jānis"),
    ("ISO_IR 144", "Люксембург".encode("iso8859_5"), "Люксембург"),
    ("ISO_IR 127", "قباني^لنزار".encode("iso8859_6"), "قباني^لنزار"),
    ("ISO_IR 126", "Διονυσιος".encode("iso8859_7"), "Διονυσιος"),
    ("ISO_IR 138", "שרון^דבורה".encode("iso8859_8"), "שרון^דבורה"),
    ("ISO_IR 148", "Çavuşoğlu".encode("iso8859_9"), "Çavuşoğlu"),
    ("ISO_IR 166", "สมชาย".encode("tis_620"), "สมชาย"),
    ("ISO_IR 203", "Œuvre €".encode("iso8859_15"), "Œuvre €"),
    ("ISO_IR 13", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東=".encode(), "Wang^XiaoDong=王^小東="),
    ("GB18030", "Wang^XiaoDong=王^小东=".encode("gb18030"), "Wang^XiaoDong=王^小东="),
    ("GBK", "Wang^XiaoDong=王^小东=".encode("gbk"), "Wang^XiaoDong=王^小东="),
    # PS3.5 H.3.1 and H.3.2
    (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    # PS3.5 I.2
    (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    # PS3.5 K.2
    (
        "\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    # Latin and Greek in one value (PS3.5 6.1.2.5.3)
    ("ISO 2022 IR 6\\ISO 2022 IR 126", b"Dionysios=\x1b-F\xc4\xe9\xef\xed", "Dionysios=Διον"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", b"J\xe9r\xf4me=\x1b-L\xbb\xee\xda", "Jérôme=Люк"),
]
each_example = pytest.mark.parametrize(
    ("declared", "raw", "text"), EXAMPLES, ids=[e[0].replace("\\", "+") for e in EXAMPLES]
)


def decoder(declared: str) -> TextDecoder:
    return TextDecoder(tuple(declared.split("\\")))


def by_pydicom(raw: bytes, declared: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encodings = convert_encodings(declared.split("\\") if "\\" in declared else declared)
        return "=".join(map(str, PydicomName(raw, encodings).components))


@each_example
def test_the_examples_of_the_standard(declared: str, raw: bytes, text: str) -> None:
    """A name in each character set is read without a guess."""
    assert decoder(declared).decode(raw, person_name=True) == (text, None)
    assert decoder(declared).problems == []


BETTER_THAN_PYDICOM = {
    "ISO_IR 203": "pydicom 3.0 does not know Latin-9 and takes it for Latin-1",
    "\\ISO 2022 IR 58": "pydicom 3.0 leaves the escape sequences in the text",
}


@each_example
def test_as_pydicom_reads_them(declared: str, raw: bytes, text: str) -> None:
    """pydicom reads the same name, but for the character sets in which it is wrong."""
    if declared in BETTER_THAN_PYDICOM:
        assert by_pydicom(raw, declared).rstrip("=") != text.rstrip("=")
        return
    # pydicom drops empty component groups at the end; a Report keeps them.
    assert by_pydicom(raw, declared).rstrip("=") == text.rstrip("=")


@each_example
def test_through_a_whole_file(declared: str, raw: bytes, text: str) -> None:
    """Name in the header, text and code meaning in an item come out the same, also after writing and by pydicom."""
    data = file(
        text_item(raw, meaning=raw),
        charset=declared,
        header={0x0010_0010: ("PN", padded(raw)), 0x0010_4000: ("LT", padded(raw))},
    )
    report = read(data, strict=True)
    item = report.item("1.1")
    assert report.patient.name == text
    assert report.patient.comments == text
    assert item.value == Text(text)
    assert item.concept_name is not None
    assert item.concept_name.meaning == text
    assert read(data, by_pydicom=True) == report
    assert read(report.to_dicom()) == report


def test_korean_text_with_lines() -> None:
    """The escape of PS3.5 I.3 holds for a line and is repeated in the next."""
    raw = b"\x1b$)CThe 1st line: \xb1\xe6\xb5\xbf.\r\n\x1b$)CThe 2nd: \xc8\xab."
    text, problem = decoder("\\ISO 2022 IR 149").decode(raw)
    assert (text, problem) == ("The 1st line: 길동.\r\nThe 2nd: 홍.", None)


def test_component_groups_in_different_sets() -> None:
    """Each component group of a name may be in another character set (PS3.5 6.2.1)."""
    raw = b"Buc^J\xe9r\xf4me=\x1b$B;3ED\x1b(B=\x1b$)C\xc8\xab"
    found = decoder("ISO 2022 IR 100\\ISO 2022 IR 87\\ISO 2022 IR 149").decode(raw, person_name=True)
    assert found == ("Buc^Jérôme=山田=홍", None)


@pytest.mark.parametrize(
    ("declared", "term"),
    [
        ("ISO-IR 100", "ISO_IR 100"),
        ("ISO IR 100", "ISO_IR 100"),
        ("iso_ir 100", "ISO_IR 100"),
        ("ISO_IR100", "ISO_IR 100"),
        ("ISO 2022-IR 87", "ISO 2022 IR 87"),
        ("ISO_2022_IR_13", "ISO 2022 IR 13"),
        ("UTF-8", "ISO_IR 192"),
        ("utf8", "ISO_IR 192"),
        ("ISO 8859-1", "ISO_IR 100"),
        ("GB2312", "GBK"),
        ("ISO_IR 999", None),
        ("ISO 2022 IR 999", None),
        ("Martian", None),
    ],
)
def test_misspelt_declarations(declared: str, term: str | None) -> None:
    """A misspelt declaration is read as what it stands for; what stands for nothing is not guessed at."""
    assert corrected(declared) == term


def test_misspelt_declaration_warns() -> None:
    """`ISO-IR 100` is read as Latin-1 with a deviation in the header."""
    report = read(file(text_item("Jérôme".encode("latin-1")), charset="ISO-IR 100"))
    assert report.item("1.1").value == Text("Jérôme")
    assert [str(d) for d in report.deviations] == ["header: the declared character set is misspelt; read as ISO_IR 100"]


@pytest.mark.parametrize(
    ("charset", "raw", "text", "problem"),
    [
        (
            "",
            "Jérôme".encode("latin-1"),
            "Jérôme",
            "is not ASCII and no valid character set is declared; read as ISO 8859-1",
        ),
        ("", "Jérôme".encode(), "Jérôme", "is not ASCII and no valid character set is declared; read as UTF-8"),
        ("Martian", "Jérôme".encode(), "Jérôme", "is not ASCII and no valid character set is declared; read as UTF-8"),
        ("ISO_IR 192", "Jérôme".encode("latin-1"), "Jérôme", "does not fit its character set; read as ISO 8859-1"),
        ("GB18030", b"\xff\xff", "ÿÿ", "does not fit its character set; read as ISO 8859-1"),
    ],
)
def test_guesses_are_deviations(charset: str, raw: bytes, text: str, problem: str) -> None:
    """Text outside its character set is guessed, UTF-8 first, and every guess is told with its position."""
    report = read(file(text_item(raw), charset=charset))
    assert report.item("1.1").value == Text(text)
    assert f"1.1: UT text {problem}" in [str(d) for d in report.deviations]


def test_undecodable_escapes_are_deviations() -> None:
    """Bytes that fit none of several character sets give text and a deviation."""
    report = read(file(text_item(b"\x1b$B\xff\xff\xff\x1b(B"), charset="\\ISO 2022 IR 87"))
    assert isinstance(report.item("1.1").value, Text)
    assert any("does not fit" in d.problem for d in report.deviations)


def test_an_item_may_declare_its_own() -> None:
    """A content item's own character set holds for it and what is below it, not for its neighbours."""
    russian, latin = "Люкс".encode("iso8859_5"), "Jérôme".encode("latin-1")
    below = element(0x0040_A730, "SQ", [text_item(russian)])
    data = file(
        text_item(russian, element(0x0008_0005, "CS", b"ISO_IR 144")) + below,
        text_item(latin),
        charset="ISO_IR 100",
    )
    report = read(data, strict=True)
    assert report.item("1.1").value == report.item("1.1.1").value == Text("Люкс")
    assert report.item("1.2").value == Text("Jérôme")
    assert read(report.to_dicom()) == report


def test_a_code_may_declare_its_own() -> None:
    """So may the item of a code sequence, within a measured value too."""
    meaning = element(0x0008_0005, "CS", b"ISO_IR 144") + element(0x0008_0104, "LO", "Люкс".encode("iso8859_5"))
    measured = element(
        0x0040_A300, "SQ", [element(0x0008_0005, "CS", b"ISO_IR 144") + element(0x0040_08EA, "SQ", [meaning])]
    )
    data = file(
        element(0x0040_A040, "CS", b"NUM ") + element(0x0040_A043, "SQ", [meaning]) + measured, charset="ISO_IR 100"
    )
    item = read(data).item("1.1")
    assert item.concept_name is not None
    assert item.concept_name.meaning == "Люкс"
    assert item.value.unit.meaning == "Люкс"  # type: ignore[union-attr]
    assert item.other == ()


def test_a_measured_value_may_declare_its_own() -> None:
    """The character set of a Measured Value item holds for its unit."""
    unit = element(0x0008_0104, "LO", "Люкс".encode("iso8859_5"))
    measured = element(
        0x0040_A300, "SQ", [element(0x0008_0005, "CS", b"ISO_IR 144") + element(0x0040_08EA, "SQ", [unit])]
    )
    item = read(file(element(0x0040_A040, "CS", b"NUM ") + measured, charset="ISO_IR 100")).item("1.1")
    assert item.value.unit.meaning == "Люкс"  # type: ignore[union-attr]
    assert item.other == ()


def test_the_same_code_bytes_in_two_character_sets() -> None:
    """Codes are remembered by their bytes, per character set: equal bytes in another one are another text."""
    raw = "Люкс".encode("iso8859_5")
    items = [
        text_item("x", element(0x0008_0005, "CS", padded(term)), meaning=raw) for term in ("ISO_IR 144", "ISO_IR 100")
    ]
    names = [item.concept_name for item in read(file(*items)).walk()][1:]
    assert [name.meaning for name in names if name is not None] == ["Люкс", raw.decode("latin-1")]


def test_backslash_as_second_byte() -> None:
    """In GBK a character may end in the byte of a backslash: values are split after decoding."""
    raw = "誠".encode("gbk")
    assert raw.endswith(b"\\")
    report = read(file(text_item("x"), charset="GBK", header={0x0010_1000: ("LO", raw + b"\\2")}))
    assert report.patient.other_ids == ("誠", "2")


@given(
    st.binary(max_size=40),
    st.sampled_from([*SINGLE_CODECS, "\\ISO 2022 IR 87", "\\ISO 2022 IR 149", "ISO 2022 IR 100\\ISO 2022 IR 58", "?"]),
)
def test_any_bytes_give_text(raw: bytes, declared: str) -> None:
    """No bytes crash a decoder, and what it gives can be written in UTF-8."""
    for person_name in (False, True):
        text, _ = decoder(declared).decode(raw, person_name=person_name)
        text.encode("utf_8")


@given(
    st.binary(max_size=40),
    st.sampled_from([term for term in SINGLE_CODECS if term not in ("", "ISO_IR 6", "ISO_IR 13", "ISO_IR 203")]),
)
def test_like_pydicom_without_a_guess(raw: bytes, declared: str) -> None:
    """Where nothing was guessed, pydicom decodes the same text; where it was, pydicom replaces or fails."""
    text, problem = decoder(declared).decode(raw)
    if problem is None and b"\x1b" not in raw:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert pydicom_decode(raw, convert_encodings(declared), TEXT_DELIMITERS) == text


@given(
    st.lists(
        st.sampled_from(["ISO_IR 100", "ISO 2022 IR 87", "ISO_IR 192", "", "nonsense", "ISO-IR 13", "GBK"]), max_size=4
    )
)
def test_any_declaration_is_survived(declared: list[str]) -> None:
    """Any combination of declared terms gives a decoder, and ASCII through it is ASCII."""
    assert TextDecoder(tuple(declared)).decode(b"Doe^Jane", person_name=True)[0] == "Doe^Jane"
