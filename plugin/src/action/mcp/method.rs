//! Every method that a client may call, and how it is judged. One that isn't here is refused.

use super::Era;
use crate::action::ActionKind;

/// A method.
pub(super) struct Method {
    name: &'static str,
    eras: Eras,
    pub(super) judged: Judged,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Eras {
    Legacy,
    Modern,
    Both,
}

/// How a method is judged.
#[derive(Clone, Copy)]
pub(super) enum Judged {
    /// Not at all.
    Pass,
    /// By the tool that it calls.
    Tool,
    /// As reading the server, and each resource and task that it names.
    Subscription,
    /// As this kind of action on this type of resource, whose id stands in this member of `params`.
    As { kind: ActionKind, resource: &'static str, id: Option<&'static str> },
}

const fn method(name: &'static str, eras: Eras, judged: Judged) -> Method {
    Method { name, eras, judged }
}

const fn by(kind: ActionKind, resource: &'static str, id: Option<&'static str>) -> Judged {
    Judged::As { kind, resource, id }
}

/// The table of standards: MCP schema of each revision, `ClientRequest`; tasks of 2026 by their extension.
static METHODS: [Method; 20] = {
    use ActionKind::{List, Read, Update};
    use Eras::{Both, Legacy, Modern};
    [
        method("initialize", Legacy, Judged::Pass),
        method("ping", Legacy, Judged::Pass),
        method("logging/setLevel", Legacy, Judged::Pass),
        method("server/discover", Modern, Judged::Pass),
        method("tools/list", Both, by(List, "mcp_server", None)),
        method("tools/call", Both, Judged::Tool),
        method("resources/list", Both, by(List, "mcp_server", None)),
        method("resources/templates/list", Both, by(List, "mcp_server", None)),
        method("resources/read", Both, by(Read, "resource", Some("uri"))),
        method("resources/subscribe", Legacy, by(Read, "resource", Some("uri"))),
        method("resources/unsubscribe", Legacy, Judged::Pass),
        method("prompts/list", Both, by(List, "mcp_server", None)),
        method("prompts/get", Both, by(Read, "prompt", Some("name"))),
        method("completion/complete", Both, by(Read, "mcp_server", None)),
        method("subscriptions/listen", Modern, Judged::Subscription),
        method("tasks/get", Both, by(Read, "task", Some("taskId"))),
        method("tasks/result", Legacy, by(Read, "task", Some("taskId"))),
        method("tasks/list", Legacy, by(List, "mcp_server", None)),
        method("tasks/cancel", Both, by(Update, "task", Some("taskId"))),
        method("tasks/update", Modern, by(Update, "task", Some("taskId"))),
    ]
};

impl Method {
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.name == name)
    }

    pub(super) fn exists_in(&self, era: Era) -> bool {
        match self.eras {
            Eras::Both => true,
            Eras::Legacy => era == Era::Legacy,
            Eras::Modern => era == Era::Modern,
        }
    }

    /// The member of `params` that the header `Mcp-Name` repeats.
    pub(super) fn name_member(&self) -> Option<&'static str> {
        match self.judged {
            Judged::Tool => Some("name"),
            Judged::As { id, .. } if self.name != "resources/subscribe" => id,
            Judged::As { .. } | Judged::Subscription | Judged::Pass => None,
        }
    }
}
