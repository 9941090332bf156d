//! Headers that repeat what the body says: they must agree, or a router in front judges another call than we do.

use std::borrow::Cow;
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::meta::Meta;
use super::{Era, Rpc};
use crate::head::Head;
use crate::json::{Kind, Number, Value};
use crate::reason::{Reason, Refusal};

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// What is spoken here, newest first. The first is the modern era's.
pub const SUPPORTED_VERSIONS: [&str; 4] = [MODERN, "2025-11-25", "2025-06-18", "2025-03-26"];

/// What may stand in the `_meta` of a request: those of the legacy era are negotiated by `initialize` alone.
pub const MODERN_VERSIONS: [&str; 1] = [MODERN];

const MODERN: &str = "2026-07-28";

/// Whether the headers claim the modern era.
pub(in crate::action) fn is_modern(head: &Head) -> bool {
    head.all(VERSION).any(|version| version == MODERN.as_bytes())
}

/// Whether the headers may be those of 2025-03-26, the only revision with batches.
pub(super) fn may_batch(head: &Head) -> Result<bool, Refusal> {
    Ok(only(head, VERSION)?.is_none_or(|version| version == b"2025-03-26"))
}

/// The version in the header, the one in `_meta` and the era fit each other, and the version is spoken here.
/// In the legacy era a missing header means what was negotiated before.
pub(super) fn agree_on_version(head: &Head, era: Era, meta: &Meta<'_>, rpc: &mut Rpc) -> Result<(), Refusal> {
    let header = only(head, VERSION)?;
    let body = meta.version();
    // First of all: whether a version is spoken here can only be said once it is clear which is meant.
    if let (Some(header), Some(body)) = (header, body.as_deref())
        && header != body.as_bytes()
    {
        return Err(mismatch(VERSION, "differs from the version in `_meta`"));
    }
    let unsupported = |version: &&[u8]| !SUPPORTED_VERSIONS.iter().any(|known| known.as_bytes() == *version);
    let asked = body.as_deref().map(str::as_bytes).or(header);
    if let Some(version) = asked.filter(unsupported).or(header.filter(unsupported)) {
        rpc.requested_version = plain_version(version);
        let spoken = if era == Era::Modern { &MODERN_VERSIONS[..] } else { &SUPPORTED_VERSIONS }.join(", ");
        return Err(Refusal::new(Reason::RequestVersion, format!("versions spoken here: {spoken}")));
    }
    match (era, header) {
        (Era::Legacy, _) | (Era::Modern, Some(_)) => Ok(()),
        (Era::Modern, None) => Err(mismatch(VERSION, "is missing")),
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

/// What the names of headers begin with that repeat an argument of a tool.
const PARAMETER: &str = "mcp-param-";

/// Every header `Mcp-Param-*` repeats an argument: of those `declared` (name, pointer) that one, of others one that has
/// the header's name, or else any. Where `required`, a declared argument that is there has its header.
pub(super) fn repeat_parameters(
    head: &Head,
    declared: &[(String, String)],
    arguments: Option<Value<'_>>,
    required: bool,
) -> Result<(), Refusal> {
    for (name, pointer) in declared {
        // An argument that is null is one that isn't there.
        let argument = arguments.and_then(|it| it.pointer(pointer)).filter(|value| !value.is_null());
        match (head.only(name).map_err(|_| mismatch(name, "stands more than once"))?, argument) {
            (None, None) => {}
            (Some(header), Some(argument)) if says(&decode(name, header)?, argument) => {}
            (None, Some(_)) if !required => {}
            (None, Some(_)) => return Err(mismatch(name, "is missing")),
            (Some(_), _) => return Err(mismatch(name, "differs from its argument")),
        }
    }
    for (name, value) in head.iter() {
        let Some(suffix) = parameter_name(name) else { continue };
        let name = format!("{PARAMETER}{}", suffix.to_ascii_lowercase());
        if declared.iter().any(|(known, _)| *known == name) {
            continue;
        }
        only_one(head, &name)?;
        let value = decode(&name, value)?;
        let alike = |found: &str| found.replace(['-', '_'], "").eq_ignore_ascii_case(&suffix.replace(['-', '_'], ""));
        let of_its_name = arguments.and_then(|it| it.members().find(|(found, _)| alike(found)));
        let agrees = match of_its_name {
            Some((_, argument)) => says(&value, argument),
            None => arguments.is_some_and(|arguments| {
                let says = |leaf| if says(&value, leaf) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
                arguments.leaves(&mut |_, leaf| says(leaf)).is_break()
            }),
        };
        if !agrees {
            return Err(mismatch(&name, "repeats no argument"));
        }
    }
    Ok(())
}

/// What is behind `Mcp-Param-` in the name of a header, if it begins so.
fn parameter_name(header: &[u8]) -> Option<&str> {
    let (prefix, suffix) = header.split_at_checked(PARAMETER.len())?;
    prefix.eq_ignore_ascii_case(PARAMETER.as_bytes()).then(|| std::str::from_utf8(suffix).unwrap_or_default())
}

/// Whether the header's text says what the argument is: texts exactly, numbers by their value (`42.0` is 42).
fn says(header: &[u8], argument: Value<'_>) -> bool {
    let text = std::str::from_utf8(header).ok();
    match argument.kind() {
        Kind::String => argument.as_str().as_deref() == text,
        Kind::Bool => header == argument.raw(),
        Kind::Number => match (text.and_then(Number::parse), argument.as_number()) {
            (Some(header), Some(argument)) => header.compare(&argument).is_eq(),
            _ => false,
        },
        Kind::Null | Kind::Array | Kind::Object => false,
    }
}

fn only_one(head: &Head, name: &str) -> Result<(), Refusal> {
    head.only(name).map(drop).map_err(|_| mismatch(name, "stands more than once"))
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
