//! Monthly figures for national follow-up: grants, use and customers by municipality, service class and provider, and
//! which of them must not be told, because they are about too few people.
//!
//! Invariants: a figure that is told is of at least [`GROUP_CUSTOMERS_MIN`] customers, and so is the difference between
//! a total and what is told of its groups. What is told of one organiser rests on that organiser's data alone.

use std::collections::{BTreeMap, BTreeSet};

use super::business_id::BusinessId;
use super::money::{Cents, Quantity};
use super::national_code::MunicipalityCode;
use super::number::PurchasingPowerNumber;
use super::registry::ServiceType;

/// Fewest customers that a figure is told of. Five is what public statistics commonly take: whoever knows a few
/// customers of a group, themselves among them, still learns nothing of another one.
pub const GROUP_CUSTOMERS_MIN: usize = 5;

/// What a total is made of: a service class and the unit that its quantities are in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// Empty, like `version`, where the service has no class: `code` is then the service's own.
    pub oid: String,
    pub version: String,
    pub code: String,
    pub unit: String,
}

impl Class {
    /// The class of a service, by the version of it that is in force; by its code where there is none.
    pub fn of(service_code: &str, version: Option<&ServiceType>, unit: String) -> Class {
        match version.and_then(|version| version.service_class.as_ref()) {
            Some(class) => Class {
                oid: class.oid.clone(),
                version: class.version.clone(),
                code: class.code.clone(),
                unit,
            },
            None => Class {
                oid: String::new(),
                version: String::new(),
                code: service_code.to_owned(),
                unit,
            },
        }
    }
}

/// A group below its class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Where the customers live; `None` where that is not known.
    pub municipality: Option<MunicipalityCode>,
    /// Who gave the service, or is to give it; `None` where nobody has and nobody is chosen.
    pub provider: Option<BusinessId>,
}

/// What was done, credits taken off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub quantity: Quantity,
    pub voucher: Cents,
    pub customer: Cents,
}

impl Amounts {
    pub fn plus(self, other: Amounts) -> Amounts {
        Amounts {
            quantity: Quantity(self.quantity.0.saturating_add(other.quantity.0)),
            voucher: Cents(self.voucher.0.saturating_add(other.voucher.0)),
            customer: Cents(self.customer.0.saturating_add(other.customer.0)),
        }
    }
}

/// What one grant adds to one group.
#[derive(Clone, Debug)]
pub struct Part {
    pub grant: PurchasingPowerNumber,
    pub class: Class,
    pub provider: Option<BusinessId>,
    /// Whether something was used that is not credited whole.
    pub is_used: bool,
    pub amounts: Amounts,
}

/// Figures that may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    pub grants: u64,
    pub used_grants: u64,
    pub customers: usize,
    pub amounts: Amounts,
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub class: Class,
    /// `None` for the class's total, which comes after its groups.
    pub group: Option<Group>,
    /// `None` where they must not be told.
    pub figures: Option<Figures>,
}

/// Figures with the people they are about, who stand in the order of their numbers.
#[derive(Debug, Default)]
struct Counted {
    grants: u64,
    used_grants: u64,
    customers: Vec<u32>,
    /// Those of the customers whose use makes up the amounts.
    users: Vec<u32>,
    amounts: Amounts,
}

impl Counted {
    fn add(&mut self, customer: u32, is_used: bool, amounts: Amounts) {
        if self.customers.last() != Some(&customer) {
            self.customers.push(customer);
        }
        if is_used && self.users.last() != Some(&customer) {
            self.users.push(customer);
        }
        self.amounts = self.amounts.plus(amounts);
    }

    fn is_small(&self) -> bool {
        are_few(self.customers.len(), self.users.len())
    }

    fn figures(&self) -> Figures {
        Figures {
            grants: self.grants,
            used_grants: self.used_grants,
            customers: self.customers.len(),
            amounts: self.amounts,
        }
    }
}

/// Whether figures are about too few. Amounts are about those who used something: among many customers they may be few.
fn are_few(customers: usize, users: usize) -> bool {
    customers < GROUP_CUSTOMERS_MIN || (1..GROUP_CUSTOMERS_MIN).contains(&users)
}

/// A class with its groups.
#[derive(Debug, Default)]
struct OfClass {
    whole: Counted,
    groups: BTreeMap<Group, Counted>,
}

/// An organiser's month being added up, customer by customer.
#[derive(Debug, Default)]
pub struct Monthly {
    classes: BTreeMap<Class, OfClass>,
    customers: u32,
}

impl Monthly {
    /// Adds all that is one customer's.
    pub fn add(&mut self, municipality: Option<MunicipalityCode>, parts: Vec<Part>) {
        self.customers = self.customers.saturating_add(1);
        let customer = self.customers;
        let (mut counted, mut used) = (BTreeSet::new(), BTreeSet::new());
        for part in parts {
            let of_class = self.classes.entry(part.class.clone()).or_default();
            of_class.whole.add(customer, part.is_used, part.amounts);
            let of_whole = (part.class, part.grant);
            if part.is_used && used.insert(of_whole.clone()) {
                of_class.whole.used_grants += 1;
            }
            if counted.insert(of_whole) {
                of_class.whole.grants += 1;
            }
            let group = Group {
                municipality,
                provider: part.provider,
            };
            let group = of_class.groups.entry(group).or_default();
            group.add(customer, part.is_used, part.amounts);
            group.grants += 1;
            group.used_grants += u64::from(part.is_used);
        }
    }

    /// The lines, by class; a total after its groups.
    pub fn lines(self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (class, OfClass { whole, groups }) in self.classes {
            let untold = Untold::of(&groups);
            for (group, counted) in groups {
                let figures = (!untold.groups.contains(&group)).then(|| counted.figures());
                lines.push(Line {
                    class: class.clone(),
                    group: Some(group),
                    figures,
                });
            }
            let figures = (!untold.is_total_untold).then(|| whole.figures());
            lines.push(Line {
                class,
                group: None,
                figures,
            });
        }
        lines
    }
}

/// What of a class must not be told.
#[derive(Debug, Default)]
struct Untold {
    groups: BTreeSet<Group>,
    is_total_untold: bool,
}

impl Untold {
    /// Small groups, and then, smallest first, so many others that the difference between the total and what is told
    /// is of several groups and of enough customers; where there are not so many, the total.
    fn of(groups: &BTreeMap<Group, Counted>) -> Untold {
        let mut untold = Untold::default();
        let (mut customers, mut users) = (BTreeSet::new(), BTreeSet::new());
        let mut take = |group: &Group, counted: &Counted| {
            untold.groups.insert(group.clone());
            customers.extend(counted.customers.iter().copied());
            users.extend(counted.users.iter().copied());
            untold.groups.len() < 2 || are_few(customers.len(), users.len())
        };
        let (small, mut large): (Vec<_>, Vec<_>) =
            groups.iter().partition(|(_, counted)| counted.is_small());
        large.sort_by_key(|(_, counted)| counted.customers.len());
        let mut is_exposed = false;
        for (group, counted) in small {
            is_exposed = take(group, counted);
        }
        for (group, counted) in large {
            if !is_exposed {
                break;
            }
            is_exposed = take(group, counted);
        }
        untold.is_total_untold = is_exposed;
        untold
    }
}

#[cfg(test)]
mod tests;
