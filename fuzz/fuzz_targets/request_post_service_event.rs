//! The fuzz target `request_post_service_event`: its body stands in `src/requests.rs`, where the corpus test finds it too.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| psop_adapter_fuzz::requests::post_service_event(data));
