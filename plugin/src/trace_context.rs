//! Where a request stands in a distributed trace: the two ids of a `traceparent` (W3C Trace Context, section 3.2).
//!
//! A header carries it, and so does `_meta` of an MCP call. Both are the sender's word: they lead an operator from a
//! record to a trace and decide nothing. A value that isn't one is as good as none, as the recommendation says.

use std::fmt;

use crate::head::Head;

/// The header, and the member of MCP's `_meta`.
pub const NAME: &str = "traceparent";

/// The ids of a trace and of the sender's span in it, neither of them zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
}

impl TraceContext {
    /// What the header says; nothing where it stands twice.
    #[must_use]
    pub fn of(head: &Head) -> Option<Self> {
        Self::read(head.only(NAME).ok()??)
    }

    /// `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`, lower case. Of a version later than 00 more may follow, after
    /// a dash; version ff is invalid.
    #[must_use]
    pub fn read(value: &[u8]) -> Option<Self> {
        let (version, rest) = field(value, 2)?;
        let (trace, rest) = field(rest.strip_prefix(b"-")?, 32)?;
        let (span, rest) = field(rest.strip_prefix(b"-")?, 16)?;
        let (_flags, rest) = field(rest.strip_prefix(b"-")?, 2)?;
        let ends = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.is_empty() || rest.starts_with(b"-"),
        };
        let span = u64::try_from(span).ok()?;
        (ends && trace != 0 && span != 0).then_some(Self { trace, span })
    }

    /// The id of the trace: 32 hex digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The id of the span in which the request was sent: 16 hex digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}-{:016x}", self.trace, self.span)
    }
}

/// So many lower-case hex digits, as a number, and what follows them.
fn field(value: &[u8], digits: usize) -> Option<(u128, &[u8])> {
    let (digits, rest) = value.split_at_checked(digits)?;
    if !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    Some((u128::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?, rest))
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a test cuts up ASCII of its own")]
mod tests {
    use super::*;

    const SAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// The example of section 3.2.4.
    #[test]
    fn the_sample_of_the_recommendation_is_read() {
        let context = TraceContext::read(SAMPLE.as_bytes()).unwrap();
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id(), "00f067aa0ba902b7");
    }

    #[test]
    fn a_later_version_may_say_more_and_the_present_one_may_not() {
        let with = |version: &str, more: &str| format!("{version}{}{more}", &SAMPLE[2..]);
        assert!(TraceContext::read(with("01", "-what-comes-later").as_bytes()).is_some());
        assert!(TraceContext::read(with("01", "").as_bytes()).is_some());
        for wrong in [with("00", "-more"), with("01", "more"), with("ff", "")] {
            assert_eq!(TraceContext::read(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_trace_context_is_none() {
        let zero_trace = SAMPLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let zero_span = SAMPLE.replace("00f067aa0ba902b7", &"0".repeat(16));
        for wrong in
            ["", "00", &SAMPLE.to_uppercase(), &zero_trace, &zero_span, &SAMPLE[1..], &SAMPLE.replace('-', "+")]
        {
            assert_eq!(TraceContext::read(wrong.as_bytes()), None, "{wrong}");
        }
        for length in 0..SAMPLE.len() {
            assert_eq!(TraceContext::read(&SAMPLE.as_bytes()[..length]), None, "{length}");
        }
    }

    #[test]
    fn two_headers_are_none() {
        assert!(TraceContext::of(&Head::from_pairs([(NAME, SAMPLE)])).is_some());
        assert!(TraceContext::of(&Head::from_pairs([(NAME, SAMPLE), (NAME, SAMPLE)])).is_none());
    }
}
