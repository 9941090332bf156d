//! From JSON text to [`raw::Config`], with every complaint that its shape gives cause for.
//!
//! serde stops at the first error. So that an operator sees all of them, the offending value is taken out, or an example put
//! where one is missing, and the rest read again, as long as that makes progress.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::missing::Examples;
use super::problem::Problems;
use super::raw;

/// So many complaints of one kind are enough to see what is wrong.
const MAX_ROUNDS: usize = 64;

/// Reads `json`, and says where examples stand in for what is missing; none when there is nothing sensible to go on with.
pub(super) fn read(json: &[u8], problems: &mut Problems) -> Option<(raw::Config, Examples)> {
    if json.iter().all(u8::is_ascii_whitespace) {
        problems.add("", "found nothing; the filter needs its plugin configuration");
        return None;
    }
    let mut document: Value = match serde_json::from_slice(json) {
        Ok(document) => document,
        Err(error) => {
            problems.add("", format!("found no JSON: {error}; Envoy has to hand over a StringValue with JSON, as `toolgate plugin-config` writes it"));
            return None;
        }
    };
    let mut examples = Examples::default();
    for _ in 0..MAX_ROUNDS {
        let error = match serde_path_to_error::deserialize::<_, raw::Config>(&document) {
            Ok(config) => return Some((config, examples)),
            Err(error) => error,
        };
        let pointer = pointer(error.path());
        let error = error.inner().to_string();
        if examples.stand_in(&mut document, &pointer, &error, problems) {
            continue;
        }
        problems.add(pointer.clone(), error);
        if !take_out(&mut document, &pointer) {
            return None;
        }
    }
    None
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// Takes out the value at `pointer`; whether there was one.
fn take_out(document: &mut Value, pointer: &str) -> bool {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return false;
    };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => members.remove(&name.replace("~1", "/").replace("~0", "~")).is_some(),
        Some(Value::Array(items)) => match name.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// A duration as operators write it (`200ms`, `15m`, `1h 30m`).
pub(super) fn duration(text: &str, pointer: &str, problems: &mut Problems) -> Option<std::time::Duration> {
    match humantime::parse_duration(text) {
        Ok(duration) if !duration.is_zero() => Some(duration),
        _ => {
            problems.add(pointer, format!("found `{text}`; a duration such as `200ms`, `30s` or `15m` would be right"));
            None
        }
    }
}
