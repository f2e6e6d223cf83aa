//! Which parts a message must and must not have, by its action (contract, section 2). Judges no part's
//! content.

use super::super::code::Code;
use super::super::purchasing_power::Kind;
use super::super::rejection::{Group, Rejections};
use super::{Action, Proposal};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Must,
    May,
    Not,
}

/// Needs of a message's parts, in the order of [`judge`]'s list.
fn needs(action: Action) -> [Need; 8] {
    use Need::{May, Must, Not};
    match action {
        Action::Create => [Not, Not, Not, Not, Must, Must, Must, Not],
        Action::Amend => [Must, Must, Must, May, Not, May, May, Not],
        Action::Cancel => [Must, May, Must, Must, Not, Not, Not, Not],
        Action::Suspend => [Must, Not, Not, Must, Not, Not, Not, Not],
        Action::Resume => [Must, Not, Not, Not, Not, Not, Not, Not],
        Action::TopUp => [Must, May, Not, May, Not, Not, Not, Must],
    }
}

/// The path of the kind's block.
pub(super) fn block(kind: Kind) -> &'static str {
    match kind {
        Kind::Ordinary => "ordinary",
        Kind::Saldo => "saldo",
        Kind::Dental => "dental",
    }
}

/// Notes every part that is missing or too much, one error each.
pub(super) fn judge(proposal: &Proposal<'_>, rejections: &mut Rejections) {
    let parts = [
        ("purchasingPowerNumber", proposal.number.is_some()),
        ("expectedVersion", proposal.expected_version.is_some()),
        ("effectiveFrom", proposal.effective_from.is_some()),
        ("reason", proposal.reason_text.is_some()),
        ("customer", proposal.customer.is_some()),
        ("terms", proposal.terms.is_some()),
        (block(proposal.kind), proposal.content.is_some()),
        ("topUpAmount", proposal.top_up.is_some()),
    ];
    for (need, (field, is_present)) in needs(proposal.action).into_iter().zip(parts) {
        let code = match (need, is_present) {
            (Need::Must, false) => Code::FieldRequired,
            (Need::Not, true) => Code::FieldNotAllowed,
            _ => continue,
        };
        rejections.add(Group::Message, code, field);
    }
    // Terms or the kind's block will do; without both, the first of them is said to be missing.
    let changes_nothing = proposal.terms.is_none() && proposal.content.is_none();
    if proposal.action == Action::Amend && changes_nothing {
        rejections.add(Group::Message, Code::FieldRequired, "terms");
    }
}
