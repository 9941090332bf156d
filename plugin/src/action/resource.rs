//! Where the operator says that the resource of an action is found.

use std::borrow::Cow;
use std::fmt;

use super::{Parameters, Resource, ToolFacts};

/// Where the id of a resource is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourcePlace {
    /// The request doesn't say.
    Nowhere,
    /// At a JSON pointer into the parameters.
    Pointer(String),
    /// In a text of which some pieces are parameters.
    Text(Vec<Piece>),
}

/// A piece of the text that gives a resource's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Literal(String),
    /// The parameter of that name.
    Parameter(String),
}

/// A text that is neither a JSON pointer nor has its parameters in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPlace(pub String);

impl fmt::Display for InvalidPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is neither a JSON pointer such as `/account_id` nor a text with parameters such as `{{id}}`",
            self.0
        )
    }
}

impl ResourcePlace {
    /// Reads a JSON pointer (`/account_id`), or a text with names in braces (`{owner}/{repo}`).
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidPlace> {
        if text.starts_with('/') {
            return Ok(Self::Pointer(text.into()));
        }
        let invalid = || InvalidPlace(text.into());
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').ok_or_else(invalid)?;
            if name.is_empty() || name.contains('{') || before.contains('}') {
                return Err(invalid());
            }
            pieces.push(Piece::Literal(before.into()));
            pieces.push(Piece::Parameter(name.into()));
            rest = after;
        }
        if pieces.is_empty() || rest.contains('}') {
            return Err(invalid());
        }
        pieces.push(Piece::Literal(rest.into()));
        Ok(Self::Text(pieces))
    }

    /// The names of the parameters in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let pieces = match self {
            Self::Text(pieces) => pieces.as_slice(),
            Self::Nowhere | Self::Pointer(_) => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// The id; `None` where the request doesn't say all of it.
    fn id<'a>(&self, parameters: &Parameters<'a>) -> Option<Cow<'a, str>> {
        match self {
            Self::Nowhere => None,
            Self::Pointer(pointer) => parameters.at(pointer)?.scalar(),
            Self::Text(pieces) => {
                let mut id = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Literal(text) => id.push_str(text),
                        Piece::Parameter(name) => id.push_str(&parameters.named(name)?.scalar()?),
                    }
                }
                Some(Cow::Owned(id))
            }
        }
    }
}

impl ToolFacts {
    /// What a call with these parameters is done to, as far as the operator says where to look.
    #[must_use]
    pub fn resource<'a>(&'a self, parameters: &Parameters<'a>) -> Option<Resource<'a>> {
        let (kind, place) = self.resource.as_ref()?;
        Some(Resource { kind: Cow::Borrowed(kind), id: place.id(parameters).unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_from_where_it_stands() {
        let parameters = Parameters {
            fields: vec![("owner".into(), "acme".into()), ("repo".into(), "web".into())],
            ..Parameters::default()
        };
        for (place, id) in [("/repo", "web"), ("{owner}/{repo}", "acme/web"), ("gh:{owner}", "gh:acme"), ("{none}", "")]
        {
            let facts = ToolFacts {
                resource: Some(("Repo".into(), ResourcePlace::parse(place).unwrap())),
                ..ToolFacts::default()
            };
            assert_eq!(facts.resource(&parameters).unwrap().id, id, "{place}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["", "id", "{", "{}", "}", "{a", "a}b{c}", "{a{b}}"] {
            assert!(ResourcePlace::parse(text).is_err(), "{text}");
        }
    }
}
