"""What radiologists dictate, by kind of study and language."""

from __future__ import annotations

from dataclasses import dataclass

from sr2graph.dicom.concept import CodedConcept
from sr2graph.samples.codes import ABDOMEN, BREAST, CHEST, HEAD, HEART, ln, sct


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one kind of study in one language."""

    histories: tuple[str, ...]
    negatives: tuple[str, ...]
    """What was looked for and not found."""
    finding: str
    """With a place for the size."""
    impression: str
    recommendation: str
    normal: str
    """The impression when nothing was found."""
    none: str
    """The recommendation then."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kind of study is reported as."""

    title: CodedConcept
    procedure: CodedConcept
    region: CodedConcept
    finding: CodedConcept
    sizes: tuple[int, int]
    """From, to; mm, or % of a stenosis."""
    wordings: dict[str, Wording]


CHEST_WORDINGS = {
    "en-US": Wording(
        ("Cough for three weeks, no fever.", "Chest pain on inspiration.", "Preoperative."),
        ("Heart size is normal.", "No effusion, no pneumothorax.", "No consolidation.", "Mediastinum not widened."),
        "Nodule in the right upper zone, {size} mm.",
        "Solitary pulmonary nodule, right upper zone.",
        "CT of the chest within four weeks.",
        "No acute cardiopulmonary finding.",
        "None.",
    ),
    "fr-FR": Wording(
        ("Toux depuis trois semaines, sans fièvre.", "Douleur thoracique.", "Bilan préopératoire."),
        ("Silhouette cardiaque normale.", "Pas d'épanchement pleural.", "Pas de foyer.", "Médiastin non élargi."),
        "Nodule apical droit de {size} mm.",
        "Nodule pulmonaire isolé, à caractériser.",
        "Scanner thoracique dans un délai d'un mois.",
        "Radiographie thoracique sans anomalie.",
        "Aucune.",
    ),
    "ja-JP": Wording(
        ("3週間続く咳。発熱なし。", "吸気時胸痛。", "術前検査。"),
        ("心拡大を認めない。", "胸水・気胸を認めない。", "浸潤影なし。", "縦隔の拡大なし。"),
        "右上肺野に径{size}mmの結節影を認める。",
        "右上肺野の孤立性結節。",
        "4週間以内の胸部CTを推奨する。",
        "胸部に異常を認めない。",
        "なし。",
    ),
}
ABDOMEN_WORDINGS = {
    "en-US": Wording(
        (
            "Colorectal carcinoma under chemotherapy; response?",
            "Follow-up of liver metastases.",
            "Rising CEA.",
        ),
        (
            "No ascites.",
            "Unchanged lymph nodes along the aorta, short axis below 10 mm.",
            "Kidneys without obstruction.",
            "Spleen of normal size.",
        ),
        "Hypodense liver lesions up to {size} mm, measured in the measurement report.",
        "Hepatic metastases; see the measurement report for their size over time.",
        "Next study at the end of the cycle.",
        "No evidence of recurrence.",
        "Routine follow-up.",
    ),
    "fr-FR": Wording(
        (
            "Carcinome colorectal sous chimiothérapie, évaluation de la réponse.",
            "Surveillance de métastases hépatiques.",
            "Élévation de l'ACE.",
        ),
        ("Pas d'ascite.", "Ganglions lombo-aortiques stables.", "Reins sans dilatation.", "Rate de taille normale."),
        "Lésions hépatiques hypodenses jusqu'à {size} mm.",
        "Métastases hépatiques ; cf. compte rendu de mesures.",
        "Contrôle à la fin du cycle.",
        "Pas de récidive.",
        "Surveillance habituelle.",
    ),
    "ja-JP": Wording(
        ("大腸癌、化学療法中。治療効果判定。", "肝転移経過観察。", "CEA上昇。"),
        ("腹水を認めない。", "傍大動脈リンパ節に変化なし。", "水腎症なし。", "脾腫なし。"),
        "肝に最大{size}mmの低吸収域の結節が多発している。",
        "多発肝転移。計測値は計測レポート参照。",
        "化学療法終了後に再検。",
        "再発所見なし。",
        "経過観察。",
    ),
}
HEAD_WORDINGS = {
    "en-US": Wording(
        ("Fall from standing height, on anticoagulants.", "Sudden headache.", "Left-sided weakness for two hours."),
        ("Ventricles of normal width.", "No fracture.", "No midline shift.", "Basal cisterns are free."),
        "Subdural haematoma along the right hemisphere, {size} mm.",
        "Acute subdural haematoma.",
        "Neurosurgical consultation; called at once.",
        "No acute intracranial finding.",
        "None.",
    ),
    "fr-FR": Wording(
        ("Chute de sa hauteur sous anticoagulants.", "Céphalée brutale.", "Déficit gauche depuis deux heures."),
        ("Système ventriculaire symétrique.", "Pas de fracture.", "Ligne médiane en place.", "Citernes libres."),
        "Hématome sous-dural hémisphérique droit de {size} mm.",
        "Hématome sous-dural aigu.",
        "Avis neurochirurgical, clinicien prévenu.",
        "Pas d'anomalie intracrânienne aiguë.",
        "Aucune.",
    ),
    "ja-JP": Wording(
        ("転倒。抗凝固薬内服中。", "突然の頭痛。", "2時間前からの左片麻痺。"),
        ("脳室拡大なし。", "骨折を認めない。", "正中偏位なし。", "脳底槽は保たれる。"),
        "右大脳半球に沿って厚さ{size}mmの硬膜下血腫を認める。",
        "急性硬膜下血腫。",
        "脳神経外科に至急連絡済み。",
        "急性期の頭蓋内病変を認めない。",
        "なし。",
    ),
}
CORONARY_WORDINGS = {
    "en-US": Wording(
        ("Exertional chest pain.", "Troponin elevated.", "Known coronary disease, new dyspnoea."),
        ("Left main free of stenosis.", "Circumflex artery free.", "Right coronary artery dominant, free."),
        "{size}% stenosis of the mid left anterior descending artery.",
        "Single vessel disease.",
        "Stent placed in the same session.",
        "No stenosis.",
        "Medical treatment.",
    ),
    "fr-FR": Wording(
        ("Douleur thoracique à l'effort.", "Élévation de la troponine.", "Dyspnée récente."),
        ("Tronc commun sans sténose.", "Circonflexe saine.", "Coronaire droite dominante, saine."),
        "Sténose à {size} % de l'IVA moyenne.",
        "Atteinte monotronculaire.",
        "Angioplastie réalisée dans le même temps.",
        "Coronaires angiographiquement saines.",
        "Traitement médical.",
    ),
    "ja-JP": Wording(
        ("労作時胸痛。", "トロポニン上昇。", "冠動脈疾患既往、新たな息切れ。"),
        ("左主幹部に狭窄なし。", "回旋枝に狭窄なし。", "右冠動脈に狭窄なし。"),
        "左前下行枝中部に{size}%狭窄を認める。",
        "一枝病変。",
        "同時にステント留置を行った。",
        "有意狭窄なし。",
        "内服継続。",
    ),
}
BREAST_WORDINGS = {
    "en-US": Wording(
        ("Screening.", "Screening, mother with breast cancer at 52.", "Screening, previous benign biopsy."),
        ("No suspicious calcifications.", "Skin and nipples unremarkable.", "No axillary adenopathy."),
        "Spiculated mass in the left upper outer quadrant, {size} mm.",
        "BI-RADS 4: suspicious mass, left breast.",
        "Recall for assessment and biopsy.",
        "BI-RADS 1: negative.",
        "Next screening in two years.",
    ),
    "fr-FR": Wording(
        ("Dépistage.", "Dépistage, mère atteinte à 52 ans.", "Dépistage, biopsie bénigne ancienne."),
        ("Pas de calcification suspecte.", "Revêtement cutané normal.", "Pas d'adénopathie axillaire."),
        "Masse spiculée du quadrant supéro-externe gauche, {size} mm.",
        "ACR 4 : masse suspecte du sein gauche.",
        "Convocation pour bilan et biopsie.",
        "ACR 1.",
        "Prochain dépistage dans deux ans.",
    ),
    "ja-JP": Wording(
        ("検診。", "検診。母52歳で乳癌。", "検診。生検歴あり(良性)。"),
        ("悪性を疑う石灰化なし。", "皮膚・乳頭に異常なし。", "腋窩リンパ節腫大なし。"),
        "左乳房上外側に{size}mmのスピキュラを伴う腫瘤を認める。",
        "カテゴリー4。",
        "精査(生検)を要する。",
        "カテゴリー1。",
        "2年後の検診。",
    ),
}

READINGS = {
    "chest": Reading(
        ln("43468-8", "X-Ray Report"),
        sct("168537006", "Plain radiography"),
        CHEST,
        sct("27925004", "Nodule"),
        (6, 28),
        CHEST_WORDINGS,
    ),
    "abdomen": Reading(
        ln("41806-1", "CT Abdomen Report"),
        sct("77477000", "Computed tomography"),
        ABDOMEN,
        sct("128462008", "Metastasis"),
        (9, 64),
        ABDOMEN_WORDINGS,
    ),
    "head": Reading(
        ln("24725-4", "CT Head Report"),
        sct("77477000", "Computed tomography"),
        HEAD,
        sct("35566002", "Hematoma"),
        (3, 19),
        HEAD_WORDINGS,
    ),
    "coronary": Reading(
        ln("18745-0", "Cardiac Catheterization Report"),
        sct("77343006", "Angiography"),
        HEART,
        sct("371895000", "Coronary artery lesion (culprit)"),
        (50, 95),
        CORONARY_WORDINGS,
    ),
    "breast": Reading(
        ln("24606-6", "Mammography Screening Report"),
        sct("71651007", "Mammography"),
        BREAST,
        sct("129788004", "Mammographic breast mass"),
        (5, 31),
        BREAST_WORDINGS,
    ),
}
