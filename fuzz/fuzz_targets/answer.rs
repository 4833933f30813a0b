#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deskform_fuzz::entry::answer_judged(data));
