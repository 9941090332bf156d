//! Why a body is not read.

use core::fmt;

/// A refused document: what is wrong, and where. It never carries a piece of the document, which may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidJson {
    /// What is wrong.
    pub kind: InvalidJsonKind,
    /// Offset in bytes of the first thing that is wrong.
    pub at: usize,
}

/// What can be wrong with a document. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvalidJsonKind {
    /// It begins with a byte order mark (RFC 8259, 8.1: must not be added; some readers skip it, some don't).
    ByteOrderMark,
    /// It is not UTF-8 (RFC 8259, 8.1).
    Utf8,
    /// Another byte was expected by the grammar of RFC 8259.
    Syntax {
        /// What would have been right.
        expected: &'static str,
    },
    /// It ends inside of a value, or has none.
    UnexpectedEnd,
    /// Something other than white space follows the value.
    TrailingData,
    /// An object has two members of one name after unescaping (RFC 7493, 2.3).
    DuplicateMember,
    /// An object has two members whose names differ only in their case, and [`Limits::case_variants`](super::Limits::case_variants)
    /// doesn't allow that.
    CaseVariant,
    /// An escape names one half of a surrogate pair (RFC 7493, 2.1).
    LoneSurrogate,
    /// A control character stands unescaped in a string (RFC 8259, 7).
    ControlCharacter,
    /// A number is too large for a double (RFC 7493, 2.2), or has an exponent of more than 18 digits.
    NumberOutOfRange,
    /// More nested than [`Limits::depth`](super::Limits::depth).
    TooDeep,
    /// Longer than [`Limits::bytes`](super::Limits::bytes).
    TooLarge,
    /// More values and names than [`Limits::nodes`](super::Limits::nodes).
    TooManyNodes,
    /// An object has more members than [`Limits::members`](super::Limits::members).
    TooManyMembers,
    /// A string or a member name is longer than [`Limits::string`](super::Limits::string).
    StringTooLong,
}

impl InvalidJsonKind {
    /// A stable, short name for audit records and counters.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "json.bom",
            Self::Utf8 => "json.utf8",
            Self::Syntax { .. } => "json.syntax",
            Self::UnexpectedEnd => "json.unexpected_end",
            Self::TrailingData => "json.trailing_data",
            Self::DuplicateMember => "json.duplicate_member",
            Self::CaseVariant => "json.case_variant",
            Self::LoneSurrogate => "json.lone_surrogate",
            Self::ControlCharacter => "json.control_character",
            Self::NumberOutOfRange => "json.number_out_of_range",
            Self::TooDeep => "json.too_deep",
            Self::TooLarge => "json.too_large",
            Self::TooManyNodes => "json.too_many_nodes",
            Self::TooManyMembers => "json.too_many_members",
            Self::StringTooLong => "json.string_too_long",
        }
    }

    pub(super) const fn at(self, at: usize) -> InvalidJson {
        InvalidJson { kind: self, at }
    }
}

impl fmt::Display for InvalidJsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByteOrderMark => "the document begins with a byte order mark; UTF-8 without one is expected",
            Self::Utf8 => "the document is not UTF-8",
            Self::Syntax { expected } => return write!(f, "expected {expected}"),
            Self::UnexpectedEnd => "the document ends before its value is complete",
            Self::TrailingData => "something follows the document's value; one value is expected",
            Self::DuplicateMember => "a member name occurs twice in one object",
            Self::CaseVariant => "two member names of one object differ only in their case",
            Self::LoneSurrogate => "an escape names half of a surrogate pair; both halves in order are expected",
            Self::ControlCharacter => "a control character stands in a string; an escape is expected",
            Self::NumberOutOfRange => "a number is beyond the range of a double",
            Self::TooDeep => "arrays and objects are nested more deeply than allowed",
            Self::TooLarge => "the document is longer than allowed",
            Self::TooManyNodes => "the document has more values than allowed",
            Self::TooManyMembers => "an object has more members than allowed",
            Self::StringTooLong => "a string is longer than allowed",
        })
    }
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.kind, self.at)
    }
}

impl core::error::Error for InvalidJson {}
