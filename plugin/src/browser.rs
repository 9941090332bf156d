//! The playground's way in: texts from a page, texts back to it.
//!
//! It is the filter's own core, so a page can't say anything else than the filter does.

use std::sync::Arc;

use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::config::{self, problem::Problems};
use crate::explain::{self, Call, OpenedRecord};
use crate::time::Timestamp;

/// What would become of a request, and why.
///
/// `policy` is the filter's configuration in YAML or JSON, `call` what [`Call::read`] reads, `now` the time in seconds
/// since 1970. The answer is JSON: `{"explanation": …}`, or `{"policy": [{"pointer", "message"}]}` or
/// `{"call": [{"pointer", "message"}]}` for what is wrong with either.
#[wasm_bindgen]
#[must_use]
pub fn explain(policy: &str, call: &str, now: u32) -> String {
    let told = match config::read(&as_json(policy)) {
        Err(problems) => json!({"policy": listed(&problems)}),
        Ok(config) => {
            let now = Timestamp::from_secs(now.into());
            match Call::read(call).and_then(|call| explain::explain(&Arc::new(config), &call, now)) {
                Err(problems) => json!({"call": listed(&problems)}),
                Ok(explanation) => json!({"explanation": explanation}),
            }
        }
    };
    told.to_string()
}

/// What an audit record tells, as JSON: one alone, or in a line of the proxy's log. `null` where there is none.
#[wasm_bindgen]
#[must_use]
pub fn record(text: &str) -> String {
    json!(OpenedRecord::read(text)).to_string()
}

/// The JSON of a policy that may be YAML. What is neither is left as it is: the reader of configurations complains.
fn as_json(policy: &str) -> Vec<u8> {
    if policy.trim_start().starts_with('{') {
        return policy.into();
    }
    match serde_saphyr::from_str::<Value>(policy) {
        Ok(value) => value.to_string().into_bytes(),
        Err(_) => policy.into(),
    }
}

fn listed(problems: &Problems) -> Value {
    problems.iter().map(|problem| json!({"pointer": problem.pointer, "message": problem.message})).collect()
}
