//! Who may approve. The agent is shown the link too, so the link alone must not be enough.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use axum::http::HeaderMap;
use sha2::{Digest as _, Sha256};

/// A shorter code can be guessed over HTTP.
const MIN_CODE: usize = 12;

/// How a person proves who they are.
#[derive(Debug, Clone, Default)]
pub enum Approvers {
    /// Nobody can: requests are kept and shown, and expire.
    #[default]
    Nobody,
    /// By a header that an authenticating proxy in front sets, and removes from what clients send.
    Header(String),
    /// By a name and the code that belongs to it.
    Codes(Codes),
}

/// Names, and the digests of their codes.
#[derive(Clone)]
pub struct Codes(BTreeMap<String, [u8; 32]>);

impl std::fmt::Debug for Codes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Approvers {
    /// From a file such as `{"ann@example.com": "a code of 12 characters or more"}`.
    ///
    /// # Errors
    /// It can't be read, is no such object, or a code is too short.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        // The parser's own message could repeat a code.
        let codes: BTreeMap<String, String> = serde_json::from_str(&text)
            .map_err(|_| anyhow::anyhow!("`{}` is no JSON object of names and codes", path.display()))?;
        Self::codes(codes)
    }

    /// From names and their codes.
    ///
    /// # Errors
    /// A name is empty, or a code is too short.
    pub fn codes(codes: impl IntoIterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut digests = BTreeMap::new();
        for (name, code) in codes {
            if name.is_empty() || code.chars().count() < MIN_CODE {
                bail!("the code of `{name}` is too short: {MIN_CODE} characters or more would be right");
            }
            digests.insert(name, Sha256::digest(&code).into());
        }
        Ok(Self::Codes(Codes(digests)))
    }

    /// Who this is: none where that isn't proved.
    pub(crate) fn recognise(&self, headers: &HeaderMap, name: &str, code: &str) -> Option<String> {
        match self {
            Self::Nobody => None,
            Self::Header(header) => {
                let mut values = headers.get_all(header.as_str()).iter();
                let only = values.next()?.to_str().ok().filter(|value| !value.is_empty())?;
                values.next().is_none().then(|| only.to_owned())
            }
            Self::Codes(Codes(known)) => {
                // Digests are compared, so the time it takes tells nothing of the code.
                let given: [u8; 32] = Sha256::digest(code).into();
                (known.get(name) == Some(&given)).then(|| name.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_with_its_own_code_only() {
        let codes = [("ann", "correct horse"), ("bob", "battery staple")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let approvers = Approvers::codes(codes).unwrap();
        let who = |name, code| approvers.recognise(&HeaderMap::new(), name, code);
        assert_eq!(who("ann", "correct horse").as_deref(), Some("ann"));
        for (name, code) in [("ann", "battery staple"), ("ann", ""), ("eve", "correct horse"), ("", "")] {
            assert_eq!(who(name, code), None, "{name}");
        }
        assert!(Approvers::codes([("ann".to_owned(), "short".to_owned())]).is_err());
        assert!(!format!("{approvers:?}").contains("horse"));
    }

    #[test]
    fn a_header_counts_where_it_stands_once() {
        let approvers = Approvers::Header("x-forwarded-user".to_owned());
        let mut headers = HeaderMap::new();
        assert_eq!(approvers.recognise(&headers, "ann", "any code at all"), None);
        headers.append("x-forwarded-user", "ann".parse().unwrap());
        assert_eq!(approvers.recognise(&headers, "", "").as_deref(), Some("ann"));
        headers.append("x-forwarded-user", "eve".parse().unwrap());
        assert_eq!(approvers.recognise(&headers, "", ""), None);
    }
}
