//! Who may ask. A service that hands out credentials must know that.

use std::path::Path;

use anyhow::{Context as _, bail};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use sha2::{Digest as _, Sha256};

/// 128 random bits in hexadecimal have as many; what a person thinks up rarely has.
const MIN_KEY: usize = 32;

/// A key that the gate sends as `authorization: Bearer …` (in its configuration: `decision.headers`).
#[derive(Clone)]
pub struct GateKey([u8; 32]);

impl std::fmt::Debug for GateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GateKey")
    }
}

impl GateKey {
    /// From a file with nothing but the key in it.
    ///
    /// # Errors
    /// It can't be read, or the key is too short.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        Self::new(text.trim())
    }

    /// # Errors
    /// It is too short.
    pub fn new(key: &str) -> anyhow::Result<Self> {
        if key.len() < MIN_KEY {
            bail!("the gate's key is too short: {MIN_KEY} characters or more would be right");
        }
        Ok(Self(Sha256::digest(key).into()))
    }

    /// Whether whoever sent these headers has the key, and sent it once.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let sent = only.and_then(|value| value.to_str().ok()?.split_once(' '));
        // Digests are compared, so the time it takes tells nothing of the key.
        let right = |key: &str| <[u8; 32]>::from(Sha256::digest(key)) == self.0;
        sent.is_some_and(|(scheme, key)| scheme.eq_ignore_ascii_case("bearer") && right(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_the_key_is_admitted() {
        let key = "0123456789abcdef0123456789abcdef";
        let gate = GateKey::new(key).unwrap();
        let sent = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            gate.admits(&headers)
        };
        assert!(sent(&[&format!("Bearer {key}")]));
        assert!(sent(&[&format!("bearer {key}")]));
        let right = format!("Bearer {key}");
        for wrong in
            [vec![], vec![key], vec!["Bearer "], vec!["Basic 0123456789abcdef0123456789abcdef"], vec![&right, &right]]
        {
            assert!(!sent(&wrong), "{wrong:?}");
        }
        assert!(GateKey::new(key.trim_start_matches('0')).is_err());
        assert!(!format!("{gate:?}").contains("0123"));
    }
}
