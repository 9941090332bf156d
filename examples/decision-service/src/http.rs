//! The HTTP binding (Authorization API 1.0, sections 9 and 10): what is no answer is a status of 4xx and a line of text.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower_http::{request_id::PropagateRequestIdLayer, timeout::TimeoutLayer};

use crate::{
    answer::{Decision, Reason},
    approvals::desk::Desk,
    authzen::{Evaluation, Evaluations, Malformed},
    broker::{self, Broker},
    decide::decide,
    gate_key::GateKey,
    json,
    policies::Policies,
    store::Store,
};

/// The filter holds bodies of 1 MiB unless told otherwise, and repeats their arguments in its question: twice that.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// A caller that takes longer to send its question has given up long ago: the filter waits for 200 ms.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What it takes to answer a question.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) store: Store,
    pub(crate) desk: Desk,
    pub(crate) gate_key: Option<GateKey>,
    pub(crate) broker: Option<Arc<Broker>>,
}

#[derive(Clone)]
struct App {
    asking: Asking,
    metadata: Arc<Metadata>,
}

/// `/.well-known/authzen-configuration` (section 9.1).
#[derive(Serialize)]
struct Metadata {
    policy_decision_point: String,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
}

pub(crate) fn router(asking: Asking, pages: Router, public_url: &str) -> Router {
    let base = public_url.trim_end_matches('/');
    let metadata = Arc::new(Metadata {
        policy_decision_point: base.to_owned(),
        access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
        access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
    });
    Router::new()
        .route("/access/v1/evaluation", post(evaluation))
        .route("/access/v1/evaluations", post(evaluations))
        .route("/.well-known/authzen-configuration", get(configuration))
        .route("/healthz", get(health))
        .fallback(|| async { Refusal(StatusCode::NOT_FOUND, "there is nothing here".to_owned()) })
        .method_not_allowed_fallback(|| async {
            Refusal(StatusCode::METHOD_NOT_ALLOWED, "the method is none that `allow` lists".to_owned())
        })
        .with_state(App { asking, metadata })
        .merge(pages)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
        .layer(PropagateRequestIdLayer::x_request_id())
}

/// A request that gets no decision: the status, and what was found and would be right.
struct Refusal(StatusCode, String);

impl From<Malformed> for Refusal {
    fn from(Malformed(message): Malformed) -> Self {
        Self(StatusCode::BAD_REQUEST, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, message) = self;
        log::warn!("refused with {}: {message}", status.as_u16());
        let mut response = (status, format!("{message}\n")).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A question as it came, and its names in the log: the caller's, and the digest of its bytes.
struct Question {
    body: Value,
    id: String,
    digest: String,
}

impl Question {
    async fn of(gate_key: Option<&GateKey>, request: Request) -> Result<Self, Refusal> {
        if gate_key.is_some_and(|key| !key.admits(request.headers())) {
            return Err(Refusal(
                StatusCode::UNAUTHORIZED,
                "only the gate may ask: its key is missing or wrong".to_owned(),
            ));
        }
        require_json(request.headers())?;
        let id = request
            .headers()
            .get("x-request-id")
            .map_or_else(String::new, |id| format!(" {}", json::quoted(&String::from_utf8_lossy(id.as_bytes()))));
        let bytes = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Refusal(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is bigger than {MAX_BODY} bytes"))
            }
            status => Refusal(status, "the body could not be read to its end".to_owned()),
        })?;
        let body =
            json::parse(&bytes).map_err(|error| Malformed(format!("the body is not acceptable JSON: {error}")))?;
        let digest = format!("{:x}", Sha256::digest(&bytes));
        Ok(Self { body, id, digest })
    }

    fn log(&self, answer: &Decision) {
        let context = &answer.context;
        let verdict = if answer.decision { "permit" } else { "deny" };
        let why = context.reason.map_or_else(String::new, |reason| format!(" ({reason:?})"));
        log::info!(
            "request{} {verdict}{why} by {:?}, question sha256:{}, {}",
            self.id,
            context.policies,
            self.digest,
            context.policy_version
        );
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let only = types.next().and_then(|value| value.to_str().ok()).filter(|_| types.next().is_none());
    let mut parts = only.unwrap_or_default().split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|p| {
        let p = p.to_ascii_lowercase();
        !p.starts_with("charset=") || p == "charset=utf-8" || p == "charset=\"utf-8\""
    });
    if json && utf8 {
        return Ok(());
    }
    let message = "the content type must be one `application/json`, in utf-8".to_owned();
    Err(Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

async fn evaluation(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let question = Question::of(app.asking.gate_key.as_ref(), request).await?;
    let decision = app.asking.one(question).await?;
    Ok(answered(decision.is_fleeting(), &decision))
}

impl Asking {
    /// One question, all the way: the policies, what a person has to say, the credential.
    async fn one(self, question: Question) -> Result<Decision, Refusal> {
        let Self { store, desk, broker, .. } = self;
        let asked = Evaluation::read(&question.body)?;
        let decision = decide(&store.status().loaded, &asked);
        let (decision, wish) = broker::wanted(broker.as_deref(), &asked, decision);
        // Most denials need no database, and no other thread.
        if !decision.decision {
            question.log(&decision);
            return Ok(decision);
        }
        let wants_credential = wish.is_some();
        let looking = tokio::task::spawn_blocking(move || {
            let asked = Evaluation::read(&question.body)?;
            let approved = wants_credential && desk.is_approved(&asked, &decision);
            Ok::<_, Malformed>((desk, question, decision, approved))
        });
        let (desk, question, decision, approved) = looking.await.map_err(|_| unfinished())??;
        let asked = Evaluation::read(&question.body)?;
        // What somebody agreed to is used up by a permit, and without the credential there is none.
        let early = match &wish {
            Some(wish) if approved => match broker::credential(broker.as_deref(), &asked, wish).await {
                Ok(credential) => Some(credential),
                Err(why) => {
                    let completed = broker::completed(decision, Err(why));
                    question.log(&completed);
                    return Ok(completed);
                }
            },
            _ => None,
        };
        let settling = tokio::task::spawn_blocking(move || {
            let settled = desk.settle(&Evaluation::read(&question.body)?, &question.body, decision);
            Ok::<_, Malformed>((question, settled))
        });
        let (question, settled) = settling.await.map_err(|_| unfinished())??;
        let asked = Evaluation::read(&question.body)?;
        let completed = match (early, &wish) {
            (Some(credential), _) => broker::completed(settled, Ok(credential)),
            (None, Some(wish)) if settled.decision => {
                broker::completed(settled, broker::credential(broker.as_deref(), &asked, wish).await)
            }
            (None, _) => settled,
        };
        question.log(&completed);
        Ok(completed)
    }

    fn several(&self, question: &Question) -> Result<Vec<Decision>, Refusal> {
        let policies = self.store.status().loaded;
        let Some(asked) = Evaluations::read(&question.body)? else { return Ok(Vec::new()) };
        let mut decisions = Vec::new();
        for item in asked.iter() {
            let decision = match item {
                Ok(item) => self.item(&policies, &item),
                Err(Malformed(message)) => Decision::malformed(message, policies.version.clone()),
            };
            question.log(&decision);
            let last = asked.semantic.ends_with(decision.decision);
            decisions.push(decision);
            if last {
                break;
            }
        }
        Ok(decisions)
    }

    /// One of several. Credentials are for a call that is about to be made; a list is a look at what could be.
    fn item(&self, policies: &Policies, item: &Evaluation<'_>) -> Decision {
        match broker::wanted(self.broker.as_deref(), item, decide(policies, item)) {
            (decision, None) => self.desk.settle(item, &item.written(), decision),
            (decision, Some(_)) => {
                let admin = "a credential is given to a question that is asked alone";
                decision.withheld(Reason::CredentialUnavailable, admin)
            }
        }
    }
}

fn unfinished() -> Refusal {
    Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the evaluation could not be completed".to_owned())
}

/// `body` as the answer. What hangs on a person's word, or holds a credential, is not to be stored anywhere.
fn answered<T: Serialize>(fleeting: bool, body: &T) -> Response {
    let mut response = Json(body).into_response();
    if fleeting {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// The answer to several questions.
#[derive(Serialize)]
struct Several {
    evaluations: Vec<Decision>,
}

async fn evaluations(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let question = Question::of(app.asking.gate_key.as_ref(), request).await?;
    if Evaluations::read(&question.body)?.is_none() {
        let decision = app.asking.one(question).await?;
        return Ok(answered(decision.is_fleeting(), &decision));
    }
    // A hundred questions over one big context take long enough to be in the way of other requests.
    let answering = tokio::task::spawn_blocking(move || app.asking.several(&question));
    let evaluations = answering.await.map_err(|_| unfinished())??;
    Ok(answered(evaluations.iter().any(Decision::is_fleeting), &Several { evaluations }))
}

async fn configuration(State(app): State<App>) -> Response {
    Json(&*app.metadata).into_response()
}

/// `/healthz`: `ok`, or `stale` where the folder is broken and older policies decide. Both are 200: a restart would turn a
/// service with old policies into none at all.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    policy_version: String,
    policies: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

async fn health(State(app): State<App>) -> Json<Health> {
    let status = app.asking.store.status();
    Json(Health {
        status: if status.broken.is_some() { "stale" } else { "ok" },
        policy_version: status.loaded.version.clone(),
        policies: status.loaded.set.policies().count(),
        error: status.broken.map(|error| error.to_string()),
    })
}
