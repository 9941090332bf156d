//! Which paths a route is for: Envoy's, or the policy's.

use std::fmt;

use serde_json::Value;
use toolgate::action::Matching;

use super::bootstrap::text;

/// A set of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paths {
    shape: Shape,
    /// Envoy's `case_sensitive: false`.
    any_case: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    /// This one.
    Exact(String),
    /// Those that begin so.
    Prefix(String),
    /// This one, and those below it.
    Below(String),
    /// A regular expression, or another way of matching that isn't looked into.
    Unknown,
}

impl From<&Matching> for Paths {
    fn from(matching: &Matching) -> Self {
        let shape = match matching {
            Matching::Path(path) => Shape::Exact(path.clone()),
            Matching::Prefix(prefix) if prefix.ends_with('/') => Shape::Prefix(prefix.clone()),
            Matching::Prefix(prefix) => Shape::Below(prefix.clone()),
        };
        Self { shape, any_case: false }
    }
}

impl Paths {
    /// Those of an Envoy route's `match`, and whether more has to match than the path.
    pub(super) fn of_match(matching: &Value) -> (Self, bool) {
        let any_case = matching.get("case_sensitive") == Some(&Value::Bool(false));
        let of = |field: &str| text(matching, &format!("/{field}")).map(str::to_owned);
        let shape = of("path").map(Shape::Exact).or_else(|| of("prefix").map(Shape::Prefix));
        let shape = shape.or_else(|| of("path_separated_prefix").map(Shape::Below)).unwrap_or(Shape::Unknown);
        let of_path = ["path", "prefix", "path_separated_prefix", "safe_regex", "path_match_policy", "case_sensitive"];
        let members = matching.as_object().into_iter().flat_map(serde_json::Map::keys);
        let is_conditional = members.into_iter().any(|name| !of_path.contains(&name.as_str()));
        (Self { shape, any_case }, is_conditional)
    }

    pub(super) fn of_path(path: &str) -> Self {
        Self { shape: Shape::Exact(path.to_owned()), any_case: false }
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.shape == Shape::Unknown
    }

    /// Whether a path may be in both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let any_case = self.any_case || other.any_case;
        match (&self.shape.folded(any_case), &other.shape.folded(any_case)) {
            (Shape::Unknown, _) | (_, Shape::Unknown) => true,
            (Shape::Exact(path), shape) | (shape, Shape::Exact(path)) => shape.has(path),
            (Shape::Prefix(one), Shape::Prefix(other)) => one.starts_with(other) || other.starts_with(one),
            (Shape::Prefix(prefix), Shape::Below(root)) | (Shape::Below(root), Shape::Prefix(prefix)) => {
                format!("{root}/").starts_with(prefix) || prefix.starts_with(&format!("{root}/"))
            }
            (Shape::Below(one), Shape::Below(other)) => {
                one == other || one.starts_with(&format!("{other}/")) || other.starts_with(&format!("{one}/"))
            }
        }
    }

    /// Whether every path of `other` is among these.
    pub(super) fn cover(&self, other: &Self) -> bool {
        match (&self.shape.folded(self.any_case), &other.shape.folded(self.any_case)) {
            (Shape::Prefix(prefix), Shape::Unknown) => matches!(prefix.as_str(), "" | "/"),
            (Shape::Unknown, _) | (_, Shape::Unknown) => false,
            (shape, Shape::Exact(path)) => shape.has(path),
            (Shape::Exact(_), Shape::Prefix(_) | Shape::Below(_)) => false,
            (Shape::Prefix(wide), Shape::Prefix(narrow) | Shape::Below(narrow)) => narrow.starts_with(wide),
            (Shape::Below(root), Shape::Prefix(narrow)) => narrow.starts_with(&format!("{root}/")),
            (Shape::Below(root), Shape::Below(narrow)) => narrow == root || narrow.starts_with(&format!("{root}/")),
        }
    }
}

impl Shape {
    fn folded(&self, any_case: bool) -> Self {
        let fold = |path: &String| if any_case { path.to_ascii_lowercase() } else { path.clone() };
        match self {
            Self::Exact(path) => Self::Exact(fold(path)),
            Self::Prefix(path) => Self::Prefix(fold(path)),
            Self::Below(path) => Self::Below(fold(path)),
            Self::Unknown => Self::Unknown,
        }
    }

    fn has(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == path,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Self::Below(root) => {
                path.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Unknown => true,
        }
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::Exact(path) => write!(f, "the path `{path}`"),
            Shape::Prefix(prefix) => write!(f, "the prefix `{prefix}`"),
            Shape::Below(root) => write!(f, "`{root}` and what is below it"),
            Shape::Unknown => f.write_str("a pattern"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn envoy(matching: Value) -> Paths {
        Paths::of_match(&matching).0
    }

    fn policy(prefix: &str) -> Paths {
        Paths::from(&Matching::Prefix(prefix.into()))
    }

    #[test]
    fn sets_meet_and_cover_by_their_paths_and_not_by_their_spelling() {
        let (v1, v1_slash, v10) = (policy("/v1"), policy("/v1/"), envoy(json!({"path": "/v10"})));
        for (one, other, meets, covers) in [
            (envoy(json!({"prefix": "/"})), v1.clone(), true, true),
            (envoy(json!({"prefix": "/v1/"})), v1.clone(), true, false),
            (envoy(json!({"prefix": "/v1/"})), v1_slash.clone(), true, true),
            (envoy(json!({"path_separated_prefix": "/v1"})), v1_slash.clone(), true, true),
            (envoy(json!({"path_separated_prefix": "/v1"})), v1.clone(), true, true),
            (envoy(json!({"prefix": "/v1/orders"})), v1.clone(), true, false),
            (envoy(json!({"prefix": "/v2/"})), v1.clone(), false, false),
            (v1.clone(), v10.clone(), false, false),
            (envoy(json!({"prefix": "/v1"})), v10, true, true),
            (envoy(json!({"prefix": "/V1/"})), v1_slash.clone(), false, false),
            (envoy(json!({"prefix": "/V1/", "case_sensitive": false})), v1_slash.clone(), true, true),
            (envoy(json!({"safe_regex": {"regex": "/v1/.*"}})), v1_slash, true, false),
            (envoy(json!({"prefix": "/"})), envoy(json!({"safe_regex": {"regex": "x"}})), true, true),
        ] {
            assert_eq!(
                (one.meets(&other), other.meets(&one), one.cover(&other)),
                (meets, meets, covers),
                "{one}, {other}"
            );
        }
    }

    #[test]
    fn what_else_has_to_match_is_a_condition() {
        assert!(!Paths::of_match(&json!({"path": "/mcp", "case_sensitive": true})).1);
        assert!(Paths::of_match(&json!({"path": "/mcp", "headers": [{"name": "x"}]})).1);
    }
}
