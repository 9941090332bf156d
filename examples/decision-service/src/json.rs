//! JSON as this service accepts it: one document, no duplicate names, not too deep.
//!
//! Most readers silently keep the last of two members of one name; the reader behind the gateway may keep the first. A
//! decision about one of them is no decision about the other, so such a document is refused.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may nest. Tool arguments rarely pass ten levels; the filter's envelope adds two.
pub(crate) const MAX_DEPTH: usize = 64;

/// How much of a name of the sender's is repeated in an error.
const MAX_QUOTED: usize = 64;

/// Reads one document.
///
/// # Errors
/// What is wrong and where (line and column), without any value from the document.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { levels: MAX_DEPTH }.deserialize(&mut reader).map_err(|e| e.to_string())?;
    reader.end().map_err(|e| e.to_string())?;
    Ok(value)
}

/// A name from a request, fit to be repeated in an error.
pub(crate) fn quoted(name: &str) -> String {
    let cut: String = name.chars().take(MAX_QUOTED).collect();
    let more = if cut.len() < name.len() { "…" } else { "" };
    format!("`{}{more}`", cut.escape_debug())
}

/// Reads a value that may nest `levels` deep.
#[derive(Clone, Copy)]
struct Strict {
    levels: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let levels = self
            .levels
            .checked_sub(1)
            .ok_or_else(|| E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")))?;
        Ok(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = array.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if members.contains_key(&name) {
                let message = format!("the name {} stands twice in one object", quoted(&name));
                return Err(A::Error::custom(message));
            }
            members.insert(name, object.next_value_seed(inner)?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_it_stands() {
        let text = br#"{"a":[1,-2,0.5,18446744073709551615,true,null,"\u00e9"],"b":{}}"#;
        let expected: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth_and_however_it_is_written() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"\u0061":2}}]"#] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.starts_with("the name `a` stands twice in one object"), "{error}");
        }
    }

    #[test]
    fn depth_is_bounded_exactly() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        let error = parse(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert!(error.starts_with("nested deeper than 64 levels"), "{error}");
        assert!(parse(nested(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn what_follows_the_document_is_refused() {
        assert!(parse(b"{} {}").unwrap_err().starts_with("trailing characters"));
        assert!(parse(b"").is_err());
        assert!(parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn a_repeated_name_is_cut_and_escaped() {
        assert_eq!(quoted("a\nb"), r"`a\nb`");
        assert_eq!(quoted(&"x".repeat(65)), format!("`{}…`", "x".repeat(64)));
    }
}
