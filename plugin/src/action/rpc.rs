//! The JSON-RPC 2.0 envelope, which MCP and A2A share.

use std::borrow::Cow;

use crate::json::{Kind, Value, fold};
use crate::reason::{Reason, Refusal};

/// What an answer has to repeat, and in which shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rpc {
    /// The id, as the JSON text that it was sent as: a string or an integer. `None` of a notification.
    pub id: Option<Box<str>>,
    /// Which era's rules the answer follows.
    pub era: Era,
    /// The protocol version that was asked for and isn't spoken here, if it looks like one.
    pub requested_version: Option<Box<str>>,
    /// Whether the client says in this very message that it can show a person a link (`elicitation.url`): in 2026-07-28
    /// in the `_meta` of each request, in 2025-11-25 in `initialize`.
    pub shows_links: bool,
    /// Of a batch, the ids of its requests, each as it was sent; empty of anything else.
    pub batch: Box<[Box<str>]>,
}

/// The two eras of MCP. A2A, which has none, answers as the legacy one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2025-03-26, 2025-06-18, 2025-11-25: `initialize`, optional sessions.
    Legacy,
    /// 2026-07-28: stateless, metadata in each request.
    Modern,
}

/// A message.
pub(super) struct Message<'a> {
    id: Option<Value<'a>>,
    pub(super) content: Content<'a>,
}

/// The three kinds of message.
pub(super) enum Content<'a> {
    /// Wants an answer.
    Request { method: Cow<'a, str>, params: Option<Value<'a>> },
    /// Wants none.
    Notification { method: Cow<'a, str>, params: Option<Value<'a>> },
    /// Is an answer: its `result` or its `error`.
    Response(Value<'a>),
}

const MEMBERS: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

impl<'a> Message<'a> {
    pub(super) fn read(root: Value<'a>) -> Result<Self, Refusal> {
        match root.kind() {
            Kind::Object => {}
            Kind::Array => {
                return Err(Refusal::new(Reason::BodyBatch, "an array stands where one message was expected"));
            }
            _ => return Err(invalid("the body must be an object")),
        }
        if root.members().any(|(name, _)| !MEMBERS.contains(&name.as_ref())) {
            return Err(invalid("members must be some of `jsonrpc`, `id`, `method`, `params`, `result`, `error`"));
        }
        if root.get("jsonrpc").and_then(Value::as_str).as_deref() != Some("2.0") {
            return Err(invalid("`jsonrpc` must be \"2.0\""));
        }
        let id = root.get("id");
        if id.is_some_and(|id| !is_id(id)) {
            return Err(invalid("`id` must be a string or an integer"));
        }
        let content = match (root.get("method"), root.get("result"), root.get("error")) {
            (Some(method), None, None) => Self::read_call(id.is_some(), method, root.get("params"))?,
            (None, Some(answer), None) | (None, None, Some(answer)) if id.is_some() && root.get("params").is_none() => {
                Content::Response(answer)
            }
            _ => return Err(invalid("there must be either a `method`, or an `id` with a `result` or an `error`")),
        };
        Ok(Self { id, content })
    }

    fn read_call(has_id: bool, method: Value<'a>, params: Option<Value<'a>>) -> Result<Content<'a>, Refusal> {
        let method = method.as_str().ok_or_else(|| invalid("`method` must be a string"))?;
        if params.is_some_and(|params| params.kind() != Kind::Object) {
            return Err(Refusal::new(Reason::RpcParams, "`params` must be an object"));
        }
        match (has_id, method.starts_with("notifications/")) {
            (true, false) => Ok(Content::Request { method, params }),
            (false, true) => Ok(Content::Notification { method, params }),
            (true, true) => Err(invalid("a notification has no `id`")),
            (false, false) => Err(invalid("a request needs an `id`")),
        }
    }

    pub(super) fn params(&self) -> Option<Value<'a>> {
        match self.content {
            Content::Request { params, .. } | Content::Notification { params, .. } => params,
            Content::Response(_) => None,
        }
    }

    pub(super) fn rpc(&self, era: Era) -> Rpc {
        let id = match self.content {
            Content::Request { .. } => self.id.and_then(id_text),
            Content::Notification { .. } | Content::Response(_) => None,
        };
        Rpc::new(id, era)
    }
}

impl Rpc {
    /// An envelope of which no more is known than its id.
    #[must_use]
    pub fn new(id: Option<Box<str>>, era: Era) -> Self {
        Self { id, era, requested_version: None, shows_links: false, batch: Box::default() }
    }
}

/// The longest id that is echoed: more than any client's counter or UUID needs, and little to hold.
const MAX_ID: usize = 256;

fn is_id(id: Value<'_>) -> bool {
    let is_integer = |text: &str| text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    let is_right = match id.kind() {
        Kind::String => true,
        Kind::Number => id.as_number().is_some_and(|number| is_integer(number.as_str()) && number.is_exact()),
        _ => false,
    };
    is_right && id.raw().len() <= MAX_ID
}

fn id_text(id: Value<'_>) -> Option<Box<str>> {
    std::str::from_utf8(id.raw()).ok().map(Box::from)
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(Reason::RpcInvalid, detail)
}

/// The id of a request whose envelope can't be used, if that much is certain.
pub(super) fn salvage_id(root: Value<'_>) -> Option<Box<str>> {
    let mut named = root.members().filter(|(name, _)| fold(name.clone()) == "id");
    match (named.next(), named.next()) {
        (Some((name, id)), None) if name == "id" && is_id(id) => id_text(id),
        _ => None,
    }
}
