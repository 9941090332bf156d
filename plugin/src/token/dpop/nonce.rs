//! Nonces of the gateway's own (RFC 9449 section 9): with one in it, a proof can't have been made before the gateway said so,
//! whatever clock its maker has.
//!
//! Nothing is remembered of them. A nonce is the time, and a MAC over it under a key that the operator gives to every
//! gateway that shall know the nonces of the others.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::HMAC;
use subtle::ConstantTimeEq as _;

use crate::time::Timestamp;

/// What makes and knows nonces.
#[derive(Clone)]
pub(crate) struct Nonces {
    /// Secret.
    pub(crate) key: Vec<u8>,
    /// For how long one is good.
    pub(crate) lifetime: Duration,
}

/// Half of a SHA-256: 128 bits that nobody guesses.
const MAC: usize = 16;

/// What else is done with the same key can't be taken for a nonce.
const PURPOSE: &[u8] = b"toolgate dpop nonce\0";

impl Nonces {
    /// A nonce that is good from now on.
    pub(crate) fn make(&self, now: Timestamp) -> String {
        let time = now.as_millis().to_be_bytes();
        URL_SAFE_NO_PAD.encode([&time[..], &self.mac(time)].concat())
    }

    /// Whether it is one of ours, and still good.
    pub(super) fn know(&self, nonce: &str, now: Timestamp) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(nonce).unwrap_or_default();
        let Some((time, mac)) = bytes.split_first_chunk() else { return false };
        let made = Timestamp::from_millis(u64::from_be_bytes(*time));
        let ours = bool::from(mac.ct_eq(&self.mac(*time)[..]));
        ours && now.since(made) < self.lifetime && made <= now
    }

    fn mac(&self, time: [u8; 8]) -> [u8; MAC] {
        let whole = HMAC::mac([PURPOSE, &time[..]].concat(), &self.key);
        whole.first_chunk().copied().unwrap_or_default()
    }
}

impl std::fmt::Debug for Nonces {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nonces").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_known_for_its_time_and_by_its_key() {
        let nonces = |key: u8| Nonces { key: vec![key; 32], lifetime: Duration::from_secs(60) };
        let at = |seconds: u64| Timestamp::from_secs(1_800_000_000).plus(Duration::from_secs(seconds));
        let nonce = nonces(1).make(at(0));
        assert!(nonces(1).know(&nonce, at(0)) && nonces(1).know(&nonce, at(59)));
        assert!(!nonces(1).know(&nonce, at(60)));
        assert!(!nonces(2).know(&nonce, at(0)));
        assert!(!nonces(1).know(&nonces(1).make(at(10)), at(0)), "nobody has it yet");
        let (beginning, end) = nonce.split_at(4);
        for wrong in ["", "AAAA", beginning, end, &format!("{nonce}AA")] {
            assert!(!nonces(1).know(wrong, at(0)), "{wrong}");
        }
    }
}
