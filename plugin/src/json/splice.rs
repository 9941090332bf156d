//! Replaces pieces of a text that was read, and leaves every other byte as it is.

use std::ops::Range;

/// `body` with each range replaced.
///
/// # Errors
/// Ranges that overlap: one pointer is below another.
pub(crate) fn spliced(body: &[u8], mut splices: Vec<(Range<usize>, Vec<u8>)>) -> Result<Vec<u8>, String> {
    // Insertions at one place keep their order.
    splices.sort_by_key(|(range, _)| range.start);
    let mut made = Vec::with_capacity(body.len());
    let mut at = 0;
    let mut inserted = false;
    for (range, bytes) in splices {
        let before = body.get(at..range.start).ok_or("two of the pointers name the same place")?;
        made.extend_from_slice(before);
        // A second member of an object that was empty needs its comma.
        if range.is_empty() && before.is_empty() && inserted && bytes.first() != Some(&b',') {
            made.push(b',');
        }
        inserted = range.is_empty();
        made.extend_from_slice(&bytes);
        at = range.end;
    }
    made.extend_from_slice(body.get(at..).unwrap_or_default());
    Ok(made)
}
