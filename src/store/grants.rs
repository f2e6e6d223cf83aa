//! An organiser's grants from first to last, as reports walk them.

use crate::domain::customer::Customer;
use crate::domain::purchasing_power::PurchasingPower;
use crate::store::records::keys::Key;

/// Where a walk over grants stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantPlace(pub(in crate::store) Key);

/// Some of an organiser's grants, each with its customer. Those of one customer stand side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantsWithCustomers {
    pub grants: Vec<(PurchasingPower, Customer)>,
    /// Where the next ones begin; `None` at the end.
    pub after: Option<GrantPlace>,
}
