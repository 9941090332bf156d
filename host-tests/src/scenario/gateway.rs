//! What the lanes without a gateway assume of one.

use std::time::Duration;

use serde_json::Value;

use super::message::{AUTHORITY, Message, Pairs};

/// 2026-01-01T00:00:00Z: their clock stands, so any time will do.
pub const NOW: Duration = Duration::from_secs(1_767_225_600);

/// How much of a body Envoy holds by default (`per_connection_buffer_limit_bytes`); it refuses more by itself.
pub const BUFFER_LIMIT: usize = 1024 * 1024;

/// The one cluster in which a decision service is.
pub const CLUSTER: &str = "pdp";

/// The one cluster in which a decision service is that speaks gRPC.
pub const GRPC_CLUSTER: &str = "authz";

/// The one cluster in which an issuer's server is.
pub const ISSUER_CLUSTER: &str = "idp";

/// The request's head as the filter gets to see it.
#[must_use]
pub fn request_head(message: &Message) -> Pairs {
    let mut head: Pairs = vec![
        (":authority".into(), AUTHORITY.into()),
        (":path".into(), message.path.clone().into_bytes()),
        (":method".into(), message.method.clone().into_bytes()),
        (":scheme".into(), b"http".to_vec()),
    ];
    head.extend(message.headers.iter().cloned());
    match (&message.body, message.is_chunked()) {
        (_, true) => head.push(("transfer-encoding".into(), b"chunked".to_vec())),
        (Some(body), false) => head.push(("content-length".into(), body.len().to_string().into_bytes())),
        (None, false) => {}
    }
    head
}

/// Whether the gateway for a filter of this configuration holds heads. One that can't is what `hold: body_only` is for,
/// and has no flag to set: the filter must do without it, not merely not need it.
#[must_use]
pub fn holds_heads(config: &str) -> bool {
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    config.get("hold").is_none_or(|hold| hold != "body_only")
}
