#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deskform_fuzz::entry::plan_file(data));
