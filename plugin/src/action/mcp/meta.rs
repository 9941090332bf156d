//! `params._meta`, in which the modern era carries what `initialize` negotiated before.

use std::borrow::Cow;

use crate::action::rpc::{Content, Message};
use crate::json::{Kind, Value, fold};
use crate::reason::{Reason, Refusal};
use crate::trace_context::{self, TraceContext};

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The first revision with elicitation by URL.
const LINKS_SINCE: &str = "2025-11-25";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// What `_meta` of a message says of its trace.
pub(in crate::action) fn trace(root: Value<'_>) -> Option<TraceContext> {
    let value = root.get("params")?.get("_meta")?.get(trace_context::NAME)?.as_str()?;
    TraceContext::read(value.as_bytes())
}

/// What `_meta` says of the protocol.
pub(super) struct Meta<'a> {
    version: Option<Value<'a>>,
    capabilities: Option<Value<'a>>,
    /// Whether a member is one of these to a reader that ignores the case of names.
    has_variants: bool,
}

impl<'a> Meta<'a> {
    pub(super) fn of(params: Option<Value<'a>>) -> Self {
        let meta = params.and_then(|params| params.get("_meta"));
        let member = |name| meta?.get(name);
        let is_variant = |name: Cow<'_, str>| {
            let known = name == VERSION || name == CAPABILITIES;
            !known && [VERSION, CAPABILITIES].iter().any(|known| known.eq_ignore_ascii_case(&fold(name.clone())))
        };
        let has_variants = meta.is_some_and(|meta| meta.members().any(|(name, _)| is_variant(name)));
        Self { version: member(VERSION), capabilities: member(CAPABILITIES), has_variants }
    }

    /// Whether the body claims to be of the modern era: only there `_meta` names a version.
    pub(super) fn is_modern(&self) -> bool {
        self.version.is_some() || self.has_variants
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
        if self.has_variants {
            return Err(Refusal::new(
                Reason::RpcParams,
                "a member of `params._meta` differs from one of MCP's only in its case",
            ));
        }
        if self.version().is_none() {
            return Err(missing(VERSION));
        }
        match self.capabilities {
            Some(found) if found.kind() == Kind::Object => Ok(()),
            _ => Err(missing(CAPABILITIES)),
        }
    }
}
