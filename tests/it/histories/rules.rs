//! What organisers decided beforehand, once as plain tables that the model reads and once as the
//! library's types. Every date-bound rule changes inside the years that histories walk through.

use std::sync::LazyLock;

use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::money::Cents;
use psop_adapter::domain::national_code::MunicipalityCode;
use psop_adapter::domain::registry::{
    ApprovalState, CodeItem, CustodyCategory, DentalPriceItem, Instrument, LegalBasis, Organiser,
    OrganiserCode, Provider, ProviderApproval, ServiceType, ToothRule, Unit,
};

use super::calendar::Day;

type Civil = (i32, i32, i32);

pub const LATE_DAYS: i32 = 60;
pub const GRACE_DAYS: i32 = 30;

/// A service from a date on.
pub struct Service {
    pub code: &'static str,
    pub from: Civil,
    pub to: Option<Civil>,
    pub unit: Unit,
    pub purchase: bool,
    pub free: bool,
    pub cap: Option<i64>,
    pub review: bool,
    pub overlap: bool,
}

pub const SERVICES: [&str; 7] = [
    "apu",
    "hoiva",
    "ilmainen",
    "saldo",
    "suu",
    "suu-lapset",
    "paivahoito",
];
/// Unit of each service.
pub const UNITS: [Unit; 7] = [
    Unit::H,
    Unit::Kpl,
    Unit::H,
    Unit::Eur,
    Unit::Toimenpide,
    Unit::Toimenpide,
    Unit::Kk,
];

const BEGIN: Civil = (2024, 1, 1);

const fn service(code: &'static str, unit: Unit) -> Service {
    Service {
        code,
        from: BEGIN,
        to: None,
        unit,
        purchase: true,
        free: false,
        cap: None,
        review: false,
        overlap: true,
    }
}

pub const VERSIONS: [Service; 9] = [
    Service {
        overlap: false,
        ..service("apu", Unit::H)
    },
    Service {
        overlap: false,
        from: (2027, 1, 1),
        cap: Some(4200),
        ..service("apu", Unit::H)
    },
    Service {
        review: true,
        cap: Some(6000),
        ..service("hoiva", Unit::Kpl)
    },
    Service {
        free: true,
        ..service("ilmainen", Unit::H)
    },
    service("saldo", Unit::Eur),
    service("suu", Unit::Toimenpide),
    Service {
        from: (2028, 1, 1),
        review: true,
        ..service("suu", Unit::Toimenpide)
    },
    Service {
        free: true,
        overlap: false,
        ..service("suu-lapset", Unit::Toimenpide)
    },
    Service {
        purchase: false,
        overlap: false,
        cap: Some(92_000),
        to: Some((2028, 6, 30)),
        ..service("paivahoito", Unit::Kk)
    },
];

/// A provider's approval for every service.
pub struct Approval {
    pub provider: usize,
    pub from: Civil,
    pub to: Option<Civil>,
    pub agreed: Option<i64>,
    pub suspended: bool,
}

pub const PROVIDERS: [&str; 5] = [
    "9000003-8",
    "9000008-9",
    "9000007-0",
    "9000004-6",
    "9000006-2",
];

const fn approval(provider: usize) -> Approval {
    Approval {
        provider,
        from: BEGIN,
        to: None,
        agreed: None,
        suspended: false,
    }
}

/// The last provider has none.
pub const APPROVALS: [Approval; 5] = [
    approval(0),
    Approval {
        agreed: Some(4000),
        ..approval(1)
    },
    Approval {
        to: Some((2027, 6, 30)),
        ..approval(2)
    },
    Approval {
        from: (2027, 9, 1),
        ..approval(2)
    },
    Approval {
        suspended: true,
        ..approval(3)
    },
];

pub struct Code {
    pub code: &'static str,
    pub one_tooth: bool,
    pub surfaces: u8,
    pub repeatable: bool,
    pub to: Option<Civil>,
}

pub const CODES: [Code; 5] = [
    Code {
        code: "SAA01",
        one_tooth: false,
        surfaces: 0,
        repeatable: true,
        to: None,
    },
    Code {
        code: "SDA10",
        one_tooth: false,
        surfaces: 0,
        repeatable: false,
        to: None,
    },
    Code {
        code: "EBA00",
        one_tooth: true,
        surfaces: 0,
        repeatable: false,
        to: None,
    },
    Code {
        code: "SFA20",
        one_tooth: true,
        surfaces: 2,
        repeatable: false,
        to: None,
    },
    Code {
        code: "WX002",
        one_tooth: false,
        surfaces: 0,
        repeatable: true,
        to: Some((2027, 12, 31)),
    },
];

/// The code that takes a tooth out.
pub const EXTRACTION: usize = 2;

pub struct Price {
    pub code: usize,
    pub from: Civil,
    pub value: i64,
    pub cap: Option<i64>,
}

pub const PRICES: [Price; 6] = [
    Price {
        code: 0,
        from: BEGIN,
        value: 3000,
        cap: None,
    },
    Price {
        code: 0,
        from: (2027, 1, 1),
        value: 3333,
        cap: Some(5000),
    },
    Price {
        code: 1,
        from: BEGIN,
        value: 4500,
        cap: None,
    },
    Price {
        code: 2,
        from: BEGIN,
        value: 9500,
        cap: Some(15_000),
    },
    Price {
        code: 3,
        from: BEGIN,
        value: 8500,
        cap: None,
    },
    Price {
        code: 4,
        from: (2026, 6, 1),
        value: 1000,
        cap: None,
    },
];

pub const PERSONS: [&str; 4] = ["110987-904Y", "300401A9139", "150318A902U", "070785-9015"];

pub fn day((year, month, day): Civil) -> Day {
    Day::new(year, month, day)
}

fn covers(from: Civil, to: Option<Civil>, on: Day) -> bool {
    day(from) <= on && to.is_none_or(|to| on <= day(to))
}

/// The version of a service in force on a day.
pub fn service_on(service: usize, on: Day) -> Option<&'static Service> {
    let mut versions = VERSIONS
        .iter()
        .filter(|version| version.code == SERVICES[service]);
    versions.rfind(|version| covers(version.from, version.to, on))
}

/// The agreed price of a provider's approval on a day, or the code of the lack of one.
pub fn approval_on(provider: usize, on: Day) -> Result<&'static Approval, &'static str> {
    let of_provider = || APPROVALS.iter().filter(|row| row.provider == provider);
    if of_provider().next().is_none() || of_provider().any(|row| row.suspended) {
        return Err("PROVIDER_NOT_APPROVED");
    }
    let mut covering = of_provider().filter(|row| covers(row.from, row.to, on));
    covering.next().ok_or("PROVIDER_APPROVAL_NOT_VALID_ON_DATE")
}

pub fn code_on(code: usize, on: Day) -> Option<&'static Code> {
    Some(&CODES[code]).filter(|row| covers(BEGIN, row.to, on))
}

pub fn price_on(code: usize, on: Day) -> Option<&'static Price> {
    let mut of_code = PRICES.iter().filter(|row| row.code == code);
    of_code.rfind(|row| covers(row.from, None, on))
}

/// The same as the library's types.
pub struct Registry {
    pub organiser: Organiser,
    pub other_organiser: OrganiserCode,
    /// By service.
    pub services: Vec<Vec<ServiceType>>,
    pub providers: Vec<Provider>,
    /// By service and provider.
    pub approvals: Vec<Vec<Vec<ProviderApproval>>>,
    pub codes: Vec<CodeItem>,
    pub prices: Vec<DentalPriceItem>,
}

pub static REGISTRY: LazyLock<Registry> = LazyLock::new(registry);

fn municipality(code: &str) -> OrganiserCode {
    OrganiserCode::Municipality(MunicipalityCode::parse(code).unwrap())
}

fn registry() -> Registry {
    let organiser = municipality("853");
    let business_id = |text: &str| BusinessId::parse(text).unwrap();
    let services = (0..SERVICES.len()).map(|service| {
        let versions = VERSIONS.iter().filter(|row| row.code == SERVICES[service]);
        versions.map(|row| service_type(organiser, row)).collect()
    });
    let approvals = (0..SERVICES.len()).map(|service| {
        let of_provider = |provider: usize| {
            let rows = APPROVALS.iter().filter(|row| row.provider == provider);
            rows.map(|row| provider_approval(organiser, service, row))
                .collect()
        };
        (0..PROVIDERS.len()).map(of_provider).collect()
    });
    Registry {
        organiser: Organiser {
            code: organiser,
            business_id: business_id("0204819-8"),
            name_fi: "Turun kaupunki".to_owned(),
            name_sv: None,
            contact: None,
            settlement_day_from: 4,
            settlement_day_to: 8,
            late_recording_days: LATE_DAYS as u16,
            cancel_grace_days: GRACE_DAYS as u16,
        },
        other_organiser: municipality("837"),
        services: services.collect(),
        providers: PROVIDERS
            .iter()
            .map(|text| Provider {
                business_id: business_id(text),
                name: "Tuottaja".to_owned(),
                sote_oid: None,
                iban: None,
                units: Vec::new(),
            })
            .collect(),
        approvals: approvals.collect(),
        codes: CODES.iter().map(code_item).collect(),
        prices: PRICES
            .iter()
            .map(|row| price_item(organiser, row))
            .collect(),
    }
}

fn service_type(organiser: OrganiserCode, row: &Service) -> ServiceType {
    let mut instruments = vec![Instrument::Voucher];
    instruments.extend(row.purchase.then_some(Instrument::Purchase));
    ServiceType {
        organiser,
        service_code: row.code.to_owned(),
        valid_from: day(row.from).date(),
        valid_to: row.to.map(|to| day(to).date()),
        name_fi: row.code.to_owned(),
        name_sv: None,
        instruments,
        unit: row.unit,
        legal_basis: LegalBasis::Psl569Of2009,
        free_of_charge: row.free,
        max_unit_price: row.cap.map(Cents),
        review: row.review,
        allow_overlap: row.overlap,
        osva_required: false,
        custody_category: CustodyCategory::Social,
        service_class: None,
        ptv_service_id: None,
        vat_percent: None,
    }
}

fn provider_approval(organiser: OrganiserCode, service: usize, row: &Approval) -> ProviderApproval {
    ProviderApproval {
        organiser,
        service_code: SERVICES[service].to_owned(),
        provider: BusinessId::parse(PROVIDERS[row.provider]).unwrap(),
        valid_from: day(row.from).date(),
        valid_to: row.to.map(|to| day(to).date()),
        agreed_max_price: row.agreed.map(Cents),
        state: match row.suspended {
            true => ApprovalState::Suspended,
            false => ApprovalState::Approved,
        },
    }
}

fn code_item(row: &Code) -> CodeItem {
    CodeItem {
        code: row.code.to_owned(),
        name_fi: row.code.to_owned(),
        name_sv: None,
        valid_from: day(BEGIN).date(),
        valid_to: row.to.map(|to| day(to).date()),
        tooth_rule: match row.one_tooth {
            true => ToothRule::One,
            false => ToothRule::None,
        },
        min_surfaces: row.surfaces,
        max_surfaces: row.surfaces,
        repeatable: row.repeatable,
        extraction: row.code == CODES[EXTRACTION].code,
    }
}

fn price_item(organiser: OrganiserCode, row: &Price) -> DentalPriceItem {
    DentalPriceItem {
        organiser,
        procedure_code: CODES[row.code].code.to_owned(),
        voucher_value: Cents(row.value),
        max_price: row.cap.map(Cents),
        valid_from: day(row.from).date(),
        valid_to: None,
    }
}
