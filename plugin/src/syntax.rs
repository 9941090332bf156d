//! The syntax of CEL expressions, within bounds: rules and mappings are read by the same parser.

use cel::IdedExpr;
use cel::parser::PrattParser;

/// Much more than a person reads at once; parsing takes memory and time in proportion.
pub(crate) const MAX_BYTES: usize = 4096;

/// The parser recurses, on the stack of a proxy's worker.
pub(crate) const MAX_DEPTH: u16 = 32;

/// Whether `a.?b` may stand in an expression: what isn't there is then absent instead of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Optionals {
    /// It may.
    Known,
    /// It may not.
    Unknown,
}

/// The syntax tree of `text`.
///
/// # Errors
/// Everything that is wrong with it: what was found and what would be right.
pub(crate) fn parse(text: &str, optionals: Optionals) -> Result<IdedExpr, Vec<String>> {
    if text.len() > MAX_BYTES {
        return Err(vec![format!("found {} bytes; an expression has at most {MAX_BYTES}", text.len())]);
    }
    let parser = PrattParser::new().max_recursion_depth(MAX_DEPTH);
    let parser = parser.enable_optional_syntax(optionals == Optionals::Known);
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    parser.parse(text).map_err(|errors| {
        errors.errors.iter().map(|error| format!("found no CEL expression: {}", first_line(&error.msg))).collect()
    })
}
