//! Whether a condition says anything.

use sqlparser::ast::{BinaryOperator as Binary, Expr, UnaryOperator, Value};

/// Deeper conditions are left undecided; chains of `AND` and `OR` count once, however long.
const MAX_DEPTH: u8 = 32;

/// Whether a condition holds for every row (`1 = 1`, `id = id`, `x OR TRUE`) or for none; `None` where the row decides.
pub(super) fn verdict(condition: &Expr) -> Option<bool> {
    decide(condition, MAX_DEPTH)
}

/// Whether a condition says which rows are meant, by a value that something has to equal.
pub(super) fn names_rows(condition: &Expr) -> bool {
    names(condition, MAX_DEPTH)
}

fn names(condition: &Expr, depth: u8) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match condition {
        Expr::Nested(inner) => names(inner, depth),
        Expr::BinaryOp { op: Binary::And, .. } => chain(condition, &Binary::And).iter().any(|it| names(it, depth)),
        Expr::BinaryOp { op: Binary::Or, .. } => chain(condition, &Binary::Or).iter().all(|it| names(it, depth)),
        Expr::BinaryOp { op: Binary::Eq | Binary::Spaceship, .. } => decide(condition, depth).is_none(),
        Expr::InList { negated, .. } | Expr::InSubquery { negated, .. } | Expr::Exists { negated, .. } => !negated,
        Expr::IsNotDistinctFrom(..) | Expr::AnyOp { compare_op: Binary::Eq, .. } => true,
        _ => false,
    }
}

fn decide(condition: &Expr, depth: u8) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    match condition {
        Expr::Nested(inner) => decide(inner, depth),
        Expr::Value(value) => truth(&value.value),
        Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr } => decide(expr, depth).map(|it| !it),
        Expr::IsTrue(inner) | Expr::IsNotFalse(inner) => decide(inner, depth),
        Expr::IsFalse(inner) | Expr::IsNotTrue(inner) => decide(inner, depth).map(|it| !it),
        Expr::IsNotNull(inner) => constant(inner).map(|it| it != Constant::Null),
        Expr::IsNull(inner) => constant(inner).map(|it| it == Constant::Null),
        Expr::BinaryOp { op: Binary::Or, .. } => {
            let parts = chain(condition, &Binary::Or);
            let always = parts.iter().any(|part| decide(part, depth) == Some(true));
            let never = || parts.iter().all(|part| decide(part, depth) == Some(false));
            if always || complete(&parts) { Some(true) } else { never().then_some(false) }
        }
        Expr::BinaryOp { op: Binary::And, .. } => {
            let parts: Vec<_> = chain(condition, &Binary::And).into_iter().map(|part| decide(part, depth)).collect();
            if parts.contains(&Some(false)) {
                return Some(false);
            }
            parts.iter().all(|part| *part == Some(true)).then_some(true)
        }
        Expr::BinaryOp { left, op, right } => compare(bare(left), op, bare(right)),
        Expr::Between { expr, negated, low, high } => {
            let above = compare(bare(expr), &Binary::GtEq, bare(low))?;
            Some((above && compare(bare(expr), &Binary::LtEq, bare(high))?) != *negated)
        }
        Expr::InList { expr, list, negated } => {
            list.iter().any(|it| compare(bare(expr), &Binary::Eq, bare(it)) == Some(true)).then_some(!negated)
        }
        Expr::Like { negated, pattern, .. } | Expr::ILike { negated, pattern, .. } => {
            let all = matches!(constant(pattern), Some(Constant::Text(text)) if !text.is_empty() && text.bytes().all(|it| it == b'%'));
            all.then_some(!negated)
        }
        _ => None,
    }
}

/// The operands of a chain of one operator, without recursion: a parser makes `a OR b OR c` as deep as it is long.
fn chain<'e>(condition: &'e Expr, operator: &Binary) -> Vec<&'e Expr> {
    let mut parts = Vec::new();
    let mut rest = condition;
    while let Expr::BinaryOp { left, op, right } = rest
        && op == operator
    {
        parts.push(bare(right));
        rest = left;
    }
    parts.push(bare(rest));
    parts
}

/// Whether two of the parts leave no row out: `x IS NULL OR x IS NOT NULL`, `x = 1 OR x <> 1`.
fn complete(parts: &[&Expr]) -> bool {
    parts
        .iter()
        .enumerate()
        .any(|(at, one)| parts.iter().skip(at.saturating_add(1)).any(|other| complement(one, other)))
}

fn complement(one: &Expr, other: &Expr) -> bool {
    match (one, other) {
        (Expr::IsNull(one), Expr::IsNotNull(other)) | (Expr::IsNotNull(one), Expr::IsNull(other)) => {
            is_same(one, other)
        }
        (Expr::UnaryOp { op: UnaryOperator::Not, expr }, whole)
        | (whole, Expr::UnaryOp { op: UnaryOperator::Not, expr }) => is_same(bare(expr), whole),
        (Expr::BinaryOp { left: a, op: one, right: b }, Expr::BinaryOp { left: c, op: other, right: d }) => {
            let opposite = matches!(
                (one, other),
                (Binary::Eq, Binary::NotEq)
                    | (Binary::NotEq, Binary::Eq)
                    | (Binary::Lt | Binary::LtEq, Binary::GtEq)
                    | (Binary::Gt | Binary::GtEq, Binary::LtEq)
                    | (Binary::GtEq, Binary::Lt)
                    | (Binary::LtEq, Binary::Gt)
            );
            opposite && is_same(a, c) && is_same(b, d)
        }
        _ => false,
    }
}

fn compare(left: &Expr, op: &Binary, right: &Expr) -> Option<bool> {
    // MySQL's `||` is `OR`, and binds less than `=`: `id = 3 || 1`.
    if let Expr::BinaryOp { op: Binary::StringConcat, right: last, .. } = right
        && matches!(constant(last), Some(Constant::Number(number)) if number != 0.0)
    {
        return Some(true);
    }
    if let (Some(left), Some(right)) = (constant(left), constant(right)) {
        let order = left.order(&right)?;
        return match op {
            Binary::Eq | Binary::Spaceship => Some(order.is_eq()),
            Binary::NotEq => Some(order.is_ne()),
            Binary::Lt => Some(order.is_lt()),
            Binary::LtEq => Some(order.is_le()),
            Binary::Gt => Some(order.is_gt()),
            Binary::GtEq => Some(order.is_ge()),
            _ => None,
        };
    }
    // Of a row in which it is NULL this doesn't hold; whoever writes it means every row.
    is_same(left, right).then_some(())?;
    match op {
        Binary::Eq | Binary::LtEq | Binary::GtEq | Binary::Spaceship => Some(true),
        Binary::NotEq | Binary::Lt | Binary::Gt => Some(false),
        _ => None,
    }
}

/// Whether two expressions are the same name, literal or comparison. The tree's own equality would compare all there
/// is, and be a third of the filter.
fn is_same(one: &Expr, other: &Expr) -> bool {
    match (bare(one), bare(other)) {
        (Expr::Identifier(one), Expr::Identifier(other)) => one.value.eq_ignore_ascii_case(&other.value),
        (Expr::CompoundIdentifier(one), Expr::CompoundIdentifier(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| one.value.eq_ignore_ascii_case(&other.value))
        }
        (Expr::Value(one), Expr::Value(other)) => {
            literal(&one.value).is_some_and(|it| Some(it) == literal(&other.value))
        }
        (
            Expr::BinaryOp { left: a, op: Binary::Eq, right: b },
            Expr::BinaryOp { left: c, op: Binary::Eq, right: d },
        ) => is_leaf(a) && is_leaf(b) && is_same(a, c) && is_same(b, d),
        _ => false,
    }
}

fn is_leaf(expr: &Expr) -> bool {
    !matches!(expr, Expr::BinaryOp { .. } | Expr::Nested(_))
}

fn bare(expr: &Expr) -> &Expr {
    let mut expr = expr;
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

#[derive(Clone, Debug, PartialEq)]
enum Constant {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
}

impl Constant {
    fn order(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Null, _) | (_, Self::Null) => None,
            // Servers compare `'1'` with 1 by its number.
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Null => None,
            Self::Truth(truth) => Some(f64::from(u8::from(*truth))),
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

/// A literal, and what arithmetic makes of literals, one operator deep.
fn constant(expr: &Expr) -> Option<Constant> {
    match bare(expr) {
        Expr::Value(value) => literal(&value.value),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(Constant::Number(-constant_value(expr)?)),
        Expr::BinaryOp { left, op, right } => {
            let (left, right) = (constant_value(left)?, constant_value(right)?);
            match op {
                Binary::Plus => Some(Constant::Number(left + right)),
                Binary::Minus => Some(Constant::Number(left - right)),
                Binary::Multiply => Some(Constant::Number(left * right)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn constant_value(expr: &Expr) -> Option<f64> {
    match bare(expr) {
        Expr::Value(value) => literal(&value.value)?.number(),
        _ => None,
    }
}

fn literal(value: &Value) -> Option<Constant> {
    match value {
        Value::Null => Some(Constant::Null),
        Value::Boolean(truth) => Some(Constant::Truth(*truth)),
        Value::Number(number, _) => number.parse().ok().map(Constant::Number),
        other => other.clone().into_string().map(Constant::Text),
    }
}

/// Whether a literal that stands for a condition holds, where servers take it for one.
fn truth(value: &Value) -> Option<bool> {
    match literal(value)? {
        Constant::Null => Some(false),
        Constant::Truth(truth) => Some(truth),
        Constant::Number(number) => Some(number != 0.0),
        Constant::Text(text) => {
            Some(!matches!(text.trim().to_ascii_lowercase().as_str(), "" | "0" | "f" | "false" | "n" | "no" | "off"))
        }
    }
}
