//! What a token whose signature holds must say, and what is made of it.

use serde_json::{Value, json};
use toolgate::reason::Reason;
use toolgate::time::Timestamp;
use toolgate::token::TokenMemory;

use crate::support::*;

#[test]
fn a_token_tells_who_acts_for_whom() {
    let agent = claimed(json!({})).unwrap();
    assert_eq!(agent.id, "agent-1");
    assert_eq!(agent.user.as_deref(), Some("user-7"));
    assert_eq!(agent.subject, "user-7");
    assert_eq!(agent.issuer, ISSUER);
    assert_eq!(agent.token_id, "t-1");
    assert_eq!(agent.expires, Timestamp::from_secs(NOW + 600));
    assert_eq!(agent.scopes, ["crm.read", "crm.write"]);
    assert_eq!(agent.actors, [""; 0]);
    let rest = [agent.tenant, agent.session, agent.task, agent.intent, agent.role].map(Option::unwrap);
    assert_eq!(rest, ["acme", "s-1", "ticket-9", "answer", "support"]);
    assert_eq!(Value::Object(agent.claims), claims());
}

#[test]
fn an_agent_in_its_own_name_has_no_user() {
    let agent = claimed(json!({"sub": "agent-1"})).unwrap();
    assert_eq!((agent.id.as_str(), agent.user), ("agent-1", None));
}

#[test]
fn the_outermost_actor_is_the_agent() {
    let agent = claimed(json!({"act": {"sub": "agent-2", "act": {"sub": "agent-1"}}})).unwrap();
    assert_eq!(agent.id, "agent-2");
    assert_eq!(agent.actors, ["agent-2", "agent-1"]);
    assert_eq!(agent.user.as_deref(), Some("user-7"));
}

#[test]
fn a_chain_of_actors_is_refused_beyond_the_configured_length() {
    let chain = json!({"act": {"sub": "c", "act": {"sub": "b"}}});
    let claims = with(claims(), chain);
    assert!(configured(json!({"max_actors": 2}), &header(), &claims).is_ok());
    assert_eq!(configured(json!({"max_actors": 1}), &header(), &claims), Err(Reason::TokenActor));
    assert_eq!(claimed(json!({"act": "agent-2"})), Err(Reason::TokenActor));
}

#[test]
fn who_may_act_is_a_list_and_their_scopes_are_cut() {
    let allowed = json!({"actors": [{"id": "agent-2", "scopes": ["crm.read"]}, {"host": "*.agents.example.com"}]});
    let acting = |actor: &str| {
        configured(allowed.clone(), &header(), &with(claims(), json!({"act": {"sub": actor, "act": {"sub": "other"}}})))
    };
    let agent = acting("agent-2").unwrap();
    assert_eq!(agent.scopes, ["crm.read"]);
    assert_eq!(agent.claims["scope"], "crm.read", "rules that look at the claim see no more");
    assert_eq!(acting("https://a.agents.example.com/bot").unwrap().scopes, ["crm.read", "crm.write"]);
    assert_eq!(acting("agent-3"), Err(Reason::TokenActor));
    assert_eq!(configured(allowed, &header(), &claims()).unwrap().id, "agent-1", "nobody acts for anybody");
}

#[test]
fn further_claims_may_be_required() {
    let required = |path: &str| configured(json!({"required_claims": [path]}), &header(), &claims()).map(|_| ());
    assert_eq!(required("org_id"), Ok(()));
    assert_eq!(required("/org_id"), Ok(()));
    assert_eq!(required("email"), Err(Reason::TokenClaims));
    assert_eq!(required("/org_id/name"), Err(Reason::TokenClaims));
}

#[test]
fn a_svid_is_an_agent_of_its_trust_domain() {
    let domain = json!({"issuer": "spiffe://example.org", "profile": "jwt_svid"});
    let bare = json!({"sub": "spiffe://example.org/agents/support", "aud": AUDIENCE, "exp": NOW + 300});
    let svid = |header: &Value, claims: &Value| configured(domain.clone(), header, claims);
    for typ in [json!(null), json!("JWT"), json!("JOSE")] {
        let agent = svid(&with(header(), json!({"typ": typ})), &bare).unwrap();
        assert_eq!(
            (agent.id.as_str(), agent.user, agent.token_id.as_str()),
            ("spiffe://example.org/agents/support", None, "")
        );
        assert_eq!(agent.issuer, "spiffe://example.org");
    }
    let jwt = with(header(), json!({"typ": "JWT"}));
    assert_eq!(svid(&header(), &bare), Err(Reason::TokenType));
    for (change, reason) in [
        (json!({"sub": "spiffe://other.org/agents/support"}), Reason::TokenClaims),
        (json!({"sub": "support"}), Reason::TokenClaims),
        (json!({"sub": "spiffe://other.org/a", "iss": "spiffe://example.org"}), Reason::TokenIssuer),
        (json!({"aud": "x"}), Reason::TokenAudience),
        (json!({"aud": null}), Reason::TokenClaims),
        (json!({"exp": null}), Reason::TokenClaims),
        (json!({"exp": NOW - 40}), Reason::TokenExpired),
        (json!({"exp": NOW + 901}), Reason::TokenLifetime),
    ] {
        assert_eq!(svid(&jwt, &with(bare.clone(), change.clone())), Err(reason), "{change}");
    }
}

#[test]
fn who_may_act_some_day_is_not_acting() {
    assert_eq!(claimed(json!({"may_act": {"sub": "agent-2"}})).unwrap().id, "agent-1");
}

#[test]
fn the_audience_is_one_of_ours() {
    for good in [json!(AUDIENCE), json!(["https://x.example", AUDIENCE]), json!("https://other.example.com")] {
        assert!(claimed(json!({"aud": good})).is_ok());
    }
    for bad in [json!("https://gateway.example.com/mcp/"), json!(["https://x.example"]), json!([])] {
        assert_eq!(claimed(json!({"aud": bad})), Err(Reason::TokenAudience));
    }
    for malformed in [json!(1), json!([AUDIENCE, 1]), json!({"aud": AUDIENCE}), json!("")] {
        assert_eq!(claimed(json!({"aud": malformed})), Err(Reason::TokenClaims));
    }
}

#[test]
fn every_claim_of_rfc_9068_must_be_there() {
    for claim in ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"] {
        assert_eq!(claimed(json!({claim: null})), Err(Reason::TokenClaims), "{claim}");
    }
    for claim in ["sub", "client_id", "jti", "org_id", "sid", "task", "intent", "role"] {
        for value in [json!(1), json!(""), json!(["x"]), json!("a\nb"), json!("a\u{0}")] {
            assert_eq!(claimed(json!({claim: value})), Err(Reason::TokenClaims), "{claim} {value}");
        }
    }
}

#[test]
fn a_token_ends_at_its_exp_and_the_skew() {
    let ending = |seconds: i64| claimed(json!({"exp": NOW.saturating_add_signed(seconds), "iat": NOW - 600}));
    assert!(ending(-29).is_ok());
    assert_eq!(ending(-30), Err(Reason::TokenExpired));
    assert!(claimed(json!({"exp": f64::from(u32::try_from(NOW).unwrap()) - 29.5, "iat": NOW - 600})).is_ok());
}

#[test]
fn a_token_begins_at_its_iat_and_nbf_less_the_skew() {
    for claim in ["iat", "nbf"] {
        assert!(claimed(json!({claim: NOW + 30})).is_ok(), "{claim}");
        assert_eq!(claimed(json!({claim: NOW + 31})), Err(Reason::TokenNotYetValid), "{claim}");
    }
    assert_eq!(claimed(json!({"nbf": NOW - 9, "iat": NOW + 31})), Err(Reason::TokenNotYetValid));
}

#[test]
fn a_token_may_not_live_longer_than_configured() {
    assert!(claimed(json!({"iat": NOW, "exp": NOW + 900})).is_ok());
    assert_eq!(claimed(json!({"iat": NOW, "exp": NOW + 901})), Err(Reason::TokenLifetime));
    assert_eq!(claimed(json!({"iat": NOW + 20, "exp": NOW + 20})), Err(Reason::TokenClaims));
}

#[test]
fn a_moment_is_a_number_of_this_age() {
    for claim in ["exp", "iat", "nbf"] {
        for value in [json!("1795366800"), json!(-1), json!(1e18), json!(NOW * 1000), json!(true), json!([NOW])] {
            assert_eq!(claimed(json!({claim: value})), Err(Reason::TokenClaims), "{claim} {value}");
        }
    }
}

#[test]
fn a_token_with_restrictions_that_are_not_checked_here_is_refused() {
    for cnf in [json!({"jkt": "x"}), json!({"x5t#S256": "x"}), json!({}), json!("x"), json!({"unknown": 1})] {
        assert_eq!(claimed(json!({"cnf": cnf})), Err(Reason::TokenBinding));
    }
    let null_cnf = claims().to_string().replacen('{', r#"{"cnf":null,"#, 1);
    let token = mint_raw(&header().to_string(), &null_cnf, 1);
    let refusal = run(&compiled(configuration()), &token, now(), &mut TokenMemory::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::TokenBinding);
    assert_eq!(claimed(json!({"authorization_details": [{"type": "payment"}]})), Err(Reason::TokenClaims));
    assert_eq!(claimed(json!({"status": {"status_list": {"idx": 0, "uri": "https://x"}}})), Err(Reason::TokenClaims));
}

#[test]
fn claims_with_two_meanings_are_refused() {
    let twice = claims().to_string().replacen('{', r#"{"sub":"admin","#, 1);
    let nested = claims().to_string().replacen('{', r#"{"x":{"a":1,"\u0061":2},"#, 1);
    for bad in [twice.as_str(), &nested, "[]", "", "null", "{} {}", "\u{feff}{}"] {
        let token = mint_raw(&header().to_string(), bad, 1);
        let refusal = run(&compiled(configuration()), &token, now(), &mut TokenMemory::default()).unwrap_err();
        assert_eq!(refusal.reason, Reason::TokenMalformed, "{bad}");
    }
}

#[test]
fn scopes_are_a_text_or_a_list() {
    let scopes = |value: Value| claimed(json!({"scope": value})).map(|agent| agent.scopes);
    assert_eq!(scopes(json!("a b")).unwrap(), ["a", "b"]);
    assert_eq!(scopes(json!(["a", "b"])).unwrap(), ["a", "b"]);
    assert_eq!(scopes(json!("")).unwrap(), [""; 0]);
    assert_eq!(scopes(Value::Null).unwrap(), [""; 0]);
    for bad in [json!(1), json!({"a": true}), json!(["a", 1])] {
        assert_eq!(scopes(bad), Err(Reason::TokenClaims));
    }
}

#[test]
fn claims_are_found_by_name_or_pointer() {
    let mapping = json!({"claims": {
        "agent": "azp", "user": "email", "scopes": "scp", "token_id": "uti", "tenant": "https://example.com/tenant",
        "role": "/realm/roles/1", "session": "/a~1b/c~0d",
    }});
    let other = json!({
        "client_id": null, "jti": null, "scope": null, "azp": "agent-5", "email": "u@example.com", "uti": "u-1",
        "scp": ["x"], "https://example.com/tenant": "t-3", "realm": {"roles": ["a", "b"]}, "a/b": {"c~d": "s-9"},
    });
    let agent = configured(mapping.clone(), &header(), &with(claims(), other.clone())).unwrap();
    assert_eq!((agent.id.as_str(), agent.user.as_deref()), ("agent-5", Some("u@example.com")));
    assert_eq!((agent.token_id.as_str(), agent.scopes), ("u-1", vec!["x".to_owned()]));
    assert_eq!([agent.tenant, agent.role, agent.session].map(Option::unwrap), ["t-3", "b", "s-9"]);
    let unmapped = with(with(claims(), other), json!({"azp": null}));
    assert_eq!(configured(mapping, &header(), &unmapped), Err(Reason::TokenClaims));
}
