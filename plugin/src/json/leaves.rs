//! Every scalar of a value, each with the pointer that leads to it.

use super::{Elements, Kind, Members, Value};
use core::fmt::{self, Write as _};
use core::ops::ControlFlow;

/// A JSON Pointer (RFC 6901) from the value whose leaves are visited to one of them. It is overwritten on the way to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pointer {
    text: String,
}

impl Pointer {
    /// The pointer as text: empty, or `/` before each name and index.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pointer to the member `name` of an object.
    #[must_use]
    pub fn of_member(name: &str) -> Self {
        let mut pointer = Self::default();
        pointer.push_name(name);
        pointer
    }

    fn push_name(&mut self, name: &str) {
        self.text.push('/');
        if name.bytes().any(|byte| matches!(byte, b'~' | b'/')) {
            self.text.push_str(&name.replace('~', "~0").replace('/', "~1"));
        } else {
            self.text.push_str(name);
        }
    }

    fn push_index(&mut self, index: usize) {
        self.text.push('/');
        match u8::try_from(index) {
            // Most arrays are short, and formatting is slow.
            Ok(digit @ 0..=9) => self.text.push(char::from(b'0'.wrapping_add(digit))),
            // Writing to a string can't fail.
            _ => drop(write!(self.text, "{index}")),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A container whose leaves are being visited.
struct Level<'d> {
    /// Length of the pointer to it.
    len: usize,
    rest: Rest<'d>,
}

/// What of it is still to be visited.
enum Rest<'d> {
    Members(Members<'d>),
    Elements(core::iter::Enumerate<Elements<'d>>),
}

impl<'d> Level<'d> {
    fn new(container: Value<'d>, pointer: &Pointer) -> Self {
        let rest = match container.kind() {
            Kind::Object => Rest::Members(container.members()),
            _ => Rest::Elements(container.elements().enumerate()),
        };
        Self { len: pointer.text.len(), rest }
    }

    /// The next value, and `pointer` made to lead to it.
    fn step(&mut self, pointer: &mut Pointer) -> Option<Value<'d>> {
        pointer.text.truncate(self.len);
        match &mut self.rest {
            Rest::Members(members) => members.next().map(|(name, value)| {
                pointer.push_name(&name);
                value
            }),
            Rest::Elements(elements) => elements.next().map(|(index, value)| {
                pointer.push_index(index);
                value
            }),
        }
    }
}

impl<'d> Value<'d> {
    /// Shows every scalar in this value to `visit`, in document order, with its pointer from here, until `visit` breaks. Empty arrays
    /// and objects hold no scalars and are not shown. A scalar is its own only leaf, at `""`.
    pub fn leaves(self, visit: &mut impl FnMut(&Pointer, Value<'d>) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut pointer = Pointer::default();
        if !self.is_container() {
            return visit(&pointer, self);
        }
        let mut levels = vec![Level::new(self, &pointer)];
        while let Some(level) = levels.last_mut() {
            match level.step(&mut pointer) {
                Some(value) if value.is_container() => levels.push(Level::new(value, &pointer)),
                Some(value) => visit(&pointer, value)?,
                None => drop(levels.pop()),
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    #[test]
    fn every_scalar_is_shown_once_and_its_pointer_leads_back() {
        let body = br#"{"a": [1, {"b/c": null, "~": "x"}, [], {}], "": true, "d\u002fe": {"f": [[["deep"]]]}}"#;
        let document = Document::read(body, &Limits::default(), Tape::default()).unwrap();
        let mut seen = Vec::new();
        let done = document.root().leaves(&mut |pointer, value| {
            assert_eq!(document.root().pointer(pointer.as_str()).unwrap().span(), value.span(), "{pointer}");
            seen.push(format!("{pointer}={}", String::from_utf8_lossy(value.raw())));
            ControlFlow::Continue(())
        });
        assert_eq!(done, ControlFlow::Continue(()));
        assert_eq!(seen, ["/a/0=1", "/a/1/b~1c=null", r#"/a/1/~0="x""#, "/=true", r#"/d~1e/f/0/0/0="deep""#]);
    }

    #[test]
    fn a_member_has_a_pointer_of_its_own() {
        let pointers = ["", "a", "a/b", "~1"].map(|name| Pointer::of_member(name).to_string());
        assert_eq!(pointers, ["/", "/a", "/a~1b", "/~01"]);
    }

    #[test]
    fn a_visitor_can_stop() {
        let document = Document::read(b"[1,[2,3],4]", &Limits::default(), Tape::default()).unwrap();
        let mut count = 0;
        let stopped = document.root().leaves(&mut |pointer, _| {
            count += 1;
            if pointer.as_str() == "/1/0" { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((stopped, count), (ControlFlow::Break(()), 2));
    }
}
