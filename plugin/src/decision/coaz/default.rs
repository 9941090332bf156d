//! The mapping of each method for which no tool declares one (COAZ-MCP, "Default Mappings").

use std::collections::BTreeMap;

use super::CALL;
use super::expression::{Constant, Expression, Key, Operator, Path, Root, Step};
use super::read::{ActionPart, Evaluation, Mapping, ResourcePart, SubjectPart, agent};
use super::template::{Computed, Name};

/// What a method is about.
#[derive(Clone, Copy)]
enum About {
    /// This type of resource, whose id is this member of `params`.
    Item(&'static str, &'static str),
    /// What is completed: a prompt, or a template of resources.
    Reference,
    /// The server as a whole.
    Server,
}

/// Methods that pass without a decision aren't here, nor is what the binding leaves out.
const METHODS: [(&str, About); 15] = [
    (CALL, About::Item("tool", "name")),
    ("tools/list", About::Server),
    ("resources/list", About::Server),
    ("resources/templates/list", About::Server),
    ("resources/read", About::Item("resource", "uri")),
    ("resources/subscribe", About::Item("resource", "uri")),
    ("prompts/list", About::Server),
    ("prompts/get", About::Item("prompt", "name")),
    ("completion/complete", About::Reference),
    ("subscriptions/listen", About::Server),
    ("tasks/get", About::Item("task", "taskId")),
    ("tasks/result", About::Item("task", "taskId")),
    ("tasks/list", About::Server),
    ("tasks/cancel", About::Item("task", "taskId")),
    ("tasks/update", About::Server),
];

/// By method.
pub(super) fn mappings() -> BTreeMap<&'static str, Mapping> {
    METHODS.into_iter().map(|(method, about)| (method, mapping(method, about))).collect()
}

fn mapping(method: &str, about: About) -> Mapping {
    let (kind, id) = match about {
        About::Item(kind, member) => {
            (Name::Literal(kind.into()), computed(Expression::Path(Path::member(Root::Params, member, false))))
        }
        About::Server => (Name::Literal("mcp_server".into()), computed(Expression::Server)),
        About::Reference => {
            let text = |text: &str| Expression::Constant(Constant::Text(text.into()));
            let of_reference = |member| Expression::Path(reference(member));
            let either = |prompt, resource| {
                let is_prompt = Box::new([of_reference("type"), text("ref/prompt")]);
                computed(Expression::If(Box::new([Expression::Binary(Operator::Equal, is_prompt), prompt, resource])))
            };
            (either(text("prompt"), text("resource")), either(of_reference("name"), of_reference("uri")))
        }
    };
    Mapping {
        subject: SubjectPart::identity(),
        shared: Evaluation {
            action: Some(ActionPart { name: Name::Literal(method.into()), properties: None }),
            resource: Some(ResourcePart { kind, id, properties: None }),
            context: Some(vec![agent()]),
        },
        entries: None,
    }
}

fn computed(expression: Expression) -> Name {
    Name::Expression(Computed { source: String::new(), expression })
}

/// A member of `params.ref`.
fn reference(member: &str) -> Path {
    let mut path = Path::member(Root::Params, "ref", false);
    path.steps.push(Step { key: Key::Name(member.into()), optional: false });
    path
}
