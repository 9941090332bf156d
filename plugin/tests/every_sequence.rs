//! Every sequence of inputs up to a length, and what must hold after each.
//!
//! The machine is small enough that nothing need be left to chance: whatever a proxy reports, in whatever order,
//! nothing goes on without a valid token, a readable body within its limit, an allowing rule and, where the risk says
//! so, a permit that answers an ask; where calls are counted, nothing that isn't counted, or is in quarantine; and where a
//! token is bound, nothing of whoever doesn't hold what it is bound to; and where a run has a signed task document, nothing
//! without it, or beyond it.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use toolgate::config;
use toolgate::exchange::{self, Exchange, Input, Step};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::time::Timestamp;
use toolgate::token::{SignatureVerdict, TokenMemory};

/// Every sequence up to this length: the longest way, from head and signature over body and answer to the response.
const LENGTH: usize = 5;
/// And where another exchange asks the same: three to the question, the other's end, the look, and an own answer.
const LENGTH_WITH_ANOTHER: usize = 6;
/// And where calls are counted: reading and writing, and both once more after a conflict.
const LENGTH_WITH_MEMORY: usize = 7;
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const MAX_BODY: usize = 400;

/// And where a token is bound: certificate, proof, and the mark that the proof leaves.
const LENGTH_WITH_BINDING: usize = 7;

/// A denial that a person can turn round.
const WANTS_APPROVAL: &[u8] =
    br#"{"decision":false,"context":{"access_request":{"form_url":"https://pdp.example.com/approvals/1"}}}"#;

/// What an issuer says of an opaque token.
const ACTIVE: &[u8] =
    br#"{"active":true,"aud":"https://gateway.example.com/mcp","client_id":"support-agent","sub":"ann"}"#;

/// A permit of less than was asked for.
const NARROWS: &[u8] = br#"{"decision":true,"context":{"narrow":{"/limit":5}}}"#;
/// A permit of something else than the rule lets it change.
const NARROWS_TOO_FAR: &[u8] = br#"{"decision":true,"context":{"narrow":{"/id":"8"}}}"#;
/// A permit on a condition that nobody here knows.
const OBLIGES: &[u8] = br#"{"decision":true,"context":{"obligations":[{"type":"watermark","id":"1"}]}}"#;

/// What Envoy makes up where there is no connection.
const UNREACHED: &[u8] = b"upstream connect error or disconnect/reset before headers. reset reason: connection failure";

/// What a proxy can report, and what can become of another exchange that asks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    HeadWithToken,
    HeadOfGet,
    HeadWithoutToken,
    HeadOfAnotherPath,
    HeadOfMetadata,
    HeadOfAbsentKeys,
    Published,
    HeadWithExpiredToken,
    HeadWithOpaqueToken,
    HeadWithBoundToken,
    HeadWithBoundTokenAsBearer,
    HeadWithoutProof,
    HeadWithDocument,
    HeadWithDocumentOfAnother,
    HeadWithoutDocument,
    Peer,
    PeerOfAnother,
    NoPeer,
    BufferedLittle,
    BufferedTooMuch,
    BodyAllowed,
    BodyRisky,
    BodyDenied,
    BodyOfNoRule,
    BodyUnreadable,
    BodyTooLarge,
    SignatureHolds,
    SignatureFails,
    AnswerPermits,
    AnswerDenies,
    AnswerWantsApproval,
    AnswerNarrows,
    AnswerNarrowsTooFar,
    AnswerObliges,
    AnswerBroken,
    AnswerPermitsWith500,
    AnswerPermitsWith302,
    AnswerActive,
    AnswerInactive,
    NoAnswer,
    NoConnection,
    RecalledNothing,
    RecalledQuarantine,
    RecalledProof,
    Stored,
    StoredByAnother,
    NotStored,
    Response,
    OtherPermitted,
    OtherDenied,
    OtherUnanswered,
    OtherPermittedForOnce,
    OtherLeft,
}

use Symbol::*;

const ALPHABET: &[Symbol] = &[
    HeadWithToken,
    HeadOfGet,
    HeadWithoutToken,
    HeadOfAnotherPath,
    HeadOfMetadata,
    HeadOfAbsentKeys,
    Published,
    HeadWithExpiredToken,
    BufferedLittle,
    BufferedTooMuch,
    BodyAllowed,
    BodyRisky,
    BodyDenied,
    BodyOfNoRule,
    BodyUnreadable,
    BodyTooLarge,
    SignatureHolds,
    SignatureFails,
    AnswerPermits,
    AnswerDenies,
    AnswerWantsApproval,
    AnswerNarrows,
    AnswerNarrowsTooFar,
    AnswerObliges,
    AnswerBroken,
    AnswerPermitsWith500,
    AnswerPermitsWith302,
    NoAnswer,
    NoConnection,
    RecalledNothing,
    RecalledQuarantine,
    Stored,
    StoredByAnother,
    NotStored,
    Response,
];

/// What matters where another exchange asks the same; the rest is what the others show.
const OF_ANOTHER: &[Symbol] = &[
    HeadWithToken,
    SignatureHolds,
    BodyRisky,
    BodyAllowed,
    Published,
    AnswerPermits,
    AnswerDenies,
    NoAnswer,
    Response,
    OtherPermitted,
    OtherDenied,
    OtherUnanswered,
    OtherPermittedForOnce,
    OtherLeft,
];

/// What matters where calls are counted; the rest is what the shorter sequences show.
const OF_MEMORY: &[Symbol] = &[
    HeadWithToken,
    HeadWithoutToken,
    BodyAllowed,
    BodyRisky,
    BodyDenied,
    SignatureHolds,
    AnswerPermits,
    AnswerDenies,
    RecalledNothing,
    RecalledQuarantine,
    Stored,
    StoredByAnother,
    NotStored,
    Response,
];

/// What matters where a token is bound.
const OF_BINDING: &[Symbol] = &[
    HeadWithBoundToken,
    HeadWithBoundTokenAsBearer,
    HeadWithoutProof,
    Peer,
    PeerOfAnother,
    NoPeer,
    SignatureHolds,
    SignatureFails,
    RecalledNothing,
    RecalledProof,
    Stored,
    StoredByAnother,
    NotStored,
    BodyAllowed,
    BodyDenied,
    Response,
];

/// What matters where a run has a task document.
const OF_DOCUMENT: &[Symbol] = &[
    HeadWithDocument,
    HeadWithDocumentOfAnother,
    HeadWithoutDocument,
    HeadWithoutToken,
    SignatureHolds,
    SignatureFails,
    BufferedLittle,
    BodyAllowed,
    BodyRisky,
    BodyDenied,
    AnswerPermits,
    Published,
    Response,
];

/// What matters where a token's issuer is asked about it.
const OF_INTROSPECTION: &[Symbol] = &[
    HeadWithOpaqueToken,
    BufferedLittle,
    BodyAllowed,
    BodyRisky,
    BodyDenied,
    SignatureHolds,
    AnswerActive,
    AnswerInactive,
    AnswerPermits,
    AnswerDenies,
    AnswerNarrows,
    AnswerPermitsWith500,
    NoAnswer,
    Published,
    Response,
];

/// What a request has to come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
    /// Token, body, rules, decision: as it is shipped.
    Shipped,
    /// And the memory of its session.
    Memory,
    /// And what its token is bound to.
    Binding,
    /// The same, where heads can't be held.
    Unheld,
    /// Another exchange has asked what this one would ask.
    Another,
    /// The word of its token's issuer, in the place of a signature.
    Introspection,
    /// And the document of its task.
    Document,
}

fn configuration(under: Under) -> Arc<config::Config> {
    let narrow: &[&str] = if under == Under::Unheld { &[] } else { &["/limit"] };
    let documents = serde_json::json!({
        "issuer": "https://runs.example.com", "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"],
        "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
    });
    let quarantine = serde_json::json!({"quarantine": {"denials": 1, "within": "5m", "lasts": "15m"}});
    let json = serde_json::json!({
        "policy_version": "every-sequence",
        "session_memory": if under == Under::Memory { quarantine } else { serde_json::Value::Null },
        "hold": if under == Under::Unheld { "body_only" } else { "head_and_body" },
        "audit": {"headers": under != Under::Unheld},
        "identity": {"client_certificate": "connection", "dpop": {"origins": ["https://gateway.example.com"]},
            "task_documents": if under == Under::Document { documents } else { serde_json::Value::Null }, "issuers": [{
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256"],
            // RFC 7515 appendix A.3. Whether a signature holds is an input of the machine; none is verified here.
            "jwks": {"inline": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}},
        }, {
            "issuer": "https://opaque.example.com",
            "profile": "opaque",
            "audiences": ["https://gateway.example.com/mcp"],
            "introspection": {"cluster": "idp", "uri": "https://opaque.example.com/introspect", "credential": "Basic eDp5"},
        }, {
            "issuer": "https://absent.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256"],
            "jwks": {"cluster": "idp", "uri": "https://absent.example.com/jwks"},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm", "max_body": MAX_BODY.to_string(),
            "protected_resource": {"resource": "https://gateway.example.com/mcp"}}],
        "rules": [
            {"id": "reads", "effect": "allow", "when": {"tool": "customers.get"}},
            {"id": "deletes", "effect": "deny", "when": {"tool": "customers.delete"}},
            {"id": "refunds", "effect": "ask", "when": {"tool": "payments.refund"}, "narrow": narrow},
        ],
        "decision": {"cluster": "pdp", "url": "https://pdp.example.com"},
    });
    Arc::new(config::read(json.to_string().as_bytes()).unwrap_or_else(|problems| panic!("{problems}")))
}

fn token(expires: u64) -> String {
    token_of("https://idp.example.com", expires)
}

fn token_of(issuer: &str, expires: u64) -> String {
    unsigned(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}), claims_of(issuer, expires))
}

fn claims_of(issuer: &str, expires: u64) -> serde_json::Value {
    serde_json::json!({
        "iss": issuer, "aud": "https://gateway.example.com/mcp", "sub": "ann", "client_id": "support-agent",
        "jti": "1", "iat": expires - 300, "exp": expires,
    })
}

fn unsigned(header: serde_json::Value, claims: serde_json::Value) -> String {
    let part = |json: serde_json::Value| BASE64.encode(json.to_string());
    format!("{}.{}.{}", part(header), part(claims), BASE64.encode([1; 64]))
}

/// A token that is bound to a certificate and to the key of RFC 9449 section 4.1.
fn bound_token() -> String {
    let mut claims = claims_of("https://idp.example.com", NOW.as_secs() + 200);
    claims["cnf"] = serde_json::json!({
        "x5t#S256": BASE64.encode([0x78; 32]), "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    });
    unsigned(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}), claims)
}

/// A proof that its sender holds that key, if its signature holds.
fn proof() -> String {
    use sha2::Digest as _;
    let header = serde_json::json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}});
    let claims = serde_json::json!({
        "jti": "1", "htm": "POST", "htu": "https://gateway.example.com/mcp", "iat": NOW.as_secs(),
        "ath": BASE64.encode(sha2::Sha256::digest(bound_token())),
    });
    unsigned(header, claims)
}

/// A token that names a task.
fn tasked_token() -> String {
    let mut claims = claims_of("https://idp.example.com", NOW.as_secs() + 200);
    claims["task"] = "task-1".into();
    unsigned(serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"}), claims)
}

/// The document of that task: one tool, and not the one that the decision service is asked about.
fn document(agent: &str) -> String {
    let mut claims = claims_of("https://runs.example.com", NOW.as_secs() + 200);
    claims["client_id"] = agent.into();
    claims["jti"] = "task-1".into();
    claims["task"] = serde_json::json!({"tools": ["customers.*"]});
    unsigned(serde_json::json!({"alg": "ES256", "typ": "task+jwt", "kid": "1"}), claims)
}

/// The head of a request with both.
fn head_of_task(document: Option<String>) -> Head {
    let head = head("POST", "/mcp", Some(&tasked_token()));
    let pairs = head.iter().map(|(name, value)| (name.to_vec(), value.to_vec()));
    let document = document.map(|document| (b"task-document".to_vec(), document.into_bytes()));
    Head::from_pairs(pairs.chain(document))
}

/// What the proxy says of the certificate that the token is bound to.
const PEER: &[u8; 64] = b"7878787878787878787878787878787878787878787878787878787878787878";

fn head(method: &str, path: &str, token: Option<&str>) -> Head {
    let mut pairs = vec![
        (":method".to_owned(), method.to_owned()),
        (":path".to_owned(), path.to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("accept".to_owned(), "application/json, text/event-stream".to_owned()),
        ("mcp-protocol-version".to_owned(), "2025-11-25".to_owned()),
    ];
    pairs.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
    Head::from_pairs(pairs)
}

fn call(tool: &str) -> Vec<u8> {
    let call = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"id": "7"}},
    });
    call.to_string().into_bytes()
}

/// What the symbols stand for, made once.
struct Bodies {
    valid: String,
    expired: String,
    of_absent_keys: String,
    allowed: Vec<u8>,
    risky: Vec<u8>,
    denied: Vec<u8>,
    of_no_rule: Vec<u8>,
    too_large: Vec<u8>,
    response: Head,
    failure: Head,
    redirect: Head,
    unreached: Head,
    for_once: Head,
    nothing: Head,
    /// A slot in which the session is in quarantine.
    quarantine: Vec<u8>,
    bound: String,
    proof: String,
    /// A slot with the mark of the proof.
    seen_proof: Vec<u8>,
}

impl Bodies {
    fn new() -> Self {
        let mut too_large = call("customers.get");
        too_large.resize(MAX_BODY + 1, b' ');
        Self {
            valid: token(NOW.as_secs() + 200),
            of_absent_keys: token_of("https://absent.example.com", NOW.as_secs() + 200),
            expired: token(NOW.as_secs() - 200),
            allowed: call("customers.get"),
            risky: call("payments.refund"),
            denied: call("customers.delete"),
            of_no_rule: call("weather.read"),
            too_large,
            response: Head::from_pairs([(":status", "200")]),
            failure: Head::from_pairs([(":status", "500")]),
            redirect: Head::from_pairs([(":status", "302"), ("location", "https://pdp.example.com/")]),
            unreached: Head::from_pairs([(":status", "503")]),
            for_once: Head::from_pairs([(":status", "200"), ("cache-control", "no-store")]),
            nothing: Head::default(),
            quarantine: Vec::new(),
            bound: bound_token(),
            proof: proof(),
            seen_proof: Vec::new(),
        }
    }

    /// With the slot that a proof leaves behind.
    fn after_a_proof(mut self, config: &Arc<config::Config>) -> Self {
        let mut exchange = Exchange::new(Arc::clone(config));
        let mut gate = Gate::new(Arc::clone(config));
        for symbol in [HeadWithBoundToken, SignatureHolds, Peer, SignatureHolds, RecalledNothing] {
            if let Step::Remember { bytes, .. } = exchange.advance(&mut gate, NOW, self.input(symbol)) {
                self.seen_proof = bytes;
            }
        }
        assert!(!self.seen_proof.is_empty(), "a proof is remembered");
        self
    }

    /// The head of a request with the bound token.
    fn bound(&self, scheme: &str, proof: Option<&str>) -> Head {
        let head = head("POST", "/mcp", None);
        let own = |name: &str, value: String| (name.as_bytes().to_vec(), value.into_bytes());
        let mut pairs: Vec<_> = head.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        pairs.push(own("authorization", format!("{scheme} {}", self.bound)));
        pairs.extend(proof.map(|proof| own("dpop", proof.to_owned())));
        Head::from_pairs(pairs)
    }

    /// With the slot that a denied call leaves behind.
    fn after_a_denial(mut self, config: &Arc<config::Config>) -> Self {
        let mut exchange = Exchange::new(Arc::clone(config));
        let mut gate = Gate::new(Arc::clone(config));
        for symbol in [HeadWithToken, SignatureHolds, BodyDenied, RecalledNothing] {
            if let Step::Remember { bytes, .. } = exchange.advance(&mut gate, NOW, self.input(symbol)) {
                self.quarantine = bytes;
            }
        }
        assert!(!self.quarantine.is_empty(), "a denial is remembered");
        self
    }

    fn input(&self, symbol: Symbol) -> Input<'_> {
        let head = |head| Input::Head { head, end: symbol == HeadOfGet, id: "id".to_owned() };
        match symbol {
            HeadWithToken => head(self::head("POST", "/mcp", Some(&self.valid))),
            HeadOfGet => head(self::head("POST", "/mcp", Some(&self.valid))),
            HeadWithoutToken => head(self::head("POST", "/mcp", None)),
            HeadOfAnotherPath => head(self::head("POST", "/other", Some(&self.valid))),
            HeadOfMetadata => head(self::head("GET", "/.well-known/oauth-protected-resource/mcp", None)),
            // Nothing is ever fetched here: such a request must wait, or be refused.
            HeadOfAbsentKeys => head(self::head("POST", "/mcp", Some(&self.of_absent_keys))),
            Published => Input::Published,
            HeadWithExpiredToken => head(self::head("POST", "/mcp", Some(&self.expired))),
            HeadWithOpaqueToken => head(self::head("POST", "/mcp", Some("opaque"))),
            HeadWithBoundToken => head(self.bound("DPoP", Some(&self.proof))),
            HeadWithBoundTokenAsBearer => head(self.bound("Bearer", Some(&self.proof))),
            HeadWithoutProof => head(self.bound("DPoP", None)),
            HeadWithDocument => head(head_of_task(Some(document("support-agent")))),
            HeadWithDocumentOfAnother => head(head_of_task(Some(document("another-agent")))),
            HeadWithoutDocument => head(head_of_task(None)),
            Peer => Input::Peer(Some(PEER)),
            PeerOfAnother => Input::Peer(Some(&[b'7'; 64])),
            NoPeer => Input::Peer(None),
            BufferedLittle => Input::Buffered(10),
            BufferedTooMuch => Input::Buffered(MAX_BODY + 1),
            BodyAllowed => Input::Body(&self.allowed),
            BodyRisky => Input::Body(&self.risky),
            BodyDenied => Input::Body(&self.denied),
            BodyOfNoRule => Input::Body(&self.of_no_rule),
            BodyUnreadable => Input::Body(b"{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\"}"),
            BodyTooLarge => Input::Body(&self.too_large),
            SignatureHolds => Input::Signature(SignatureVerdict::Valid),
            SignatureFails => Input::Signature(SignatureVerdict::Invalid),
            AnswerPermits => Input::Answer { head: &self.response, body: br#"{"decision":true}"# },
            AnswerDenies => Input::Answer { head: &self.response, body: br#"{"decision":false}"# },
            AnswerWantsApproval => Input::Answer { head: &self.response, body: WANTS_APPROVAL },
            AnswerNarrows => Input::Answer { head: &self.response, body: NARROWS },
            AnswerNarrowsTooFar => Input::Answer { head: &self.response, body: NARROWS_TOO_FAR },
            AnswerObliges => Input::Answer { head: &self.response, body: OBLIGES },
            AnswerBroken => Input::Answer { head: &self.response, body: br#"{"decision":"true"}"# },
            AnswerPermitsWith500 => Input::Answer { head: &self.failure, body: br#"{"decision":true}"# },
            AnswerPermitsWith302 => Input::Answer { head: &self.redirect, body: br#"{"decision":true}"# },
            AnswerActive => Input::Answer { head: &self.response, body: ACTIVE },
            AnswerInactive => Input::Answer { head: &self.response, body: br#"{"active":false}"# },
            NoAnswer => Input::Answer { head: &self.nothing, body: b"" },
            NoConnection => Input::Answer { head: &self.unreached, body: UNREACHED },
            OtherPermitted | OtherDenied | OtherUnanswered | OtherPermittedForOnce | OtherLeft => {
                panic!("{symbol:?} is an input of the other exchange")
            }
            RecalledNothing => Input::Recalled { slot: None, version: 1 },
            RecalledQuarantine => Input::Recalled { slot: Some(&self.quarantine), version: 1 },
            RecalledProof => Input::Recalled { slot: Some(&self.seen_proof), version: 1 },
            Stored => Input::Remembered(exchange::Stored::Yes),
            StoredByAnother => Input::Remembered(exchange::Stored::Conflict),
            NotStored => Input::Remembered(exchange::Stored::No),
            Response => Input::Response(&self.response),
        }
    }
}

/// Through, where another exchange asks the same: it was permitted, and this one hears of it; or it came to nothing, or to
/// nothing that holds for anybody else, and this one asked by itself.
fn may_go_on_with_another(seen: &[Symbol]) -> bool {
    let ours: Vec<_> = seen.iter().copied().filter(|symbol| !symbol.is_of_the_other()).collect();
    if ours.as_slice() == [HeadWithToken, SignatureHolds, BodyAllowed] {
        return seen.last() == Some(&BodyAllowed);
    }
    // Only the first thing that becomes of the other counts: after it, it has gone on or is refused.
    let other = seen.iter().position(|symbol| symbol.is_of_the_other());
    let asks = seen.iter().position(|symbol| *symbol == BodyRisky);
    let (Some(other), Some(asks)) = (other, asks) else { return false };
    let heard = seen.iter().enumerate().position(|(at, symbol)| *symbol == Published && at > other.max(asks));
    // Looking while nothing has become of it changes nothing.
    let mut ours: Vec<_> = Vec::new();
    for (at, symbol) in seen.iter().copied().enumerate() {
        let early = symbol == Published && at > asks && at < other;
        if !symbol.is_of_the_other() && !early {
            ours.push(symbol);
        }
    }
    let before: &[Symbol] = &[HeadWithToken, SignatureHolds, BodyRisky];
    let ended = |way: &[Symbol]| ours == [before, way].concat() && seen.last() == ours.last();
    match seen[other] {
        // What is settled before this one asks is another question's business: it asks by itself.
        _ if other < asks => ended(&[AnswerPermits]) || ended(&[NoAnswer, AnswerPermits]),
        OtherPermitted => heard.is_some() && ended(&[Published]),
        OtherDenied | OtherUnanswered => false,
        _ => ended(&[Published, AnswerPermits]) || ended(&[Published, NoAnswer, AnswerPermits]),
    }
}

/// The only ways through, written down apart from the machine.
fn may_go_on(seen: &[Symbol], under: Under) -> bool {
    if under == Under::Another {
        return may_go_on_with_another(seen);
    }
    let mut calls: Vec<_> = seen.iter().copied().filter(|symbol| *symbol != BufferedLittle).collect();
    if matches!(under, Under::Memory | Under::Binding) {
        // Whoever was not the first to write reads again, and what it read before counts for nothing.
        while let Some(lost) = calls.windows(2).position(|pair| matches!(pair, [RecalledNothing, StoredByAnother])) {
            calls.drain(lost..lost + 2);
        }
    }
    if under == Under::Binding {
        return matches!(
            calls.as_slice(),
            [HeadWithBoundToken, SignatureHolds, Peer, SignatureHolds, RecalledNothing, Stored, BodyAllowed]
        );
    }
    if under == Under::Document {
        // The token's signature, and the document's. What the decision service would permit is beyond the document.
        return calls == [HeadWithDocument, SignatureHolds, SignatureHolds, BodyAllowed];
    }
    if under == Under::Memory {
        return matches!(
            calls.as_slice(),
            [HeadWithToken, SignatureHolds, BodyAllowed, RecalledNothing, Stored]
                | [HeadWithToken, SignatureHolds, BodyRisky, RecalledNothing, Stored, AnswerPermits]
                | [HeadWithToken, SignatureHolds, BodyRisky, RecalledNothing, Stored, AnswerNarrows, BodyRisky]
        );
    }
    if let [HeadWithOpaqueToken, rest @ ..] = calls.as_slice() {
        // What of the body comes while the issuer is asked is held, and handed over once more.
        let asked = rest.iter().take_while(|symbol| {
            matches!(
                symbol,
                BodyAllowed | BodyRisky | BodyDenied | BodyOfNoRule | BodyUnreadable | BodyTooLarge | BufferedTooMuch
            )
        });
        return matches!(
            &rest[asked.count()..],
            [AnswerActive, BodyAllowed]
                | [AnswerActive, BodyRisky, AnswerPermits]
                | [AnswerActive, BodyRisky, NoAnswer | NoConnection, AnswerPermits]
                | [AnswerActive, BodyRisky, AnswerNarrows, BodyRisky]
        );
    }
    if under == Under::Unheld && calls.contains(&AnswerNarrows) {
        return false;
    }
    matches!(
        calls.as_slice(),
        [HeadWithToken, SignatureHolds, BodyAllowed]
            | [HeadWithToken, SignatureHolds, BodyRisky, AnswerPermits]
            // A connection that fails is tried once more.
            | [HeadWithToken, SignatureHolds, BodyRisky, NoAnswer | NoConnection, AnswerPermits]
            // The proxy gives the body once more: the very one that was judged.
            | [HeadWithToken, SignatureHolds, BodyRisky, AnswerNarrows, BodyRisky]
    )
}

impl Symbol {
    /// Whether it is of the other exchange that asks the same.
    fn is_of_the_other(self) -> bool {
        matches!(self, OtherPermitted | OtherDenied | OtherUnanswered | OtherPermittedForOnce | OtherLeft)
    }
}

/// An exchange that has asked what the walk's own would ask.
struct Other<'w> {
    exchange: Option<Exchange>,
    bodies: &'w Bodies,
}

impl<'w> Other<'w> {
    fn asking(walk: &'w Walk, gate: &mut Gate) -> Self {
        let mut exchange = Exchange::new(Arc::clone(&walk.config));
        for symbol in [HeadWithToken, SignatureHolds, BodyRisky] {
            exchange.advance(gate, NOW, walk.bodies.input(symbol));
        }
        // It has come to know the token, which the walk's own exchange is to find out about by itself.
        gate.tokens = TokenMemory::default();
        Self { exchange: Some(exchange), bodies: &walk.bodies }
    }

    fn becomes(&mut self, gate: &mut Gate, symbol: Symbol) {
        let permit = br#"{"decision":true}"#;
        let bodies = self.bodies;
        let answers: &[(&Head, &[u8])] = match symbol {
            OtherPermitted => &[(&bodies.response, permit)],
            OtherDenied => &[(&bodies.response, br#"{"decision":false}"#)],
            OtherUnanswered => &[(&bodies.nothing, b""), (&bodies.nothing, b"")],
            OtherPermittedForOnce => &[(&bodies.for_once, permit)],
            _ => {
                self.exchange = None;
                return;
            }
        };
        for (head, body) in answers {
            if let Some(exchange) = &mut self.exchange {
                exchange.advance(gate, NOW, Input::Answer { head, body });
            }
        }
    }
}

struct Walk {
    bodies: Bodies,
    config: Arc<config::Config>,
    under: Under,
    alphabet: &'static [Symbol],
    length: usize,
    forwarded: usize,
    rejected: usize,
    steps: usize,
    /// How many heads went on before their bodies.
    heads: usize,
}

impl Walk {
    fn new(under: Under) -> Self {
        let config = configuration(under);
        let (bodies, alphabet, length) = match under {
            Under::Shipped | Under::Unheld => (Bodies::new(), ALPHABET, LENGTH),
            Under::Introspection => (Bodies::new(), OF_INTROSPECTION, LENGTH),
            Under::Document => (Bodies::new(), OF_DOCUMENT, LENGTH),
            Under::Memory => (Bodies::new().after_a_denial(&config), OF_MEMORY, LENGTH_WITH_MEMORY),
            Under::Another => (Bodies::new(), OF_ANOTHER, LENGTH_WITH_ANOTHER),
            Under::Binding => (Bodies::new().after_a_proof(&config), OF_BINDING, LENGTH_WITH_BINDING),
        };
        Self { bodies, config, under, alphabet, length, forwarded: 0, rejected: 0, steps: 0, heads: 0 }
    }

    fn may_go_on(&self, seen: &[Symbol]) -> bool {
        may_go_on(seen, self.under)
    }

    /// The step that the last of these inputs leads to.
    fn replay(&self, seen: &[Symbol]) -> Step {
        let mut exchange = Exchange::new(Arc::clone(&self.config));
        // A gate without memory: what a known token or answer changes is the business of scenarios.
        let mut gate = Gate::new(Arc::clone(&self.config));
        let mut other = (self.under == Under::Another).then(|| Other::asking(self, &mut gate));
        let mut last = Step::Hold;
        for symbol in seen {
            last = match &mut other {
                Some(other) if symbol.is_of_the_other() => {
                    other.becomes(&mut gate, *symbol);
                    Step::Hold
                }
                _ => exchange.advance(&mut gate, NOW, self.bodies.input(*symbol)),
            };
        }
        last
    }

    /// Tries every input after those `seen`. Where a verdict has `ended` the exchange, one more is enough.
    fn from(&mut self, seen: &mut Vec<Symbol>, ended: bool) {
        if seen.len() == self.length {
            return;
        }
        for &symbol in self.alphabet {
            // The other exchange has one end.
            if symbol.is_of_the_other() && seen.iter().any(|seen| seen.is_of_the_other()) {
                continue;
            }
            seen.push(symbol);
            let step = self.replay(seen);
            self.steps += 1;
            let mut ends = false;
            match step {
                Step::Forward(..) => {
                    assert!(!ended, "a second verdict after {seen:?}");
                    assert!(self.may_go_on(seen), "forwarded after {seen:?}");
                    self.forwarded += 1;
                    ends = true;
                }
                Step::Reject(reply, record) => {
                    assert!(!ended, "a second verdict after {seen:?}");
                    assert!(!self.may_go_on(seen), "rejected after {seen:?}: {:?}", record.reason);
                    assert!(reply.status >= 400 && record.reason.is_some(), "no reason after {seen:?}");
                    self.rejected += 1;
                    ends = true;
                }
                Step::Answer(reply) => {
                    assert_eq!(
                        (seen.as_slice(), reply.status),
                        (&[HeadOfMetadata][..], 200),
                        "answered without a verdict"
                    );
                    ends = true;
                }
                Step::Pass => {
                    assert!(ended || symbol == Response, "let pass before a verdict: {seen:?}");
                    // Somebody else answered; that nothing turns this round is what the shorter sequences show.
                    ends = self.length > LENGTH;
                }
                Step::Respond(_, record) => {
                    assert_eq!(symbol, Response, "after {seen:?}");
                    assert!(ended || record.is_some_and(|record| record.reason.is_some()), "unrecorded: {seen:?}");
                    ends = true;
                }
                Step::SendHead(edits) => {
                    assert_eq!((self.under, seen.as_slice()), (Under::Unheld, &[HeadWithToken, SignatureHolds][..]));
                    assert!(edits.remove.contains(&b"authorization".to_vec()) && edits.add.is_empty());
                    self.heads += 1;
                }
                Step::Hold
                | Step::Await
                | Step::Read
                | Step::Verify(_)
                | Step::Peer
                | Step::RoutePolicy
                | Step::Introspect(..)
                | Step::Ask(..)
                | Step::Reread
                | Step::Recall(_)
                | Step::Remember { .. } => {
                    assert!(ended || !self.may_go_on(seen), "held what may go on: {seen:?}");
                }
            }
            // What comes after a verdict is followed for one more input: nothing may turn it round.
            if !ended {
                self.from(seen, ends);
            }
            seen.pop();
        }
    }
}

#[test]
fn nothing_goes_on_but_by_the_only_ways_through() {
    let mut walk = Walk::new(Under::Shipped);
    walk.from(&mut Vec::new(), false);
    assert!(walk.forwarded > 2 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
    assert!(walk.steps > 1000, "only {} steps", walk.steps);
}

#[test]
fn where_calls_are_counted_nothing_goes_on_uncounted() {
    let mut walk = Walk::new(Under::Memory);
    walk.from(&mut Vec::new(), false);
    // Allowed at once, allowed after a conflict, and permitted.
    assert_eq!(walk.forwarded, 3);
    assert!(walk.rejected > 200, "{} rejected", walk.rejected);
}

#[test]
fn where_another_exchange_asks_the_same_nothing_goes_on_but_by_a_permit() {
    let mut walk = Walk::new(Under::Another);
    walk.from(&mut Vec::new(), false);
    assert!(walk.forwarded > 10 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
}

#[test]
fn a_bound_token_goes_on_only_with_all_that_it_is_bound_to() {
    let mut walk = Walk::new(Under::Binding);
    walk.from(&mut Vec::new(), false);
    assert_eq!(walk.forwarded, 1);
    assert!(walk.rejected > 150, "{} rejected", walk.rejected);
}

#[test]
fn a_run_with_a_task_document_goes_on_only_with_it_and_within_it() {
    let mut walk = Walk::new(Under::Document);
    walk.from(&mut Vec::new(), false);
    // With and without a callback in the middle of the body.
    assert_eq!(walk.forwarded, 2);
    assert!(walk.rejected > 80, "{} rejected", walk.rejected);
}

#[test]
fn an_opaque_token_goes_on_only_by_the_word_of_its_issuer() {
    let mut walk = Walk::new(Under::Introspection);
    walk.from(&mut Vec::new(), false);
    assert!(walk.forwarded > 3 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
}

#[test]
fn where_heads_cannot_be_held_only_one_with_a_valid_token_goes_on_and_no_body_unjudged() {
    let mut walk = Walk::new(Under::Unheld);
    walk.from(&mut Vec::new(), false);
    // Allowed at once and permitted, each with and without a callback in the middle of the body.
    assert!(walk.forwarded > 2 && walk.rejected > 100, "{} forwarded, {} rejected", walk.forwarded, walk.rejected);
    assert_eq!(walk.heads, 1);
}
