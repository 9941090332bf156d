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
        let (path, negated) = denied(path);
        return Ok((path, Test::In(items.iter().map(Constant::read).collect::<Result<_, _>>()?), negated));
    }
    if let Some(path) = name.strip_suffix("_not") {
        return Ok((path, Test::Equals(Constant::read(value)?), true));
    }
    if let Some(path) = name.strip_suffix("_exists") {
        let wanted = value.as_bool().ok_or("`_exists` takes `true` or `false`")?;
        return Ok((path, Test::Exists, !wanted));
    }
    if let Some(path) = name.strip_suffix("_matches") {
        let patterns = match value {
            serde_json::Value::Array(items) if !items.is_empty() => {
                items.iter().map(as_glob).collect::<Result<_, _>>()?
            }
            one => vec![as_glob(one)?],
        };
        let (path, negated) = denied(path);
        return Ok((path, Test::Matches(patterns), negated));
    }
    Ok((name, Test::Equals(Constant::read(value)?), false))
}

/// `_not` before an operator: the path without it, and whether it was there.
fn denied(path: &str) -> (&str, bool) {
    path.strip_suffix("_not").map_or((path, false), |path| (path, true))
}

/// Of tools a text with `*` in it is a glob: no tool has one in its name, and who writes `crm.*` means all of them.
///
/// # Errors
/// When what has a `*` is no glob.
pub(super) fn glob_of_tools(test: Test) -> Result<Test, String> {
    let constants = match &test {
        Test::Equals(constant) => std::slice::from_ref(constant),
        Test::In(constants) => constants,
        _ => return Ok(test),
    };
    let texts: Option<Vec<&str>> = constants.iter().map(Constant::text).collect();
    match texts {
        Some(texts) if texts.iter().any(|text| text.contains('*')) => {
            texts.into_iter().map(glob).collect::<Result<_, _>>().map(Test::Matches)
        }
        _ => Ok(test),
    }
}

fn as_glob(value: &serde_json::Value) -> Result<WildMatch, String> {
    glob(value.as_str().ok_or("`_matches` takes a glob such as `crm.*`, or a list of them")?)
}

fn glob(pattern: &str) -> Result<WildMatch, String> {
    match pattern.chars().find(|found| NOT_OF_A_GLOB.contains(found)) {
        Some(found) => Err(format!(
            "found `{pattern}`; a glob over the whole value would be right, with `*` for any text and `?` for one \
             character: `{found}` belongs to a regular expression"
        )),
        None => Ok(WildMatch::new(pattern)),
    }
}
