//! Invariant 8: settled rows and their credits.

use psop_adapter::domain::service_event::{
    Credited, EventKind, EventState, ServiceEvent, Settled, Shares,
};

use crate::histories::world::World;

use super::{Broken, Watch, hold, is_settled};

impl Watch {
    /// Invariant 8: what was settled stays, but for payment and for what of it is credited; and credits
    /// are no more than the event.
    pub(super) fn settled_rows(&mut self, world: &World) -> Result<(), Broken> {
        for placed in &world.events {
            let event = &placed.event;
            // A draft may be taken back as long as nothing of it is credited.
            let was_settled = self.settled.contains_key(&event.id);
            if was_settled && event.state == EventState::Hyvaksytty {
                hold!(
                    event.credited.is_none(),
                    "{event:?}: taken back though credited"
                );
                self.settled.remove(&event.id);
            }
            if is_settled(event) {
                hold!(
                    event.settled.is_some(),
                    "{event:?}: settled, and by nothing"
                );
                let mut kept = event.clone();
                kept.state = EventState::Tilitetty;
                kept.credited = None;
                if let Some(Settled { paid_at, .. }) = &mut kept.settled {
                    hold!(
                        paid_at.is_some() == (event.state == EventState::Maksettu),
                        "{event:?}: paid?"
                    );
                    *paid_at = None;
                }
                for line in &mut kept.lines {
                    line.credited_quantity.0 = 0;
                    line.credited_shares = Shares::default();
                }
                let before = self.settled.entry(event.id).or_insert_with(|| kept.clone());
                hold!(*before == kept, "{event:?}: a settled row changed");
            } else {
                hold!(
                    !self.settled.contains_key(&event.id),
                    "{event:?}: settled, and is not any more"
                );
            }
            credits(world, event)?;
        }
        Ok(())
    }
}

/// The credits of an event: by line and in all what it says of itself, and no more than it is.
fn credits(world: &World, event: &ServiceEvent) -> Result<(), Broken> {
    if event.kind == EventKind::Credit {
        return Ok(());
    }
    let rows = world.events.iter().map(|placed| &placed.event);
    let rows: Vec<&ServiceEvent> = rows
        .filter(|row| {
            row.credit_of
                .as_ref()
                .is_some_and(|credit| credit.event == event.id)
        })
        .collect();
    let mut is_whole = true;
    for line in &event.lines {
        let of_line = rows
            .iter()
            .flat_map(|row| &row.lines)
            .filter(|row| row.line_no == line.line_no);
        let (mut quantity, mut cents) = (0, [0; 3]);
        for row in of_line {
            quantity += row.quantity.0;
            let shares = [
                row.shares.price.0,
                row.shares.voucher.0,
                row.shares.customer.0,
            ];
            cents = std::array::from_fn(|at| cents[at] - shares[at]);
        }
        let said = [
            line.credited_shares.price.0,
            line.credited_shares.voucher.0,
            line.credited_shares.customer.0,
        ];
        let whole = [
            line.shares.price.0,
            line.shares.voucher.0,
            line.shares.customer.0,
        ];
        let no = line.line_no;
        hold!(
            quantity == line.credited_quantity.0 && cents == said,
            "{event:?}: line {no}: credited otherwise"
        );
        hold!(
            quantity <= line.quantity.0 && (0..3).all(|at| cents[at] <= whole[at]),
            "{event:?}: line {no}: {cents:?} credited of {whole:?}"
        );
        hold!(
            quantity < line.quantity.0 || cents == whole,
            "{event:?}: line {no}: whole, but {cents:?} of {whole:?}"
        );
        is_whole &= quantity == line.quantity.0;
    }
    let flag = match (rows.is_empty(), is_whole) {
        (true, _) => None,
        (false, true) => Some(Credited::Full),
        (false, false) => Some(Credited::Partial),
    };
    hold!(
        event.credited == flag,
        "{event:?}: flagged {:?}, not {flag:?}",
        event.credited
    );
    hold!(
        rows.is_empty() || is_settled(event),
        "{event:?}: credited and not settled"
    );
    Ok(())
}
