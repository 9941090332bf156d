//! What an upstream makes of `x-agent-assertion`. No scenario has to say it: each is verified with the public half of the
//! key, and held against the request that it came with.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::outcome::{ABOUT, Arrival, Outcome};
use crate::assertion::{Received, VerifyingKey, misfits, verified};

const NAME: &str = "x-agent-assertion";

/// Notes in `outcome` the claims of the assertion that the upstream got, `false` where it got none, or why nobody should
/// believe it. In its header the claims stand instead, to be read and compared.
pub(super) fn open(config: &Value, outcome: &mut Outcome, now: Duration) {
    let settings = config.pointer("/audit/assertion");
    if let Some(arrival) = &mut outcome.upstream {
        let there = arrival.headers.iter().any(|(name, _)| name == NAME);
        outcome.assertion = match settings {
            None if there => Some(Err("came through, and nobody signs any".into())),
            None => None,
            Some(_) if !there => Some(Ok(false.into())),
            Some(settings) => Some(read(settings, arrival, now).map_err(|error| format!("{error:#}"))),
        };
    }
}

fn read(settings: &Value, arrival: &mut Arrival, now: Duration) -> Result<Value> {
    let mut tokens = arrival.headers.iter_mut().filter(|(name, _)| name == NAME).map(|(_, value)| value);
    let token = tokens.next().context("there is none")?;
    ensure!(tokens.next().is_none(), "there are two");
    let key = settings.get("key").and_then(Value::as_str).context("there is no key")?;
    let key = VerifyingKey::of_private(key)?;
    let (header, mut claims) = verified(std::str::from_utf8(token)?, &key, now, Duration::from_secs(ABOUT))?;
    let received = Received { method: &arrival.method, path: &arrival.path, body: &arrival.body };
    if let Some(misfit) = misfits(&claims, &received).first() {
        bail!("{misfit}");
    }
    let seconds = |name: &str| claims.get(name).and_then(Value::as_u64).with_context(|| format!("no `{name}`"));
    let lifetime = seconds("exp")?.saturating_sub(seconds("iat")?);
    if let Some(claims) = claims.as_object_mut() {
        claims.insert("iat".into(), "<now>".into());
        claims.insert("exp".into(), format!("<now+{lifetime}s>").into());
    }
    *token = format!("<signed> {header} {claims}").into_bytes();
    Ok(claims)
}
