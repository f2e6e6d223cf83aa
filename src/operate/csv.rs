//! Rows of the files that commands give: RFC 4180 with semicolons, UTF-8 without a byte order mark.

/// Adds a row to what is written so far.
pub(super) fn write_row(written: &mut Vec<u8>, row: &[&str]) {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(512)
        .from_writer(written);
    // Writing into memory does not fail.
    let _ = writer.write_record(row);
    let _ = writer.flush();
}
