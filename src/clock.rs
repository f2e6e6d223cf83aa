//! The one place that knows what time it is.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::contract::lexical::helsinki;

/// Where the time comes from: injected everywhere, fixed only outside production.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    System,
    /// Always this instant.
    Fixed(Timestamp),
}

impl Clock {
    /// This system's time, in microseconds.
    pub fn now(self) -> Timestamp {
        match self {
            Clock::System => Clock::machine_now(),
            Clock::Fixed(instant) => instant,
        }
    }

    /// The machine's own time, which passes under a fixed clock too.
    pub fn machine_now() -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// The first instant of a day in Helsinki.
pub fn beginning_in_helsinki(day: Date) -> Timestamp {
    let zoned = day.to_zoned(helsinki());
    zoned.map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

/// The civil date of an instant in Helsinki.
pub fn date_in_helsinki(instant: Timestamp) -> Date {
    instant.to_zoned(helsinki()).date()
}
