//! Puts narrower parameters into a body, and leaves every other byte as it is.
//!
//! The decision service names parameters by JSON pointer and says what takes their place; the rule that allowed the call
//! says which may be named at all. What is in doubt is refused: nothing is narrowed by half.

use std::cmp::Ordering;
use std::ops::Range;

use crate::action::{APPROVAL_INPUT, Action};
use crate::head::Head;
use crate::json::{Document, Kind, Limits, Tape, Value, canonical, spliced, write};

/// A body with narrower parameters, and the headers that repeat them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Narrowed {
    /// The body.
    pub(crate) body: Vec<u8>,
    /// Mirrored headers that now say something else.
    pub(crate) headers: Vec<(String, String)>,
}

/// Headers under this prefix repeat parameters (MCP 2026-07-28, `x-mcp-header`).
const MIRROR: &str = "mcp-param-";

/// Replaces parameters in `body`, of which `action` is what was read. `declared` says which pointers may be named.
///
/// # Errors
/// What can't be done, for the audit: without any value.
pub(crate) fn narrow(
    body: &[u8],
    head: &Head,
    action: &Action<'_>,
    wanted: &[(String, String)],
    declared: &dyn Fn(&str) -> bool,
) -> Result<Narrowed, String> {
    if !is_read_as_sent(head, body, action) {
        return Err("the body is not JSON as it was sent, and only such a body can be narrowed".into());
    }
    let mut splices = Vec::with_capacity(wanted.len());
    let mut headers = Vec::new();
    for (pointer, json) in wanted {
        if !declared(pointer) {
            return Err(format!("`{pointer}` is none that the rule declares narrowable"));
        }
        let parameters = action.parameters.body.ok_or("the call has no parameters in its body")?;
        let document = Document::read(json.as_bytes(), &Limits::default(), Tape::default())
            .map_err(|invalid| format!("what should take the place of `{pointer}` is no JSON: {invalid}"))?;
        match parameters.pointer(pointer) {
            Some(found) => {
                is_narrower(found, document.root()).map_err(|why| format!("`{pointer}` would {why}"))?;
                headers.extend(mirrored(head, pointer, found, document.root())?);
                splices.push((found.span(), json.clone().into_bytes()));
            }
            None => splices.push(insertion(body, parameters, pointer, json)?),
        }
    }
    Ok(Narrowed { body: spliced(body, splices)?, headers })
}

/// The body without the client's answer to our own request for approval (MCP 2026-07-28): the server behind never asked.
/// None where there is no such answer.
pub(crate) fn without_approval_input(head: &Head, body: &[u8], action: &Action<'_>) -> Option<Vec<u8>> {
    let (_, responses) = action.parameters.beside.iter().find(|(name, _)| name == "inputResponses")?;
    if !is_read_as_sent(head, body, action) {
        return None;
    }
    let mut members = responses.members();
    let place = members.position(|(name, _)| name == APPROVAL_INPUT)?;
    let kept: Vec<_> =
        responses.members().enumerate().filter(|(at, _)| *at != place).map(|(_, member)| member).collect();
    // The object is written anew; its values keep their bytes.
    let mut object = vec![b'{'];
    for (at, (name, value)) in kept.into_iter().enumerate() {
        if at > 0 {
            object.push(b',');
        }
        write::string(&name, &mut |bytes| object.extend_from_slice(bytes));
        object.push(b':');
        object.extend_from_slice(value.raw());
    }
    object.push(b'}');
    spliced(body, vec![(responses.span(), object)]).ok()
}

/// Whether the places of what was read are places in `body`: not so where it was compressed, or is a form.
fn is_read_as_sent(head: &Head, body: &[u8], action: &Action<'_>) -> bool {
    let is_json = |kind: &[u8]| {
        let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        essence.ends_with(b"/json") || essence.ends_with(b"+json")
    };
    // The very bytes: of what was written anew (a form, a GraphQL document) others may stand in the same place.
    let in_place = |value: Value<'_>| body.get(value.span()).is_some_and(|there| std::ptr::eq(there, value.raw()));
    head.all("content-encoding").next().is_none()
        && head.first("content-type").is_some_and(is_json)
        && action.parameters.body.is_none_or(in_place)
        && action.parameters.beside.iter().all(|(_, value)| in_place(*value))
}

/// Whether `new` asks for no more than `old`. Numbers may only fall, and not below zero, where many a server takes them
/// for "all"; a list may only lose entries; of a text nobody knows what is less, so it may be replaced, by a text.
fn is_narrower(old: Value<'_>, new: Value<'_>) -> Result<(), &'static str> {
    if let (Some(old), Some(new)) = (old.as_number(), new.as_number()) {
        let falls = old.as_str().starts_with('-') || new.compare(&old) != Ordering::Greater;
        return if falls && !new.as_str().starts_with('-') { Ok(()) } else { Err("not become less") };
    }
    match (old.kind(), new.kind()) {
        (Kind::Array, Kind::Array) => {
            let old: Vec<_> = old.elements().map(canonical_bytes).collect();
            let among = new.elements().all(|entry| old.contains(&canonical_bytes(entry)));
            if among { Ok(()) } else { Err("gain entries") }
        }
        (Kind::String, Kind::String) | (Kind::Bool, Kind::Bool) => Ok(()),
        _ => Err("change its type"),
    }
}

fn canonical_bytes(value: Value<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Entries of one list that only a rounded digit tells apart may take each other's place.
    let _ = canonical::write(value, &mut |piece| bytes.extend_from_slice(piece));
    bytes
}

/// A parameter that the call leaves out, at the end of the object that it belongs into.
fn insertion(body: &[u8], parameters: Value<'_>, pointer: &str, json: &str) -> Result<(Range<usize>, Vec<u8>), String> {
    let nowhere = || format!("there is no place for `{pointer}` in the body");
    let (parent, name) = pointer.rsplit_once('/').ok_or_else(nowhere)?;
    let object = parameters.pointer(parent).filter(|parent| parent.kind() == Kind::Object).ok_or_else(nowhere)?;
    let end = object.span().end.checked_sub(1).filter(|end| body.get(*end) == Some(&b'}')).ok_or_else(nowhere)?;
    let mut member = if object.is_empty() { Vec::new() } else { vec![b','] };
    write::string(&name.replace("~1", "/").replace("~0", "~"), &mut |bytes| member.extend_from_slice(bytes));
    member.push(b':');
    member.extend_from_slice(json.as_bytes());
    Ok((end..end, member))
}

/// Headers that repeat the parameter. Which header repeats which parameter stands in the tool's schema, which isn't
/// known here: one of the parameter's own name does, and one of another name with the same value could, so it refuses.
fn mirrored(head: &Head, pointer: &str, old: Value<'_>, new: Value<'_>) -> Result<Vec<(String, String)>, String> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
    let parameter = plain(pointer.rsplit('/').next().unwrap_or_default());
    let (old, new) = (scalar(old), scalar(new));
    let mut headers = Vec::new();
    for (name, value) in head.iter() {
        let Some(name) = std::str::from_utf8(name).ok().map(str::to_ascii_lowercase) else { continue };
        let Some(mirror) = name.strip_prefix(MIRROR) else { continue };
        match &new {
            Some(new) if plain(mirror) == parameter && new.bytes().all(|byte| matches!(byte, b'!'..=b'~')) => {
                headers.push((name, new.clone()));
            }
            _ if plain(mirror) == parameter || old.as_deref().map(str::as_bytes) == Some(value) => {
                return Err(format!("the header `{name}` repeats `{pointer}`, and can't be made to agree"));
            }
            _ => {}
        }
    }
    Ok(headers)
}

fn scalar(value: Value<'_>) -> Option<String> {
    match value.kind() {
        Kind::String => value.as_str().map(std::borrow::Cow::into_owned),
        Kind::Number | Kind::Bool => std::str::from_utf8(value.raw()).ok().map(str::to_owned),
        _ => None,
    }
}
