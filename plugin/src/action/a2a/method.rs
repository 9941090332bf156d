//! Every operation of A2A, by its name in 1.0, in 0.3, and its path in HTTP+JSON.

use std::borrow::Cow;

use crate::action::{ActionKind, Operation, ResourcePlace, Template, ToolFacts};
use crate::json::Value;
use crate::reason::{Reason, Refusal};

/// An operation.
pub(super) struct Method {
    /// Its name in 1.0, and the tool's.
    pub(super) name: &'static str,
    /// Its name in 0.3.
    early: &'static str,
    pub(super) kind: ActionKind,
    pub(super) resource: &'static str,
    /// The members of `params` that hold the resource's id: in 1.0, in 0.3.
    id: Option<(&'static str, &'static str)>,
    /// HTTP method and path below the endpoint.
    http: (&'static str, &'static str),
}

/// 1.0: `a2a.proto`, service `A2AService`, with its `google.api.http` annotations. 0.3: specification section 7; the
/// paths of its HTTP+JSON binding are those of 1.0 behind `/v1` but for the agent's card.
static METHODS: [Method; 11] = {
    use ActionKind::{Delegate, Delete, List, Read, Send, Update};
    const TASK: Option<(&str, &str)> = Some(("id", "id"));
    const OF_TASK: Option<(&str, &str)> = Some(("taskId", "id"));
    const fn method(
        (name, early): (&'static str, &'static str),
        kind: ActionKind,
        (resource, id): (&'static str, Option<(&'static str, &'static str)>),
        http: (&'static str, &'static str),
    ) -> Method {
        Method { name, early, kind, resource, id, http }
    }
    [
        method(("SendMessage", "message/send"), Delegate, ("agent", None), ("POST", "/message:send")),
        method(("SendStreamingMessage", "message/stream"), Delegate, ("agent", None), ("POST", "/message:stream")),
        method(("GetTask", "tasks/get"), Read, ("task", TASK), ("GET", "/tasks/{id}")),
        method(("ListTasks", "tasks/list"), List, ("agent", None), ("GET", "/tasks")),
        method(("CancelTask", "tasks/cancel"), Update, ("task", TASK), ("POST", "/tasks/{id}:cancel")),
        method(("SubscribeToTask", "tasks/resubscribe"), Read, ("task", TASK), ("GET", "/tasks/{id}:subscribe")),
        method(
            ("CreateTaskPushNotificationConfig", "tasks/pushNotificationConfig/set"),
            // What becomes of the task is sent to the URL from then on.
            Send,
            ("task", Some(("taskId", "taskId"))),
            ("POST", "/tasks/{id}/pushNotificationConfigs"),
        ),
        method(
            ("GetTaskPushNotificationConfig", "tasks/pushNotificationConfig/get"),
            Read,
            ("task", OF_TASK),
            ("GET", "/tasks/{id}/pushNotificationConfigs/{config}"),
        ),
        method(
            ("ListTaskPushNotificationConfigs", "tasks/pushNotificationConfig/list"),
            List,
            ("task", OF_TASK),
            ("GET", "/tasks/{id}/pushNotificationConfigs"),
        ),
        method(
            ("DeleteTaskPushNotificationConfig", "tasks/pushNotificationConfig/delete"),
            Delete,
            ("task", OF_TASK),
            ("DELETE", "/tasks/{id}/pushNotificationConfigs/{config}"),
        ),
        method(
            ("GetExtendedAgentCard", "agent/getAuthenticatedExtendedCard"),
            Read,
            ("agent", None),
            ("GET", "/extendedAgentCard"),
        ),
    ]
};

/// Paths that only one revision has, or that have two forms, by the operation's name.
const FURTHER_PATHS: [(&str, &str, &str); 3] = [
    ("GetExtendedAgentCard", "GET", "/v1/card"),
    // A stream may be opened by POST in 0.3.
    ("SubscribeToTask", "POST", "/tasks/{id}:subscribe"),
    ("GetAgentCard", "GET", "/.well-known/agent-card.json"),
];

impl Method {
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name || method.early == name)
    }

    /// The id of what it is done to; empty where the operation is about the agent.
    pub(super) fn id_of<'a>(&self, params: Option<Value<'a>>) -> Result<Cow<'a, str>, Refusal> {
        let Some((member, early)) = self.id else { return Ok(Cow::Borrowed("")) };
        let text =
            |member| params.and_then(|params| params.get(member)?.as_str()).filter(|id: &Cow<'_, str>| !id.is_empty());
        text(member)
            .or_else(|| text(early))
            .ok_or_else(|| Refusal::new(Reason::RpcParams, format!("`{member}` must be a string that is not empty")))
    }
}

/// The operations of HTTP+JSON below `base`, a path without a slash at its end: as they are, and behind `/v1` for 0.3 or
/// the name of a tenant.
#[must_use]
pub(crate) fn operations(base: &str) -> Vec<Operation> {
    let paths = METHODS.iter().map(|method| (method.name, method.http.0, method.http.1)).chain(FURTHER_PATHS);
    let mut operations: Vec<Operation> = paths
        .flat_map(|(name, http, path)| {
            ["", "/v1", "/{tenant}"].map(|before| (name, http, format!("{base}{before}{path}")))
        })
        .filter_map(|(name, http, path)| operation(name, http, &path))
        .collect();
    operations.sort_by_key(|operation| operation.path.specificity());
    operations
}

fn operation(name: &str, http: &str, path: &str) -> Option<Operation> {
    let method = Method::of(name);
    let (kind, resource) = method.map_or((ActionKind::Read, "agent"), |method| (method.kind, method.resource));
    let id = if resource == "task" { ResourcePlace::parse("{id}").ok()? } else { ResourcePlace::Nowhere };
    Some(Operation {
        method: http.into(),
        path: Template::parse(path).ok()?,
        tool: name.into(),
        lists: Vec::new(),
        facts: ToolFacts { action: Some(kind), resource: Some((resource.into(), id)), ..ToolFacts::default() },
    })
}
