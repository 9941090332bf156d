//! Which parameters a rule lets the decision service change in a request that it lets through.

use std::fmt;

/// A JSON pointer (RFC 6901) into the parameters: `""` is all of them, `/limit` one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer(String);

/// A text that names no parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPointer;

impl Pointer {
    /// The place that `/filter/limit` or `parameters.filter.limit` names.
    ///
    /// # Errors
    /// When it names none.
    pub fn read(text: &str) -> Result<Self, InvalidPointer> {
        if let Ok(super::Attribute::Parameter(pointer)) = super::Attribute::named(text) {
            return Ok(Self(pointer));
        }
        let escapes_are_whole = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if text.starts_with('/') && escapes_are_whole { Ok(Self(text.to_owned())) } else { Err(InvalidPointer) }
    }

    /// As RFC 6901 writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvalidPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON pointer such as `/limit`, or a name such as `parameters.limit`, would be right")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_as_in_conditions_or_as_a_pointer() {
        let read = |text| Pointer::read(text).map(|pointer| pointer.as_str().to_owned());
        assert_eq!(read("/filter/limit").as_deref(), Ok("/filter/limit"));
        assert_eq!(read("parameters.filter.limit").as_deref(), Ok("/filter/limit"));
        assert_eq!(read("limit"), Err(InvalidPointer));
        assert_eq!(read("/a~2"), Err(InvalidPointer));
    }
}
