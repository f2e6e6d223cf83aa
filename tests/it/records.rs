//! Counts what a site's store holds once its server has ended. It tests nothing itself.

use crate::support::server::Site;

/// The tables that tests ask for, by the first byte of their keys.
const GRANT: u8 = 0x21;
const ACCESS: u8 = 0x50;
/// Rows that the demo registry leaves: one for each of its organisers.
pub const OF_REGISTRY: usize = 3;
/// As the store has it; sled opens no file under another.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;

/// How many records of two tables there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records {
    pub grants: usize,
    /// Without those of the registry that the site began with.
    pub access_rows: usize,
}

/// Counts the records of a site. No server may run.
pub fn records(site: &Site) -> Records {
    let config = sled::Config::new()
        .path(site.folder().join("store"))
        .mode(sled::Mode::LowSpace)
        .segment_size(SEGMENT_BYTES);
    let database = config.open().unwrap();
    let count = |table: u8| database.scan_prefix([table]).filter(Result::is_ok).count();
    Records {
        grants: count(GRANT),
        access_rows: count(ACCESS) - OF_REGISTRY,
    }
}
