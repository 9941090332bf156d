//! A set of policies that is ready to decide: parsed, named, and checked against the schema.

use std::{collections::BTreeMap, str::FromStr as _};

use anyhow::bail;
use cedar_policy::{Effect, Entities, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use crate::{broker::is_scope, folder::Files};

/// The annotation that says for which scopes a permit brings a credential.
pub(crate) const CREDENTIAL: &str = "credential";

/// A valid folder of policies.
#[derive(Debug)]
pub(crate) struct Policies {
    /// The digest of the files it was made of.
    pub(crate) version: String,
    pub(crate) set: PolicySet,
    pub(crate) schema: Option<Schema>,
    /// What `entities.json` says.
    pub(crate) entities: Entities,
}

impl Policies {
    /// Makes sense of the files.
    ///
    /// # Errors
    /// Every complaint about every file, one a line.
    pub(crate) fn load(files: &Files) -> anyhow::Result<Self> {
        let mut complaints = Vec::new();
        let schema = files.schema.as_deref().and_then(|text| match Schema::from_cedarschema_str(text) {
            Ok((schema, warnings)) => {
                warnings.for_each(|warning| log::warn!("schema.cedarschema: {warning}"));
                Some(schema)
            }
            Err(error) => {
                complaints.push(format!("schema.cedarschema{}: {error}", line_of(&error, text)));
                None
            }
        });
        let entities = match &files.entities {
            None => Ok(Entities::empty()),
            Some(text) => Entities::from_json_str(text, schema.as_ref()),
        };
        let entities = entities.unwrap_or_else(|error| {
            complaints.push(format!("entities.json: {}", with_causes(&error)));
            Entities::empty()
        });
        let set = named_policies(&files.policies, &mut complaints);
        if let Some(schema) = &schema {
            let result = Validator::new(schema.clone()).validate(&set, ValidationMode::default());
            complaints.extend(result.validation_errors().map(|error| format!("against the schema: {error}")));
            result.validation_warnings().for_each(|warning| log::warn!("{warning}"));
        }
        if !complaints.is_empty() {
            bail!("the policies are not valid:\n  {}", complaints.join("\n  "));
        }
        Ok(Self { version: files.version.clone(), set, schema, entities })
    }
}

/// All policies under the names that their `@id` gives them.
fn named_policies(files: &[(String, String)], complaints: &mut Vec<String>) -> PolicySet {
    let mut set = PolicySet::new();
    let mut file_of: BTreeMap<String, &str> = BTreeMap::new();
    for (file, text) in files {
        let parsed = match PolicySet::from_str(text) {
            Ok(parsed) => parsed,
            Err(errors) => {
                complaints.extend(errors.iter().map(|e| format!("{file}{}: {e}", line_of(e, text))));
                continue;
            }
        };
        if parsed.templates().next().is_some() {
            complaints.push(format!("{file}: a template (`?principal` or `?resource`): write out each policy"));
        }
        for policy in parsed.policies() {
            let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
                complaints
                    .push(format!("{file}: a policy without a name: put `@id(\"…\")` before {}", start_of(policy)));
                continue;
            };
            if let Some(wrong) = wrong_credential(policy) {
                complaints.push(format!("{file}: `@credential` of `{id}` {wrong}"));
            }
            match file_of.insert(id.to_owned(), file) {
                Some(other) => complaints.push(format!("{file}: `@id(\"{id}\")` is taken already, in {other}")),
                None => {
                    if let Err(error) = set.add(policy.new_id(PolicyId::new(id))) {
                        complaints.push(format!("{file}: {error}"));
                    }
                }
            }
        }
    }
    set
}

/// What is wrong with a policy's `@credential`, if anything.
fn wrong_credential(policy: &Policy) -> Option<&'static str> {
    let scope = policy.annotation(CREDENTIAL)?;
    if policy.effect() != Effect::Permit {
        return Some("stands on a `forbid`, which brings nothing");
    }
    (!is_scope(scope)).then_some("is no list of scopes with a space between them, such as `crm:read crm:list`")
}

/// ` line 3`, if the error knows its place.
fn line_of(error: &dyn Diagnostic, text: &str) -> String {
    let offset = error.labels().and_then(|mut labels| labels.next()).map(|label| label.offset());
    let before = offset.and_then(|offset| text.get(..offset));
    before.map_or_else(String::new, |before| format!(" line {}", before.split('\n').count()))
}

/// The first line of a policy, so that it can be found.
fn start_of(policy: &Policy) -> String {
    let text = policy.to_string();
    format!("`{}`", text.lines().next().unwrap_or_default())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(policies: &[(&str, &str)], schema: Option<&str>, entities: Option<&str>) -> String {
        let files = Files {
            version: "v".to_owned(),
            policies: policies.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
            schema: schema.map(str::to_owned),
            entities: entities.map(str::to_owned),
        };
        Policies::load(&files).unwrap_err().to_string()
    }

    #[test]
    fn all_complaints_come_at_once_with_file_and_line() {
        let text = complaints(
            &[
                (
                    "a.cedar",
                    "@id(\"one\")\npermit (principal, action, resource);\npermit (principal, action, resource);",
                ),
                ("b.cedar", "// broken\npermit (principal, nonsense);"),
                ("c.cedar", "@id(\"one\") forbid (principal, action, resource);"),
                ("d.cedar", "@id(\"t\") permit (principal == ?principal, action, resource);"),
                ("e.cedar", "@id(\"f\") @credential(\"a\") forbid (principal, action, resource);"),
                ("f.cedar", "@id(\"g\") @credential(\"a,  b\") permit (principal, action, resource);"),
            ],
            Some("entity ;"),
            Some("[7]"),
        );
        for part in [
            "schema.cedarschema line 1: ",
            "entities.json: ",
            "a.cedar: a policy without a name: put `@id(\"…\")` before `permit",
            "b.cedar line 2: ",
            "c.cedar: `@id(\"one\")` is taken already, in a.cedar",
            "d.cedar: a template",
            "e.cedar: `@credential` of `f` stands on a `forbid`",
            "f.cedar: `@credential` of `g` is no list of scopes",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }

    #[test]
    fn a_policy_that_the_schema_refutes_is_refused_by_name() {
        let schema =
            "entity agent; entity doc; action read appliesTo { principal: agent, resource: doc, context: {} };";
        let policy =
            "@id(\"typo\") permit (principal, action == Action::\"read\", resource) when { context.amuont == 1 };";
        let text = complaints(&[("a.cedar", policy)], Some(schema), None);
        assert!(text.contains("against the schema: for policy `typo`"), "{text}");
        assert!(text.contains("amuont"), "{text}");
    }
}
