//! Path templates: `/v1/payments/{id}/refund`, `/v1/{name}:cancel`.

use std::borrow::Cow;
use std::fmt;

use super::parameters::Fields;
use super::path;
use crate::reason::Refusal;

/// A path template of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
}

/// One segment, without its slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// This text, decoded.
    Literal(String),
    /// Any text that isn't empty, behind which `suffix` follows.
    Parameter { name: String, suffix: String },
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidTemplate(pub String);

impl fmt::Display for InvalidTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Template {
    /// Reads a template: a path in which a segment may begin with a name in braces.
    ///
    /// # Errors
    /// What is wrong with it, for the operator.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let invalid = |what: String| InvalidTemplate(format!("`{text}` {what}"));
        let Some(path) = text.strip_prefix('/') else {
            return Err(invalid("does not begin with `/`".into()));
        };
        let mut names: Vec<&str> = Vec::new();
        let mut segments = Vec::new();
        for segment in path.split('/') {
            let literal = match segment.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
                Some((name, suffix)) => {
                    if name.is_empty() || names.contains(&name) {
                        return Err(invalid(format!("has the parameter `{name}` without a name or twice")));
                    }
                    names.push(name);
                    segments.push(Segment::Parameter { name: name.into(), suffix: suffix.into() });
                    suffix
                }
                None => {
                    segments.push(Segment::Literal(segment.into()));
                    segment
                }
            };
            if literal.contains(['{', '}', '%', '?', '#', ';']) {
                return Err(invalid(
                    "has braces that are not a whole name at a segment's start, or one of `%?#;`".into(),
                ));
            }
        }
        Ok(Self { segments })
    }

    /// The parameters of `path`, which is in normal form, if it fits.
    ///
    /// # Errors
    /// When a segment isn't UTF-8 once decoded, which no path in normal form has.
    pub fn matches<'a>(&'a self, path: &'a str) -> Result<Option<Fields<'a>>, Refusal> {
        let mut parameters = Vec::new();
        let mut segments = self.segments.iter();
        for found in path.strip_prefix('/').unwrap_or(path).split('/') {
            let found = path::decode(found)?;
            match segments.next() {
                Some(Segment::Literal(text)) if *text == found => {}
                Some(Segment::Parameter { name, suffix }) => {
                    let value = match found {
                        Cow::Borrowed(text) => text.strip_suffix(suffix.as_str()).map(Cow::Borrowed),
                        Cow::Owned(text) => text.strip_suffix(suffix.as_str()).map(|text| Cow::Owned(text.to_owned())),
                    };
                    match value {
                        Some(value) if !value.is_empty() => parameters.push((Cow::Borrowed(name.as_str()), value)),
                        _ => return Ok(None),
                    }
                }
                _ => return Ok(None),
            }
        }
        Ok(segments.next().is_none().then_some(parameters))
    }

    /// The names of its parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter { name, .. } => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// Its last text that isn't a parameter: `refund` of `/v1/payments/{id}/refund`, `cancel` of `/v1/{name}:cancel`.
    #[must_use]
    pub fn last_word(&self) -> Option<&str> {
        self.segments.last().map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            Segment::Parameter { suffix, .. } => suffix.as_str(),
        })
    }

    /// What is compared when several templates fit a path: text is closer than a parameter, the first difference counts.
    #[must_use]
    pub fn specificity(&self) -> Vec<u8> {
        let closeness = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter { suffix, .. } if !suffix.is_empty() => 1,
            Segment::Parameter { .. } => 2,
        };
        self.segments.iter().map(closeness).collect()
    }

    /// Whether it fits exactly the paths that `other` fits.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        let alike = |(one, other): (&Segment, &Segment)| match (one, other) {
            (Segment::Literal(one), Segment::Literal(other)) => one == other,
            (Segment::Parameter { suffix: one, .. }, Segment::Parameter { suffix: other, .. }) => one == other,
            _ => false,
        };
        self.segments.len() == other.segments.len() && self.segments.iter().zip(&other.segments).all(alike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(template: &str, path: &str) -> Option<String> {
        let template = Template::parse(template).unwrap();
        let found = template.matches(path).unwrap()?;
        Some(found.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_template_fits_whole_paths_only() {
        for (template, path, found) in [
            ("/v1/payments/{id}/refund", "/v1/payments/p-7/refund", Some("id=p-7")),
            ("/v1/payments/{id}/refund", "/v1/payments/p-7", None),
            ("/v1/payments/{id}/refund", "/v1/payments/p-7/refund/x", None),
            ("/v1/payments/{id}", "/v1/payments/", None),
            ("/v1/{a}/{b}", "/v1/x/y", Some("a=x b=y")),
            ("/v1/{name}:cancel", "/v1/job%2042:cancel", Some("name=job 42")),
            ("/v1/{name}:cancel", "/v1/:cancel", None),
            ("/v1/users", "/v1/Users", None),
            ("/v1/users", "/v1/users/", None),
            ("/", "/", Some("")),
        ] {
            assert_eq!(fit(template, path).as_deref(), found, "{template} {path}");
        }
    }

    #[test]
    fn a_template_that_means_something_else_is_refused() {
        for template in ["v1", "/v1/{}", "/{a}/{a}", "/a{b}", "/{a", "/a}", "/{a}{b}", "/a%20b", "/a?b={c}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
    }
}
