//! The lists in a JSON-RPC message, or in the messages of a batch.

use std::ops::Range;

use crate::action::mcp::{LISTS, List};
use crate::json::{Document, Kind, Limits, Tape, Value, spliced};

/// More entries in one list are refused: each is held against the rules, and a server can page.
const MAX_ENTRIES: usize = 4096;

/// A piece of a text, and what stands there instead.
type Splice = (Range<usize>, Vec<u8>);

/// `json` without the entries that aren't seen; none where all are.
///
/// # Errors
/// Why it can't be read.
pub(super) fn show(
    json: &[u8],
    tape: &mut Tape,
    sees: &mut dyn FnMut(&'static List, Value<'_>) -> bool,
) -> Result<Option<Vec<u8>>, String> {
    let document = Document::read(json, &Limits::default(), std::mem::take(tape))
        .map_err(|invalid| format!("it is not JSON with a single meaning: {invalid}"))?;
    let root = document.root();
    let mut splices = Vec::new();
    match root.kind() {
        Kind::Array => root.elements().try_for_each(|message| show_message(message, sees, &mut splices))?,
        _ => show_message(root, sees, &mut splices)?,
    }
    let shown = if splices.is_empty() { None } else { Some(spliced(json, splices)?) };
    *tape = document.into_tape();
    Ok(shown)
}

fn show_message(
    message: Value<'_>,
    sees: &mut dyn FnMut(&'static List, Value<'_>) -> bool,
    splices: &mut Vec<Splice>,
) -> Result<(), String> {
    let Some(result) = message.get("result") else { return Ok(()) };
    let mut lists = false;
    for list in &LISTS {
        let Some(entries) = result.get(list.member).filter(|entries| entries.kind() == Kind::Array) else { continue };
        if entries.len() > MAX_ENTRIES {
            return Err(format!("it has {} entries; at most {MAX_ENTRIES} are read", entries.len()));
        }
        lists = true;
        splices.extend(without_the_unseen(list, entries, sees));
    }
    // What one agent is shown is nobody else's to cache (MCP 2026-07-28, `CacheableResult`).
    let scope = result.get("cacheScope").filter(|scope| lists && scope.as_str().as_deref() == Some("public"));
    splices.extend(scope.map(|scope| (scope.span(), br#""private""#.to_vec())));
    Ok(())
}

/// The list is written anew; its entries keep their bytes.
fn without_the_unseen(
    list: &'static List,
    entries: Value<'_>,
    sees: &mut dyn FnMut(&'static List, Value<'_>) -> bool,
) -> Option<Splice> {
    let seen: Vec<&[u8]> = entries.elements().filter(|entry| sees(list, *entry)).map(Value::raw).collect();
    if seen.len() == entries.len() {
        return None;
    }
    Some((entries.span(), [b"[", seen.join(&b","[..]).as_slice(), b"]"].concat()))
}
