//! The flat form: an attribute with an operator behind its name, and a value.

use wildmatch::WildMatch;

use super::Constant;
use super::condition::{Bound, Test};

const BOUNDS: &[(&str, Bound)] =
    &[("_lte", Bound::AtMost), ("_gte", Bound::AtLeast), ("_lt", Bound::Below), ("_gt", Bound::Above)];

/// Characters that mean something in a regular expression and nothing in a glob.
const NOT_OF_A_GLOB: &[char] = &['^', '$', '(', ')', '|', '\\', '+', '[', ']', '{', '}'];

/// The attribute's name, what is asked of it, and whether that is negated.
///
/// # Errors
/// When the value doesn't fit the operator; says what would.
pub(super) fn split<'n>(name: &'n str, value: &serde_json::Value) -> Result<(&'n str, Test, bool), String> {
    if let Some((path, bound)) = BOUNDS.iter().find_map(|(end, bound)| Some((name.strip_suffix(end)?, bound))) {
        return Ok((path, Test::Ordered(*bound, Constant::read(value)?), false));
    }
    if let Some(path) = name.strip_suffix("_in") {
        let items = value.as_array().ok_or_else(|| {
            format!("`_in` takes a list; for a parameter whose own name ends in `_in` write `{name}_in: [value]`")
        })?;
        return Ok((path, Test::In(items.iter().map(Constant::read).collect::<Result<_, _>>()?), false));
    }
    if let Some(path) = name.strip_suffix("_not") {
        return Ok((path, Test::Equals(Constant::read(value)?), true));
    }
    if let Some(path) = name.strip_suffix("_exists") {
        let wanted = value.as_bool().ok_or("`_exists` takes `true` or `false`")?;
        return Ok((path, Test::Exists, !wanted));
    }
    if let Some(path) = name.strip_suffix("_matches") {
        let pattern = value.as_str().ok_or("`_matches` takes a glob such as `crm.*`")?;
        if let Some(found) = pattern.chars().find(|found| NOT_OF_A_GLOB.contains(found)) {
            return Err(format!(
                "`_matches` takes a glob over the whole value, with `*` for any text and `?` for one character; \
                 `{found}` belongs to a regular expression"
            ));
        }
        return Ok((path, Test::Matches(WildMatch::new(pattern)), false));
    }
    Ok((name, Test::Equals(Constant::read(value)?), false))
}
