//! Digests that stand in records where values would be.
//!
//! A plain digest hides nothing that can be guessed: an account number has few enough forms to try them all. With a key
//! (`audit.digest_key`) only who has the key can try, and records of one key can still be compared with each other.

use hmac_sha256::HMAC;
use sha2::{Digest as _, Sha256};

/// How values are digested.
#[derive(Clone, Default)]
pub enum Digests {
    /// SHA-256.
    #[default]
    Plain,
    /// HMAC-SHA-256 (RFC 2104) under the operator's key.
    Keyed(Box<[u8]>),
}

/// A digest that is being made.
pub enum Digesting {
    /// SHA-256.
    Plain(Sha256),
    /// HMAC-SHA-256.
    Keyed(Box<HMAC>),
}

impl Digests {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> String {
        let mut digesting = self.begin();
        digesting.update(bytes);
        digesting.end()
    }

    /// The digest of what has this SHA-256; none where it is keyed, which no plain one leads to.
    #[must_use]
    pub fn of_sha256(&self, sha256: &[u8; 32]) -> Option<String> {
        match self {
            Self::Plain => Some(shortened("sha256:", sha256)),
            Self::Keyed(_) => None,
        }
    }

    /// The whole digest of `bytes`: 32 bytes in hex.
    #[must_use]
    pub fn whole(&self, bytes: &[u8]) -> String {
        match self {
            Self::Plain => base16ct::lower::encode_string(&Sha256::digest(bytes)),
            Self::Keyed(key) => base16ct::lower::encode_string(&HMAC::mac(bytes, key)),
        }
    }

    /// A digest of what comes piece by piece.
    #[must_use]
    pub fn begin(&self) -> Digesting {
        match self {
            Self::Plain => Digesting::Plain(Sha256::new()),
            Self::Keyed(key) => Digesting::Keyed(Box::new(HMAC::new(key))),
        }
    }
}

// The key is a secret.
impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "Plain",
            Self::Keyed(_) => "Keyed",
        })
    }
}

impl Digesting {
    /// Takes in more.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(hash) => hash.update(bytes),
            Self::Keyed(mac) => mac.update(bytes),
        }
    }

    /// `sha256:` or `hmac-sha256:`, and the first 16 bytes in hex: enough to tell values apart, nothing to read.
    #[must_use]
    pub fn end(self) -> String {
        match self {
            Self::Plain(hash) => shortened("sha256:", &hash.finalize()),
            Self::Keyed(mac) => shortened("hmac-sha256:", &mac.finalize()),
        }
    }
}

fn shortened(kind: &str, digest: &[u8]) -> String {
    let first = digest.get(..16).unwrap_or(digest);
    [kind, &base16ct::lower::encode_string(first)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's "abc", and RFC 4231's test case 2.
    #[test]
    fn a_digest_says_how_it_was_made() {
        assert_eq!(Digests::Plain.of(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223");
        let sha256 = Sha256::digest(b"abc").into();
        assert_eq!(Digests::Plain.of_sha256(&sha256), Some(Digests::Plain.of(b"abc")));
        let keyed = Digests::Keyed(b"Jefe".to_vec().into());
        assert_eq!(keyed.of_sha256(&sha256), None);
        assert_eq!(keyed.of(b"what do ya want for nothing?"), "hmac-sha256:5bdcc146bf60754e6a042426089575c7");
    }

    #[test]
    fn the_key_is_not_told() {
        assert_eq!(format!("{:?}", Digests::Keyed(b"secret".to_vec().into())), "Keyed");
    }
}
