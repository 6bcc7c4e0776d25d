"""What units mean, and values in canonical units: exact, comparable, never guessed."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.content import ContentItem
from sr2graph.dicom.header import Document
from sr2graph.dicom.report import Report
from sr2graph.dicom.values import MeasuredValue, Table, TableAxis, Text, ValueType
from sr2graph.terms.units import (
    CanonicalUnit,
    canonical_unit,
    canonical_value,
    is_ucum,
    quantity_kind,
    unit_code,
    unknown_units,
)

CANONICAL = {
    # length, area, volume, time: §29, §31
    "m": ("m", "1"),
    "mm": ("m", "1/1000"),
    "cm2": ("m2", "1/10000"),
    "ml": ("m3", "1/1000000"),
    "mL": ("m3", "1/1000000"),
    "cm3": ("m3", "1/1000000"),
    "dm3": ("m3", "1/1000"),
    "[in_i]": ("m", "254/10000"),
    "ms": ("s", "1/1000"),
    "min": ("s", "60"),
    "d": ("s", "86400"),
    "wk": ("s", "604800"),
    "a": ("s", "31557600"),
    "mo": ("s", "2629800"),
    "cm/s": ("m.s-1", "1/100"),
    "10*-6.mm2/s": ("m2.s-1", "1/1000000000000"),
    # rates and counts
    "/min": ("s-1", "1/60"),
    "{beats}/min": ("s-1", "1/60"),
    "{H.B.}/min": ("s-1", "1/60"),
    "1/min": ("s-1", "1/60"),
    "Hz": ("s-1", "1"),
    "{counts}/s": ("s-1", "1"),
    "MBq": ("s-1", "1000000"),
    "Bq/ml": ("m-3.s-1", "1000000"),
    "mCi": ("s-1", "37000000"),
    "ml/min": ("m3.s-1", "1/60000000"),
    "l/min/m2": ("m.s-1", "1/60000"),
    # mass
    "kg": ("g", "1000"),
    "kg/m2": ("g.m-2", "1000"),
    "g/ml": ("g.m-3", "1000000"),
    "g/ml{SUVbw}": ("g.m-3", "1000000"),
    "mg/dl": ("g.m-3", "10"),
    "g%": ("g.m-3", "10000"),
    # dose: Gy and Sv are both J/kg, UCUM §30
    "Gy": ("m2.s-2", "1"),
    "mSv": ("m2.s-2", "1/1000"),
    "Gy.m2": ("m4.s-2", "1"),
    "Gy.cm2": ("m4.s-2", "1/10000"),
    "dGy.cm2": ("m4.s-2", "1/100000"),
    "uGy.m2": ("m4.s-2", "1/1000000"),
    "mGy.cm": ("m3.s-2", "1/100000"),
    "mSv/(mGy.cm)": ("m-1", "100"),
    # electricity, pressure, energy
    "kV": ("C-1.g.m2.s-2", "1000000"),
    "mA": ("C.s-1", "1/1000"),
    "mA.s": ("C", "1/1000"),
    "uA.s": ("C", "1/1000000"),
    "mm[Hg]": ("g.m-1.s-2", "133322"),
    "kPa": ("g.m-1.s-2", "1000000"),
    "dyn.s.cm-5": ("g.m-4.s-1", "100000000"),
    "MeV": ("g.m2.s-2", "1602176634/10000000000000000000"),
    # angle: degrees are the base
    "deg": ("deg", "1"),
    "[pi].rad": ("deg", "180"),
    "circ": ("deg", "360"),
    "''": ("deg", "1/3600"),
    # numbers
    "1": ("1", "1"),
    "{ratio}": ("1", "1"),
    "{0:1}": ("1", "1"),
    "%": ("1", "1/100"),
    "[ppm]": ("1", "1/1000000"),
    "10*6/l": ("m-3", "1000000000"),
    "10^6/l": ("m-3", "1000000000"),
    "%/m2": ("m-2", "1/100"),
    "1.5": ("1", "5"),  # a point multiplies
    "m/s.s": ("m", "1"),  # from left to right: UCUM §7
    # the mole is not a number
    "mmol/l": ("m-3.mol", "1"),
    "meq/dl": ("m-3.mol", "10"),
    "mosm/kg": ("g-1.mol", "1/1000000"),
    "umol/min/ml": ("m-3.mol.s-1", "1/60"),
}
"""UCUM code → canonical code and factor, worked out by hand."""


@pytest.mark.parametrize("code", CANONICAL)
def test_a_unit_has_its_canonical_unit_and_exact_factor(code: str) -> None:
    unit = canonical_unit(code)
    assert unit is not None
    canonical, factor = CANONICAL[code]
    assert unit == CanonicalUnit(canonical, Fraction(factor), dimension=unit.dimension)


@pytest.mark.parametrize("canonical", sorted({canonical for canonical, _ in CANONICAL.values()}))
def test_a_canonical_unit_is_its_own_canonical_unit(canonical: str) -> None:
    unit = canonical_unit(canonical)
    assert unit is not None
    assert unit == CanonicalUnit(canonical, Fraction(1), dimension=unit.dimension)


@pytest.mark.parametrize(
    ("same", "other"),
    [
        ("Gy", "Sv"),
        ("Gy", "J/kg"),
        ("N.m", "J"),
        ("l", "dm3"),
        ("g/ml", "kg/l"),
        ("10*-3.l", "ml"),
        ("mm.m", "m2/10*3"),
    ],
)
def test_one_dimension_one_code(same: str, other: str) -> None:
    """Whatever it is made of: that is what makes values comparable."""
    one, two = canonical_unit(same), canonical_unit(other)
    assert one is not None
    assert one == two
    assert hash(one) == hash(two)


NOT_COMPARABLE = """
[iU] m[IU]/ml [arb'U] [hnsf'U] mg/[hnsf'U].cm3 /[HPF] dB dB[mV] Np B [pH] bit_s [p'diop] %[slope] [m/s2/Hz^(1/2)]
Cel/min m.Cel /Cel Cel2 2.Cel
""".split()

NOT_UCUM = """
foo m^2 mm*2 mmHg sec mGycm Gym2 HU 10-6.mm2/s m0 0 0.m m/ //m .m m. m..s (m m) () m() (m)2 {a}{b} m{a}{b} {a}m {
m{é} µm kmin kdeg mmm kkg ml/[100]g/min [iu] [hnsf m2,5 -m +1 ٣
""".split()


@pytest.mark.parametrize("code", NOT_COMPARABLE)
def test_what_cannot_be_compared_has_no_canonical_unit(code: str) -> None:
    """It is UCUM all the same: UCUM §21, §22, §24."""
    assert is_ucum(code)
    assert canonical_unit(code) is None


@pytest.mark.parametrize("code", [*NOT_UCUM, "", " ", "mm ", "m m", "m{a b}"])
def test_what_is_not_ucum_means_nothing(code: str) -> None:
    assert not is_ucum(code)
    assert canonical_unit(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "m" + ".m" * 1000,  # length
        "(" * 60 + "m" + ")" * 60,  # depth
        "m999",  # exponent
        "Ym99.Ym99.Ym99.Ym99",  # digits of the factor
        "[pi]99/[pi]-99",
        "[" * 128,
        "{" * 128,
    ],
)
def test_what_grows_without_bound_is_refused(code: str) -> None:
    assert canonical_unit(code) is None


@given(st.text(max_size=40) | st.text("mskgGyCel()[]{}./%*^'10-+2 ", max_size=20))
def test_no_text_is_too_strange(code: str) -> None:
    """Whatever a file holds: an answer, and canonical units only for what is UCUM."""
    assert is_ucum(code) or canonical_unit(code) is None


@pytest.mark.parametrize(
    ("lexical", "code", "value"),
    [
        ("12.0", "mm", "0.012"),
        ("1.2", "cm", "0.012"),
        ("0012", "m", "12"),
        ("100", "cm", "1"),
        (" 1.5E3", "mm", "1.5"),
        ("-.5", "mm", "-0.0005"),
        ("5.", "km", "5000"),
        ("-0", "mm", "0"),
        ("0E-999999", "mm", "0"),
        ("+3", "1", "3"),
        ("37", "Cel", "310.15"),
        ("0E-999999", "Cel", "273.15"),
        ("-40", "[degF]", "233.15"),
        ("-40", "Cel", "233.15"),
        ("50", "%", "0.5"),
        ("1", "um3", "0.000000000000000001"),
        ("1.5", "um3", "0.0000000000000000015"),
        ("60", "/min", "1"),
        ("71", "/min", "1.183333333333333333"),
        ("100", "/min", "1.666666666666666667"),
        ("-100", "/min", "-1.666666666666666667"),
        ("5", "ug/kg/min", "0.00000000008333333333333333333333333333"),
        ("1E25", "/min", "166666666666666666666666.66666666666667"),
        ("1", "rad", "57.295779513082320877"),
        ("180", "deg", "180"),
        ("5", "mmol/l", "5"),
        ("12345678901234567890123456789012345678", "1", "12345678901234567890123456789012345678"),
        ("1.2345678901234567890123456789012345678901", "1", "1.234567890123456789"),
    ],
)
def test_values_are_exact_as_far_as_decimals_go(lexical: str, code: str, value: str) -> None:
    assert canonical_value(lexical, unit(code)) == value


@pytest.mark.parametrize(
    "lexical", ["", " ", "NaN", "INF", "-Infinity", "1_0", "1,5", "1 2", "٣", "0x1", ".", "e5", "1E999999", "1E-999999"]
)
def test_what_is_no_number_has_no_value(lexical: str) -> None:
    assert canonical_value(lexical, unit("mm")) is None


def test_a_very_long_number_is_refused() -> None:
    assert canonical_value("1" * 100_000, unit("mm")) is None


def unit(code: str) -> CanonicalUnit:
    found = canonical_unit(code)
    assert found is not None
    return found


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9)
LENGTHS = ["mm", "cm", "m", "[in_i]", "[Ch]", "[ft_us]"]
SAME_KIND = st.sampled_from(
    [LENGTHS, ["/min", "Hz", "/h", "{H.B.}/min"], ["deg", "rad", "gon"], ["Cel", "K", "[degF]"]]
)


@given(SAME_KIND.flatmap(lambda codes: st.tuples(*[st.tuples(NUMBERS, st.sampled_from(codes))] * 2)))
@example(((Decimal("1.2"), "cm"), (Decimal(10), "mm")))
@example(((Decimal(1), "Hz"), (Decimal(60), "/min")))
def test_order_and_equality_survive(pair: tuple[tuple[Decimal, str], tuple[Decimal, str]]) -> None:
    """Rounding is a function of the exact value: what is equal stays equal, and nothing changes places."""
    (one, one_code), (two, two_code) = pair
    exact = [Fraction(number) * unit(code).factor + unit(code).offset for number, code in pair]
    texts = [canonical_value(f"{one:f}", unit(one_code)), canonical_value(f"{two:f}", unit(two_code))]
    assert (texts[0] == texts[1]) == (exact[0] == exact[1]) or abs(exact[0] - exact[1]) < Fraction(1, 10**18)
    values = [Decimal(text or "NaN") for text in texts]
    assert (values[0] < values[1]) == (exact[0] < exact[1]) or abs(exact[0] - exact[1]) < Fraction(1, 10**18)
    assert all(
        abs(Fraction(value) - true) <= Fraction(1, 2 * 10**18) for value, true in zip(values, exact, strict=True)
    )


@given(NUMBERS, st.sampled_from(["mm", "ml", "Gy.cm2", "kV", "mm[Hg]", "mg/dl", "%", "Cel", "MeV", "wk", "deg", "um3"]))
def test_where_decimals_end_nothing_is_rounded(number: Decimal, code: str) -> None:
    text = canonical_value(str(number), unit(code))
    assert text is not None
    assert Fraction(text) == Fraction(number) * unit(code).factor + unit(code).offset
    assert "." not in text or not text.endswith(("0", "."))
    assert canonical_value(text, unit("1")) == text


@pytest.mark.parametrize(
    ("value", "scheme", "code"),
    [
        ("mm", "UCUM", "mm"),
        ("mm", "ucum ", "mm"),
        ("mm\0", "UCUM", "mm"),
        ("[hnsf'U]", "UCUM", "[hnsf'U]"),
        ("{SUVbw}g/ml", "UCUM", "g/ml{SUVbw}"),
        ("Gym2", "UCUM", "Gy.m2"),
        ("dGy*cm2", "UCUM", "dGy.cm2"),
        ("mGycm", "UCUM", "mGy.cm"),
        ("mm*2", "UCUM", "mm2"),
        ("mm\N{MODIFIER LETTER CIRCUMFLEX ACCENT}2", "UCUM", "mm2"),
        ("cm^2", "UCUM", "cm2"),
        ("msec", "UCUM", "ms"),
        ("bpm", "UCUM", "{H.B.}/min"),
        ("HU", "UCUM", "[hnsf'U]"),
        ("{HU}", "UCUM", "[hnsf'U]"),
        ("mmHg", "UCUM", "mm[Hg]"),
        ("degrees", "UCUM", "deg"),
        ("no units", "UCUM", "1"),
        ("{X-Ray sources}", "UCUM", "{X-Ray_sources}"),
        ("mSv/mGy.cm", "UCUM", "mSv/(mGy.cm)"),
        ("[arb'U]{cm}", "UCUM", "cm"),
        ("N/A", "UCUM", None),
        ("SUV", "UCUM", None),
        ("furlongs", "UCUM", None),
        ("258673006", "SCT", "mm"),
        ("258673006", "sct", "mm"),
        ("410668003", "SCT", None),
        ("cm", "99_OFFIS_DCMTK", "cm"),
        ("mm", "99PRIVATE", None),
        ("mm", None, None),
        ("", "UCUM", None),
        (None, None, None),
    ],
)
def test_the_unit_that_a_report_means(value: str | None, scheme: str | None, code: str | None) -> None:
    assert unit_code(CodedConcept(value, scheme, "meanings do not count: mm")) == code


def test_a_scheme_may_be_named_by_its_uid() -> None:
    """Coding Scheme UID (0008,010C), where the designator says nothing."""
    assert unit_code(CodedConcept("mm", "99X", scheme_uid="2.16.840.1.113883.6.8")) == "mm"


def test_a_long_code_is_a_code() -> None:
    assert unit_code(CodedConcept(None, "UCUM", long_value="10*-6.mm2/s{apparent}")) == "10*-6.mm2/s{apparent}"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("cm", "length"), ("Gy.cm2", "dose area product"), ("mGy.cm", "dose length product"), ("ml", "volume")],
)
def test_dimensions_have_names(code: str, kind: str) -> None:
    assert quantity_kind(unit(code)) == kind


def test_most_dimensions_have_no_name() -> None:
    assert quantity_kind(unit("m7")) is None


def measurement(value: str, scheme: str | None) -> MeasuredValue:
    return MeasuredValue(("1",), CodedConcept(value, scheme))


def item(value: MeasuredValue | Table | Text | None, *children: ContentItem) -> ContentItem:
    return ContentItem((1,), value_type=ValueType.NUM, value=value, children=children)


def test_units_that_nobody_knows_are_counted() -> None:
    """Those of tables too; not those of which it is known that they mean no unit."""
    table = Table(row_definitions=(TableAxis(unit=CodedConcept("blobs", "UCUM")), TableAxis()))
    values = [
        measurement("mm", "UCUM"),
        measurement("blobs", "ucum"),
        measurement("x", "99Q"),
        measurement("N/A", "UCUM"),
    ]
    others: list[MeasuredValue | Table | Text] = [table, Text("no unit"), MeasuredValue(("1",))]
    root = item(None, *map(item, values), *map(item, others))
    assert unknown_units(Report(Document(), root=root)) == {("UCUM", "blobs"): 2, ("99Q", "x"): 1}
