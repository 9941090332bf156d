//! How much of a body is read before it is refused.

/// Bounds of one document. Each is inclusive: a document that reaches a bound is accepted, one that exceeds it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deeply arrays and objects may be nested; a scalar alone has depth 0, `[]` has depth 1.
    pub depth: u16,
    /// Length of the whole document in bytes; never more than 4 GiB − 1 whatever is configured, as offsets are 32 bits wide.
    pub bytes: usize,
    /// Values and member names in the document, containers included.
    pub nodes: u32,
    /// Members of one object.
    pub members: u32,
    /// Length in bytes of one string or member name as it stands in the body, between its quotes.
    pub string: usize,
    /// Whether members of one object may have names that differ only in their case. Where a server behind matches names without
    /// regard to case, as Go's `encoding/json` does, two such members are one that stands twice.
    pub case_variants: bool,
}

/// Arguments of tools are a few levels deep, and so are the schemas that describe them; 64 is half of what common readers
/// (serde_json: 128) accept, so no reader behind the filter runs out of stack on what the filter let through.
const DEPTH: u16 = 64;

/// What gateways commonly buffer for one request (Envoy's default limit of a connection's buffer is 1 MiB).
const BYTES: usize = 1 << 20;

/// A quarter of `BYTES`: records of short fields take about nine bytes a node, vectors of numbers eleven. It bounds the tape, at 16 bytes a
/// node, to 4 MiB; a body of nothing but `[1,1,1,…` would otherwise make it eight times the body's size.
const NODES: u32 = 1 << 18;

/// Larger objects are dictionaries that somebody serialised, not parameters of a call. It bounds the work of finding duplicates.
const MEMBERS: u32 = 1 << 14;

/// A whole file is one string to a tool that writes files: only `BYTES` bounds it, unless an operator is stricter.
const STRING: usize = BYTES;

impl Default for Limits {
    fn default() -> Self {
        Self { depth: DEPTH, bytes: BYTES, nodes: NODES, members: MEMBERS, string: STRING, case_variants: true }
    }
}
