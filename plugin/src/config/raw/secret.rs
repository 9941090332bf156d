//! A secret as operators write it.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A text that is shown to nobody: neither in a debug form nor in a complaint about the configuration, which ends up in
/// the proxy's log. (serde's own complaint about a number in its place would repeat the number.)
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
pub struct Secret(String);

impl Secret {
    /// The text, for whoever compiles it into what carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("found something else than a text; a text would be right")),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_nowhere() {
        let secret: Secret = serde_json::from_str("\"k-123456\"").unwrap();
        assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("k-123456", "Secret"));
        let complaint = serde_json::from_str::<Secret>("123456").unwrap_err().to_string();
        assert!(!complaint.contains("123456"), "{complaint}");
    }
}
