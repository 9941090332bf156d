//! Delegation: the chain of actors in `act` (RFC 8693 section 4.1).

use super::claims::{Claims, name};
use crate::reason::{Reason, Refusal};

/// The actors of a token, outermost (the one acting now) first; empty without `act`.
///
/// The chain is taken as a whole or not at all: one that is malformed, names an actor twice or is longer than
/// `longest` is refused, not cut, since what would be cut off is who else had a hand in this.
///
/// # Errors
/// [`Reason::TokenActor`].
pub(super) fn chain(claims: &Claims, longest: usize) -> Result<Vec<String>, Refusal> {
    let refused = |detail: String| Refusal::new(Reason::TokenActor, detail);
    let mut actors: Vec<String> = Vec::new();
    let mut link = claims.get("act");
    while let Some(actor) = link {
        if actors.len() >= longest {
            return Err(refused(format!("`act` names more than {longest} actors")));
        }
        let actor = actor.as_object().ok_or_else(|| refused("`act` is not an object".into()))?;
        let subject = actor.get("sub").and_then(|sub| name(sub, "sub").ok());
        let subject = subject.ok_or_else(|| refused("`act` names an actor without a proper `sub`".into()))?;
        if actor.get("iss").is_some_and(|issuer| !issuer.is_string()) {
            return Err(refused("`act` names an actor whose `iss` is not a text".into()));
        }
        if actors.contains(&subject) {
            return Err(refused("`act` names an actor twice".into()));
        }
        actors.push(subject);
        link = actor.get("act");
    }
    Ok(actors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn actors(act: Value) -> Result<Vec<String>, Reason> {
        let claims = json!({ "act": act });
        chain(claims.as_object().unwrap(), 3).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn the_outermost_actor_comes_first() {
        let act = json!({"sub": "b", "iss": "https://b.example", "act": {"sub": "a"}});
        assert_eq!(actors(act), Ok(vec!["b".into(), "a".into()]));
        assert_eq!(chain(&Claims::new(), 3), Ok(vec![]));
    }

    #[test]
    fn a_chain_as_long_as_allowed_is_taken_and_a_longer_one_refused() {
        let three = json!({"sub": "c", "act": {"sub": "b", "act": {"sub": "a"}}});
        assert_eq!(actors(three.clone()).unwrap().len(), 3);
        assert_eq!(actors(json!({"sub": "d", "act": three})), Err(Reason::TokenActor));
    }

    #[test]
    fn a_chain_with_a_cycle_or_a_malformed_link_is_refused() {
        for act in [
            json!({"sub": "a", "act": {"sub": "b", "act": {"sub": "a"}}}),
            json!({"sub": "a", "act": {"sub": "a"}}),
            json!(null),
            json!("a"),
            json!([{"sub": "a"}]),
            json!({}),
            json!({"sub": ""}),
            json!({"sub": 1}),
            json!({"sub": "a\nb"}),
            json!({"sub": "a", "iss": 1}),
            json!({"sub": "a", "act": null}),
            json!({"sub": "a", "act": "b"}),
            json!({"sub": "a", "act": {"iss": "https://b.example"}}),
        ] {
            assert_eq!(actors(act.clone()), Err(Reason::TokenActor), "{act}");
        }
    }
}
