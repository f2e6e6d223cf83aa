//! What the fuzz targets do with their bytes. `tests/it/fuzz_corpus.rs` takes this file in by its path and gives it the
//! committed corpus, so that what was once found stays found without a fuzzer.
//!
//! A body panics where something is wrong: a reader that panics itself, or a rule below that does not hold.

pub mod envelope;
pub mod header;
pub mod multipart;
pub mod requests;
pub mod values;

use psop_adapter::xml::reader::Limits;

/// The limits on XML, as the program has them by default.
pub const LIMITS: Limits = Limits {
    depth_max: 32,
    elements_max: 20_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 65_536,
};

/// Longest value of a header, as the program has it by default.
pub const HEADER_TEXT_CHARS_MAX: usize = 1_024;

/// A parser that is not ours takes `document`.
pub fn assert_well_formed(document: &str, what: &str) {
    if let Err(error) = roxmltree::Document::parse(document) {
        panic!("{what} is not well-formed: {error}\n{document}");
    }
}
