//! The fuzz target `header`: its body stands in `src/header.rs`, where the corpus test finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| psop_adapter_fuzz::header::run(data));
