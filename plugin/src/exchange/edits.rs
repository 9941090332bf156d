//! What changes on a head and a body on their way.

use std::borrow::Cow;

use crate::audit::headers;
use crate::credential::Credential;
use crate::head::Head;
use crate::obey::Changes;
use crate::token::CREDENTIALS;

/// Headers that say something of a body, which isn't so of another in its place.
pub(super) const OF_THE_BODY: [&str; 6] =
    ["content-length", "content-digest", "repr-digest", "digest", "content-md5", "etag"];

/// Changes to a head.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Headers to remove first, every value of each.
    pub remove: Vec<Vec<u8>>,
    /// Headers to add then.
    pub add: Vec<(Cow<'static, str>, String)>,
    /// A header to add with a secret in it: what is known of it is its name.
    pub credential: Option<Credential>,
    /// The body that goes on instead of the one that came.
    pub body: Option<Vec<u8>>,
}

impl Edits {
    /// Takes in what a decision changes. A credential goes in place of the agent's token, whatever header it is in.
    pub(super) fn take(&mut self, head: &Head, changes: Changes) {
        for (name, value) in changes.headers {
            self.remove.push(name.clone().into_bytes());
            self.add.push((name.into(), value));
        }
        if let Some(credential) = &changes.credential {
            self.remove.extend(CREDENTIALS.iter().copied().chain([credential.name()]).map(Into::into));
        }
        self.credential = changes.credential;
        if let Some(body) = &changes.body {
            // A body that came in chunks goes on in chunks. Digests of the body that came name another.
            if head.first("content-length").is_some() {
                self.add.push(("content-length".into(), body.len().to_string()));
            }
            self.remove.extend(OF_THE_BODY.map(Into::into));
        }
        self.body = changes.body;
    }
}

/// What changes on a response: only the gate's own headers.
pub(super) fn marked(head: &Head, add: Vec<(&'static str, String)>) -> Edits {
    Edits { remove: headers::spoofed(head), add: borrowed(add).collect(), ..Edits::default() }
}

pub(super) fn borrowed(headers: Vec<(&'static str, String)>) -> impl Iterator<Item = (Cow<'static, str>, String)> {
    headers.into_iter().map(|(name, value)| (Cow::Borrowed(name), value))
}
