//! One AuthZEN question, put to Cedar.
//!
//! | AuthZEN | Cedar |
//! |---|---|
//! | `subject {type, id}` | the principal `type::"id"`; `properties` are its attributes |
//! | `resource {type, id}` | the resource `type::"id"`, likewise |
//! | `action {name}` | `Action::"name"` |
//! | `action {properties}` | `context.action_properties` (a Cedar action has no attributes of a request) |
//! | `context` | `context` |
//! | the numbers in `context.parameters` | once more as decimals, in `context.decimal_parameters` |
//!
//! A `permit` with `@approval("…")` counts once a person has agreed to exactly that call; one with `@credential("…")` counts
//! with a credential of those scopes.
//!
//! Where `entities.json` knows the subject or the resource, its attributes win over the request's and its parents hold:
//! what the operator wrote down is not overruled by what a caller says.

use std::{
    collections::{BTreeSet, HashSet},
    str::FromStr as _,
};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision as Effect, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    EvaluationError, PolicyId, Request, Response,
};
use serde_json::{Map, Value};

use crate::{
    answer::{Decision, Reason},
    authzen::{Evaluation, Thing},
    json::quoted,
    policies::{CREDENTIAL, Policies},
    values::{self, Unrepresentable},
};

/// Members of Cedar's context that are made here; a caller can't send them.
const ACTION_PROPERTIES: &str = "action_properties";
const DECIMAL_PARAMETERS: &str = "decimal_parameters";

/// Decides. It never fails: what stands in the way of a decision is a denial.
pub(crate) fn decide(policies: &Policies, asked: &Evaluation<'_>) -> Decision {
    match translate(policies, asked) {
        Ok((request, entities)) => {
            let response = Authorizer::new().is_authorized(&request, &policies.set, &entities);
            answer(policies, &response)
        }
        Err(Untranslatable { reason, admin }) => {
            Decision::deny(reason, None, admin, Vec::new(), policies.version.clone())
        }
    }
}

/// A question that can't be put to these policies.
struct Untranslatable {
    reason: Reason,
    admin: String,
}

impl From<Unrepresentable> for Untranslatable {
    fn from(Unrepresentable(admin): Unrepresentable) -> Self {
        Self { reason: Reason::NotRepresentable, admin }
    }
}

fn unrepresentable(admin: impl Into<String>) -> Untranslatable {
    Unrepresentable(admin.into()).into()
}

fn not_in_schema(what: &str) -> Untranslatable {
    Untranslatable { reason: Reason::NotInSchema, admin: format!("the schema has no such {what}") }
}

fn translate(policies: &Policies, asked: &Evaluation<'_>) -> Result<(Request, Entities), Untranslatable> {
    let schema = policies.schema.as_ref();
    let principal = uid("/subject/type", asked.subject.kind, asked.subject.id)?;
    let action = uid("/action", "Action", asked.action)?;
    let resource = uid("/resource/type", asked.resource.kind, asked.resource.id)?;

    let mut said = vec![entity(policies, &principal, asked.subject, "/subject/properties")?];
    if principal != resource {
        said.push(entity(policies, &resource, asked.resource, "/resource/properties")?);
    } else if asked.subject.properties != asked.resource.properties {
        return Err(unrepresentable("`/subject` and `/resource` are one entity with two sets of properties"));
    }
    // Cedar's messages about entities and requests repeat values of the request: they are not passed on.
    let entities = policies.entities.clone().upsert_entities(said, schema).map_err(|_| {
        let admin =
            "`/subject` or `/resource` is no entity of the schema: its type, or a property's name or type".to_owned();
        Untranslatable { reason: Reason::NotInSchema, admin }
    })?;
    let context = context(asked)?;
    let request = Request::new(principal, action, resource, context, schema)
        .map_err(|_| not_in_schema("combination of subject, action, resource and context"))?;
    Ok((request, entities))
}

fn uid(at: &str, kind: &str, id: &str) -> Result<EntityUid, Untranslatable> {
    let name = EntityTypeName::from_str(kind).map_err(|_| {
        unrepresentable(format!(
            "`{at}` is {}: cedar's types are words such as `payment` or `crm::payment`",
            quoted(kind)
        ))
    })?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

fn entity(policies: &Policies, uid: &EntityUid, said: Thing<'_>, at: &str) -> Result<Entity, Untranslatable> {
    let nothing = Map::new();
    let mut attributes = values::attributes(said.properties.unwrap_or(&nothing), at)?;
    let mut parents = HashSet::new();
    if let Some(known) = policies.entities.get(uid) {
        let (_, known_attributes, known_parents) = known.clone().into_inner();
        attributes.extend(known_attributes);
        parents = known_parents;
    }
    Entity::new(uid.clone(), attributes, parents)
        .map_err(|_| unrepresentable(format!("`{at}` is no set of attributes")))
}

fn context(asked: &Evaluation<'_>) -> Result<Context, Untranslatable> {
    let nothing = Map::new();
    let said = asked.context.unwrap_or(&nothing);
    if let Some(name) = [ACTION_PROPERTIES, DECIMAL_PARAMETERS].into_iter().find(|name| said.contains_key(*name)) {
        return Err(unrepresentable(format!("`/context/{name}` is made by the decision service: it can't be sent")));
    }
    let mut pairs = values::attributes(said, "/context")?;
    if let Some(properties) = asked.action_properties {
        let at = "/action/properties";
        let record = values::record(values::attributes(properties, at)?, at)?;
        pairs.insert(ACTION_PROPERTIES.to_owned(), record);
    }
    if let Some(parameters) = said.get("parameters").and_then(Value::as_object) {
        pairs.insert(DECIMAL_PARAMETERS.to_owned(), values::decimals(parameters)?);
    }
    Context::from_pairs(pairs).map_err(|_| unrepresentable("`/context` is no cedar record"))
}

fn answer(policies: &Policies, response: &Response) -> Decision {
    let version = policies.version.clone();
    let diagnostics = response.diagnostics();
    let errors: Vec<_> = diagnostics.errors().collect();
    if !errors.is_empty() {
        let what: Vec<_> = errors.iter().map(|e| format!("policy `{}`: {}", policy_of(e), kind_of(e))).collect();
        let failed = sorted(errors.iter().map(|e| policy_of(e)));
        return Decision::deny(Reason::PolicyError, None, what.join("; "), failed, version);
    }
    let ids = sorted(diagnostics.reason());
    if response.decision() == Effect::Allow {
        let needs_approval = approval(policies, &ids);
        let Ok(grants) = grants(policies, &ids) else {
            let admin = format!("{} want different credentials", ids.join(", "));
            return Decision::deny(Reason::CredentialRefused, None, admin, ids, version);
        };
        return Decision { needs_approval, grants, ..Decision::permit(ids, version) };
    }
    if ids.is_empty() {
        return Decision::deny(Reason::NotPermitted, None, "no policy permits this".to_owned(), ids, version);
    }
    let text = |key| annotations(policies, &ids, key);
    let admin = text("reason_admin").unwrap_or_else(|| format!("forbidden by {}", ids.join(", ")));
    Decision::deny(Reason::Forbidden, text("reason_user"), admin, ids, version)
}

fn sorted<'a>(ids: impl Iterator<Item = &'a PolicyId>) -> Vec<String> {
    let mut ids: Vec<String> = ids.map(ToString::to_string).collect();
    ids.sort();
    ids
}

/// Why a person has to agree: what the permits say of themselves under `@approval`, if all of them do. One that permits
/// without is enough.
fn approval(policies: &Policies, permits: &[String]) -> Option<String> {
    let said = permits.iter().map(|id| policies.set.annotation(&PolicyId::new(id), "approval"));
    let said = said.collect::<Option<Vec<&str>>>()?;
    Some(said.join("; "))
}

/// Two permits of one call that want credentials for different scopes: which of them counts, nobody said.
struct Contradiction;

/// The scopes that the permits want a credential for, under `@credential`. One that names some is enough.
fn grants(policies: &Policies, permits: &[String]) -> Result<Option<String>, Contradiction> {
    let words = |scope: &str| scope.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    let mut said = permits.iter().filter_map(|id| policies.set.annotation(&PolicyId::new(id), CREDENTIAL));
    let Some(first) = said.next() else { return Ok(None) };
    if said.any(|other| words(other) != words(first)) {
        return Err(Contradiction);
    }
    Ok(Some(first.to_owned()))
}

/// What the deciding policies say of themselves under this annotation.
fn annotations(policies: &Policies, ids: &[String], key: &str) -> Option<String> {
    let said = ids.iter().filter_map(|id| policies.set.annotation(&PolicyId::new(id), key));
    let said: Vec<&str> = said.filter(|text| !text.is_empty()).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn policy_of(error: &AuthorizationError) -> &PolicyId {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id()
}

/// What kind of error it was. Cedar's own text may hold a value of the request.
fn kind_of(error: &AuthorizationError) -> &'static str {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    match error.inner() {
        EvaluationError::EntityDoesNotExist(_) => "asks for an attribute of an entity that nobody described",
        EvaluationError::EntityAttrDoesNotExist(_) | EvaluationError::RecordAttrDoesNotExist(_) => {
            "asks for an attribute that is absent: guard it with `has`"
        }
        EvaluationError::TypeError(_) => "meets a value of another type than it expects",
        EvaluationError::IntegerOverflow(_) => "overflows",
        EvaluationError::RecursionLimit(_) => "goes too deep",
        EvaluationError::FailedExtensionFunctionExecution(_) => {
            "makes a decimal, an address or a time of a text that is none"
        }
        _ => "can't be evaluated",
    }
}
