//! The pages over HTTP.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use super::approvers::Approvers;
use super::database::{Request, Verdict};
use super::desk::Desk;
use super::now;
use super::page::{self, Notice};

/// More than the page's field takes.
const MAX_REASON: usize = 500;

/// Nothing is loaded but our own style, nothing runs, nobody frames it, and forms go nowhere else. A browser tells no
/// other site where the person was, and keeps no copy.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

#[derive(Clone)]
struct App {
    desk: Desk,
    approvers: Arc<Approvers>,
}

pub(crate) fn router(desk: Desk, approvers: Approvers) -> Router {
    Router::new()
        .route("/approvals/style.css", get(style))
        .route("/approvals/{id}", get(show).post(answer))
        .with_state(App { desk, approvers: Arc::new(approvers) })
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE).into_response()
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Response {
    app.page(&id, None).await
}

/// What a person sends.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    reason: String,
}

async fn answer(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(sent): Form<Answer>,
) -> Response {
    if sent_by_another_site(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let verdict = match sent.verdict.as_str() {
        "approve" => Verdict::Approve,
        "refuse" => Verdict::Refuse,
        _ => return app.page(&id, Some(Notice::Nothing)).await,
    };
    let Some(who) = app.approvers.recognise(&headers, &sent.name, &sent.code) else {
        log::warn!("an answer to the request for approval {id:?} came from nobody that is known");
        return app.page(&id, Some(Notice::NotRecognised)).await;
    };
    let reason: String = sent.reason.chars().take(MAX_REASON).collect();
    let (desk, request) = (app.desk.clone(), id.clone());
    let decided = tokio::task::spawn_blocking(move || {
        desk.database().decide(&request, verdict, &who, reason.trim(), now(), desk.lifetime())
    });
    match decided.await {
        Ok(Ok(true)) => (HEADERS, Redirect::to(&app.desk.link(&id))).into_response(),
        Ok(Ok(false)) => app.page(&id, Some(Notice::TooLate)).await,
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error.into()),
    }
}

/// A browser says where a form came from; what says nothing is no browser, and has no session to abuse.
fn sent_by_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

impl App {
    async fn page(&self, id: &str, notice: Option<Notice>) -> Response {
        let (desk, name) = (self.desk.clone(), id.to_owned());
        let found = tokio::task::spawn_blocking(move || desk.database().find(&name)).await;
        match found {
            Ok(Ok(request)) => self.render(request.as_ref(), notice),
            Ok(Err(error)) => failed(&error),
            Err(error) => failed(&error.into()),
        }
    }

    fn render(&self, request: Option<&Request>, notice: Option<Notice>) -> Response {
        let Some(request) = request else {
            return (StatusCode::NOT_FOUND, HEADERS, Html(page::nothing())).into_response();
        };
        let status = match notice {
            None => StatusCode::OK,
            Some(Notice::NotRecognised) => StatusCode::FORBIDDEN,
            Some(Notice::TooLate) => StatusCode::CONFLICT,
            Some(Notice::Nothing) => StatusCode::BAD_REQUEST,
        };
        (status, HEADERS, Html(page::page(request, &self.approvers, notice, now()))).into_response()
    }
}

fn failed(error: &anyhow::Error) -> Response {
    log::error!("the database of approvals failed: {error:#}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
