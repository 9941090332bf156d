//! Headers that repeat what the body says: they must agree, or a router in front judges another call than we do.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::envelope::{Era, Rpc};
use super::meta::Meta;
use crate::head::Head;
use crate::json::Value;
use crate::reason::{Reason, Refusal};

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// What is spoken here, newest first. The first is the modern era's.
pub const SUPPORTED_VERSIONS: [&str; 4] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

const MODERN: &str = "2026-07-28";

/// Whether the headers claim the modern era.
pub(in crate::action) fn is_modern(head: &Head) -> bool {
    head.all(VERSION).any(|version| version == MODERN.as_bytes())
}

/// The version in the header, the one in `_meta` and the era fit each other, and the version is spoken here.
/// In the legacy era a missing header means what was negotiated before.
pub(super) fn agree_on_version(head: &Head, era: Era, meta: &Meta<'_>, rpc: &mut Rpc) -> Result<(), Refusal> {
    let header = only(head, VERSION)?;
    let body = meta.version();
    let unsupported = |version: &&[u8]| !SUPPORTED_VERSIONS.iter().any(|known| known.as_bytes() == *version);
    let asked = body.as_deref().map(str::as_bytes).or(header);
    if let Some(version) = asked.filter(unsupported).or(header.filter(unsupported)) {
        rpc.requested_version = plain_version(version);
        let spoken = SUPPORTED_VERSIONS.join(", ");
        return Err(Refusal::new(Reason::RequestVersion, format!("versions spoken here: {spoken}")));
    }
    match (era, header, body.as_deref()) {
        (Era::Legacy, _, _) | (Era::Modern, Some(_), None) => Ok(()),
        (Era::Modern, Some(header), Some(body)) if header == body.as_bytes() => Ok(()),
        (Era::Modern, Some(_), Some(_)) => Err(mismatch(VERSION, "differs from the version in `_meta`")),
        (Era::Modern, None, _) => Err(mismatch(VERSION, "is missing")),
    }
}

/// `Mcp-Method` and `Mcp-Name` say what the body says: where they must be there they are, and where they are they fit.
pub(super) fn agree(
    head: &Head,
    method: &str,
    name_member: Option<&str>,
    params: Option<Value<'_>>,
    required: bool,
) -> Result<(), Refusal> {
    match only(head, METHOD)? {
        Some(header) if *decode(METHOD, header)? != *method.as_bytes() => {
            return Err(mismatch(METHOD, "differs from the body's method"));
        }
        None if required => return Err(mismatch(METHOD, "is missing")),
        _ => {}
    }
    let body = name_member.and_then(|member| params?.get(member)?.as_str());
    match (only(head, NAME)?, body) {
        (Some(header), Some(body)) if *decode(NAME, header)? == *body.as_bytes() => Ok(()),
        (Some(_), _) => Err(mismatch(NAME, "differs from what the body names")),
        (None, Some(_)) if required => Err(mismatch(NAME, "is missing")),
        (None, _) => Ok(()),
    }
}

fn only<'h>(head: &'h Head, name: &'static str) -> Result<Option<&'h [u8]>, Refusal> {
    head.only(name).map_err(|_| mismatch(name, "stands more than once"))
}

/// A value that may be written `=?base64?…?=`.
fn decode<'h>(name: &str, value: &'h [u8]) -> Result<Cow<'h, [u8]>, Refusal> {
    match value.strip_prefix(b"=?base64?").and_then(|rest| rest.strip_suffix(b"?=")) {
        Some(encoded) => {
            STANDARD.decode(encoded).map(Cow::Owned).map_err(|_| mismatch(name, "is not base64 as it claims"))
        }
        None => Ok(Cow::Borrowed(value)),
    }
}

/// A version that can be shown in an answer: letters, digits and `-.`, briefly.
fn plain_version(version: &[u8]) -> Option<Box<str>> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let text = std::str::from_utf8(version).ok()?;
    (text.len() <= 32 && version.iter().all(is_plain)).then(|| text.into())
}

fn mismatch(name: &str, what: &str) -> Refusal {
    Refusal::new(Reason::RequestHeaders, format!("the header `{name}` {what}"))
}
