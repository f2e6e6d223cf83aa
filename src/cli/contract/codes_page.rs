//! `docs/codes.md`, made from the codes' own texts: what each means, where it points, what to do.

use std::fmt::Write as _;

use crate::contract::wsdl::ContractFile;
use crate::domain::code::{Code, Texts, meaning_and_advice};
use crate::soap::fault::FaultCode;

const HEAD: &str = "\
# Codes

What `psop-adapter` answers when it does not simply answer OK: [faults](#faults), [rejections](#rejections) and
[warnings](#warnings). The same [in Finnish](#suomeksi) and [in Swedish](#på-svenska).
This page is written by `psop-adapter contract write` from the texts that callers get; edit those.

- A **fault** is a SOAP Fault with HTTP 500. Its `detail` has `psop:errorCode` and, where known, `psop:field`. It comes
  alone and first: nothing was looked at beyond it. Its text may say more than this page.
- A **rejection** is HTTP 200 with `result/status` REJECTED: every error found is in `result/error`, the first also in
  `fault`. Nothing was done. The same message may not be sent again under the same id with other content: correct
  it, and send it under a new id.
- A **warning** stands in `result/warning` of an answer OK_WITH_WARNINGS: it was done all the same.

Field names are paths below the request's element; `[n]` counts from 1. The [event import](events.md) names the column
instead: `quantity` for `line[n]/quantity`. Show people the `messageFi`, `messageSv` or
`messageEn` of the answer: they are the texts of this page.
";

/// The page.
pub(super) fn page() -> ContractFile {
    let mut text = HEAD.to_owned();
    let english = |texts: Texts| texts.en;
    text.push_str("\n## Faults\n\n| Code | Field | Meaning | What to do |\n|---|---|---|---|\n");
    for code in FaultCode::ALL {
        let field = fields_of_fault(code);
        row(&mut text, code.as_str(), Some(field), code.meaning().en);
    }
    for (title, is_warning) in [("Rejections", false), ("Warnings", true)] {
        let _ = write!(
            text,
            "\n## {title}\n\n| Code | Usual field | Meaning | What to do |\n|---|---|---|---|\n"
        );
        for code in Code::ALL
            .iter()
            .filter(|code| code.is_warning() == is_warning)
        {
            let words = english(code.texts());
            row(&mut text, code.as_str(), Some(usual_fields(*code)), words);
        }
    }
    language(
        &mut text,
        "Suomeksi",
        ["Koodi", "Merkitys", "Mitä tehdä"],
        |texts| texts.fi,
    );
    language(
        &mut text,
        "På svenska",
        ["Kod", "Betydelse", "Vad du gör"],
        |texts| texts.sv,
    );
    ContractFile {
        path: "docs/codes.md".to_owned(),
        text,
    }
}

fn language(text: &mut String, title: &str, columns: [&str; 3], of: fn(Texts) -> &'static str) {
    let _ = write!(
        text,
        "\n## {title}\n\n| {} |\n|---|---|---|\n",
        columns.join(" | ")
    );
    for code in FaultCode::ALL {
        row(text, code.as_str(), None, of(code.meaning()));
    }
    for code in Code::ALL {
        row(text, code.as_str(), None, of(code.texts()));
    }
}

fn row(text: &mut String, code: &str, fields: Option<&str>, words: &str) {
    let _ = write!(text, "| {code} |");
    if let Some(fields) = fields {
        let names: Vec<String> = fields.split(", ").map(marked).collect();
        let _ = write!(text, " {} |", names.join(", "));
    }
    let (meaning, advice) = meaning_and_advice(words);
    let _ = writeln!(text, " {meaning}. | {advice} |");
}

/// A path as code; words that are none, in brackets, as they are.
fn marked(field: &str) -> String {
    match field.strip_prefix('(') {
        Some(words) => words.trim_end_matches(')').to_owned(),
        None => format!("`{field}`"),
    }
}

fn fields_of_fault(code: FaultCode) -> &'static str {
    match code {
        FaultCode::XmlMalformed => "Envelope",
        FaultCode::XsdInvalid => "(the first offence), Body",
        FaultCode::HeaderInvalid => "(the header's element)",
        FaultCode::ServiceUnknown => "service/serviceCode",
        FaultCode::VersionUnknown => "service/serviceVersion",
        _ => "(–)",
    }
}

fn usual_fields(code: Code) -> &'static str {
    match code {
        Code::HetuInvalid | Code::HetuArtificialNotAllowed => {
            "customer/personId, personId, meta/actingPersonId"
        }
        Code::BusinessIdInvalid => {
            "terms/chosenProviderBusinessId, terms/allowedProviderBusinessId[n], providerBusinessId"
        }
        Code::OidInvalid => "terms/osvaDocOid",
        Code::MunicipalityUnknown => "organiser/municipalityCode, customer/municipalityOfResidence",
        Code::CountyUnknown => "organiser/wellbeingCountyCode",
        Code::TerhikkiInvalid => "professional/terhikkiNumber, dental/referringProfessional",
        Code::FieldRequired | Code::FieldNotAllowed => "(the field itself)",
        Code::TextHasPersonId => {
            "terms/note, reason/text, dental/treatmentPlanText, comment, procedure[n]/area"
        }
        Code::PpNotFound | Code::PpCancelled | Code::PpSuspended | Code::OsvaRequired => {
            "purchasingPowerNumber"
        }
        Code::PpNotYetValid | Code::PpExpiredOnServiceDate => "serviceDate",
        Code::PpKindMismatch => "purchasingPowerNumber, terms/serviceCode",
        Code::PpOverlap => "terms/validFrom, terms/validTo",
        Code::PpVersionConflict | Code::EventVersionConflict => "expectedVersion",
        Code::PpValidityInvalid => "terms/decisionDate, terms/validTo, effectiveFrom",
        Code::PpAmendNotAllowed => "(the fixed field), purchasingPowerNumber",
        Code::PpAmendTouchesSettled => "effectiveFrom, terms/validTo",
        Code::BalanceBelowUsed => {
            "ordinary/quantityPerPeriod, saldo/balanceTotal, dental/ceiling, dental/line, dental/line[n]/maxCount"
        }
        Code::ServiceTypeUnknown => "terms/serviceCode, serviceDate",
        Code::InstrumentNotAllowed => "terms/instrument",
        Code::UnitNotAllowed => "ordinary/unit, saldo/balanceUnit",
        Code::ContractRefRequired => "terms/contractRef",
        Code::PriceItemUnknown => "dental/line[n]/unitValue",
        Code::ProviderNotApproved | Code::ProviderApprovalNotValidOnDate => {
            "providerBusinessId, terms/chosenProviderBusinessId"
        }
        Code::ProviderUnitUnknown => "providerUnitCode",
        Code::ServiceDateFuture | Code::ServiceDateTooOld => "serviceDate",
        Code::QuotaExceeded => "line[n]/quantity",
        Code::BalanceExceeded => "line[n]",
        Code::CeilingExceeded => "procedure[n]",
        Code::LineCountExceeded => "procedure[n]/count",
        Code::ProcedureUnknown => "procedure[n]/procedureCode, dental/line[n]/procedureCode",
        Code::ProcedureNotAuthorised => "procedure[n]/procedureCode, procedure[n]/authorisedLineNo",
        Code::ToothRequired | Code::ToothNotAllowed | Code::ToothInvalid => {
            "procedure[n]/tooth, procedure[n]/area, dental/line[n]/tooth"
        }
        Code::SurfaceInvalid | Code::SurfaceNotOnTooth | Code::SurfaceCountMismatch => {
            "procedure[n]/surfaces, dental/line[n]/surfaces"
        }
        Code::DuplicateProcedure => "procedure[n]/procedureCode",
        Code::PriceAboveCap | Code::PriceAboveApproved => {
            "procedure[n]/unitPrice, line[n]/unitPrice"
        }
        Code::CustomerShareNotAllowed => "procedure[n]/unitPrice, line[n]/unitPrice, labCost",
        Code::TotalsMismatch => "totals/totalPrice, totals/voucherShare, totals/customerShare",
        Code::EventNotFound | Code::EventLocked => "eventId",
        Code::DuplicateMessageIdConflict => "(–)",
        Code::SourceReferenceConflict => "meta/sourceReference",
        Code::WindowTooLarge => "serviceDateWindow",
        Code::ContinuationInvalid => "continuation, changesSince",
        Code::ContinuationExpired => "continuation",
        Code::MandateDenied | Code::MandateCheckUnavailable => "meta/actingPersonId",
        Code::ProviderApprovalEndsEarly => "terms/chosenProviderBusinessId",
        Code::ToothAlreadyExtracted => "procedure[n]/tooth",
    }
}
