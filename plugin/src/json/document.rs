//! A body that was read.

use super::tape::Node;
use super::{InvalidJson, Limits, Tape, Value, reader};

/// The bytes of a body, known to be one acceptable JSON value, with what the walk found.
#[derive(Debug)]
pub struct Document<'a> {
    pub(super) text: &'a str,
    pub(super) tape: Tape,
    root: Node,
}

impl<'a> Document<'a> {
    /// Walks `bytes` once and checks all of it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong. A duplicate member is found when its object ends.
    pub fn read(bytes: &'a [u8], limits: &Limits, mut tape: Tape) -> Result<Self, InvalidJson> {
        tape.clear();
        let (text, root) = reader::read(bytes, limits, &mut tape)?;
        Ok(Self { text, tape, root })
    }

    /// The one value of the document.
    #[must_use]
    pub fn root(&self) -> Value<'_> {
        Value { document: self, node: self.root, index: 0 }
    }

    /// The memory, for the next document.
    #[must_use]
    pub fn into_tape(mut self) -> Tape {
        self.tape.clear();
        self.tape
    }

    /// All of the body, as it came.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}
