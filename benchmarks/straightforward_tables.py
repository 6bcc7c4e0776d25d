"""Which attribute becomes which statement in the straightforward converter: by entity, keyword and rule."""

from __future__ import annotations

from rdflib import SKOS, Namespace

from benchmarks.straightforward_rules import (
    SR,
    Rules,
    code,
    codes,
    date_time,
    day,
    decimal,
    double,
    graphic_data,
    inlined,
    integer,
    many,
    nodes,
    one,
    time,
    uid,
)

CLASSES = {
    name: SR[local]
    for name, local in (
        part.split("=")
        for part in (
            "CONTAINER=Container TEXT=Text NUM=Num CODE=Code DATETIME=DateTime DATE=Date TIME=Time UIDREF=UIDRef "
            "PNAME=PName COMPOSITE=Composite IMAGE=Image WAVEFORM=Waveform SCOORD=SCoord SCOORD3D=SCoord3D "
            "TCOORD=TCoord TABLE=Table"
        ).split()
    )
}
"""Value type -> class."""

RELATIONSHIPS = {
    "CONTAINS": SR.contains,
    "HAS OBS CONTEXT": SR.hasObsContext,
    "HAS ACQ CONTEXT": SR.hasAcqContext,
    "HAS CONCEPT MOD": SR.hasConceptMod,
    "HAS PROPERTIES": SR.hasProperties,
    "INFERRED FROM": SR.inferredFrom,
    "SELECTED FROM": SR.selectedFrom,
}

CONCEPT: Rules = {
    "CodeValue": one("notation", namespace=Namespace(str(SKOS))),
    "CodingSchemeDesignator": one("codingScheme"),
    "CodingSchemeVersion": one("codingSchemeVersion"),
    "LongCodeValue": one("longCodeValue"),
    "URNCodeValue": one("urnCodeValue"),
    "CodingSchemeUID": one("codingSchemeUID", uid),
    "ContextIdentifier": one("contextIdentifier"),
    "ContextUID": one("contextUID", uid),
    "ContextGroupVersion": one("contextGroupVersion"),
    "ContextGroupLocalVersion": one("contextGroupLocalVersion"),
    "ContextGroupExtensionFlag": one("contextGroupExtensionFlag"),
    "ContextGroupExtensionCreatorUID": one("contextGroupExtensionCreator", uid),
    "MappingResource": one("mappingResource"),
    "MappingResourceUID": one("mappingResourceUID", uid),
    "MappingResourceName": one("mappingResourceName"),
    "EquivalentCodeSequence": codes("equivalentCode"),
}

REFERENCE: Rules = {
    "ReferencedSOPClassUID": one("referencedSOPClass", uid),
    "ReferencedSOPInstanceUID": one("referencedInstance", uid),
    "PurposeOfReferenceCodeSequence": code("purposeOfReference"),
}
SERIES_REFERENCE: Rules = {
    "SeriesInstanceUID": one("referencedSeries", uid),
    "Modality": one("modality"),
    "RetrieveAETitle": many("retrieveAETitle"),
    "RetrieveLocationUID": one("retrieveLocationUID", uid),
    "RetrieveURL": one("retrieveURL"),
    "StorageMediaFileSetID": one("fileSetID"),
    "StorageMediaFileSetUID": one("fileSetUID", uid),
    "ReferencedSOPSequence": nodes("instanceReference", SR.InstanceReference, REFERENCE),
}
STUDY_REFERENCE: Rules = {
    "StudyInstanceUID": one("referencedStudy", uid),
    "ReferencedSeriesSequence": nodes("seriesReference", SR.SeriesReference, SERIES_REFERENCE),
}

ITEM: Rules = {
    "ConceptNameCodeSequence": code("conceptName"),
    "ContinuityOfContent": one("continuityOfContent"),
    "ObservationDateTime": one("observationDateTime", date_time),
    "ObservationUID": one("observationUID", uid),
    "ContentTemplateSequence": inlined(
        {
            "TemplateIdentifier": one("templateIdentifier"),
            "MappingResource": one("templateMappingResource"),
            "MappingResourceUID": one("templateMappingResourceUID", uid),
            "MappingResourceName": one("templateMappingResourceName"),
            "TemplateVersion": one("templateVersion"),
            "TemplateLocalVersion": one("templateLocalVersion"),
            "TemplateExtensionFlag": one("templateExtensionFlag"),
        }
    ),
    "MeasuredValueSequence": inlined(
        {
            "NumericValue": many("numericValue", decimal),
            "MeasurementUnitsCodeSequence": code("unit"),
            "FloatingPointValue": many("floatingPointValue", double),
            "RationalNumeratorValue": many("rationalNumerator", integer),
            "RationalDenominatorValue": many("rationalDenominator", integer),
        }
    ),
    "NumericValueQualifierCodeSequence": code("qualifier"),
    "ConceptCodeSequence": code("conceptCode"),
    "TextValue": one("text"),
    "DateTime": one("dateTime", date_time),
    "Date": one("date", day),
    "Time": one("time", time),
    "UID": one("uid", uid),
    "PersonName": one("personName"),
    "ReferencedSOPSequence": inlined(
        {
            "ReferencedSOPClassUID": one("referencedSOPClass", uid),
            "ReferencedSOPInstanceUID": one("referencedInstance", uid),
            "ReferencedFrameNumber": many("frameNumber", integer),
            "ReferencedSegmentNumber": many("segmentNumber", integer),
            "ReferencedWaveformChannels": many("channel", integer),
            "ReferencedSOPSequence": nodes("presentationState", SR.InstanceReference, REFERENCE),
            "ReferencedRealWorldValueMappingInstanceSequence": nodes(
                "realWorldValueMap", SR.InstanceReference, REFERENCE
            ),
        }
    ),
    "GraphicType": one("graphicType"),
    "GraphicData": graphic_data,
    "PixelOriginInterpretation": one("pixelOriginInterpretation"),
    "FiducialUID": one("fiducialUID", uid),
    "ReferencedFrameOfReferenceUID": one("frameOfReference", uid),
    "TemporalRangeType": one("temporalRangeType"),
    "ReferencedSamplePositions": many("samplePosition", integer),
    "ReferencedTimeOffsets": many("timeOffset", decimal),
    "ReferencedDateTime": many("referencedDateTime", date_time),
}

PARTICIPANT: Rules = {
    "ParticipationType": one("participationType"),
    "ParticipationDateTime": one("participationDateTime", date_time),
    "ObserverType": one("observerType"),
    "PersonName": one("personName"),
    "PersonIdentificationCodeSequence": codes("personIdentification"),
    "Manufacturer": one("manufacturer"),
    "ManufacturerModelName": one("modelName"),
    "StationName": one("stationName"),
    "DeviceUID": one("deviceUID", uid),
    "InstitutionName": one("institutionName"),
    "InstitutionCodeSequence": code("institutionCode"),
}
VERIFYING_OBSERVER: Rules = {
    "VerifyingObserverName": one("personName"),
    "VerifyingObserverIdentificationCodeSequence": code("personIdentification"),
    "VerifyingOrganization": one("organization"),
    "VerificationDateTime": one("verificationDateTime", date_time),
}
REQUEST: Rules = {
    "StudyInstanceUID": one("requestedStudy", uid),
    "AccessionNumber": one("accessionNumber"),
    "PlacerOrderNumberImagingServiceRequest": one("placerOrderNumber"),
    "FillerOrderNumberImagingServiceRequest": one("fillerOrderNumber"),
    "RequestedProcedureID": one("requestedProcedureID"),
    "RequestedProcedureDescription": one("requestedProcedureDescription"),
    "RequestedProcedureCodeSequence": codes("requestedProcedure"),
    "ReasonForTheRequestedProcedure": one("reasonForRequest"),
    "ReasonForRequestedProcedureCodeSequence": codes("reasonForRequestCode"),
    "ReferencedStudySequence": nodes("studyInstanceReference", SR.InstanceReference, REFERENCE),
}
CODING_SCHEME: Rules = {
    "CodingSchemeDesignator": one("codingScheme"),
    "CodingSchemeRegistry": one("codingSchemeRegistry"),
    "CodingSchemeUID": one("codingSchemeUID", uid),
    "CodingSchemeExternalID": one("codingSchemeExternalID"),
    "CodingSchemeName": one("codingSchemeName"),
    "CodingSchemeVersion": one("codingSchemeVersion"),
    "CodingSchemeResponsibleOrganization": one("codingSchemeOrganization"),
}

PARTS: dict[str, Rules] = {
    "report": {
        "SOPClassUID": one("sopClass", uid),
        "InstanceNumber": one("instanceNumber", integer),
        "ContentDate": one("contentDate", day),
        "ContentTime": one("contentTime", time),
        "InstanceCreationDate": one("instanceCreationDate", day),
        "InstanceCreationTime": one("instanceCreationTime", time),
        "InstanceCreatorUID": one("instanceCreator", uid),
        "TimezoneOffsetFromUTC": one("timezoneOffset"),
        "CompletionFlag": one("completionFlag"),
        "CompletionFlagDescription": one("completionFlagDescription"),
        "VerificationFlag": one("verificationFlag"),
        "PreliminaryFlag": one("preliminaryFlag"),
        "ContentQualification": one("contentQualification"),
        "VerifyingObserverSequence": nodes("verifyingObserver", SR.VerifyingObserver, VERIFYING_OBSERVER),
        "AuthorObserverSequence": nodes("authorObserver", SR.Participant, PARTICIPANT),
        "ParticipantSequence": nodes("participant", SR.Participant, PARTICIPANT),
        "CustodialOrganizationSequence": nodes("custodialOrganization", SR.Participant, PARTICIPANT),
        "PredecessorDocumentsSequence": nodes("predecessorDocument", SR.StudyReference, STUDY_REFERENCE),
        "IdenticalDocumentsSequence": nodes("identicalDocument", SR.StudyReference, STUDY_REFERENCE),
        "ReferencedRequestSequence": nodes("referencedRequest", SR.ProcedureRequest, REQUEST),
        "PerformedProcedureCodeSequence": codes("performedProcedure"),
        "CurrentRequestedProcedureEvidenceSequence": nodes("currentEvidence", SR.StudyReference, STUDY_REFERENCE),
        "PertinentOtherEvidenceSequence": nodes("otherEvidence", SR.StudyReference, STUDY_REFERENCE),
        "CodingSchemeIdentificationSequence": nodes(
            "codingSchemeIdentification", SR.CodingSchemeIdentification, CODING_SCHEME
        ),
    },
    "patient": {
        "PatientID": one("patientID"),
        "IssuerOfPatientID": one("issuerOfPatientID"),
        "PatientName": one("patientName"),
        "PatientBirthDate": one("birthDate", day),
        "PatientBirthTime": one("birthTime", time),
        "PatientSex": one("sex"),
        "PatientAge": one("age"),
        "PatientSize": one("patientSize", decimal),
        "PatientWeight": one("patientWeight", decimal),
        "OtherPatientIDs": many("otherPatientID"),
        "EthnicGroup": one("ethnicGroup"),
        "PatientComments": one("patientComments"),
        "PatientIdentityRemoved": one("identityRemoved"),
        "DeidentificationMethod": many("deidentificationMethod"),
    },
    "study": {
        "StudyDate": one("studyDate", day),
        "StudyTime": one("studyTime", time),
        "StudyID": one("studyID"),
        "AccessionNumber": one("accessionNumber"),
        "StudyDescription": one("studyDescription"),
        "ReferringPhysicianName": one("referringPhysician"),
        "PhysiciansOfRecord": many("physicianOfRecord"),
        "NameOfPhysiciansReadingStudy": many("readingPhysician"),
        "ProcedureCodeSequence": codes("procedureCode"),
    },
    "series": {
        "SeriesNumber": one("seriesNumber", integer),
        "Modality": one("modality"),
        "SeriesDate": one("seriesDate", day),
        "SeriesTime": one("seriesTime", time),
        "SeriesDescription": one("seriesDescription"),
        "ProtocolName": one("protocolName"),
        "BodyPartExamined": one("bodyPartExamined"),
        "OperatorsName": many("operator"),
        "ReferencedPerformedProcedureStepSequence": nodes("performedProcedureStep", SR.InstanceReference, REFERENCE),
        "PerformedProcedureStepID": one("performedProcedureStepID"),
        "PerformedProcedureStepDescription": one("performedProcedureStepDescription"),
        "PerformedProcedureStepStartDate": one("performedProcedureStepStartDate", day),
        "PerformedProcedureStepStartTime": one("performedProcedureStepStartTime", time),
    },
    "equipment": {
        "Manufacturer": one("manufacturer"),
        "ManufacturerModelName": one("modelName"),
        "DeviceSerialNumber": one("serialNumber"),
        "DeviceUID": one("deviceUID", uid),
        "SoftwareVersions": many("softwareVersion"),
        "StationName": one("stationName"),
        "InstitutionName": one("institutionName"),
        "InstitutionAddress": one("institutionAddress"),
        "InstitutionalDepartmentName": one("departmentName"),
    },
}
HEADER = {keyword: (part, rule) for part, rules in PARTS.items() for keyword, rule in rules.items()}
"""Keyword -> which subject of the header it speaks of, and how."""

STRUCTURE = frozenset(
    "SOPInstanceUID StudyInstanceUID SeriesInstanceUID SpecificCharacterSet "
    "RelationshipType ValueType ContentSequence MeasuredValueSequence".split()
)
"""Attributes that the shape of the graph says, or that may be empty."""
