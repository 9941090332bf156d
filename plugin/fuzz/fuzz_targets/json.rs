//! Any bytes at all: ours and serde_json's readers must agree, and neither may panic.

#![no_main]

#[path = "../../tests/json_oracle/mod.rs"]
mod json_oracle;

libfuzzer_sys::fuzz_target!(|body: &[u8]| json_oracle::agree(body));
