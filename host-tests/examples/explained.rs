//! What `toolgate explain` says of each request of each scenario, and of each audit record that it leaves, a line of JSON for
//! each: the playground's test asks the page the same.

use std::io::{BufWriter, Write as _, stdout};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use serde_json::{Map, Value, json};
use toolgate::audit::MARK;
use toolgate::config;
use toolgate::explain::{Call, OpenedRecord, explain};
use toolgate::time::Timestamp;
use toolgate_host_tests::scenario::gateway::NOW;
use toolgate_host_tests::scenario::message::Message;
use toolgate_host_tests::scenario::native::NativeLane;
use toolgate_host_tests::scenario::{Scenario, run};

fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let now = NOW.as_secs();
    let mut out = BufWriter::new(stdout().lock());
    for scenario in Scenario::load_all(&folder)? {
        let case = run::case(&scenario, NOW)?;
        let config = config::read(case.config.as_bytes()).map_err(|problems| anyhow!("{problems}"));
        let config = Arc::new(config.with_context(|| scenario.name.clone())?);
        for (message, _) in &case.steps {
            let Some(call) = call(message) else { continue };
            let explanation = Call::read(&call).and_then(|call| explain(&config, &call, Timestamp::from_secs(now)));
            let told = explanation.map_err(|problems| anyhow!("{problems}")).with_context(|| scenario.name.clone())?;
            let line = json!({"name": scenario.name, "policy": case.config, "call": call, "now": now, "told": told});
            writeln!(out, "{line}")?;
        }
        for record in run(&scenario, &NativeLane)?.records {
            let line = format!("[2026-11-23 13:00:00.000][7][warning][wasm] wasm log toolgate: {MARK}{record}");
            let told = OpenedRecord::read(&line);
            writeln!(out, "{}", json!({"name": scenario.name, "record": line, "told": told}))?;
        }
    }
    Ok(out.flush()?)
}

/// The request as an operator would write it down; none where it has bytes that no text has.
fn call(message: &Message) -> Option<String> {
    let mut headers = Map::new();
    for (name, value) in &message.headers {
        let value = std::str::from_utf8(value).ok()?;
        let values = headers.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut()?.push(value.into());
    }
    let body = message.body.as_deref().map(std::str::from_utf8).transpose().ok()?;
    let request = json!({
        "method": message.method, "path": message.path, "headers": headers, "body": body.map_or(Value::Null, Value::from),
    });
    Some(json!({"request": request}).to_string())
}
