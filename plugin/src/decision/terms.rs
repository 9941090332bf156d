//! What a decision brings besides yes or no: obligations, narrower parameters, a credential.
//!
//! Sources: AuthZEN Profile for Obligations, draft 1 (`context.obligations`); `context.narrow` and `context.credential`
//! are ours, in the place that the Authorization API leaves to implementations (section 5.5.2).

use std::borrow::Cow;
use std::time::Duration;

use crate::credential::{Credential, CredentialWish, header_name};
use crate::json::{Kind, Value};
use crate::time::Timestamp;

/// Types of obligation that can be carried out here, as the question declares them (`context.obligations_supported`).
pub(super) const SUPPORTED: [&str; 2] = ["custom", "step-up"];

/// Our own `custom` obligations say so with this `vendor`.
const VENDOR: &str = "toolgate";

/// More obligations than anybody means to have met for one call.
const MAX_OBLIGATIONS: usize = 16;

/// More parameters than a rule declares narrowable.
const MAX_NARROWED: usize = 32;

/// A note for the audit longer than this is cut off by log collectors.
const MAX_NOTE: usize = 256;

/// What has to be met for the decision to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Notes that the audit record must carry.
    pub notes: Vec<String>,
    /// Headers that the upstream must get.
    pub headers: Vec<(String, String)>,
    /// How the person behind the token must have authenticated.
    pub step_up: Option<StepUp>,
    /// Parameters by JSON pointer, and the JSON that takes their place.
    pub narrow: Vec<(String, String)>,
    /// What goes upstream in place of the agent's token.
    pub credential: Option<Issued>,
    /// What can't be met, and why: with one entry here the answer is no, whatever it said.
    pub unmet: Vec<String>,
}

/// A credential as the decision service issued it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The header and its value.
    pub credential: Credential,
    /// What it is good for, where that is told.
    pub scope: Option<String>,
    /// When it ends, in seconds since 1970, where that is told.
    pub until: Option<u64>,
}

impl Issued {
    /// Whether it is no more than was wished for, in what it is good for and in how long it lives.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, wish: &CredentialWish, now: Timestamp) -> Result<(), &'static str> {
        let wished: Vec<_> = wish.scope.split_whitespace().collect();
        let within = |scope: &str| scope.split_whitespace().all(|word| wished.contains(&word));
        match &self.scope {
            None => return Err("the credential doesn't tell its `scope`, which the rule bounds"),
            Some(scope) if !within(scope) => return Err("the credential is good for more than the rule wants"),
            Some(_) => {}
        }
        let latest = now.plus(wish.ttl).plus(CLOCKS_DIFFER).as_secs();
        match self.until {
            None => Err("the credential doesn't tell when it ends (`expires_at`), which the rule bounds"),
            Some(until) if until > latest => Err("the credential lives longer than the rule wants"),
            Some(_) => Ok(()),
        }
    }
}

/// By so much the service's clock may be ahead: as much as tokens are granted.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

/// How the person behind a token must have authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The authentication context class (`acr`).
    pub acr: String,
    /// Methods that must have been used (`amr`), all of them.
    pub amr: Vec<String>,
    /// How long ago at most, in seconds (`auth_time`).
    pub max_age: Option<u64>,
}

impl Terms {
    /// The terms in the `context` of an answer.
    #[must_use]
    pub fn read(context: Value<'_>, now: Timestamp) -> Self {
        let mut terms = Self::default();
        if let Some(obligations) = context.get("obligations") {
            terms.read_obligations(obligations);
        }
        if let Some(narrow) = context.get("narrow") {
            terms.read_narrow(narrow);
        }
        if let Some(credential) = context.get("credential") {
            terms.read_credential(credential, now);
        }
        terms
    }

    /// Whether there are none: then the answer is a plain one, and may be remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn read_obligations(&mut self, obligations: Value<'_>) {
        if obligations.kind() != Kind::Array || obligations.len() > MAX_OBLIGATIONS {
            return self.unmet.push(format!("`obligations` must be an array of at most {MAX_OBLIGATIONS}"));
        }
        for (place, obligation) in obligations.elements().enumerate() {
            if self.read_obligation(obligation).is_none() {
                self.unmet.push(format!("the obligation at place {place} can't be carried out here"));
            }
        }
    }

    fn read_obligation(&mut self, obligation: Value<'_>) -> Option<()> {
        let text = |name: &str| obligation.get(name)?.as_str();
        match text("type")?.as_ref() {
            "step-up" => {
                let acr = text("acr_value").filter(|acr| is_word(acr))?.into_owned();
                let amr = match obligation.get("amr_values") {
                    Some(values) => words(values)?,
                    None => Vec::new(),
                };
                let max_age = match obligation.get("max_age") {
                    Some(age) => Some(age.as_number()?.as_str().parse().ok()?),
                    None => None,
                };
                // Two of them could contradict each other.
                match self.step_up.replace(StepUp { acr, amr, max_age }) {
                    Some(_) => None,
                    None => Some(()),
                }
            }
            "custom" if text("vendor")? == VENDOR => match text("action")?.as_ref() {
                "note" => {
                    let note = text("note").filter(|note| !note.is_empty() && note.len() <= MAX_NOTE)?;
                    self.notes.push(note.into_owned());
                    Some(())
                }
                "header" => {
                    let name =
                        text("name").and_then(|name| header_name(&name)).filter(|name| name != "authorization")?;
                    let value = text("value").filter(|value| is_word(value))?;
                    self.headers.push((name, value.into_owned()));
                    Some(())
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn read_narrow(&mut self, narrow: Value<'_>) {
        if narrow.kind() != Kind::Object || narrow.len() > MAX_NARROWED {
            return self.unmet.push(format!("`narrow` must be an object of at most {MAX_NARROWED} pointers"));
        }
        for (pointer, value) in narrow.members() {
            match std::str::from_utf8(value.raw()) {
                Ok(json) => self.narrow.push((pointer.into_owned(), json.into())),
                Err(_) => self.unmet.push("`narrow` holds what is no text".into()),
            }
        }
    }

    /// `{"header": …, "value": …, "scope": …, "expires_at": …}`
    fn read_credential(&mut self, credential: Value<'_>, now: Timestamp) {
        let text = |name: &str| credential.get(name)?.as_str();
        let time = |text: Cow<'_, str>| {
            let until = humantime::parse_rfc3339(&text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(until.as_secs()).filter(|until| *until > now.as_secs())
        };
        let until = text("expires_at").and_then(time);
        if credential.get("expires_at").is_some() && until.is_none() {
            return self.unmet.push("the credential has expired, or its `expires_at` is no time".into());
        }
        let scope = text("scope").map(Cow::into_owned);
        if credential.get("scope").is_some() && scope.is_none() {
            return self.unmet.push("the credential's `scope` is no text".into());
        }
        let (header, value) = (text("header").unwrap_or_default(), text("value").unwrap_or_default());
        match Credential::new(&header, &value) {
            Ok(credential) => self.credential = Some(Issued { credential, scope, until }),
            Err(invalid) => self.unmet.push(format!(
                "no header can carry the credential: its {} is wrong",
                match invalid {
                    crate::credential::InvalidCredential::Name => "name",
                    crate::credential::InvalidCredential::Value => "value",
                }
            )),
        }
    }
}

fn words(values: Value<'_>) -> Option<Vec<String>> {
    let words = values.elements().map(|value| value.as_str().filter(|word| is_word(word)).map(Cow::into_owned));
    (values.kind() == Kind::Array && values.len() <= MAX_OBLIGATIONS).then(|| words.collect())?
}

/// Visible ASCII, as a header and a quoted parameter can carry it.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 512
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits, Tape};

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn terms(context: &str) -> Terms {
        let document = Document::read(context.as_bytes(), &Limits::default(), Tape::default()).unwrap();
        Terms::read(document.root(), NOW)
    }

    #[test]
    fn what_is_not_understood_can_not_be_met() {
        for context in [
            r#"{"obligations": {}}"#,
            r#"{"obligations": [{}]}"#,
            r#"{"obligations": ["step-up"]}"#,
            r#"{"obligations": [{"type": "notification", "id": "1", "to": "a", "body": "b"}]}"#,
            r#"{"obligations": [{"type": "step-up", "id": "1"}]}"#,
            r#"{"obligations": [{"type": "step-up", "id": "1", "acr_value": "a\"b"}]}"#,
            r#"{"obligations": [{"type": "step-up", "acr_value": "a"}, {"type": "step-up", "acr_value": "b"}]}"#,
            r#"{"obligations": [{"type": "step-up", "acr_value": "a", "max_age": -1}]}"#,
            r#"{"obligations": [{"type": "custom", "id": "1", "vendor": "other", "action": "note", "note": "x"}]}"#,
            r#"{"obligations": [{"type": "custom", "vendor": "toolgate", "action": "header", "name": "x-agent-id", "value": "root"}]}"#,
            r#"{"obligations": [{"type": "custom", "vendor": "toolgate", "action": "header", "name": "x-a", "value": "a\r\nb"}]}"#,
            r#"{"narrow": []}"#,
            r#"{"credential": {}}"#,
            r#"{"credential": {"header": "host", "value": "x"}}"#,
            r#"{"credential": {"header": "x-key", "value": "x", "expires_at": "2001-01-01T00:00:00Z"}}"#,
            r#"{"credential": {"header": "x-key", "value": "x", "expires_at": 7}}"#,
            r#"{"credential": {"header": "x-key", "value": "x", "scope": ["crm:read"]}}"#,
        ] {
            assert!(!terms(context).unmet.is_empty(), "{context}");
        }
    }

    #[test]
    fn a_credential_is_no_more_than_was_wished_for() {
        let wish = CredentialWish { scope: "crm:read crm:list".into(), ttl: Duration::from_secs(60) };
        let now = NOW.as_secs();
        for (scope, until, right) in [
            (Some("crm:read"), Some(now + 60), true),
            (Some("crm:list crm:read"), Some(now + 1), true),
            (Some(""), Some(now + 65), true),
            (Some("crm:read"), Some(now + 66), false),
            (Some("crm:read"), None, false),
            (Some("crm:write"), Some(now + 60), false),
            (Some("crm:read crm:write"), Some(now + 60), false),
            (Some("CRM:read"), Some(now + 60), false),
            (None, Some(now + 60), false),
        ] {
            let credential = Credential::new("x-key", "k").unwrap();
            let issued = Issued { credential, scope: scope.map(Into::into), until };
            assert_eq!(issued.check(&wish, NOW).is_ok(), right, "{scope:?} {until:?}");
        }
    }

    #[test]
    fn what_is_understood_is_kept() {
        let terms = terms(
            r#"{"obligations": [
                {"type": "custom", "id": "1", "vendor": "toolgate", "action": "note", "note": "seen by finance"},
                {"type": "custom", "id": "2", "vendor": "toolgate", "action": "header", "name": "X-Purpose", "value": "support"},
                {"type": "step-up", "id": "3", "acr_value": "loa3", "amr_values": ["mfa"], "max_age": 300}],
             "narrow": {"/limit": 10, "/fields": ["name"]},
             "credential": {"header": "Authorization", "value": "Bearer s3cret", "expires_at": "2099-01-01T00:00:00Z"},
             "reason": "other members are no terms"}"#,
        );
        assert_eq!(terms.unmet, Vec::<String>::new());
        assert_eq!(terms.notes, ["seen by finance"]);
        assert_eq!(terms.headers, [("x-purpose".into(), "support".into())]);
        assert_eq!(terms.step_up, Some(StepUp { acr: "loa3".into(), amr: vec!["mfa".into()], max_age: Some(300) }));
        assert_eq!(terms.narrow, [("/limit".into(), "10".into()), ("/fields".into(), "[\"name\"]".into())]);
        let credential = terms.credential.clone().map(|issued| issued.credential);
        assert_eq!(credential, Credential::new("authorization", "Bearer s3cret").ok());
        assert!(!format!("{terms:?}").contains("s3cret"));
    }
}
