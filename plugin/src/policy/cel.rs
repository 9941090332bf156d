//! Conditions as a CEL expression.
//!
//! CEL's own parser reads the expression when the configuration is read; it becomes the same [`Condition`]s that the
//! flat form is made of, over the same closed list of names. So both forms mean the same, decide equally fast and are
//! indexed alike, numbers compare exactly, and no interpreter runs on what an agent sends.
//!
//! | written | means |
//! |---|---|
//! | `a == c`, `a != c`, `<`, `<=`, `>`, `>=` | an attribute and a literal, either way round; `risk.level` by its order |
//! | `a == b`, `a != b` | two attributes of one kind |
//! | `a in ['x', 'y']` | one of these |
//! | `'x' in a`, `b in a` | `a` is a list with this member: scopes, actors, findings, a claim, a parameter |
//! | `a.startsWith('x')`, `.endsWith`, `.contains` | of texts |
//! | `has(a.b)` | it is there, and not null |
//! | `a` | a boolean, or a comparison that the configuration names, which is true |
//! | `&&`, `\|\|`, `!`, parentheses | as in CEL: what one side settles, the other can't spoil |
//!
//! `parameters.filter.limit`, `parameters["odd name"]` and `parameters.items[0]` lead into parameters, `token.…` into
//! claims. A comparison on a parameter or claim that isn't there is false, and so is its negation: `!(a == 'x')` is
//! `a != 'x'`. (CEL would stop with an error; `has(a.b)` tells the two apart.) One on a value of another kind than the
//! literal has no answer; the request is denied unless something else settles the expression. In this CEL is stricter
//! than its own specification, where `1 == '1'` is false.
//!
//! Everything else of CEL (arithmetic, conversions, `matches`, ternaries, macros such as `all` and `exists`) is
//! refused: each would let a request choose what its own decision costs, or fail in ways nobody sees.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::condition::{Affix, Bound, Test};
use super::{Attribute, Comparisons, Condition, Constant, Expression};
use crate::syntax::{Optionals, parse};

/// What must hold, all of it, for `text` to be true.
///
/// # Errors
/// Everything that is wrong with it: what was found and what would be right.
pub fn read(text: &str, comparisons: &Comparisons) -> Result<Vec<Expression>, Vec<String>> {
    let tree = parse(text, Optionals::Unknown)?;
    let mut reader = Reader { comparisons, complaints: Vec::new() };
    match reader.expression(&tree, false) {
        Some(Expression::All(parts)) if reader.complaints.is_empty() => Ok(parts),
        Some(one) if reader.complaints.is_empty() => Ok(vec![one]),
        _ => Err(reader.complaints),
    }
}

/// Parts of a name; bodies nest hardly deeper, and the parser sets no bound here.
const MAX_PARTS: usize = 32;

/// Walks a syntax tree and notes what can't be understood.
struct Reader<'c> {
    comparisons: &'c Comparisons,
    complaints: Vec<String>,
}

/// One side of a comparison.
enum Side {
    Attribute(Path),
    Constant(Constant),
    List(Vec<Constant>),
}

/// An attribute's name, in its parts.
struct Path(Vec<String>);

impl Reader<'_> {
    fn expression(&mut self, tree: &IdedExpr, negated: bool) -> Option<Expression> {
        match &tree.expr {
            Expr::Call(call) => self.call(call, tree, negated),
            Expr::Select(select) if select.test => {
                let mut path = self.path(&select.operand)?;
                path.0.push(select.field.clone());
                self.condition(&path, Test::Exists, negated)
            }
            Expr::Ident(_) | Expr::Select(_) => self.truth(tree, negated),
            Expr::Comprehension(_) => self.refuse("`all`, `exists`, `map` and `filter` are not available"),
            Expr::Literal(_) => self.refuse("found a literal where a condition would be right"),
            Expr::List(_) | Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.refuse("found a list or map where a condition would be right")
            }
        }
    }

    fn call(&mut self, call: &CallExpr, tree: &IdedExpr, negated: bool) -> Option<Expression> {
        use operators as op;
        let bound = |bound, mirrored| Some((bound, mirrored));
        let ordered = match call.func_name.as_str() {
            op::LOGICAL_NOT => return self.expression(call.args.first()?, !negated),
            op::LOGICAL_AND => return self.join(call, negated, !negated),
            op::LOGICAL_OR => return self.join(call, negated, negated),
            op::INDEX => return self.truth(tree, negated),
            op::EQUALS | op::NOT_EQUALS => None,
            op::LESS => bound(Bound::Below, Bound::Above),
            op::LESS_EQUALS => bound(Bound::AtMost, Bound::AtLeast),
            op::GREATER => bound(Bound::Above, Bound::Below),
            op::GREATER_EQUALS => bound(Bound::AtLeast, Bound::AtMost),
            op::IN => return self.membership(call, negated),
            "startsWith" => return self.text(call, Affix::Start, negated),
            "endsWith" => return self.text(call, Affix::End, negated),
            "contains" => return self.text(call, Affix::Anywhere, negated),
            other => {
                let shown = other.trim_matches('_');
                return self.refuse(&format!(
                    "`{shown}` is not available; there are == != < <= > >= in && || ! has() startsWith() endsWith() contains()"
                ));
            }
        };
        let negated = negated != (call.func_name == op::NOT_EQUALS);
        let [left, right] = call.args.as_slice() else { return self.refuse("a comparison has two sides") };
        match (self.side(left)?, self.side(right)?, ordered) {
            (Side::Attribute(path), Side::Constant(constant), None)
            | (Side::Constant(constant), Side::Attribute(path), None) => {
                self.condition(&path, Test::Equals(constant), negated)
            }
            (Side::Attribute(path), Side::Constant(constant), Some((bound, _)))
            | (Side::Constant(constant), Side::Attribute(path), Some((_, bound))) => {
                self.condition(&path, Test::Ordered(bound, constant), negated)
            }
            (Side::Attribute(path), Side::Attribute(other), None) => {
                let other = self.attribute(&other)?;
                self.condition(&path, Test::Same(other), negated)
            }
            (Side::Attribute(_), Side::Attribute(_), Some(_)) => {
                self.refuse("two attributes compare with `==` and `!=` only")
            }
            (Side::List(_), _, _) | (_, Side::List(_), _) => {
                self.refuse("a list needs `in`, as in `tool in ['a', 'b']`")
            }
            (Side::Constant(_), Side::Constant(_), _) => self.refuse("two literals compare the same on every request"),
        }
    }

    /// "And" and "or"; negated, each is the other of what is negated.
    fn join(&mut self, call: &CallExpr, negated: bool, all: bool) -> Option<Expression> {
        // Every part is read before any is given up, so that every complaint is heard.
        let parts: Vec<_> = call.args.iter().map(|arg| self.expression(arg, negated)).collect();
        let mut joined = Vec::with_capacity(parts.len());
        for part in parts {
            match (part?, all) {
                (Expression::All(inner), true) | (Expression::Any(inner), false) => joined.extend(inner),
                (other, _) => joined.push(other),
            }
        }
        joined.sort_by_key(Expression::rank);
        Some(if all { Expression::All(joined) } else { Expression::Any(joined) })
    }

    fn membership(&mut self, call: &CallExpr, negated: bool) -> Option<Expression> {
        let [member, list] = call.args.as_slice() else { return self.refuse("`in` has two sides") };
        match (self.side(member)?, self.side(list)?) {
            (Side::Attribute(path), Side::List(constants)) => self.condition(&path, Test::In(constants), negated),
            (Side::Constant(constant), Side::Attribute(list)) => {
                self.condition(&list, Test::Contains(constant), negated)
            }
            (Side::Attribute(member), Side::Attribute(list)) => {
                let list = self.attribute(&list)?;
                self.condition(&member, Test::Among(list), negated)
            }
            _ => self.refuse("`in` looks for an attribute in a list of literals, or for a literal in an attribute"),
        }
    }

    fn text(&mut self, call: &CallExpr, affix: Affix, negated: bool) -> Option<Expression> {
        let (Some(target), [wanted]) = (&call.target, call.args.as_slice()) else {
            return self.refuse(&format!("`{}` is used as in `tool.{0}('x')`", call.func_name));
        };
        match (self.side(target)?, self.side(wanted)?) {
            (Side::Attribute(path), Side::Constant(Constant::Text(wanted))) => {
                self.condition(&path, Test::Text(affix, wanted), negated)
            }
            _ => self.refuse(&format!("`{}` is used as in `tool.{0}('x')`", call.func_name)),
        }
    }

    fn truth(&mut self, tree: &IdedExpr, negated: bool) -> Option<Expression> {
        let path = self.path(tree)?;
        self.condition(&path, Test::Equals(Constant::Bool(true)), negated)
    }

    fn condition(&mut self, path: &Path, test: Test, negated: bool) -> Option<Expression> {
        let name = path.shown();
        if let Some(comparison) = self.comparisons.named(&name) {
            return match comparison.condition(name.clone(), &test, negated) {
                Ok(condition) => Some(Expression::Is(condition)),
                Err(complaint) => self.refuse(&format!("`{name}`: {complaint}")),
            };
        }
        let attribute = self.attribute(path)?;
        match Condition::build(name.clone(), attribute, test, negated) {
            Ok(condition) => Some(Expression::Is(condition)),
            Err(complaint) => self.refuse(&format!("`{name}`: {complaint}")),
        }
    }

    fn attribute(&mut self, path: &Path) -> Option<Attribute> {
        match Attribute::at(&path.0) {
            Ok(attribute) => Some(attribute),
            Err(invalid) => self.refuse(&format!("found `{}`; {invalid}", path.shown())),
        }
    }

    fn side(&mut self, tree: &IdedExpr) -> Option<Side> {
        match &tree.expr {
            Expr::Literal(literal) => self.constant(literal).map(Side::Constant),
            Expr::Call(call) if call.func_name == operators::NEGATE => match call.args.first().map(|arg| &arg.expr) {
                Some(Expr::Literal(literal @ (LiteralValue::Int(_) | LiteralValue::Double(_)))) => {
                    let constant = self.constant(literal)?;
                    Some(Side::Constant(match constant {
                        Constant::Number(number) => Constant::Number(format!("-{number}")),
                        other => other,
                    }))
                }
                _ => self.refuse("`-` stands before a number only"),
            },
            Expr::List(list) => {
                let constants: Vec<_> = list
                    .elements
                    .iter()
                    .map(|element| match &element.expr {
                        Expr::Literal(literal) => self.constant(literal),
                        _ => self.refuse("a list holds literals only"),
                    })
                    .collect();
                constants.into_iter().collect::<Option<_>>().map(Side::List)
            }
            _ => self.path(tree).map(Side::Attribute),
        }
    }

    fn constant(&mut self, literal: &LiteralValue) -> Option<Constant> {
        match literal {
            LiteralValue::Boolean(value) => Some(Constant::Bool(*value.inner())),
            LiteralValue::Int(value) => Some(Constant::Number(value.inner().to_string())),
            LiteralValue::UInt(value) => Some(Constant::Number(value.inner().to_string())),
            LiteralValue::Double(value) => Some(Constant::Number(value.inner().to_string())),
            LiteralValue::String(text) => Some(Constant::Text(text.inner().to_owned())),
            LiteralValue::Null => self.refuse("null compares with nothing; `has(a.b)` tells whether `a.b` is there"),
            LiteralValue::Bytes(_) => self.refuse("bytes compare with nothing; write a text"),
        }
    }

    /// The attribute that a tree names; nothing else can stand where this is called.
    fn path(&mut self, tree: &IdedExpr) -> Option<Path> {
        let mut parts = Vec::new();
        let mut tree = &tree.expr;
        while parts.len() < MAX_PARTS {
            match tree {
                Expr::Ident(name) => {
                    parts.push(name.clone());
                    parts.reverse();
                    return Some(Path(parts));
                }
                Expr::Select(select) if !select.test => {
                    parts.push(select.field.clone());
                    tree = &select.operand.expr;
                }
                Expr::Call(call) if call.func_name == operators::INDEX => {
                    let [operand, index] = call.args.as_slice() else { return None };
                    match &index.expr {
                        Expr::Literal(LiteralValue::String(name)) => parts.push(name.inner().to_owned()),
                        Expr::Literal(LiteralValue::Int(place)) => parts.push(place.inner().to_string()),
                        _ => return self.refuse("an index is a literal, as in `parameters.items[0]`"),
                    }
                    tree = &operand.expr;
                }
                _ => return self.refuse("found something else where an attribute or a literal would be right"),
            }
        }
        self.refuse(&format!("found a name of more than {MAX_PARTS} parts"))
    }

    fn refuse<T>(&mut self, complaint: &str) -> Option<T> {
        self.complaints.push(complaint.to_owned());
        None
    }
}

impl Path {
    fn shown(&self) -> String {
        self.0.join(".")
    }
}
