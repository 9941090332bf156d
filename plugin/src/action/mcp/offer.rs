//! What a server offers in a list: the calls that an entry invites to.

use std::borrow::Cow;

use super::method::{Judged, Method};
use crate::action::{Action, ActionKind, Parameters, Resource, ResourcePlace, Route, Source, Tools, classify};
use crate::json::{Kind, Value};

/// A list that a client can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The method that asks for it.
    method: &'static str,
    /// The member of the result in which it stands.
    pub member: &'static str,
    /// The method that an entry invites to.
    invites_to: &'static str,
    /// The member of an entry that names it, if it names one thing: the template of an address names many.
    names: Option<&'static str>,
}

const fn list(
    method: &'static str,
    member: &'static str,
    invites_to: &'static str,
    names: Option<&'static str>,
) -> List {
    List { method, member, invites_to, names }
}

/// Every list, in every revision: `ListToolsResult` and its like of the schemas.
pub static LISTS: [List; 4] = [
    list("tools/list", "tools", "tools/call", Some("name")),
    list("resources/list", "resources", "resources/read", Some("uri")),
    list("resources/templates/list", "resourceTemplates", "resources/read", None),
    list("prompts/list", "prompts", "prompts/get", Some("name")),
];

/// Whether a method asks for a list of what can be called, read or got.
#[must_use]
pub fn asks_for_list(method: &str) -> bool {
    LISTS.iter().any(|list| list.method == method)
}

/// What an entry invites to.
#[derive(Debug)]
pub struct Offer<'a> {
    /// The call, without parameters, of the likeliest kind.
    pub action: Action<'a>,
    /// Every kind that it might be of.
    pub kinds: Vec<ActionKind>,
    /// Whether the action says which resource it would be.
    pub names_resource: bool,
}

impl List {
    /// What `entry` invites to; none where it has no name under which it could be called.
    #[must_use]
    pub fn offer<'a>(&'static self, route: &'a Route, tools: &'a Tools, entry: Value<'a>) -> Option<Offer<'a>> {
        let name = match self.names {
            Some(member) => entry.get(member)?.as_str().filter(|name| !name.is_empty())?,
            None if entry.kind() == Kind::Object => Cow::Borrowed(""),
            None => return None,
        };
        match Method::of(self.invites_to)?.judged {
            Judged::Tool => Some(tool(route, tools, self.invites_to, name)),
            Judged::As { kind, resource, .. } => {
                let names_resource = self.names.is_some();
                let resource = Some(Resource { kind: Cow::Borrowed(resource), id: name });
                let method = Cow::Borrowed(self.invites_to);
                let (source, tool, server) = (Source::Protocol, method.clone(), route.server.as_str());
                let parameters = Parameters::default();
                let action = Action { kind, source, tool, server, method, resource, parameters };
                Some(Offer { action, kinds: vec![kind], names_resource })
            }
            Judged::Pass | Judged::Subscription => None,
        }
    }
}

fn tool<'a>(route: &'a Route, tools: &'a Tools, method: &'static str, name: Cow<'a, str>) -> Offer<'a> {
    let facts = tools.facts(&name);
    let annotation = tools.annotation(&route.server, &name);
    let parameters = Parameters::default();
    let kinds = classify::kinds(facts, annotation, &name);
    // How it will be known is seen from the call.
    let (kind, source) = (kinds.first().copied().unwrap_or(ActionKind::Unknown), Source::Nothing);
    let resource = facts.and_then(|facts| facts.resource(&parameters));
    let place = facts.and_then(|facts| Some(&facts.resource.as_ref()?.1));
    let names_resource = place.is_none_or(|place| *place == ResourcePlace::Nowhere);
    let (server, method) = (route.server.as_str(), Cow::Borrowed(method));
    let action = Action { kind, source, tool: name, server, method, resource, parameters };
    Offer { action, kinds, names_resource }
}
