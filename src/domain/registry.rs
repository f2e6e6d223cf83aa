//! What organisers decide beforehand: services, providers and their approvals, prices, code sets.
//! Loaded data, never compiled in; versioned by date, so that every rule is judged at its own day.

pub mod diff;
mod names;
pub mod reliance;

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::business_id::BusinessId;
use super::client::{ClientId, as_text_for_people};
use super::money::Cents;
use super::national_code::{CountyCode, MunicipalityCode};

/// An organiser (palvelunjärjestäjä) by the national code of its kind.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OrganiserCode {
    /// Kuntanumero, three digits.
    Municipality(MunicipalityCode),
    /// Hyvinvointialue, two digits.
    County(CountyCode),
}

impl fmt::Display for OrganiserCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OrganiserCode::Municipality(code) => write!(formatter, "{code}"),
            OrganiserCode::County(code) => write!(formatter, "{code}"),
        }
    }
}

/// How the customer gets the service. The list can grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Instrument {
    /// Palveluseteli: the customer chooses the provider and pays the own share.
    Voucher,
    /// Ostopalvelu: the organiser buys; the customer pays the provider nothing.
    Purchase,
}

/// Unit that a service is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    /// Piece.
    Kpl,
    /// Hour.
    H,
    /// Day.
    D,
    /// Month.
    Kk,
    /// Visit.
    Kerta,
    /// Euro.
    Eur,
    /// Dental procedure.
    Toimenpide,
}

/// Act that a grant rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum LegalBasis {
    #[serde(rename = "PSL_569_2009")]
    Psl569Of2009,
    #[serde(rename = "VAKA_PALVELUSETELI")]
    VakaPalveluseteli,
    #[serde(rename = "OSTOPALVELU")]
    Ostopalvelu,
}

/// Field of life a service belongs to: decides which mandate a guardian needs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustodyCategory {
    Social,
    Health,
    Ecec,
}

impl CustodyCategory {
    /// Every category there is.
    pub const ALL: [CustodyCategory; 3] = [
        CustodyCategory::Social,
        CustodyCategory::Health,
        CustodyCategory::Ecec,
    ];
}

/// A municipality or county that a code may name, whether it is an organiser here or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedMunicipality {
    pub code: MunicipalityCode,
    pub name_fi: String,
    #[serde(default)]
    pub name_sv: Option<String>,
}

/// As [`ListedMunicipality`], for wellbeing services counties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedCounty {
    pub code: CountyCode,
    pub name_fi: String,
    #[serde(default)]
    pub name_sv: Option<String>,
}

/// Who grants and pays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organiser {
    pub code: OrganiserCode,
    pub business_id: BusinessId,
    pub name_fi: String,
    #[serde(default)]
    pub name_sv: Option<String>,
    #[serde(default)]
    pub contact: Option<String>,
    /// First and last day of a month on which the month before is settled.
    #[serde(default = "settlement_day_from")]
    pub settlement_day_from: u8,
    #[serde(default = "settlement_day_to")]
    pub settlement_day_to: u8,
    /// Days after its service date that an event may still be recorded.
    #[serde(default = "late_recording_days")]
    pub late_recording_days: u16,
    /// Days after an annulment that earlier events may still be recorded.
    #[serde(default = "cancel_grace_days")]
    pub cancel_grace_days: u16,
}

fn settlement_day_from() -> u8 {
    4
}
fn settlement_day_to() -> u8 {
    8
}
fn late_recording_days() -> u16 {
    60
}
fn cancel_grace_days() -> u16 {
    30
}

/// Class of a service in a national classification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceClass {
    pub oid: String,
    pub code: String,
    pub version: String,
}

/// A service (palvelu) of one organiser, as it is from one date on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceType {
    pub organiser: OrganiserCode,
    pub service_code: String,
    pub valid_from: Date,
    #[serde(default)]
    pub valid_to: Option<Date>,
    pub name_fi: String,
    #[serde(default)]
    pub name_sv: Option<String>,
    pub instruments: Vec<Instrument>,
    pub unit: Unit,
    pub legal_basis: LegalBasis,
    /// No own share may remain: the law makes the service free of charge.
    #[serde(default)]
    pub free_of_charge: bool,
    /// Price cap (kattohinta) of one unit.
    #[serde(default)]
    pub max_unit_price: Option<Cents>,
    /// Whether events wait for the organiser's check.
    #[serde(default)]
    pub review: bool,
    /// Whether a customer may hold two grants of it at once.
    #[serde(default)]
    pub allow_overlap: bool,
    /// Whether events need a Kanta ostopalveluvaltuutus.
    #[serde(default)]
    pub osva_required: bool,
    pub custody_category: CustodyCategory,
    #[serde(default)]
    pub service_class: Option<ServiceClass>,
    #[serde(default)]
    pub ptv_service_id: Option<String>,
    /// Information only: every amount is gross.
    #[serde(default)]
    pub vat_percent: Option<String>,
}

/// Private company that gives services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub business_id: BusinessId,
    pub name: String,
    #[serde(default)]
    pub sote_oid: Option<String>,
    #[serde(default)]
    pub iban: Option<String>,
    #[serde(default)]
    pub units: Vec<ProviderUnit>,
}

/// A place of business of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderUnit {
    pub unit_code: String,
    pub name: String,
    #[serde(default)]
    pub oid: Option<String>,
}

/// State of an approval. An ended one still counts on the days it was valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApprovalState {
    Approved,
    Suspended,
    Ended,
}

/// An organiser's approval of a provider for a service; always judged at the service date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderApproval {
    pub organiser: OrganiserCode,
    pub service_code: String,
    pub provider: BusinessId,
    pub valid_from: Date,
    #[serde(default)]
    pub valid_to: Option<Date>,
    /// Highest unit price agreed with this provider.
    #[serde(default)]
    pub agreed_max_price: Option<Cents>,
    pub state: ApprovalState,
}

/// What an organiser pays for a dental procedure under a price list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DentalPriceItem {
    pub organiser: OrganiserCode,
    pub procedure_code: String,
    pub voucher_value: Cents,
    #[serde(default)]
    pub max_price: Option<Cents>,
    pub valid_from: Date,
    #[serde(default)]
    pub valid_to: Option<Date>,
}

/// Which teeth a procedure code takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ToothRule {
    None,
    One,
    Many,
    Area,
}

/// One code of a classification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeItem {
    pub code: String,
    pub name_fi: String,
    #[serde(default)]
    pub name_sv: Option<String>,
    pub valid_from: Date,
    #[serde(default)]
    pub valid_to: Option<Date>,
    pub tooth_rule: ToothRule,
    #[serde(default)]
    pub min_surfaces: u8,
    #[serde(default)]
    pub max_surfaces: u8,
    #[serde(default)]
    pub repeatable: bool,
    #[serde(default)]
    pub extraction: bool,
}

/// A classification by OID and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeSet {
    pub oid: String,
    pub version: String,
    pub items: Vec<CodeItem>,
}

/// What an X-Road client may do: these services, for these organisers or as these providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientGrant {
    /// Without a subsystem the grant is member-wide. In files that people write,
    /// `INSTANCE/CLASS/CODE[/SUBSYSTEM]`.
    #[serde(with = "as_text_for_people")]
    #[schemars(with = "String")]
    pub client: ClientId,
    pub services: Vec<String>,
    #[serde(default)]
    pub organisers: Vec<OrganiserCode>,
    #[serde(default)]
    pub providers: Vec<BusinessId>,
    pub valid_from: Date,
    #[serde(default)]
    pub valid_to: Option<Date>,
}

impl ClientGrant {
    /// Whether the grant's dates cover `day`, both ends included.
    pub fn is_valid_on(&self, day: Date) -> bool {
        covers(self.valid_from, self.valid_to, day)
    }
}

/// The whole registry, as a file gives it and as the store keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    #[serde(default, rename = "municipality")]
    pub municipalities: Vec<ListedMunicipality>,
    #[serde(default, rename = "county")]
    pub counties: Vec<ListedCounty>,
    #[serde(default, rename = "organiser")]
    pub organisers: Vec<Organiser>,
    #[serde(default, rename = "service_type")]
    pub service_types: Vec<ServiceType>,
    #[serde(default, rename = "provider")]
    pub providers: Vec<Provider>,
    #[serde(default, rename = "approval")]
    pub approvals: Vec<ProviderApproval>,
    #[serde(default, rename = "price_item")]
    pub price_items: Vec<DentalPriceItem>,
    #[serde(default, rename = "code_set")]
    pub code_sets: Vec<CodeSet>,
    #[serde(default, rename = "client_grant")]
    pub client_grants: Vec<ClientGrant>,
}

/// Whether `day` lies in `from`…`to`, both ends included; no `to` is without end.
pub fn covers(from: Date, to: Option<Date>, day: Date) -> bool {
    from <= day && to.is_none_or(|to| day <= to)
}

/// The version of a service in force on `day`: the one that began last.
pub fn service_type_on(versions: &[ServiceType], day: Date) -> Option<&ServiceType> {
    versions
        .iter()
        .filter(|version| covers(version.valid_from, version.valid_to, day))
        .max_by_key(|version| version.valid_from)
}

/// The item of a procedure code in force on `day`, of any code sets' rows: the one that began last.
pub fn code_item_on<'a>(rows: &'a [CodeItem], code: &str, day: Date) -> Option<&'a CodeItem> {
    rows.iter()
        .filter(|row| row.code == code && covers(row.valid_from, row.valid_to, day))
        .max_by_key(|row| row.valid_from)
}

/// The price of a procedure code in force on `day`, of an organiser's rows: the one that began last.
pub fn price_item_on<'a>(
    rows: &'a [DentalPriceItem],
    code: &str,
    day: Date,
) -> Option<&'a DentalPriceItem> {
    rows.iter()
        .filter(|row| row.procedure_code == code && covers(row.valid_from, row.valid_to, day))
        .max_by_key(|row| row.valid_from)
}

/// Why a provider may not give a service on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotApproved {
    /// No approval at all, or one that is suspended.
    Never,
    /// Approved, but not on that day.
    OnThatDay,
}

/// The approval in force on `day` that lasts longest, of one provider's rows for one service.
pub fn approval_on(rows: &[ProviderApproval], day: Date) -> Result<&ProviderApproval, NotApproved> {
    if rows.is_empty() || rows.iter().any(|row| row.state == ApprovalState::Suspended) {
        return Err(NotApproved::Never);
    }
    rows.iter()
        .filter(|row| covers(row.valid_from, row.valid_to, day))
        .max_by_key(|row| row.valid_to.unwrap_or(Date::MAX))
        .ok_or(NotApproved::OnThatDay)
}
