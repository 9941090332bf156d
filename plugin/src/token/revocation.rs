//! A plain feed of revocations, for issuers that have no Token Status List.
//!
//! ```json
//! {"revoked": [{"jti": "t-1"}, {"sub": "user-7", "before": 1795366800}, {"session": "s-9"}, {"agent": "support-agent"}]}
//! ```
//!
//! Each entry names one thing. With `before` (seconds since 1970) it is about tokens issued before that moment, so that
//! somebody can come back with a new one; without, about all.

use std::collections::HashMap;

use serde_json::Value;

use super::claims;
use super::published::{MAX_DOCUMENT, UnusableDocument};
use crate::json::{Document, Limits, Tape};
use crate::time::Timestamp;

/// A feed is flat and may be long: an entry is four values.
const LIMITS: Limits =
    Limits { depth: 4, bytes: MAX_DOCUMENT, nodes: 1 << 16, members: 64, string: 4096, case_variants: true };

/// What was revoked, by what names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revocations {
    tokens: HashMap<String, Timestamp>,
    users: HashMap<String, Timestamp>,
    sessions: HashMap<String, Timestamp>,
    agents: HashMap<String, Timestamp>,
}

/// What a token says of itself, as far as it may be revoked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'t> {
    pub(crate) token: &'t str,
    pub(crate) user: &'t str,
    pub(crate) session: Option<&'t str>,
    /// The agent, and everybody through whom it acts.
    pub(crate) agents: &'t [&'t str],
    /// `iat`; the beginning of time where it isn't said.
    pub(crate) issued: Timestamp,
}

impl Revocations {
    /// Reads a feed, all of it or nothing: an entry that isn't understood may be the one that matters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(document: &[u8]) -> Result<Self, UnusableDocument> {
        let unusable = |detail: &str| UnusableDocument(detail.to_owned());
        Document::read(document, &LIMITS, Tape::default())
            .map_err(|invalid| UnusableDocument(format!("it is not acceptable JSON: {invalid}")))?;
        let feed: Value = serde_json::from_slice(document).map_err(|_| unusable("it is not JSON"))?;
        let entries =
            feed.get("revoked").and_then(Value::as_array).ok_or_else(|| unusable("it has no list `revoked`"))?;
        let mut revocations = Self::default();
        for entry in entries {
            let entry = entry.as_object().ok_or_else(|| unusable("an entry is not an object"))?;
            let before =
                claims::moment(entry, "before").map_err(|_| unusable("a `before` is not a number of seconds"))?;
            let before = before.unwrap_or(Timestamp::from_secs(u64::MAX));
            let mut named = entry.iter().filter(|(name, _)| *name != "before");
            let (Some((name, Value::String(value))), None) = (named.next(), named.next()) else {
                return Err(unusable("an entry does not name one thing"));
            };
            let kind = match name.as_str() {
                "jti" => &mut revocations.tokens,
                "sub" => &mut revocations.users,
                "session" => &mut revocations.sessions,
                "agent" => &mut revocations.agents,
                _ => return Err(unusable("an entry names neither `jti`, `sub`, `session` nor `agent`")),
            };
            let known = kind.entry(value.clone()).or_default();
            *known = before.max(*known);
        }
        Ok(revocations)
    }

    /// Whether the token is among what they name.
    pub(super) fn name(&self, subject: &Subject<'_>) -> bool {
        let revoked = |kind: &HashMap<String, Timestamp>, name: &str| {
            !name.is_empty() && kind.get(name).is_some_and(|before| subject.issued < *before)
        };
        revoked(&self.tokens, subject.token)
            || revoked(&self.users, subject.user)
            || subject.session.is_some_and(|session| revoked(&self.sessions, session))
            || subject.agents.iter().any(|agent| revoked(&self.agents, agent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject() -> Subject<'static> {
        Subject {
            token: "t-1",
            user: "user-7",
            session: Some("s-1"),
            agents: &["support-agent", "planner"],
            issued: Timestamp::from_secs(1000),
        }
    }

    fn names(feed: &str) -> bool {
        Revocations::read(feed.as_bytes()).unwrap().name(&subject())
    }

    #[test]
    fn each_kind_of_entry_names_what_it_says() {
        for entry in [
            r#"{"jti": "t-1"}"#,
            r#"{"sub": "user-7"}"#,
            r#"{"session": "s-1"}"#,
            r#"{"agent": "support-agent"}"#,
            r#"{"agent": "planner"}"#,
            r#"{"agent": "planner", "before": 1001}"#,
            r#"{"agent": "planner", "before": 900}, {"agent": "planner"}"#,
        ] {
            assert!(names(&format!(r#"{{"revoked": [{entry}]}}"#)), "{entry}");
        }
        for entry in ["", r#"{"jti": "t-2"}"#, r#"{"sub": "t-1"}"#, r#"{"agent": "planner", "before": 1000}"#] {
            assert!(!names(&format!(r#"{{"revoked": [{entry}]}}"#)), "{entry}");
        }
    }

    #[test]
    fn a_feed_is_read_whole_or_not_at_all() {
        for feed in [
            "",
            "[]",
            "{}",
            r#"{"revoked": {}}"#,
            r#"{"revoked": ["t-1"]}"#,
            r#"{"revoked": [{}]}"#,
            r#"{"revoked": [{"jti": 1}]}"#,
            r#"{"revoked": [{"jti": "a", "sub": "b"}]}"#,
            r#"{"revoked": [{"device": "a"}]}"#,
            r#"{"revoked": [{"jti": "a", "before": "soon"}]}"#,
            r#"{"revoked": [], "revoked": []}"#,
        ] {
            assert!(Revocations::read(feed.as_bytes()).is_err(), "{feed}");
        }
    }
}
