//! The fuzz target `multipart`: its body stands in `src/multipart.rs`, where the corpus test finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| psop_adapter_fuzz::multipart::run(data));
