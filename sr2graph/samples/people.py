"""Fictional people: the subjects of the samples, and who examines them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import local
from sr2graph.samples.identity import pick, spread, stream, within

FIRST_DAY = date(2023, 1, 2)
"""The first day on which those are examined who come once, or for less than a year."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one part of the world, in the component groups of VR PN: `latin=ideographic=phonetic`."""

    family: tuple[str, ...]
    female: tuple[str, ...]
    male: tuple[str, ...]


NAMES = {
    "english": Names(
        ("Ashdown", "Birchall", "Calloway", "Fenwright", "Hartigan", "Lockridge", "Marlowe", "Pemberly", "Thackery"),
        ("Clara", "Edith", "Imogen", "Nora", "Rosalind", "Winifred"),
        ("Ambrose", "Conrad", "Desmond", "Hugo", "Leopold", "Silas"),
    ),
    "french": Names(
        ("Béranger", "Clémençot", "Delorée", "Lefèbvrier", "Noëllet", "Rénaudin"),
        ("Adélaïde", "Chloé", "Eugénie", "Zoé"),
        ("Anaël", "François", "Jérôme", "Théophile"),
    ),
    "nordic": Names(
        ("Brønstad", "Ekelöv", "Håkonsrud", "Lindqvære", "Sjöfors", "Ångmark"),
        ("Åse", "Linnéa", "Sølvi", "Tyra"),
        ("Bjørn", "Göran", "Jørgen", "Sindre"),
    ),
    "japanese": Names(
        ("Mizushima=水嶋=みずしま", "Kitagawa=北河=きたがわ", "Asahina=朝比奈=あさひな", "Tokiwa=常磐=ときわ"),
        ("Haruka=遥=はるか", "Chihiro=千尋=ちひろ", "Sayaka=紗也香=さやか"),
        ("Kenta=健太=けんた", "Shinji=真司=しんじ", "Takumi=匠=たくみ"),
    ),
    "korean": Names(
        ("Seon=선=선", "Namgung=남궁=남궁", "Hwangbo=황보=황보"),
        ("Haneul=하늘=하늘", "Sora=소라=소라", "Jiwon=지원=지원"),
        ("Minjae=민재=민재", "Taeyang=태양=태양", "Dohyun=도현=도현"),
    ),
}

SHARES = ((52, "english"), (18, "french"), (14, "nordic"), (10, "japanese"), (6, "korean"))
"""How many in a hundred patients bear which names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A patient."""

    patient_id: str
    name: str
    sex: str
    birth_date: date
    height: float
    """In metres."""
    weight: float
    """In kilograms."""

    @property
    def body_mass_index(self) -> float:
        """In kg/m²."""
        return self.weight / self.height**2

    @property
    def body_surface_area(self) -> float:
        """In m², after Du Bois."""
        return float(0.007184 * self.weight**0.425 * (self.height * 100) ** 0.725)

    def age(self, on: date) -> int:
        """Return the age in years on a day."""
        had_birthday = (on.month, on.day) >= (self.birth_date.month, self.birth_date.day)
        return on.year - self.birth_date.year - (not had_birthday)


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who works in a hospital."""

    name: str
    number: str

    @property
    def identification(self) -> CodedConcept:
        """The person's code in the private scheme of the hospitals."""
        return local(self.number, self.name.replace("^", ", ", 1))


RADIOLOGISTS = (
    Staff("Ravensworth^Odile", "R0107"),
    Staff("Tamberlane^Cyrus", "R0142"),
    Staff("Grünwälder^Ottilie", "R0163"),
    Staff("Ibarrondo^Íñigo", "R0188"),
    Staff("Nakahara^Yukiko", "R0191"),
    Staff("Featherstone^Amias", "R0205"),
)
TECHNOLOGISTS = (Staff("Quillfeather^Mabel", "T2041"), Staff("Ferncliff^Ruben", "T2077"), Staff("Okonedu^Ife", "T2090"))
SONOGRAPHERS = (Staff("Larkspur^Delia", "S3009"), Staff("Vennström^Elin", "S3015"))
REFERRERS = ("Holloway^Prudence^^Dr", "Castagnier^Rémi^^Dr", "Oyelowood^Tunde^^Dr", "Brightwater^Ines^^Dr")


def subject(seed: int, index: int, *, sex: str | None = None, ages: tuple[int, int] = (18, 92)) -> Subject:
    """Return patient number `index` of a seed, of a given sex and age if so asked."""
    random = stream(seed, "subject", index)
    sex = sex or random.choice("FM")
    names = NAMES[pick(random, SHARES)]
    height = within(random.gauss(1.65 if sex == "F" else 1.78, 0.07), 1.42, 2.05)
    return Subject(
        patient_id=f"SR{seed:03d}-{index + 1:06d}",
        name=_name(random, names, sex),
        sex=sex,
        birth_date=_birth_date(random, ages),
        height=round(height, 2),
        weight=round(within(spread(random, 26, 0.17), 16, 48) * height**2, 1),
    )


def _name(random: Random, names: Names, sex: str) -> str:
    """Return a PN value: family^given of each component group that the names have."""
    family = random.choice(names.family).split("=")
    given = random.choice(names.female if sex == "F" else names.male).split("=")
    return "=".join("^".join(group) for group in zip(family, given, strict=True))


def _birth_date(random: Random, ages: tuple[int, int]) -> date:
    """Return a day that makes someone that old; the middle of the range is the most frequent."""
    low, high = ages
    years = random.triangular(low, high, low + 0.62 * (high - low))
    return FIRST_DAY - timedelta(days=int(years * 365.25) + 1)
