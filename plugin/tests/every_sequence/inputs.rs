//! What each symbol stands for.

use std::sync::Arc;

use toolgate::config;
use toolgate::exchange::{self, Exchange, Input, Step};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::token::SignatureVerdict;

use crate::symbol::Symbol::{self, *};
use crate::world::{self, MAX_BODY, NOW, bound_token, call, document, head_of_task, proof, token, token_of};

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

/// What the proxy says of the certificate that the token is bound to.
const PEER: &[u8; 64] = b"7878787878787878787878787878787878787878787878787878787878787878";

/// What the symbols stand for, made once.
pub(crate) struct Bodies {
    valid: String,
    expired: String,
    of_absent_keys: String,
    allowed: Vec<u8>,
    risky: Vec<u8>,
    denied: Vec<u8>,
    of_no_rule: Vec<u8>,
    too_large: Vec<u8>,
    pub(crate) response: Head,
    failure: Head,
    redirect: Head,
    unreached: Head,
    pub(crate) for_once: Head,
    pub(crate) nothing: Head,
    /// A slot in which the session is in quarantine.
    quarantine: Vec<u8>,
    bound: String,
    proof: String,
    /// A slot with the mark of the proof.
    seen_proof: Vec<u8>,
}

impl Bodies {
    pub(crate) fn new() -> Self {
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
    pub(crate) fn after_a_proof(mut self, config: &Arc<config::Config>) -> Self {
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
        let head = world::head("POST", "/mcp", None);
        let own = |name: &str, value: String| (name.as_bytes().to_vec(), value.into_bytes());
        let mut pairs: Vec<_> = head.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        pairs.push(own("authorization", format!("{scheme} {}", self.bound)));
        pairs.extend(proof.map(|proof| own("dpop", proof.to_owned())));
        Head::from_pairs(pairs)
    }

    /// With the slot that a denied call leaves behind.
    pub(crate) fn after_a_denial(mut self, config: &Arc<config::Config>) -> Self {
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

    pub(crate) fn input(&self, symbol: Symbol) -> Input<'_> {
        let head = |head| Input::Head { head, end: symbol == HeadOfGet, id: "id".to_owned() };
        match symbol {
            HeadWithToken => head(world::head("POST", "/mcp", Some(&self.valid))),
            HeadOfGet => head(world::head("POST", "/mcp", Some(&self.valid))),
            HeadWithoutToken => head(world::head("POST", "/mcp", None)),
            HeadOfAnotherPath => head(world::head("POST", "/other", Some(&self.valid))),
            HeadOfMetadata => head(world::head("GET", "/.well-known/oauth-protected-resource/mcp", None)),
            // Nothing is ever fetched here: such a request must wait, or be refused.
            HeadOfAbsentKeys => head(world::head("POST", "/mcp", Some(&self.of_absent_keys))),
            Published => Input::Published,
            HeadWithExpiredToken => head(world::head("POST", "/mcp", Some(&self.expired))),
            HeadWithOpaqueToken => head(world::head("POST", "/mcp", Some("opaque"))),
            HeadWithBoundToken => head(self.bound("DPoP", Some(&self.proof))),
            HeadWithBoundTokenAsBearer => head(self.bound("Bearer", Some(&self.proof))),
            HeadWithoutProof => head(self.bound("DPoP", None)),
            HeadWithDocument => head(head_of_task(Some(document("support-agent")))),
            HeadWithDocumentOfAnother => head(head_of_task(Some(document("another-agent")))),
            HeadWithoutDocument => head(head_of_task(None)),
            RouteNamesPolicy => Input::RoutePolicy(Some(b"readers")),
            RouteNamesAnother => Input::RoutePolicy(Some(b"everybody")),
            RouteNamesNone => Input::RoutePolicy(None),
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
