//! One parameter, as detectors see it.

use std::borrow::Cow;

use super::names::{Role, roles};
use crate::action::Datum;

/// A scalar, its pointer, and the name that it goes by.
pub(super) struct Leaf<'l, 'a> {
    pub(super) pointer: &'l str,
    pub(super) datum: &'l Datum<'a>,
    /// The last name on its pointer, without indices, in lower case and without `_`, `-`, `.` and blanks:
    /// `pagesize` for `/options/pageSize` and `/page_size`, `to` for `/to/0`.
    pub(super) name: String,
    roles: &'static [Role],
    /// What a string says, decoded once for all detectors.
    text: Option<Cow<'a, str>>,
}

/// Names that are longer say nothing that a detector looks for.
const MAX_NAME: usize = 64;

impl<'l, 'a> Leaf<'l, 'a> {
    pub(super) fn new(pointer: &'l str, datum: &'l Datum<'a>) -> Self {
        let is_index = |token: &&str| token.bytes().all(|byte| byte.is_ascii_digit());
        let last = pointer.rsplit('/').find(|token| !is_index(token)).unwrap_or_default();
        let letters = last.chars().take(MAX_NAME).filter(|char| char.is_alphanumeric());
        let name: String = letters.flat_map(char::to_lowercase).collect();
        let roles = roles(&name);
        Self { pointer, datum, name, roles, text: datum.text() }
    }

    /// Whether its name makes it that.
    pub(super) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(super) fn bool(&self) -> Option<bool> {
        match self.datum {
            Datum::Json(value) => value.as_bool(),
            Datum::Text(_) => None,
        }
    }

    /// A JSON number as it is written.
    pub(super) fn number(&self) -> Option<&'a str> {
        match self.datum {
            Datum::Json(value) => value.as_number().map(|number| number.as_str()),
            Datum::Text(_) => None,
        }
    }

    /// A string's text, or a number as it is written.
    pub(super) fn scalar(&self) -> Option<&str> {
        self.text().or_else(|| self.number())
    }
}
