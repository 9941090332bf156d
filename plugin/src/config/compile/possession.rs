//! `identity.client_certificate` and `identity.dpop`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::super::problem::Problems;
use super::super::raw;
use crate::token::{Algorithm, CertificateFrom, Dpop, Nonces, Possession, origin};

/// A proof that lives longer fills the memory of proofs, and is of use to whoever steals it for as long.
const LONGEST_AGE: Duration = Duration::from_secs(10 * 60);

/// Clocks that are further ahead are wrong.
const LONGEST_AHEAD: Duration = Duration::from_secs(60);

/// A nonce says that a proof was made lately; an hour ago isn't.
const LONGEST_NONCE: Duration = Duration::from_secs(60 * 60);

/// As long as the digest itself: RFC 2104 section 3 discourages less.
const MIN_KEY: usize = 32;

/// Each has its algorithms in every challenge; more origins are names of more gateways.
const MAX_ORIGINS: usize = 16;

/// What the operator lets this gate verify; complaints go to `problems`.
pub(super) fn possession(raw: &raw::Identity, problems: &mut Problems) -> Option<Possession> {
    let certificate = raw.client_certificate.map(|from| match from {
        raw::ClientCertificate::Connection => CertificateFrom::Connection,
        raw::ClientCertificate::ForwardedHeader => CertificateFrom::ForwardedHeader,
    });
    let dpop = match &raw.dpop {
        Some(written) => Some(dpop(written, problems)?),
        None => None,
    };
    Some(Possession { certificate, dpop })
}

fn dpop(raw: &raw::Dpop, problems: &mut Problems) -> Option<Dpop> {
    let origins = origins(&raw.origins, problems);
    let algorithms = algorithms(&raw.algorithms, problems);
    let max_age = duration("max_age", &raw.max_age, (Duration::from_secs(1), LONGEST_AGE), problems);
    let clock_skew = duration("clock_skew", &raw.clock_skew, (Duration::ZERO, LONGEST_AHEAD), problems);
    let nonces = match &raw.nonce {
        None => Some(None),
        Some(written) => nonces(written, problems).map(Some),
    };
    Some(Dpop {
        origins: origins?,
        algorithms: algorithms?,
        max_age: max_age?,
        clock_skew: clock_skew?,
        nonces: nonces?,
    })
}

fn origins(raw: &[String], problems: &mut Problems) -> Option<Vec<String>> {
    let place = "/identity/dpop/origins";
    if raw.is_empty() || raw.len() > MAX_ORIGINS {
        let found = raw.len();
        problems.add(
            place,
            format!(
                "{found} origins were found; name the one under which clients know this gateway, or up to {MAX_ORIGINS}"
            ),
        );
        return None;
    }
    let mut origins = Vec::new();
    for (at, written) in raw.iter().enumerate() {
        match origin(written) {
            Some(origin) => origins.push(origin),
            None => {
                let needed = "scheme, host and port such as `https://gateway.example.com` are needed";
                problems.add(format!("{place}/{at}"), format!("`{written}` was found; {needed}"));
            }
        }
    }
    (origins.len() == raw.len()).then_some(origins)
}

/// RFC 9449 section 4.3: asymmetric ones only.
fn algorithms(raw: &[Algorithm], problems: &mut Problems) -> Option<Vec<Algorithm>> {
    let place = "/identity/dpop/algorithms";
    if raw.is_empty() {
        problems.add(place, "no algorithm was found; list those that clients sign with, such as `ES256`");
        return None;
    }
    if raw.contains(&Algorithm::HS256) {
        problems.add(place, "`HS256` was found, whose key would have to be sent along; `ES256` would be right");
        return None;
    }
    Some(raw.to_vec())
}

fn nonces(raw: &raw::DpopNonce, problems: &mut Problems) -> Option<Nonces> {
    let key = STANDARD.decode(&raw.key).or_else(|_| URL_SAFE_NO_PAD.decode(&raw.key)).unwrap_or_default();
    let lifetime = duration("nonce/lifetime", &raw.lifetime, (Duration::from_secs(1), LONGEST_NONCE), problems);
    if key.len() < MIN_KEY {
        // What was found is a secret, or was meant to be one.
        let needed = "`openssl rand -base64 32` makes a key";
        let message = format!("something else than base64 of at least {MIN_KEY} bytes was found; {needed}");
        problems.add("/identity/dpop/nonce/key", message);
        return None;
    }
    Some(Nonces { key, lifetime: lifetime? })
}

fn duration(field: &str, text: &str, bounds: (Duration, Duration), problems: &mut Problems) -> Option<Duration> {
    match humantime::parse_duration(text) {
        Ok(duration) if (bounds.0..=bounds.1).contains(&duration) => Some(duration),
        _ => {
            let (least, most) = (humantime::format_duration(bounds.0), humantime::format_duration(bounds.1));
            let message = format!("`{text}` was found; a duration between `{least}` and `{most}` is needed");
            problems.add(format!("/identity/dpop/{field}"), message);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn complaints(dpop: Value) -> Vec<String> {
        let raw = serde_json::from_value(json!({"issuers": [], "dpop": dpop})).unwrap();
        let mut problems = Problems::default();
        let built = possession(&raw, &mut problems).is_some();
        assert_eq!(built, problems.is_empty());
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_wrong_field_is_named_with_what_would_be_right() {
        let origins = json!(["https://gateway.example.com"]);
        assert_eq!(complaints(json!({ "origins": origins })), [""; 0]);
        for (dpop, expected) in [
            (
                json!({"origins": []}),
                "/origins: 0 origins were found; name the one under which clients know this gateway, or up to 16",
            ),
            (
                json!({"origins": ["https://gateway.example.com/mcp"]}),
                "/origins/0: `https://gateway.example.com/mcp` was found; scheme, host and port such as `https://gateway.example.com` are needed",
            ),
            (
                json!({"origins": origins, "algorithms": ["HS256"]}),
                "/algorithms: `HS256` was found, whose key would have to be sent along; `ES256` would be right",
            ),
            (
                json!({"origins": origins, "algorithms": []}),
                "/algorithms: no algorithm was found; list those that clients sign with, such as `ES256`",
            ),
            (
                json!({"origins": origins, "max_age": "1h"}),
                "/max_age: `1h` was found; a duration between `1s` and `10m` is needed",
            ),
            (
                json!({"origins": origins, "clock_skew": "soon"}),
                "/clock_skew: `soon` was found; a duration between `0s` and `1m` is needed",
            ),
            (
                json!({"origins": origins, "nonce": {"key": "c2hvcnQ="}}),
                "/nonce/key: something else than base64 of at least 32 bytes was found; `openssl rand -base64 32` makes a key",
            ),
        ] {
            assert_eq!(complaints(dpop), [format!("/identity/dpop{expected}")]);
        }
    }
}
