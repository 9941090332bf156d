//! The question to the host: the arguments of Envoy's foreign function `verify_signature`, and its answer.
//!
//! Both are protobuf messages (`VerifySignatureArguments` and `VerifySignatureResult` in Envoy's
//! `source/extensions/common/wasm/ext/verify_signature.proto`) of a few fields without nesting, so they are written
//! and read here, in as many lines as a generated form would need to be called.

use super::{Algorithm, SignatureCheck};

/// The name to call.
pub const VERIFY_SIGNATURE: &str = "verify_signature";

/// What kind of value a field holds (the wire types of protobuf).
const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

/// The arguments for this check: hash function, key as `SubjectPublicKeyInfo`, signature, text.
///
/// `None` where the host can't answer: it knows neither EdDSA nor PSS nor MACs, and an ECDSA signature that is no pair of
/// numbers below the curve's order has no form to ask with. [`verify_in_process`](super::verify_in_process) has an
/// answer to all of these.
#[must_use]
pub fn verify_signature_arguments(check: &SignatureCheck) -> Option<Vec<u8>> {
    if check.algorithm != check.key.algorithm() {
        return None;
    }
    let hash = match check.algorithm {
        Algorithm::ES256 | Algorithm::RS256 => "sha256",
        Algorithm::ES384 | Algorithm::RS384 => "sha384",
        Algorithm::RS512 => "sha512",
        Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 | Algorithm::EdDSA | Algorithm::HS256 => return None,
    };
    // RFC 7518 section 3.4 writes r and s side by side; the host expects them as `ECDSA-Sig-Value` (RFC 3279).
    let der = match check.algorithm {
        Algorithm::ES256 => {
            Some(p256::ecdsa::Signature::from_slice(&check.signature).ok()?.to_der().as_bytes().to_vec())
        }
        Algorithm::ES384 => {
            Some(p384::ecdsa::Signature::from_slice(&check.signature).ok()?.to_der().as_bytes().to_vec())
        }
        _ => None,
    };
    let signature = der.as_deref().unwrap_or(&check.signature);
    let fields: [(u64, &[u8]); 4] = [(1, hash.as_bytes()), (2, check.key.spki()), (3, signature), (4, &check.signed)];
    let mut message = Vec::with_capacity(fields.iter().map(|(_, bytes)| bytes.len().saturating_add(8)).sum());
    for (number, bytes) in fields {
        write_varint(&mut message, (number << 3) | LENGTH_DELIMITED);
        write_varint(&mut message, u64::try_from(bytes.len()).ok()?);
        message.extend_from_slice(bytes);
    }
    Some(message)
}

/// What the host says: the signature holds, or it doesn't.
///
/// `None` when this is not an answer to that question, and must not be taken for one. A call that succeeded says
/// nothing by itself: an empty message is a `false`.
#[must_use]
pub fn verify_signature_result(mut bytes: &[u8]) -> Option<bool> {
    let mut result = false;
    let mut failed = false;
    while !bytes.is_empty() {
        let tag = read_varint(&mut bytes)?;
        match (tag >> 3, tag & 7) {
            (1, VARINT) => {
                result = match read_varint(&mut bytes)? {
                    0 => false,
                    1 => true,
                    _ => return None,
                };
            }
            (2, LENGTH_DELIMITED) => {
                let length = usize::try_from(read_varint(&mut bytes)?).ok()?;
                let (error, rest) = bytes.split_at_checked(length)?;
                failed = !error.is_empty();
                bytes = rest;
            }
            _ => return None,
        }
    }
    // "It holds, and here is why it doesn't" is no answer.
    if result && failed { None } else { Some(result) }
}

/// Base 128, least significant first, the high bit where more follows.
fn write_varint(message: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = (value & 0x7f).to_le_bytes();
        value >>= 7;
        if value == 0 {
            message.push(low);
            return;
        }
        message.push(low | 0x80);
    }
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_true_without_an_error_is_a_yes() {
        assert_eq!(verify_signature_result(&[0x08, 1]), Some(true));
        assert_eq!(verify_signature_result(&[0x08, 1, 0x12, 0]), Some(true));
        assert_eq!(verify_signature_result(&[]), Some(false));
        assert_eq!(verify_signature_result(&[0x08, 0]), Some(false));
        assert_eq!(verify_signature_result(&[0x12, 2, b'n', b'o']), Some(false));
    }

    #[test]
    fn what_is_no_answer_is_neither_yes_nor_no() {
        for bytes in [
            &[0x08_u8][..],
            &[0x08, 2],
            &[0x08, 0x81],
            &[0x08, 1, 0x12, 2, b'n'],
            &[0x08, 1, 0x12, 1, b'n'],
            &[0x0a, 1, 1],
            &[0x18, 1],
            &[0x08, 1, 0x18, 1],
            b"true",
            &[0xff; 16],
        ] {
            assert_eq!(verify_signature_result(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn numbers_come_back_as_they_were_written() {
        for value in [0, 1, 127, 128, 300, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut message = Vec::new();
            write_varint(&mut message, value);
            assert_eq!(read_varint(&mut &message[..]), Some(value));
        }
    }
}
