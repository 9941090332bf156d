//! `params._meta`, in which the modern era carries what `initialize` negotiated before.

use std::borrow::Cow;

use super::envelope::{Content, Message};
use crate::json::{Kind, Value};
use crate::reason::{Reason, Refusal};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The first revision with elicitation by URL.
const LINKS_SINCE: &str = "2025-11-25";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// What `_meta` says of the protocol.
pub(super) struct Meta<'a> {
    version: Option<Value<'a>>,
    capabilities: Option<Value<'a>>,
}

impl<'a> Meta<'a> {
    pub(super) fn of(params: Option<Value<'a>>) -> Self {
        let member = |name| params?.get("_meta")?.get(name);
        Self { version: member(VERSION), capabilities: member(CAPABILITIES) }
    }

    /// Whether the body claims to be of the modern era: only there `_meta` names a version.
    pub(super) fn is_modern(&self) -> bool {
        self.version.is_some()
    }

    /// The version, where it is a text.
    pub(super) fn version(&self) -> Option<Cow<'a, str>> {
        self.version.and_then(Value::as_str)
    }

    /// Whether the client says here that it can show a person a link. `elicitation: {}` means forms only.
    pub(super) fn shows_links(&self, message: &Message<'a>) -> bool {
        let declared = match &message.content {
            Content::Request { method, params } if method == "initialize" => {
                let version = params.and_then(|params| params.get("protocolVersion")?.as_str());
                // Revisions before it have no such links.
                params.filter(|_| version.as_deref() == Some(LINKS_SINCE)).and_then(|params| params.get("capabilities"))
            }
            _ => self.capabilities,
        };
        let url = declared.and_then(|declared| declared.get("elicitation")?.get("url"));
        url.is_some_and(|url| url.kind() == Kind::Object)
    }

    /// Both members must be there in a request of the modern era.
    pub(super) fn require(&self) -> Result<(), Refusal> {
        let missing = |name| Refusal::new(Reason::RpcParams, format!("`params._meta` needs `{name}`"));
        if self.version().is_none() {
            return Err(missing(VERSION));
        }
        match self.capabilities {
            Some(found) if found.kind() == Kind::Object => Ok(()),
            _ => Err(missing(CAPABILITIES)),
        }
    }
}
