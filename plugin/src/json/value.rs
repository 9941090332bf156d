//! Looking at what was read.

use super::tape::{Node, wide};
use super::{Document, Number, names, text};
use core::fmt;
use core::ops::Range;
use std::borrow::Cow;

/// One value of a document; as cheap to copy as a slice.
#[derive(Clone, Copy)]
pub struct Value<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) node: Node,
    /// Of `node`, on the tape.
    pub(super) index: u32,
}

/// The kinds of value that JSON has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, of any size and precision.
    Number,
    /// A string.
    String,
    /// An ordered list of elements.
    Array,
    /// Members with different names, in their order.
    Object,
}

impl<'d> Value<'d> {
    /// What kind of value this is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.document.bytes().get(wide(self.node.start)) {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Null,
        }
    }

    /// The value's bytes as they stand in the body, from its first to its last: of a string, with quotes and escapes.
    #[must_use]
    pub fn raw(self) -> &'d [u8] {
        self.document.bytes().get(self.span()).unwrap_or_default()
    }

    /// Where the value stands in the body, in bytes.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        wide(self.node.start)..wide(self.node.end)
    }

    /// What a string means: borrowed if nothing in it is escaped. `None` if this isn't a string.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        (self.kind() == Kind::String).then(|| self.node.meaning(self.document.text))
    }

    /// The number, if this is one.
    #[must_use]
    pub fn as_number(self) -> Option<Number<'d>> {
        if self.kind() != Kind::Number {
            return None;
        }
        self.document.text.get(self.span()).map(Number::new)
    }

    /// Whether it is `true`, if this is one of `true` and `false`.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.raw() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// How many members or elements it has; 0 if it is neither object nor array.
    #[must_use]
    pub fn len(self) -> usize {
        if self.is_container() { wide(self.node.extra) } else { 0 }
    }

    /// Whether it has no members and no elements.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The member of that name (after unescaping), if this is an object that has one. Names are unique.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'d>> {
        let fingerprint = names::fingerprint(name);
        let mut members = self.members();
        while let Some((node, value)) = members.next_node() {
            if node.next == fingerprint && node.meaning(self.document.text) == name {
                return Some(value);
            }
        }
        None
    }

    /// The object's members in their order; none of another kind of value.
    #[must_use]
    pub fn members(self) -> Members<'d> {
        Members { rest: self.inside(Kind::Object) }
    }

    /// The array's elements in their order; none of another kind of value.
    #[must_use]
    pub fn elements(self) -> Elements<'d> {
        Elements { rest: self.inside(Kind::Array) }
    }

    pub(super) fn is_container(self) -> bool {
        matches!(self.kind(), Kind::Array | Kind::Object)
    }

    fn inside(self, kind: Kind) -> Nodes<'d> {
        let (index, left) = if self.kind() == kind { (self.index.wrapping_add(1), self.node.extra) } else { (0, 0) };
        Nodes { document: self.document, index, left }
    }
}

/// The bytes' length and place only: values are nobody's business in a log.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.kind(), self.span())
    }
}

impl Node {
    /// What a string or a member name means.
    pub(super) fn meaning(self, document: &str) -> Cow<'_, str> {
        text::meaning(self.content(document), self.extra != 0)
    }
}

/// The rest of a container.
#[derive(Clone, Debug)]
struct Nodes<'d> {
    document: &'d Document<'d>,
    index: u32,
    left: u32,
}

impl<'d> Nodes<'d> {
    fn value(&mut self) -> Option<Value<'d>> {
        let index = self.index;
        self.left = self.left.checked_sub(1)?;
        let node = *self.document.tape.nodes.get(wide(index))?;
        self.index = node.next;
        Some(Value { document: self.document, node, index })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (wide(self.left), Some(wide(self.left)))
    }
}

/// Members of an object: name (after unescaping) and value.
#[derive(Clone, Debug)]
pub struct Members<'d> {
    rest: Nodes<'d>,
}

impl<'d> Members<'d> {
    /// The name's node and the value.
    pub(super) fn next_node(&mut self) -> Option<(Node, Value<'d>)> {
        if self.rest.left == 0 {
            return None;
        }
        let name = *self.rest.document.tape.nodes.get(wide(self.rest.index))?;
        self.rest.index = self.rest.index.wrapping_add(1);
        Some((name, self.rest.value()?))
    }
}

impl<'d> Iterator for Members<'d> {
    type Item = (Cow<'d, str>, Value<'d>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.next_node()?;
        Some((name.meaning(self.rest.document.text), value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}

/// Elements of an array.
#[derive(Clone, Debug)]
pub struct Elements<'d> {
    rest: Nodes<'d>,
}

impl<'d> Iterator for Elements<'d> {
    type Item = Value<'d>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.value()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rest.size_hint()
    }
}
