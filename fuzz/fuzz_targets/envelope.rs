//! The fuzz target `envelope`: its body stands in `src/envelope.rs`, where the corpus test finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| psop_adapter_fuzz::envelope::run(data));
