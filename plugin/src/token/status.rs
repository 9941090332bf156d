//! Token Status List (draft-ietf-oauth-status-list): one document with a few bits for each of very many tokens.
//!
//! A token names its place: `status: {status_list: {idx, uri}}`. The list is a signed token of its own, fetched like an
//! issuer's keys; only lists that the configuration names are, since a URI that a token brings would have the gate fetch
//! whatever somebody writes there. What can't be told is not valid.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::ZlibDecoder;
use serde_json::Value;

use super::claims::{self, Claims};
use super::issuer::Keys;
use super::jws::{Header, Parts};
use super::published::{MAX_DOCUMENT, UnusableDocument};
use super::{Algorithm, PublicKey, SignatureCheck, SignatureVerdict, verify_in_process};
use crate::json::{Document, Limits, Tape};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;

/// The largest list, when it is unpacked: bits of eight million tokens. Issuers with more have several lists.
const MAX_LIST: usize = 1 << 20;

/// What is packed is one long text.
const LIMITS: Limits =
    Limits { depth: 4, bytes: MAX_DOCUMENT, nodes: 64, members: 32, string: MAX_DOCUMENT, case_variants: true };

/// How far the clock of whoever signs a list may be ahead.
const AHEAD: Duration = Duration::from_secs(60);

/// Where a list is, and who signs it.
#[derive(Clone, Debug)]
pub(crate) struct ListSource {
    /// The exact `uri` of tokens, which the list repeats as `sub`.
    pub(crate) uri: String,
    /// What it may be signed with.
    pub(crate) algorithms: Vec<Algorithm>,
    /// By whom: its issuer.
    pub(crate) keys: Keys,
}

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
    /// When it ends, whatever became of the next one.
    pub(super) expires: Option<Timestamp>,
    /// How long after it was fetched its issuer wants it fetched again.
    pub(super) ttl: Option<Duration>,
}

/// A token's place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'c> {
    pub(super) uri: &'c str,
    index: usize,
}

impl<'c> Place<'c> {
    /// The place that claims name; none where they name no status.
    ///
    /// # Errors
    /// [`Reason::TokenStatus`]: a `status` that isn't understood, all of it.
    pub(super) fn read(claims: &'c Claims) -> Result<Option<Self>, Refusal> {
        let Some(status) = claims.get("status") else { return Ok(None) };
        let place = || {
            let status = status.as_object().filter(|status| status.len() == 1)?;
            let list = status.get("status_list")?;
            let index = usize::try_from(list.get("idx")?.as_u64()?).ok()?;
            Some(Self { uri: list.get("uri")?.as_str()?, index })
        };
        place().map(Some).ok_or_else(|| untold("its `status` is no place in a status list"))
    }
}

impl ListSource {
    /// Reads a list that was fetched at `now`, signed with one of `keys`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(
        &self,
        document: &[u8],
        keys: &[Arc<PublicKey>],
        now: Timestamp,
    ) -> Result<StatusList, UnusableDocument> {
        let unusable = |detail: &str| UnusableDocument(detail.to_owned());
        let parts = Parts::of(document.trim_ascii()).map_err(of_list)?;
        let header = Header::read(&parts.header).map_err(of_list)?;
        let kind = header.token_type.unwrap_or_default().to_ascii_lowercase();
        if kind.strip_prefix("application/").unwrap_or(&kind) != "statuslist+jwt" {
            return Err(unusable("its `typ` is not `statuslist+jwt`"));
        }
        let algorithm = header.algorithm.filter(|found| self.algorithms.contains(found));
        let algorithm = algorithm.ok_or_else(|| unusable("its `alg` is not one of its issuer's"))?;
        let named = |key: &&Arc<PublicKey>| {
            key.algorithm() == algorithm && header.key_id.as_deref().is_none_or(|id| key.key_id() == Some(id))
        };
        let mut fitting = keys.iter().filter(named);
        let (Some(key), None) = (fitting.next(), fitting.next()) else {
            return Err(unusable("it is signed with a key that isn't known"));
        };
        let check = SignatureCheck {
            algorithm,
            key: Arc::clone(key),
            signed: parts.signed.to_vec(),
            signature: parts.signature,
        };
        if verify_in_process(&check) != SignatureVerdict::Valid {
            return Err(unusable("its signature is not valid"));
        }
        Document::read(&parts.payload, &LIMITS, Tape::default())
            .map_err(|invalid| UnusableDocument(format!("it is not acceptable JSON: {invalid}")))?;
        let claims: Claims = serde_json::from_slice(&parts.payload).map_err(|_| unusable("it is no JSON object"))?;
        self.list(&claims, now)
    }

    fn list(&self, claims: &Claims, now: Timestamp) -> Result<StatusList, UnusableDocument> {
        let unusable = |detail: &str| UnusableDocument(detail.to_owned());
        if claims.get("sub").and_then(Value::as_str) != Some(&*self.uri) {
            return Err(unusable("its `sub` is not the URI that it was fetched from"));
        }
        let moment = |name| claims::moment(claims, name).map_err(of_list);
        if moment("iat")?.ok_or_else(|| unusable("its `iat` is missing"))? > now.plus(AHEAD) {
            return Err(unusable("its `iat` lies ahead"));
        }
        // One that has ended is read and doesn't count: see `Published::good_until`.
        let expires = moment("exp")?;
        let ttl = match claims.get("ttl") {
            None => None,
            Some(ttl) => {
                let seconds = ttl.as_u64().filter(|seconds| *seconds > 0);
                Some(Duration::from_secs(seconds.ok_or_else(|| unusable("its `ttl` is no number of seconds"))?))
            }
        };
        let list = claims.get("status_list").and_then(Value::as_object);
        let list = list.ok_or_else(|| unusable("it has no `status_list`"))?;
        let bits = match list.get("bits").and_then(Value::as_u64) {
            Some(1) => 1,
            Some(2) => 2,
            Some(4) => 4,
            Some(8) => 8,
            _ => return Err(unusable("its `bits` are not 1, 2, 4 or 8")),
        };
        let packed = list.get("lst").and_then(Value::as_str).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let packed = packed.ok_or_else(|| unusable("its `lst` is not base64url without padding"))?;
        Ok(StatusList { bits, bytes: unpacked(&packed)?, expires, ttl })
    }
}

/// The list, as it was before it was compressed; one that is larger than any is not unpacked to its end.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, UnusableDocument> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_LIST).unwrap_or(u64::MAX).saturating_add(1);
    let read = ZlibDecoder::new(packed).take(most).read_to_end(&mut bytes);
    match read {
        Ok(length) if length <= MAX_LIST => Ok(bytes),
        Ok(_) => Err(UnusableDocument(format!("its list is larger than {MAX_LIST} bytes"))),
        Err(_) => Err(UnusableDocument("its `lst` is not compressed with zlib".into())),
    }
}

impl StatusList {
    /// Whether the token at that place is valid.
    ///
    /// # Errors
    /// [`Reason::TokenRevoked`] for any other status than valid; [`Reason::TokenStatus`] for a place that isn't there.
    pub(super) fn check(&self, place: &Place<'_>) -> Result<(), Refusal> {
        match self.status(place.index) {
            Some(0) => Ok(()),
            Some(_) => Err(Refusal::new(Reason::TokenRevoked, "its status list says that it is not valid")),
            None => Err(untold("its status list has no such place")),
        }
    }

    /// The bits of one token, the least significant ones first.
    fn status(&self, index: usize) -> Option<u8> {
        let bits = usize::from(self.bits);
        let first = index.checked_mul(bits)?;
        let byte = *self.bytes.get(first / 8)?;
        let shifted = byte >> (first % 8);
        Some(if bits == 8 { shifted } else { shifted & ((1_u8 << bits).wrapping_sub(1)) })
    }
}

fn of_list(refusal: Refusal) -> UnusableDocument {
    UnusableDocument(refusal.detail)
}

pub(super) fn untold(detail: &str) -> Refusal {
    Refusal::new(Reason::TokenStatus, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn list(bits: u8, bytes: &[u8]) -> StatusList {
        StatusList { bits, bytes: bytes.to_vec(), ..StatusList::default() }
    }

    #[test]
    fn the_examples_of_the_draft_come_out() {
        // Section 4.1: one bit a token.
        let one = list(1, &[0xb9, 0xa3]);
        let bits: Vec<_> = (0..16).filter_map(|index| one.status(index)).collect();
        assert_eq!(bits, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
        assert_eq!(one.status(16), None);
        // Two bits a token.
        let two = list(2, &[0xc9, 0x44, 0xf9]);
        let bits: Vec<_> = (0..12).filter_map(|index| two.status(index)).collect();
        assert_eq!(bits, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
        // And the compressed form of the first.
        assert_eq!(unpacked(&URL_SAFE_NO_PAD.decode("eNrbuRgAAhcBXQ").unwrap()).unwrap(), [0xb9, 0xa3]);
        assert_eq!(list(8, &[0, 255]).status(1), Some(255));
        assert_eq!(list(4, &[0xf1]).status(1), Some(15));
        assert_eq!(list(8, &[0]).status(usize::MAX), None);
        assert_eq!(list(2, &[0]).status(usize::MAX), None);
    }

    #[test]
    fn what_is_not_valid_or_not_there_is_refused() {
        let check = |index| list(1, &[0b10]).check(&Place { uri: "", index }).map_err(|refusal| refusal.reason);
        assert_eq!((check(0), check(1), check(8)), (Ok(()), Err(Reason::TokenRevoked), Err(Reason::TokenStatus)));
    }

    #[test]
    fn a_list_that_explodes_is_not_unpacked() {
        use std::io::Write as _;
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0; MAX_LIST + 1]).unwrap();
        assert!(unpacked(&packer.finish().unwrap()).unwrap_err().0.contains("larger"));
        assert!(unpacked(b"").is_err() && unpacked(b"rubbish").is_err());
    }

    #[test]
    fn a_status_is_understood_whole_or_not_at_all() {
        let read = |status: Value| {
            let claims = json!({ "status": status });
            Place::read(claims.as_object().unwrap()).is_ok_and(|place| place.is_some())
        };
        assert!(read(json!({"status_list": {"idx": 3, "uri": "https://idp.example.com/status"}})));
        for status in [
            json!(null),
            json!({}),
            json!({"status_list": {"idx": 3}}),
            json!({"status_list": {"idx": -1, "uri": "u"}}),
            json!({"status_list": {"idx": "3", "uri": "u"}}),
            json!({"status_list": {"idx": 3, "uri": "u"}, "other": {}}),
            json!({"status_attestation": {}}),
        ] {
            assert!(!read(status.clone()), "{status}");
        }
    }
}
