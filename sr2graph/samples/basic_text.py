"""Basic diagnostic imaging reports: narrative under headings (PS3.16 TID 2000)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sr2graph.dicom.concept import CodedConcept
from sr2graph.dicom.references import InstanceReference, SeriesReference, StudyReference
from sr2graph.dicom.report import Report
from sr2graph.samples.build import Draft, code, concept_mod, container, image, inferred_from, observed, text
from sr2graph.samples.codes import (
    ABDOMEN,
    CHEST,
    FINDING,
    FINDINGS,
    HEAD,
    HEART,
    PROCEDURE_REPORTED,
    TARGET_REGION,
    dcm,
    ln,
    sct,
)
from sr2graph.samples.context import language, person_observer, procedure_context, subject_context
from sr2graph.samples.document import Issue, report
from sr2graph.samples.fleet import station
from sr2graph.samples.visit import ImageSeries, Visit

KIND = "basic_text"
BASIC_TEXT_SR = "1.2.840.10008.5.1.4.1.1.88.11"

HISTORY = ln("11329-0", "History")
IMPRESSIONS = ln("19005-8", "Impressions")
RECOMMENDATIONS = ln("18783-1", "Recommendations")
CLINICAL_INFORMATION = ln("55752-0", "Clinical Information")
IMPRESSION = dcm("121073", "Impression")
RECOMMENDATION = dcm("121075", "Recommendation")
BEST_ILLUSTRATION = dcm("121080", "Best illustration of finding")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a radiologist dictates, in one language."""

    history: str
    findings: tuple[str, ...]
    impression: str
    recommendation: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kind of study is reported as."""

    title: CodedConcept
    procedure: CodedConcept
    region: CodedConcept
    finding: CodedConcept
    wordings: dict[str, Wording]


READINGS = {
    "chest": Reading(
        ln("43468-8", "X-Ray Report"),
        sct("168537006", "Plain radiography"),
        CHEST,
        sct("27925004", "Nodule"),
        {
            "en-US": Wording(
                "Cough for three weeks, no fever.",
                ("Heart size is normal.", "No effusion, no pneumothorax.", "Nodule in the right upper zone, 8 mm."),
                "Solitary pulmonary nodule, right upper zone.",
                "CT of the chest within four weeks.",
            ),
            "fr-FR": Wording(
                "Toux depuis trois semaines, sans fièvre.",
                ("Silhouette cardiaque normale.", "Pas d'épanchement pleural.", "Nodule apical droit de 8 mm."),
                "Nodule pulmonaire isolé, à caractériser.",
                "Scanner thoracique dans un délai d'un mois.",
            ),
            "ja-JP": Wording(
                "3週間続く咳。発熱なし。",
                ("心拡大を認めない。", "胸水・気胸を認めない。", "右上肺野に径8mmの結節影を認める。"),
                "右上肺野の孤立性結節。",
                "4週間以内の胸部CTを推奨する。",
            ),
        },
    ),
    "abdomen": Reading(
        ln("41806-1", "CT Abdomen Report"),
        sct("77477000", "Computed tomography"),
        ABDOMEN,
        sct("128462008", "Metastasis"),
        {
            "en-US": Wording(
                "Colorectal carcinoma under chemotherapy; response?",
                (
                    "Several hypodense liver lesions, measured in the measurement report.",
                    "No ascites.",
                    "Unchanged lymph nodes along the aorta, short axis below 10 mm.",
                ),
                "Hepatic metastases; see the measurement report for their size over time.",
                "Next study at the end of the cycle.",
            ),
            "fr-FR": Wording(
                "Carcinome colorectal sous chimiothérapie, évaluation de la réponse.",
                ("Plusieurs lésions hépatiques hypodenses.", "Pas d'ascite.", "Ganglions lombo-aortiques stables."),
                "Métastases hépatiques ; cf. compte rendu de mesures.",
                "Contrôle à la fin du cycle.",
            ),
            "ja-JP": Wording(
                "大腸癌、化学療法中。治療効果判定。",
                ("肝に低吸収域の結節が多発している。", "腹水を認めない。", "傍大動脈リンパ節に変化なし。"),
                "多発肝転移。計測値は計測レポート参照。",
                "化学療法終了後に再検。",
            ),
        },
    ),
    "head": Reading(
        ln("24725-4", "CT Head Report"),
        sct("77477000", "Computed tomography"),
        HEAD,
        sct("17621005", "Normal"),
        {
            "en-US": Wording(
                "Fall from standing height, on anticoagulants.",
                ("No intracranial haemorrhage.", "Ventricles of normal width.", "No fracture."),
                "No acute intracranial finding.",
                "None.",
            ),
            "fr-FR": Wording(
                "Chute de sa hauteur sous anticoagulants.",
                ("Pas d'hémorragie intracrânienne.", "Système ventriculaire symétrique.", "Pas de fracture."),
                "Pas d'anomalie intracrânienne aiguë.",
                "Aucune.",
            ),
            "ja-JP": Wording(
                "転倒。抗凝固薬内服中。",
                ("頭蓋内出血を認めない。", "脳室拡大なし。", "骨折を認めない。"),
                "急性期の頭蓋内病変を認めない。",
                "なし。",
            ),
        },
    ),
    "coronary": Reading(
        ln("18745-0", "Cardiac Catheterization Report"),
        sct("77343006", "Angiography"),
        HEART,
        sct("371895000", "Coronary artery lesion (culprit)"),
        {
            "en-US": Wording(
                "Exertional chest pain.",
                ("Left main free of stenosis.", "70% stenosis of the mid left anterior descending artery."),
                "Single vessel disease.",
                "Stent placed in the same session.",
            ),
            "fr-FR": Wording(
                "Douleur thoracique à l'effort.",
                ("Tronc commun sans sténose.", "Sténose à 70 % de l'IVA moyenne."),
                "Atteinte monotronculaire.",
                "Angioplastie réalisée dans le même temps.",
            ),
            "ja-JP": Wording(
                "労作時胸痛。",
                ("左主幹部に狭窄なし。", "左前下行枝中部に70%狭窄を認める。"),
                "一枝病変。",
                "同時にステント留置を行った。",
            ),
        },
    ),
}


def basic_text(visit: Visit, reading: str, images: ImageSeries, *, addendum: bool = False) -> Report:
    """Return the narrative report of a visit; an addendum replaces an earlier version of it."""
    random = visit.random(KIND)
    issue = Issue(
        kind="basic_text addendum" if addendum else KIND,
        sop_class_uid=BASIC_TEXT_SR,
        description="Radiology Report",
        series_number=980,
        station=station(random, "WS", visit.station.hospital),
        minutes=180 if addendum else 90,
        author=visit.radiologist,
        verifier=visit.radiologist if addendum or random.random() < 0.7 else None,
        series=(images,),
        predecessors=(_predecessor(visit),) if addendum else (),
    )
    return report(visit, issue, _root(visit, READINGS[reading], images))


def _predecessor(visit: Visit) -> StudyReference:
    """Return a reference to the report that the addendum replaces."""
    replaced = InstanceReference(sop_class_uid=BASIC_TEXT_SR, sop_instance_uid=visit.uid(KIND))
    series = SeriesReference(series_instance_uid=visit.uid("document series", KIND), instances=(replaced,))
    return StudyReference(study_instance_uid=visit.study_uid, series=(series,))


def _root(visit: Visit, reading: Reading, images: ImageSeries) -> Draft:
    tag = visit.station.hospital.language
    words = reading.wordings[tag]
    return container(
        reading.title,
        concept_mod(code(PROCEDURE_REPORTED, reading.procedure)),
        concept_mod(code(TARGET_REGION, reading.region)),
        language(tag),
        *person_observer(visit.radiologist, visit),
        *procedure_context(visit),
        subject_context(),
        container(CLINICAL_INFORMATION, text(HISTORY, words.history)),
        container(FINDINGS, *_findings(visit, reading, words, images)),
        container(IMPRESSIONS, text(IMPRESSION, words.impression)),
        container(RECOMMENDATIONS, text(RECOMMENDATION, words.recommendation)),
        template="2000",
    )


def _findings(visit: Visit, reading: Reading, words: Wording, images: ImageSeries) -> Iterator[Draft]:
    """Draft TID 2002: a coded finding, then one paragraph each, the last one with its image."""
    yield code(FINDING, reading.finding)
    *others, main = words.findings
    for paragraph in others:
        yield text(FINDING, paragraph)
    shown = inferred_from(image(BEST_ILLUSTRATION, images.image(images.count // 2)))
    yield observed(text(FINDING, main, shown), at=visit.after(5100), uid=visit.uid("observation", "main finding"))
