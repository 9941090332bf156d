//! Compressed bodies.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::{GzDecoder, ZlibDecoder};

use super::Media;
use crate::head::Head;
use crate::reason::{Reason, Refusal};

/// How many times larger than it came a body may become. JSON of real calls shrinks to a tenth; what shrinks to a
/// hundredth says nothing, and costs the worker the time of a hundred such bodies.
const MAX_RATIO: usize = 100;

/// Below this size no ratio is looked at: a short text of one letter is no bomb.
const SMALL: usize = 4096;

/// Refuses an encoding that isn't undone here. Several, in one header or in two, are never undone.
pub(in crate::action) fn check_encoding(head: &Head) -> Result<(), Refusal> {
    coding(head).map(drop)
}

#[derive(Clone, Copy)]
enum Coding {
    Identity,
    Gzip,
    /// RFC 9110 section 8.4.1.2: in the format of zlib. Bare deflate data, which some send, is refused.
    Deflate,
}

fn coding(head: &Head) -> Result<Coding, Refusal> {
    let refuse = || Refusal::new(Reason::BodyType, "a body may be compressed once, by `gzip` or `deflate`");
    match head.only("content-encoding").map_err(|_| refuse())? {
        None => Ok(Coding::Identity),
        Some(coding) if coding.eq_ignore_ascii_case(b"identity") => Ok(Coding::Identity),
        Some(coding) if coding.eq_ignore_ascii_case(b"gzip") => Ok(Coding::Gzip),
        Some(coding) if coding.eq_ignore_ascii_case(b"deflate") => Ok(Coding::Deflate),
        Some(_) => Err(refuse()),
    }
}

/// The body as its server sees it, at most `longest` bytes.
pub(super) fn unpack<'b>(
    head: &Head,
    body: &'b [u8],
    media: Option<&Media<'_>>,
    longest: usize,
) -> Result<Cow<'b, [u8]>, Refusal> {
    let coding = coding(head)?;
    if matches!(coding, Coding::Identity) || body.is_empty() {
        return Ok(Cow::Borrowed(body));
    }
    if media != Some(&Media::Json) {
        return Err(Refusal::new(Reason::BodyType, "only a JSON body may be compressed"));
    }
    let most = longest.min(body.len().saturating_mul(MAX_RATIO).max(SMALL));
    let mut rest = body;
    let unpacked = match coding {
        Coding::Gzip => read(GzDecoder::new(&mut rest), most),
        _ => read(ZlibDecoder::new(&mut rest), most),
    };
    match unpacked {
        Some(unpacked) if unpacked.len() > most => {
            let limit = format!(
                "unpacked it may have {longest} bytes (`max_body` of the route), {MAX_RATIO} times as many as packed"
            );
            Err(Refusal::new(Reason::BodyTooLarge, limit))
        }
        // A second member, or anything else behind the first: some servers read on, some stop.
        Some(unpacked) if rest.is_empty() => Ok(Cow::Owned(unpacked)),
        _ => Err(Refusal::new(Reason::BodyType, "the body is not what its content encoding says")),
    }
}

/// All of it, or one byte more than `most`.
fn read(reader: impl Read, most: usize) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(most).ok()?.checked_add(1)?;
    reader.take(most).read_to_end(&mut unpacked).ok()?;
    Some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn bare(text: &[u8]) -> Vec<u8> {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn unpacked(coding: &str, body: &[u8], media: Media<'_>) -> Result<Vec<u8>, Reason> {
        let head = Head::from_pairs([("content-encoding", coding)]);
        unpack(&head, body, Some(&media), 100_000).map(Cow::into_owned).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn what_is_packed_once_and_whole_is_unpacked() {
        let text = br#"{"amount":5}"#;
        assert_eq!(unpacked("gzip", &gzip(text), Media::Json).as_deref(), Ok(&text[..]));
        assert_eq!(unpacked("GZIP", &gzip(text), Media::Json).as_deref(), Ok(&text[..]));
        assert_eq!(unpacked("deflate", &zlib(text), Media::Json).as_deref(), Ok(&text[..]));
        assert_eq!(unpacked("identity", text, Media::Form).as_deref(), Ok(&text[..]));
    }

    #[test]
    fn everything_else_is_refused() {
        let text = br#"{"amount":5}"#;
        let twice = [gzip(text), gzip(text)].concat();
        let tail = [gzip(text), b"x".to_vec()].concat();
        let mut bent = gzip(text);
        let checksum = bent.len() - 6;
        bent[checksum] ^= 1;
        for (coding, body) in [
            ("gzip", &twice[..]),
            ("gzip", &tail),
            ("gzip", &bent),
            ("gzip", &gzip(text)[..20]),
            ("gzip", text),
            ("deflate", &bare(text)),
            ("deflate", &gzip(text)),
            ("br", text),
            ("gzip, gzip", &gzip(&gzip(text))),
            ("x-gzip", &gzip(text)),
        ] {
            assert_eq!(unpacked(coding, body, Media::Json), Err(Reason::BodyType), "{coding} {body:x?}");
        }
        assert_eq!(unpacked("gzip", &gzip(b"a=1"), Media::Form), Err(Reason::BodyType));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let large = [b"\"".to_vec(), vec![b'a'; 99_998], b"\"".to_vec()].concat();
        assert_eq!(unpacked("gzip", &gzip(&large), Media::Json), Err(Reason::BodyTooLarge), "by its ratio");
        let noise: Vec<u8> = (0..150_000_u64).flat_map(|place| (place * place % 23).to_string().into_bytes()).collect();
        assert_eq!(unpacked("gzip", &gzip(&noise), Media::Json), Err(Reason::BodyTooLarge), "by its size");
        assert!(unpacked("gzip", &gzip(&[b' '; 4096]), Media::Json).is_ok());
    }
}
