//! What the gate costs: how long Envoy holds a request before it sends it on, with the gate and without it.
//!
//! Both numbers are Envoy's own (`COMMON_DURATION` in the access log): from the request's first byte until its first byte goes
//! upstream, or, for a refusal, until the answer's first byte goes out. So they hold the verification of the token, the reading of the
//! body and the question to the decision service, and neither the client's nor the tool's time.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use serde_json::json;

use crate::client::Seen;
use crate::model::Call;
use crate::play::{Face, connect};
use crate::witness::{Access, Tail, eventually};

/// Enough for a steady median, few enough to wait for.
const CALLS: usize = 100;

/// The median of µs that Envoy holds a harmless read at this listener, of [`CALLS`] calls on one connection.
pub(crate) async fn median_held_us(
    face: Face,
    listener: SocketAddr,
    token: &str,
    log: std::path::PathBuf,
) -> anyhow::Result<u64> {
    let client = connect(face, listener, token).await?;
    let mut tail = Tail::at_end(log)?;
    let read = Call::new("customers.get", json!({"customer_id": "cus_1000"}));
    for _ in 0..CALLS {
        match client.call(&read).await? {
            Seen::Done(_) => {}
            other => bail!("a harmless read did not come through: {other:?}"),
        }
    }
    let mut calls = vec![];
    eventually("every call in envoy's access log", || {
        calls.extend(tail.accesses()?.into_iter().filter(Access::is_call));
        Ok((calls.len() >= CALLS).then_some(()))
    })
    .await?;
    let mut held: Vec<_> = calls.iter().filter_map(Access::held_us).collect();
    held.sort_unstable();
    held.get(CALLS / 2).copied().context("no calls")
}
