//! The fuzz target `values`: its body stands in `src/values.rs`, where the corpus test finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| psop_adapter_fuzz::values::run(data));
