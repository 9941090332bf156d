//! The HTTP binding (Authorization API 1.0, sections 9 and 10): what is no answer is a status of 4xx and a line of text.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tower_http::{request_id::PropagateRequestIdLayer, timeout::TimeoutLayer};

use crate::{
    answer::Decision,
    approvals::desk::Desk,
    authzen::{Evaluation, Evaluations, Malformed},
    decide::decide,
    json,
    policies::Policies,
    store::Store,
};

/// The filter holds bodies of 1 MiB unless told otherwise, and repeats their arguments in its question: twice that.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// A caller that takes longer to send its question has given up long ago: the filter waits for 200 ms.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct App {
    store: Store,
    desk: Desk,
    metadata: Arc<Metadata>,
}

/// `/.well-known/authzen-configuration` (section 9.1).
#[derive(Serialize)]
struct Metadata {
    policy_decision_point: String,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
}

pub(crate) fn router(store: Store, desk: Desk, pages: Router, public_url: &str) -> Router {
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
        .with_state(App { store, desk, metadata })
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
        (status, format!("{message}\n")).into_response()
    }
}

/// A question as it came, and its names in the log: the caller's, and the digest of its bytes.
struct Question {
    body: Value,
    id: String,
    digest: String,
}

impl Question {
    async fn of(request: Request) -> Result<Self, Refusal> {
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
    let question = Question::of(request).await?;
    let policies = app.store.status().loaded;
    let decision = decide(&policies, &Evaluation::read(&question.body)?);
    // Most answers need no database, and no other thread.
    if !decision.decision {
        question.log(&decision);
        return Ok(answered(&decision, &decision));
    }
    let desk = app.desk;
    let settled = tokio::task::spawn_blocking(move || {
        let settled = desk.settle(&Evaluation::read(&question.body)?, &question.body, decision);
        question.log(&settled);
        Ok::<_, Malformed>(settled)
    });
    let settled = settled.await.map_err(|_| unfinished())??;
    Ok(answered(&settled, &settled))
}

fn unfinished() -> Refusal {
    Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the evaluation could not be completed".to_owned())
}

/// `body` as the answer. What hangs on a person's word is not to be stored anywhere.
fn answered<T: Serialize>(decision: &Decision, body: &T) -> Response {
    let mut response = Json(body).into_response();
    if decision.is_fleeting() {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn one(policies: &Policies, desk: &Desk, question: &Question) -> Result<Decision, Refusal> {
    let asked = Evaluation::read(&question.body)?;
    let decision = desk.settle(&asked, &question.body, decide(policies, &asked));
    question.log(&decision);
    Ok(decision)
}

/// The answer to several questions, or, where the request held one, to that.
#[derive(Serialize)]
#[serde(untagged)]
enum Answers {
    One(Box<Decision>),
    Several { evaluations: Vec<Decision> },
}

async fn evaluations(State(app): State<App>, request: Request) -> Result<Json<Answers>, Refusal> {
    let question = Question::of(request).await?;
    let policies = app.store.status().loaded;
    // A hundred questions over one big context take long enough to be in the way of other requests.
    let answers = tokio::task::spawn_blocking(move || several(&policies, &app.desk, &question)).await;
    answers.map_err(|_| unfinished())?.map(Json)
}

fn several(policies: &Policies, desk: &Desk, question: &Question) -> Result<Answers, Refusal> {
    let Some(asked) = Evaluations::read(&question.body)? else {
        return one(policies, desk, question).map(|decision| Answers::One(Box::new(decision)));
    };
    let mut evaluations = Vec::new();
    for item in asked.iter() {
        let decision = match item {
            Ok(item) => desk.settle(&item, &item.written(), decide(policies, &item)),
            Err(Malformed(message)) => Decision::malformed(message, policies.version.clone()),
        };
        question.log(&decision);
        let last = asked.semantic.ends_with(decision.decision);
        evaluations.push(decision);
        if last {
            break;
        }
    }
    Ok(Answers::Several { evaluations })
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
    let status = app.store.status();
    Json(Health {
        status: if status.broken.is_some() { "stale" } else { "ok" },
        policy_version: status.loaded.version.clone(),
        policies: status.loaded.set.policies().count(),
        error: status.broken.map(|error| error.to_string()),
    })
}
