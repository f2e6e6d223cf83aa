//! Who there is in the year: organisers, providers, customers, and the registry of each time.

use std::fmt::Write as _;

use super::books::Kind;
use crate::every_code::places::business_ids;
use crate::scenery::with_check;
use crate::support::root;
use crate::support::server::Site;

pub const PROVIDERS: usize = 40;
/// The client through which every provider sends, as (class, member, subsystem).
pub const INTEGRATOR: (&str, &str, &str) = ("COM", "9000005-4", "year");
/// Providers that something happens to.
pub const ENDED: usize = 0;
pub const BANKRUPT: usize = 1;
pub const WITHOUT_ACCOUNT: usize = 5;

/// An organiser: its code, its business id and its client's subsystem.
pub struct Organiser {
    pub code: &'static str,
    pub business_id: &'static str,
    pub subsystem: &'static str,
}

pub const ORGANISERS: [Organiser; 3] = [
    Organiser {
        code: "853",
        business_id: "0204819-8",
        subsystem: "paikky",
    },
    Organiser {
        code: "837",
        business_id: "0211675-2",
        subsystem: "perus",
    },
    Organiser {
        code: "049",
        business_id: "0101263-6",
        subsystem: "paikky",
    },
];

/// The organiser whose home help waits for its check.
pub const REVIEWING: usize = 1;

pub fn provider_ids() -> Vec<String> {
    business_ids().take(PROVIDERS).collect()
}

/// An artificial person, another for each place.
pub fn person(place: usize) -> String {
    let (day, rest) = (1 + place % 28, place / 28);
    let (month, rest) = (1 + rest % 12, rest / 12);
    let (year, rest) = (20 + rest % 79, rest / 79);
    with_check(&format!("{day:02}{month:02}{year:02}-{}", 902 + rest))
}

/// A Finnish account of a provider, with its check digits.
pub fn iban(place: usize) -> String {
    let account = format!("5000150{place:07}");
    let number: u128 = format!("{account}151800").parse().unwrap();
    format!("FI{:02}{account}", 98 - number % 97)
}

/// The registry as it is in a month, from the month's beginning on.
fn registry(month: u32) -> String {
    let demo = root().join("fixtures/demo");
    let lists = ["municipalities.toml", "counties.toml"]
        .map(|list| format!("\"{}\"", demo.join(list).display()));
    let mut text = format!("include = [{}]\n", lists.join(", "));
    for (place, organiser) in ORGANISERS.iter().enumerate() {
        of_organiser(&mut text, place, organiser);
    }
    for (place, id) in provider_ids().iter().enumerate() {
        let account = match place == WITHOUT_ACCOUNT && month < 7 {
            true => String::new(),
            false => format!("iban = \"{}\"\n", iban(place)),
        };
        writeln!(
            text,
            "[[provider]]\nbusiness_id = \"{id}\"\nname = \"Hyvä Hoiva Åström {place} Oy\"\n{account}"
        )
        .unwrap();
        for organiser in &ORGANISERS {
            let state = match place {
                BANKRUPT if month >= 8 => "state = \"SUSPENDED\"",
                ENDED if month >= 7 => "state = \"ENDED\"\nvalid_to = \"2026-06-30\"",
                _ => "state = \"APPROVED\"",
            };
            writeln!(
                text,
                "[[approval]]\norganiser = {{ municipality = \"{}\" }}\nservice_code = \"{}\"\nprovider = \"{id}\"\n\
                 valid_from = \"2025-01-01\"\n{state}\n",
                organiser.code,
                Kind::of(place).service()
            )
            .unwrap();
        }
    }
    let (class, member, subsystem) = INTEGRATOR;
    let providers: Vec<String> = provider_ids()
        .iter()
        .map(|id| format!("\"{id}\""))
        .collect();
    writeln!(
        text,
        "[[client_grant]]\nclient = \"FI-TEST/{class}/{member}/{subsystem}\"\n\
         services = [\"getOstovoima\", \"postDentalServiceEvent\", \"postServiceEvent\"]\n\
         providers = [{}]\nvalid_from = \"2025-01-01\"\n\n\
         [[code_set]]\noid = \"1.2.246.537.6.99001\"\nversion = \"1\"\n\n\
         [[code_set.items]]\ncode = \"SAA01\"\nname_fi = \"Suun tutkimus\"\nvalid_from = \"2025-01-01\"\n\
         tooth_rule = \"NONE\"\nrepeatable = true",
        providers.join(", ")
    )
    .unwrap();
    text
}

fn of_organiser(text: &mut String, place: usize, organiser: &Organiser) {
    let Organiser {
        code,
        business_id,
        subsystem,
    } = organiser;
    writeln!(
        text,
        "[[organiser]]\ncode = {{ municipality = \"{code}\" }}\nbusiness_id = \"{business_id}\"\n\
         name_fi = \"Järjestäjä {code}\"\n\n\
         [[client_grant]]\nclient = \"FI-TEST/MUN/{business_id}/{subsystem}\"\n\
         services = [\"postPurchasingPower\", \"postSaldoPurchasingPower\", \"postDentalPurchasingPower\", \
         \"getServiceEvents\"]\norganisers = [{{ municipality = \"{code}\" }}]\nvalid_from = \"2025-01-01\"\n"
    )
    .unwrap();
    for kind in Kind::ALL {
        let review = kind == Kind::Home && place == REVIEWING;
        writeln!(
            text,
            "[[service_type]]\norganiser = {{ municipality = \"{code}\" }}\nservice_code = \"{}\"\n\
             valid_from = \"2025-01-01\"\nname_fi = \"Palvelu\"\ninstruments = [\"VOUCHER\"]\nunit = \"{}\"\n\
             legal_basis = \"PSL_569_2009\"\nreview = {review}\nallow_overlap = true\ncustody_category = \"{}\"\n",
            kind.service(),
            kind.unit(),
            match kind {
                Kind::Dental => "HEALTH",
                Kind::Daycare => "ECEC",
                _ => "SOCIAL",
            }
        )
        .unwrap();
    }
}

/// Loads the registry of a month. Again, it changes nothing.
pub fn apply(site: &Site, month: u32) {
    let path = site.folder().join(format!("registry-{month}.toml"));
    std::fs::write(&path, registry(month)).unwrap();
    site.apply(&path);
}
