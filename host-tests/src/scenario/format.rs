//! The scenario file: one case as data. `scenarios/README.md` shows it to people who write one.
//!
//! Unknown keys are errors with their place, so a misspelt expectation can't pass by never being looked at.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A scenario file as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the scenario proves, in one sentence.
    pub about: String,
    /// The configuration: a name (`configs/<name>.yaml` beside the file or above it) or a path from the file.
    pub config: String,
    /// Laid over the configuration as a JSON merge patch (RFC 7396; a list replaces a list).
    #[serde(default, rename = "override")]
    pub overrides: Map<String, Value>,
    /// The only step's request.
    pub request: Option<Request>,
    /// The only step's token.
    pub token: Option<Token>,
    /// The proof of possession that goes with the only step's token.
    pub proof: Option<Proof>,
    /// The task document that goes with the only step's token.
    pub document: Option<Document>,
    /// What the decision service answers in the only step.
    #[serde(default, rename = "answer")]
    pub answers: Vec<Answer>,
    /// What the issuer publishes in the only step.
    pub issuer: Option<Published>,
    /// What the upstream answers in the only step.
    pub upstream: Option<Upstream>,
    /// What the only step must lead to.
    pub expect: Option<Expect>,
    /// Several requests, one after the other, through one filter; instead of the five above.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

/// One request, what others answer, and what must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the client sends.
    pub request: Request,
    /// Its token; a good one where this is left out.
    #[serde(default)]
    pub token: Token,
    /// The proof of possession (DPoP) that goes with it; none where this is left out.
    pub proof: Option<Proof>,
    /// The signed task document that goes with it; none where this is left out.
    pub document: Option<Document>,
    /// What the decision service answers, question by question.
    #[serde(default, rename = "answer")]
    pub answers: Vec<Answer>,
    /// How long after the step before it this one begins, such as `2s`.
    pub after: Option<String>,
    /// What the issuer publishes from this step on.
    pub issuer: Option<Published>,
    /// What the upstream answers.
    #[serde(default)]
    pub upstream: Upstream,
    /// What must come of it.
    pub expect: Expect,
}

/// What the client sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The HTTP method.
    #[serde(default = "post")]
    pub method: String,
    /// The path, with its query.
    #[serde(default = "mcp_path")]
    pub path: String,
    /// Further headers. A header that is named here replaces what the body or the token would have brought.
    #[serde(default)]
    pub headers: Fields,
    /// Trailers.
    #[serde(default)]
    pub trailers: Fields,
    /// An MCP `tools/call`, with all that a well-behaved client sends around it.
    pub call: Option<Call>,
    /// The body as JSON.
    pub json: Option<Value>,
    /// The body as text.
    pub text: Option<String>,
    /// The body as bytes in hexadecimal.
    pub hex: Option<String>,
    /// The body, generated.
    pub generate: Option<Generate>,
    /// The SHA-256 of the certificate that the client shows to the proxy, in hexadecimal; none where this is left out.
    pub peer_certificate: Option<String>,
    /// The policy that Envoy's route names in its metadata: that of the first step counts for all.
    pub route_policy: Option<String>,
}

/// Headers or trailers by name, as written on the wire; several values mean several headers.
pub type Fields = BTreeMap<String, FieldValues>;

/// The values of one header.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum FieldValues {
    /// `name = "value"`
    One(FieldValue),
    /// `name = ["first", "second"]`; `[]` leaves the header out.
    Several(Vec<FieldValue>),
}

/// The value of one header.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// `"value"`
    Text(String),
    /// `{ hex = "ff80" }`: any bytes.
    Hex {
        /// Two digits a byte.
        hex: String,
    },
}

/// An MCP `tools/call`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// `params.name`
    pub tool: String,
    /// `params.arguments`
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// The JSON-RPC id.
    #[serde(default = "one")]
    pub id: Value,
    /// The revision of MCP: the header, and what else it wants (2026-07-28: mirrored headers, `_meta`).
    #[serde(default = "legacy")]
    pub version: String,
    /// What the client says of itself in `_meta` (2026-07-28).
    #[serde(default)]
    pub capabilities: Map<String, Value>,
    /// Further members of `params`.
    #[serde(default)]
    pub params: Map<String, Value>,
}

/// A generated body: `before`, then `text` `times` times, then `after`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    /// What stands in front.
    #[serde(default)]
    pub before: String,
    /// What is repeated.
    pub text: String,
    /// How often.
    pub times: usize,
    /// What stands behind.
    #[serde(default)]
    pub after: String,
}

/// The token of a request: a good one, but for what is said here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// No token is sent.
    #[serde(default)]
    pub absent: bool,
    /// This stands in its place.
    pub raw: Option<String>,
    /// The scheme; `Bearer` where left out.
    pub scheme: Option<String>,
    /// With what it is signed.
    #[serde(default)]
    pub sign: Sign,
    /// Claims that differ from the good ones. `iat`, `nbf`, `exp` may be written as `"+5m"`: from now on.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// Members of the JOSE header that differ from the good ones.
    #[serde(default)]
    pub header: Map<String, Value>,
    /// Claims that are left out, or `header.<name>` for a member of the header.
    #[serde(default)]
    pub remove: Vec<String>,
    /// The claims as this very text, signed as it stands.
    pub payload: Option<String>,
    /// What is done to it after it was signed.
    pub corrupt: Option<Corruption>,
}

/// With what a token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// ECDSA on P-256, or what the issuer allows first if it doesn't allow that.
    #[default]
    Allowed,
    /// ECDSA on P-256.
    Es256,
    /// RSA.
    Rs256,
    /// Ed25519.
    Eddsa,
    /// ECDSA on P-384.
    Es384,
    /// RSA with SHA-384.
    Rs384,
    /// RSA with SHA-512.
    Rs512,
    /// RSA-PSS.
    Ps256,
    /// RSA-PSS with SHA-384.
    Ps384,
    /// RSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with the client's own key, which tokens are bound to.
    Holder,
    /// HMAC with the issuer's secret.
    Secret,
    /// ECDSA on P-256 with a key that nobody knows, under the name of one that is known.
    Stranger,
    /// HMAC with the public key as the secret (RFC 8725 section 2.1).
    Hs256,
    /// No signature, `alg: none`.
    None,
}

/// A proof of possession (RFC 9449 section 4.2): a good one, but for what is said here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proof {
    /// With what it is signed; the client's own key, on P-256, where left out.
    pub sign: Option<Sign>,
    /// This stands in its place.
    pub raw: Option<String>,
    /// It is sent twice, in two headers.
    pub twice: bool,
    /// Members of its header that differ from the good ones.
    pub header: Map<String, Value>,
    /// Its header holds the private half of the key too.
    pub reveals: bool,
    /// Claims that differ from the good ones; times as those of tokens.
    pub claims: Map<String, Value>,
    /// Claims that are left out, or `header.<name>` for a member of the header.
    pub remove: Vec<String>,
    /// Its nonce is made with this key, base64 as in the configuration, so long ago.
    pub nonce: Option<ProofNonce>,
    /// What is done to it after it was signed.
    pub corrupt: Option<Corruption>,
}

/// A nonce of the gateway's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofNonce {
    /// The key of the configuration.
    pub key: String,
    /// When it was made, such as `-1m`; now where left out.
    pub made: Option<String>,
}

/// A task document: a good one, but for what is said here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Document {
    /// What the run may do, in the form of `tasks.named`.
    pub task: Map<String, Value>,
    /// With what it is signed; what the configuration allows where left out.
    pub sign: Sign,
    /// This stands in its place.
    pub raw: Option<String>,
    /// It is sent twice, in two headers.
    pub twice: bool,
    /// The token names it by its digest, not by its `jti`.
    pub named_by_digest: bool,
    /// Members of its header that differ from the good ones.
    pub header: Map<String, Value>,
    /// Claims that differ from the good ones; times as those of tokens.
    pub claims: Map<String, Value>,
    /// Claims that are left out, or `header.<name>` for a member of the header.
    pub remove: Vec<String>,
    /// The claims as this very text, signed as it stands.
    pub payload: Option<String>,
    /// What is done to it after it was signed.
    pub corrupt: Option<Corruption>,
}

/// What is done to a token after it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// A claim is changed.
    Payload,
    /// A bit of the signature is changed.
    Signature,
    /// The signature is taken off, the last dot stays.
    Unsigned,
    /// The last of the three parts is missing, with its dot.
    TwoParts,
    /// A fourth part is added.
    FourParts,
    /// `=` is added, as plain base64 has it.
    Padding,
}

/// What the decision service answers to one question.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Short for a right answer, 200 and `{"decision": …}`.
    pub decision: Option<bool>,
    /// The HTTP status; 200 where left out.
    pub status: Option<u16>,
    /// Headers.
    #[serde(default)]
    pub headers: Fields,
    /// The body as JSON.
    pub json: Option<Value>,
    /// The body as text.
    pub text: Option<String>,
    /// The body, generated.
    pub generate: Option<Generate>,
    /// What a service that speaks `ext_authz` says; it is one where this stands.
    pub check: Option<Check>,
    /// Nothing comes until the question has timed out.
    #[serde(default)]
    pub silent: bool,
    /// Nobody listens, however often it is asked.
    #[serde(default)]
    pub refused: bool,
    /// The connection ends before there is an answer.
    #[serde(default)]
    pub dropped: bool,
    /// The connection ends in the middle of the answer.
    #[serde(default)]
    pub cut: bool,
}

/// A `CheckResponse` of Envoy's `ext_authz`, and what gRPC says around it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Check {
    /// `status.code`: 0 permits. Without, the message has no `status`.
    pub code: Option<i32>,
    /// Headers that the permit sets.
    pub set: BTreeMap<String, String>,
    /// They are appended.
    pub append: bool,
    /// Headers that the permit removes.
    pub remove: Vec<String>,
    /// There is a `denied_response`.
    pub denied: bool,
    /// So long a text stands in `status.message`.
    pub padding: usize,
    /// The message, in hexadecimal, in place of all that.
    pub hex: Option<String>,
    /// So many bytes of it are missing at its end.
    pub lacks: usize,
    /// It says that it is compressed.
    pub compressed: bool,
    /// The status of gRPC.
    pub grpc_status: u32,
    /// Its message.
    pub grpc_message: Option<String>,
    /// There is no message: that status stands in the headers.
    pub trailers_only: bool,
}

/// What the issuer's server answers to a fetch: metadata, keys or revocations, whichever is fetched, or something else to all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The keys, as in `sign`.
    #[serde(default)]
    pub keys: Vec<Sign>,
    /// What its metadata say, or the decision service's, beside and in place of what is right; a member that is `false` is left
    /// out.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// What is revoked.
    #[serde(default)]
    pub revoked: Vec<Value>,
    /// The status list.
    pub statuses: Option<Statuses>,
    /// What is said of a token that it is asked about; times as those of claims.
    pub introspection: Option<Map<String, Value>>,
    /// The HTTP status; 200 where left out.
    pub status: Option<u16>,
    /// The body as text.
    pub text: Option<String>,
    /// The body, generated.
    pub generate: Option<Generate>,
    /// Nothing comes until the fetch has timed out.
    #[serde(default)]
    pub silent: bool,
}

/// A status list: a good one, but for what is said here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statuses {
    /// How many bits a token has.
    #[serde(default = "one_bit")]
    pub bits: u8,
    /// The status of each token, from the first on.
    pub values: Vec<u8>,
    /// With what it is signed; ECDSA on P-256 where left out.
    #[serde(default)]
    pub sign: Sign,
    /// Claims that differ from the good ones.
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// Members of its header that differ from the good ones.
    #[serde(default)]
    pub header: Map<String, Value>,
    /// Claims that are left out.
    #[serde(default)]
    pub remove: Vec<String>,
    /// So many bytes of nothing behind it.
    #[serde(default)]
    pub padding: usize,
}

/// What the upstream answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    /// The HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers.
    #[serde(default)]
    pub headers: Fields,
    /// The body as text.
    #[serde(default = "upstream_body")]
    pub text: String,
    /// The body as a generated text.
    pub generate: Option<Generate>,
}

impl Default for Upstream {
    fn default() -> Self {
        Self { status: ok(), headers: Fields::default(), text: upstream_body(), generate: None }
    }
}

/// What must come of a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Whether the upstream gets it.
    pub forwarded: bool,
    /// The audit record's reason, which the client reads too; needed where something is judged and not
    /// forwarded.
    pub reason: Option<String>,
    /// The client's HTTP status; that of the upstream where the request is forwarded and this is left out.
    pub status: Option<u16>,
    /// How often the decision service is asked.
    #[serde(default)]
    pub asked: usize,
    /// Whether there is an audit record.
    #[serde(default = "yes")]
    pub audited: bool,
    /// What the client sees.
    #[serde(default)]
    pub client: Seen,
    /// What the upstream sees.
    #[serde(default)]
    pub upstream: Seen,
    /// What the decision service sees of the (first) question.
    #[serde(default)]
    pub service: Seen,
    /// The claims of the assertion that the upstream gets hold this; `false` where it must get none. That it is signed as
    /// the configuration says, and about this very request, needs no saying.
    pub assertion: Option<Value>,
    /// The (first) question to the decision service holds this.
    pub question: Option<Value>,
    /// The audit record holds this.
    pub audit: Option<Value>,
}

/// What somebody sees of a message.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Headers by name: the exact value, or `false` for one that must not be there.
    #[serde(default)]
    pub headers: BTreeMap<String, ExpectedField>,
    /// The body as JSON holds this.
    pub json: Option<Value>,
    /// The body is exactly this.
    pub text: Option<String>,
    /// The body is what the client sent, byte for byte.
    #[serde(default)]
    pub unchanged: bool,
}

/// What a header must be.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub enum ExpectedField {
    /// Exactly this, once.
    Value(String),
    /// `false`: not there; `true`: there, whatever its value.
    Present(bool),
}

const fn one_bit() -> u8 {
    1
}

fn post() -> String {
    "POST".into()
}

fn mcp_path() -> String {
    "/mcp".into()
}

fn one() -> Value {
    1.into()
}

fn legacy() -> String {
    "2025-11-25".into()
}

const fn yes() -> bool {
    true
}

const fn ok() -> u16 {
    200
}

fn upstream_body() -> String {
    r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.into()
}
