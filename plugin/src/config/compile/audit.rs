//! `audit`: what is recorded.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::audit::{Digests, Kept};
use crate::config::problem::Problems;
use crate::config::{AuditSettings, raw};

/// As long as the digest itself: RFC 2104 section 3 discourages less.
const MIN_KEY: usize = 32;

/// The settings; those that make no sense are left out.
pub(super) fn audit(raw: &raw::Audit, problems: &mut Problems) -> AuditSettings {
    let digests = match &raw.digest_key {
        None => Digests::Plain,
        Some(text) => {
            let key = STANDARD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).unwrap_or_default();
            if key.len() < MIN_KEY {
                // What was found is a secret, or was meant to be one.
                problems.add(
                    "/audit/digest_key",
                    format!("found something else than base64 of at least {MIN_KEY} bytes; `openssl rand -base64 32` makes a key"),
                );
            }
            Digests::Keyed(key.into())
        }
    };
    AuditSettings {
        headers: raw.headers,
        kept: match raw.log {
            raw::LogWhat::All => Kept::All,
            raw::LogWhat::Denials => Kept::Denials,
            raw::LogWhat::None => Kept::None,
        },
        digests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(key: &str) -> Vec<String> {
        let mut problems = Problems::default();
        audit(&raw::Audit { digest_key: Some(key.into()), ..raw::Audit::default() }, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_key_is_base64_in_either_alphabet_and_long_enough() {
        assert_eq!(complaints(&STANDARD.encode([0xff; 32])), Vec::<String>::new());
        assert_eq!(complaints(&URL_SAFE_NO_PAD.encode([0xff; 32])), Vec::<String>::new());
        for wrong in ["", "secret", "correct horse battery staple but no base64"] {
            let [complaint] = complaints(wrong).try_into().unwrap();
            assert!(complaint.contains("/audit/digest_key"), "{complaint}");
            assert!(wrong.is_empty() || !complaint.contains(wrong), "told a secret: {complaint}");
        }
    }
}
