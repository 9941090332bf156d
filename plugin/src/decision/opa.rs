//! Open Policy Agent: its Data API, `POST /v1/data/<path>`.
//!
//! Source: OPA documentation, REST API, "Get a Document (with Input)". The input is the AuthZEN evaluation, so one set of
//! figures is there to decide by, whatever the service speaks. The document is a boolean, or an object with a boolean
//! `allow`, and beside it what an AuthZEN answer has in its context: `obligations`, `narrow`, `credential`,
//! `access_request`. A document that is undefined (no rule's body held, or there is no rule of that name) is a no: OPA
//! answers it with 200 and without `result`.

use serde::Serialize;

use super::InvalidAnswer;
use crate::json::{Kind, Value};

/// The body of a question.
#[derive(Serialize)]
pub(super) struct Input<T> {
    pub(super) input: T,
}

/// What an answer says, and the context in which it says so.
///
/// # Errors
/// When it is no decision.
pub(super) fn said(root: Value<'_>) -> Result<(bool, Option<Value<'_>>), InvalidAnswer> {
    if root.kind() != Kind::Object {
        return Err(InvalidAnswer::NoResult);
    }
    let Some(result) = root.get("result") else { return Ok((false, None)) };
    let allowed = match result.kind() {
        Kind::Object => result.get("allow").and_then(Value::as_bool),
        _ => result.as_bool(),
    };
    Ok((allowed.ok_or(InvalidAnswer::NoResult)?, Some(result)))
}
