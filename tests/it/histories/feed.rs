//! A reader of the feed of changes that keeps a mirror, page by page, while events go on changing. It
//! asks as the service does: everything after its watermark, up to where the feed was at page 1.

use std::collections::HashMap;

use psop_adapter::domain::event_id::EventId;
use psop_adapter::domain::feed::Filter;
use psop_adapter::domain::service_event::{PlacedEvent, ServiceEvent};

use super::invariants::{Broken, hold};
use super::world::World;

#[derive(Default)]
pub struct Reader {
    /// All up to here was had.
    watermark: u64,
    /// Of a reading that is not over: where it ends, and the last row had.
    reading: Option<(u64, u64)>,
    mirror: HashMap<EventId, (u64, ServiceEvent)>,
}

impl Reader {
    /// Takes one page. After the last one, the mirror holds everything up to the watermark.
    pub fn read(&mut self, world: &World, rows_max: usize) -> Result<(), Broken> {
        let (end, after) = self.reading.unwrap_or((world.change_seq, self.watermark));
        let filter = Filter {
            of_changes: true,
            ..Filter::default()
        };
        let mut rows: Vec<&PlacedEvent> = world
            .events
            .iter()
            .filter(|placed| {
                placed.change_seq > after && placed.change_seq <= end && filter.admits(placed)
            })
            .collect();
        rows.sort_by_key(|placed| placed.change_seq);
        let is_last = rows.len() <= rows_max;
        rows.truncate(rows_max);
        for placed in &rows {
            let former = self
                .mirror
                .insert(placed.event.id, (placed.change_seq, placed.event.clone()));
            let had = former.map_or(0, |(seq, _)| seq);
            hold!(
                had < placed.change_seq,
                "{:?} had twice in one state",
                placed.event
            );
        }
        if !is_last {
            let last = rows.last().map_or(after, |placed| placed.change_seq);
            self.reading = Some((end, last));
            return Ok(());
        }
        self.reading = None;
        self.watermark = end;
        self.missed(world)
    }

    /// Nothing at or below a watermark that the reader has not had, and had as it is.
    pub fn missed(&self, world: &World) -> Result<(), Broken> {
        for placed in world
            .events
            .iter()
            .filter(|placed| placed.change_seq <= self.watermark)
        {
            let mirrored = self.mirror.get(&placed.event.id);
            let is_had = mirrored
                .is_some_and(|(seq, event)| *seq == placed.change_seq && *event == placed.event);
            hold!(
                is_had,
                "{:?} at {} was missed below {}",
                placed.event,
                placed.change_seq,
                self.watermark
            );
        }
        Ok(())
    }
}
