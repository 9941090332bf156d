//! `toolgate verify-assertion`: does an assertion hold, and is it about this very request? For whoever writes the check of
//! an upstream and wants to know why it refuses.

use std::fs;
use std::io::read_to_string;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use super::{Format, clock, output};
use crate::assertion::{Received, VerifyingKey, misfits, verified};

/// What was found.
#[derive(Debug, Serialize)]
struct Verified {
    /// What the gate says, where it is the gate that says it.
    claims: Option<Value>,
    /// Why the request should not be believed; nothing if it should.
    misfits: Vec<String>,
}

/// Whether `assertion` holds now, by the key in a file, and is about a request with this method, path and body.
pub(super) fn run(
    assertion: &str,
    key: &Path,
    (method, path): (&str, &str),
    body: Option<&Path>,
    format: Format,
) -> Result<bool> {
    let token = if assertion == "-" { read_to_string(std::io::stdin())? } else { assertion.to_owned() };
    let unreadable = |path: &Path| format!("can't read `{}`", path.display());
    let written = fs::read_to_string(key).with_context(|| unreadable(key))?;
    let key = VerifyingKey::read(&written)
        .with_context(|| format!("`{}` holds no public key on P-256 or Ed25519, in PEM or as a JWK", key.display()))?;
    let body = body.map(|path| fs::read(path).with_context(|| unreadable(path))).transpose()?.unwrap_or_default();
    let found = match verified(token.trim(), &key, clock::now(), Duration::ZERO) {
        Ok((_, claims)) => {
            let misfits = misfits(&claims, &Received { method, path, body: &body });
            Verified { claims: Some(claims), misfits }
        }
        Err(error) => Verified { claims: None, misfits: vec![format!("it doesn't verify: {error:#}")] },
    };
    match format {
        Format::Json => output::json(&found)?,
        Format::Text => output::text(&told(&found))?,
    }
    Ok(found.misfits.is_empty())
}

fn told(found: &Verified) -> String {
    let decision = found.claims.as_ref().and_then(|claims| claims.get("decision")?.as_str()).unwrap_or_default();
    if found.misfits.is_empty() {
        return format!("holds: the gate's decision about this request is `{decision}`");
    }
    found.misfits.iter().map(|misfit| format!("{misfit}\n")).collect()
}
