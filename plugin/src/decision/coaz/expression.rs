//! The expressions of a mapping: a part of CEL over `params` and `token`.
//!
//! | written | means |
//! |---|---|
//! | `params.arguments.id`, `token["odd name"]`, `params.arguments.items[0]` | what stands there; a mapping error if nothing does |
//! | `token.?client_id`, `params.?arguments.?case` | the same, or absent: its member is left out of the question |
//! | `a.?b.orValue('x')` | the same, or `'x'` |
//! | `c ? a : b` | the one or the other |
//! | `==` `!=` `<` `<=` `>` `>=` | as in CEL: what is of another kind isn't equal, and has no order |
//! | `a in list`, `has(a.b)`, `a.startsWith('x')`, `.endsWith`, `.contains` | as in CEL |
//! | `&&`, `\|\|`, `!`, parentheses | as in CEL: what one side settles, the other can't spoil |
//! | `'case/' + a` | texts, one behind the other |
//! | `string(a)` | a number, a text or a boolean as a text |
//!
//! Numbers compare exactly, however many digits they have. Everything else of CEL (arithmetic, `matches`, macros such as
//! `all` and `exists`) is refused when the configuration is read: each would let a request choose what its own question
//! costs. `'x' in token.roles` says what `token.roles.exists(r, r == 'x')` does.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use crate::syntax::{MAX_DEPTH, Optionals, parse};

/// An expression, ready to be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Constant(Constant),
    List(Vec<Expression>),
    Path(Path),
    Has(Path),
    Not(Box<Expression>),
    Binary(Operator, Box<[Expression; 2]>),
    If(Box<[Expression; 3]>),
    Text(Box<Expression>),
    /// The name that this server has in the token's `aud`. Only default mappings have it.
    Server,
}

/// A literal within an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Text(String),
    Number(String),
    Bool(bool),
    Null,
}

/// What stands between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
    In,
    StartsWith,
    EndsWith,
    Contains,
    Join,
    OrValue,
}

/// Where something stands. There is at least one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

/// An input of the binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// The `params` of the JSON-RPC request, but for `_meta`.
    Params,
    /// The claims of the token.
    Token,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) key: Key,
    /// Whether the value may lack it.
    pub(super) optional: bool,
}

/// What a step leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Name(String),
    Place(usize),
}

impl Path {
    /// The member of that name, at once below an input.
    pub(super) fn member(root: Root, name: &str, optional: bool) -> Self {
        Self { root, steps: vec![Step { key: Key::Name(name.into()), optional }] }
    }

    /// Whether this is just the claim of that name.
    pub(super) fn is_claim(&self, name: &str) -> bool {
        *self == Self::member(Root::Token, name, false)
    }
}

/// Steps of one path; bodies nest hardly deeper, and the parser sets no bound here.
const MAX_STEPS: usize = 32;

/// Parts of all expressions of one mapping together: each is evaluated for each call, and looking something up takes time
/// in proportion to the body.
const MAX_PARTS: usize = 256;

/// Reads the expressions of one mapping.
#[derive(Debug, Default)]
pub(super) struct Reader {
    parts: usize,
}

impl Reader {
    /// The expression that `text` is, without its `$`.
    pub(super) fn read(&mut self, text: &str) -> Result<Expression, String> {
        let tree = parse(text, Optionals::Known).map_err(|complaints| complaints.join("; "))?;
        self.expression(&tree, 0)
    }

    fn expression(&mut self, tree: &IdedExpr, depth: u16) -> Result<Expression, String> {
        self.parts = self.parts.saturating_add(1);
        if self.parts > MAX_PARTS {
            return Err(format!("found more than {MAX_PARTS} parts in the expressions of one mapping"));
        }
        // Sums and calls are as deep as they are long, whatever the parser bounds.
        let depth = depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(format!("found an expression more than {MAX_DEPTH} deep"));
        }
        match &tree.expr {
            Expr::Literal(literal) => constant(literal).map(Expression::Constant),
            Expr::List(list) if list.optional_indices.is_empty() => {
                let elements = list.elements.iter().map(|element| self.expression(element, depth));
                elements.collect::<Result<_, _>>().map(Expression::List)
            }
            Expr::Select(select) if select.test => {
                let mut path = path(&select.operand)?;
                path.steps.push(Step { key: Key::Name(select.field.clone()), optional: false });
                check(path).map(Expression::Has)
            }
            Expr::Ident(_) | Expr::Select(_) => path(tree).and_then(check).map(Expression::Path),
            Expr::Call(call) => self.call(call, tree, depth),
            Expr::Comprehension(_) => {
                Err("`all`, `exists`, `map` and `filter` are not available; `'x' in token.roles` looks for a member"
                    .into())
            }
            Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err("found a map or an optional element; write objects as JSON, around expressions".into())
            }
        }
    }

    fn call(&mut self, call: &CallExpr, tree: &IdedExpr, depth: u16) -> Result<Expression, String> {
        use operators as op;
        let name = call.func_name.as_str();
        let binary = match (name, call.target.is_some()) {
            (op::INDEX | op::OPT_INDEX | op::OPT_SELECT, false) => {
                return path(tree).and_then(check).map(Expression::Path);
            }
            (op::LOGICAL_AND, false) => Operator::And,
            (op::LOGICAL_OR, false) => Operator::Or,
            (op::EQUALS, false) => Operator::Equal,
            (op::NOT_EQUALS, false) => Operator::Unequal,
            (op::LESS, false) => Operator::Below,
            (op::LESS_EQUALS, false) => Operator::AtMost,
            (op::GREATER, false) => Operator::Above,
            (op::GREATER_EQUALS, false) => Operator::AtLeast,
            (op::IN, false) => Operator::In,
            (op::ADD, false) => Operator::Join,
            ("startsWith", true) => Operator::StartsWith,
            ("endsWith", true) => Operator::EndsWith,
            ("contains", true) => Operator::Contains,
            ("orValue", true) => Operator::OrValue,
            _ => return self.other_call(call, depth),
        };
        let operands: Vec<_> = call.target.iter().map(AsRef::as_ref).chain(&call.args).collect();
        let [left, right] = operands.as_slice() else { return Err(format!("`{name}` has two sides")) };
        let both = [self.expression(left, depth)?, self.expression(right, depth)?];
        Ok(Expression::Binary(binary, Box::new(both)))
    }

    fn other_call(&mut self, call: &CallExpr, depth: u16) -> Result<Expression, String> {
        use operators as op;
        match (call.func_name.as_str(), &call.target, call.args.as_slice()) {
            (op::LOGICAL_NOT, None, [only]) => Ok(Expression::Not(Box::new(self.expression(only, depth)?))),
            ("string", None, [only]) => Ok(Expression::Text(Box::new(self.expression(only, depth)?))),
            (op::CONDITIONAL, None, [condition, one, other]) => {
                let [condition, one, other] = [condition, one, other].map(|part| self.expression(part, depth));
                Ok(Expression::If(Box::new([condition?, one?, other?])))
            }
            (op::NEGATE, None, [only]) => match self.expression(only, depth)? {
                Expression::Constant(Constant::Number(number)) => {
                    Ok(Expression::Constant(Constant::Number(format!("-{number}"))))
                }
                _ => Err("`-` stands before a number only".into()),
            },
            (other, ..) => Err(format!(
                "`{}` is not available; there are == != < <= > >= in && || ! ?: + has() string() startsWith() endsWith() \
                 contains() orValue()",
                other.trim_matches('_')
            )),
        }
    }
}

fn constant(literal: &LiteralValue) -> Result<Constant, String> {
    match literal {
        LiteralValue::Boolean(value) => Ok(Constant::Bool(*value.inner())),
        LiteralValue::Int(value) => Ok(Constant::Number(value.inner().to_string())),
        LiteralValue::UInt(value) => Ok(Constant::Number(value.inner().to_string())),
        LiteralValue::Double(value) => Ok(Constant::Number(value.inner().to_string())),
        LiteralValue::String(text) => Ok(Constant::Text(text.inner().to_owned())),
        LiteralValue::Null => Ok(Constant::Null),
        LiteralValue::Bytes(_) => Err("found bytes; a text would be right".into()),
    }
}

/// The path that a tree is; the input alone where it has no steps.
fn path(tree: &IdedExpr) -> Result<Path, String> {
    let mut steps = Vec::new();
    let mut tree = &tree.expr;
    loop {
        if steps.len() > MAX_STEPS {
            return Err(format!("found a path of more than {MAX_STEPS} steps"));
        }
        match tree {
            Expr::Ident(name) => {
                let root = match name.as_str() {
                    "params" => Root::Params,
                    "token" => Root::Token,
                    other => return Err(format!("found `{other}`; there are `params` and `token`")),
                };
                steps.reverse();
                return Ok(Path { root, steps });
            }
            Expr::Select(select) if !select.test => {
                steps.push(Step { key: Key::Name(select.field.clone()), optional: false });
                tree = &select.operand.expr;
            }
            Expr::Call(call) => {
                let optional = match call.func_name.as_str() {
                    operators::INDEX => false,
                    operators::OPT_INDEX | operators::OPT_SELECT => true,
                    _ => return Err("only `params`, `token` and what stands in them have members".into()),
                };
                let [operand, index] = call.args.as_slice() else { return Err("an index is one literal".into()) };
                let key = match &index.expr {
                    Expr::Literal(LiteralValue::String(name)) => Key::Name(name.inner().to_owned()),
                    Expr::Literal(LiteralValue::Int(place)) => {
                        Key::Place(usize::try_from(*place.inner()).map_err(|_| "an index is not negative".to_owned())?)
                    }
                    _ => return Err("an index is a literal, as in `params.arguments.items[0]`".into()),
                };
                steps.push(Step { key, optional });
                tree = &operand.expr;
            }
            _ => return Err("only `params`, `token` and what stands in them have members".into()),
        }
    }
}

/// A path that may stand in a question.
fn check(path: Path) -> Result<Path, String> {
    match (path.root, path.steps.first().map(|step| &step.key)) {
        (Root::Params, None) => Err("found all of `params`; a member such as `params.arguments` would be right".into()),
        (Root::Token, None) => {
            Err("found all of `token`; a claim such as `token.sub` would be right: not every claim is for others"
                .into())
        }
        (Root::Params, Some(Key::Name(name))) if name == "_meta" => {
            Err("found `params._meta`, which speaks of the call and is no part of what it does".into())
        }
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Expression, String> {
        Reader::default().read(text)
    }

    #[test]
    fn what_would_cost_what_a_request_wants_is_refused() {
        for (text, complaint) in [
            ("token.roles.exists(r, r == 'x')", "`all`, `exists`"),
            ("params.arguments.a.matches('(a+)+')", "`matches` is not available"),
            ("params.arguments.n * 2", "`*` is not available"),
            ("size(params.arguments.list)", "`size` is not available"),
            ("params", "found all of `params`"),
            ("token", "found all of `token`"),
            ("params._meta.x", "found `params._meta`"),
            ("request.path", "found `request`"),
            ("{'a': 1}", "found a map"),
            ("params.arguments[token.sub]", "an index is a literal"),
            ("params.arguments.items[-1]", "an index is"),
            ("('a' + 'b').c", "only `params`"),
            ("", "found no CEL expression"),
            ("params..x", "found no CEL expression"),
            ("b'x'", "found bytes"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(complaint), "{text}: {found}");
        }
    }

    #[test]
    fn an_expression_is_neither_long_nor_deep() {
        let deep = vec!["'a'"; 40].join(" + ");
        assert!(read(&deep).unwrap_err().contains("32 deep"), "{deep}");
        let long = format!("[{}]", vec!["'a'"; 300].join(","));
        assert!(read(&long).unwrap_err().contains("256 parts"));
        assert!(read(&format!("token{}", ".a".repeat(40))).unwrap_err().contains("32 steps"));
        assert!(read(&"a".repeat(5000)).unwrap_err().contains("4096"));
        let mut reader = Reader::default();
        let last = (0..300).map(|_| reader.read("token.sub")).find_map(Result::err);
        assert!(last.is_some(), "the bound is one for all expressions of a mapping");
    }

    #[test]
    fn a_claim_is_told_from_what_looks_like_it() {
        let is_sub = |text: &str| matches!(read(text), Ok(Expression::Path(path)) if path.is_claim("sub"));
        assert!(is_sub("token.sub") && is_sub("token['sub']"));
        for other in ["token.?sub", "token.sub.x", "params.sub", "token.act.sub", "token.Sub"] {
            assert!(!is_sub(other), "{other}");
        }
    }
}
