//! The upstream, the decision service and the issuers: servers that do what the running step says and remember what they saw.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::scenario::format::{Answer, Published, Upstream};
use crate::scenario::grpc;
use crate::scenario::message::{Pairs, answer_body, pairs, upstream_body, upstream_headers};
use crate::scenario::outcome::{Arrival, Question, telling, telling_of_call};
use crate::scenario::published::{document, is_directory};

/// What the running step wants of the servers, and what they saw of it.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// What is left to answer to questions.
    pub(super) answers: VecDeque<Answer>,
    /// What the upstream answers.
    pub(super) upstream: Upstream,
    /// What was asked.
    pub(super) questions: Vec<Question>,
    /// What arrived at the upstream.
    pub(super) arrivals: Vec<Arrival>,
    /// What the issuer of each scenario publishes: all of them fetch, whichever is running.
    pub(super) issuers: Issuers,
    /// And how often they did.
    pub(super) fetches: Fetches,
}

/// What is published, by scenario.
pub(super) type Issuers = Arc<Mutex<BTreeMap<String, Published>>>;

/// How often was fetched, by scenario.
pub(super) type Fetches = Arc<Mutex<BTreeMap<String, usize>>>;

/// The servers, while they run.
#[derive(Debug)]
pub(super) struct Servers {
    script: Arc<Mutex<Script>>,
    /// Where the upstream listens.
    pub(super) upstream_port: u16,
    /// Where the upstream listens of gateways that can't hold heads: it has a request when that is whole.
    pub(super) patient_port: u16,
    /// Where the decision service listens.
    pub(super) decision_port: u16,
    /// Where the decision service listens that speaks gRPC.
    pub(super) grpc_port: u16,
    /// Where the issuers listen.
    pub(super) issuer_port: u16,
    issuers: Issuers,
    fetches: Fetches,
    /// Ends the servers when it is dropped.
    _runtime: Runtime,
}

impl Servers {
    /// Starts them on ports of their own.
    ///
    /// # Errors
    /// When there is no port to be had.
    pub(super) fn start() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let issuers = Issuers::default();
        let fetches = Fetches::default();
        let script = Script { issuers: Arc::clone(&issuers), fetches: Arc::clone(&fetches), ..Script::default() };
        let script = Arc::new(Mutex::new(script));
        let upstream_port = serve(&runtime, &script, Http::One, upstream)?;
        let patient_port = serve(&runtime, &script, Http::One, patient)?;
        let decision_port = serve(&runtime, &script, Http::One, decide)?;
        let grpc_port = serve(&runtime, &script, Http::Two, decide)?;
        let issuer_port = serve(&runtime, &script, Http::One, publish)?;
        Ok(Self {
            script,
            upstream_port,
            patient_port,
            decision_port,
            grpc_port,
            issuer_port,
            issuers,
            fetches,
            _runtime: runtime,
        })
    }

    /// From now on this step.
    pub(super) fn play(&self, script: Script) {
        let script = Script { issuers: Arc::clone(&self.issuers), fetches: Arc::clone(&self.fetches), ..script };
        *self.script.lock().unwrap_or_else(PoisonError::into_inner) = script;
    }

    /// From now on the issuer of that scenario publishes this.
    pub(super) fn publish(&self, scenario: &str, published: Published) {
        self.issuers.lock().unwrap_or_else(PoisonError::into_inner).insert(scenario.to_string(), published);
    }

    /// How often something was fetched from the issuer of that scenario.
    pub(super) fn fetches(&self, scenario: &str) -> usize {
        let fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        fetches.get(scenario).copied().unwrap_or_default()
    }

    /// What was seen since.
    #[must_use]
    pub(super) fn seen(&self) -> Script {
        let fresh =
            Script { issuers: Arc::clone(&self.issuers), fetches: Arc::clone(&self.fetches), ..Script::default() };
        std::mem::replace(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner), fresh)
    }
}

type Shared = Arc<Mutex<Script>>;

/// The body of an answer.
enum Sent {
    /// All of it.
    Whole(Full<Bytes>),
    /// This much, and then the connection ends.
    Cut(Option<Bytes>),
    /// All of it, and trailers.
    Ended(Option<Bytes>, Option<HeaderMap>),
}

impl Sent {
    fn whole(body: impl Into<Bytes>) -> Self {
        Self::Whole(Full::from(body.into()))
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
            Self::Ended(body, trailers) => Poll::Ready(match (body.take(), trailers.take()) {
                (Some(bytes), later) => {
                    *trailers = later;
                    Some(Ok(Frame::data(bytes)))
                }
                (None, Some(trailers)) => Some(Ok(Frame::trailers(trailers))),
                (None, None) => None,
            }),
            Self::Cut(begun) => Poll::Ready(Some(match begun.take() {
                Some(bytes) => Ok(Frame::data(bytes)),
                None => Err(io::Error::other("cut, as the scenario wants it")),
            })),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Cut(_) | Self::Ended(..) => SizeHint::default(),
        }
    }
}

/// What a server speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Http {
    One,
    Two,
}

/// Accepts connections until the runtime ends.
fn serve<F, R>(runtime: &Runtime, script: &Shared, http: Http, answer: F) -> Result<u16>
where
    F: Fn(Received, Shared) -> R + Copy + Send + Sync + 'static,
    R: Future<Output = io::Result<Response<Sent>>> + Send + 'static,
{
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let port = listener.local_addr()?.port();
    let script = Arc::clone(script);
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, Arc::clone(&script), http, answer));
        }
    });
    Ok(port)
}

async fn connection<F, R>(stream: TcpStream, script: Shared, http: Http, answer: F)
where
    F: Fn(Received, Shared) -> R + Copy + Send + Sync + 'static,
    R: Future<Output = io::Result<Response<Sent>>> + Send + 'static,
{
    let service = service_fn(|request| {
        let script = Arc::clone(&script);
        async move { answer(Received::read(request).await, script).await }
    });
    // A connection that breaks is the other side's affair: it shows in the outcome.
    let _ended = match http {
        Http::One => http1::Builder::new().serve_connection(TokioIo::new(stream), service).await,
        Http::Two => http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await,
    };
}

/// A request as it came.
struct Received {
    method: String,
    path: String,
    authority: String,
    headers: Pairs,
    body: Vec<u8>,
    trailers: Pairs,
    /// It ended before its end.
    broken: bool,
}

impl Received {
    async fn read(request: Request<Incoming>) -> Self {
        let (head, body) = request.into_parts();
        let (body, trailers, broken) = match body.collect().await {
            Ok(collected) => {
                let trailers = collected.trailers().map(plain).unwrap_or_default();
                (collected.to_bytes().to_vec(), trailers, false)
            }
            Err(_) => (Vec::new(), Vec::new(), true),
        };
        let host = head.headers.get("host").and_then(|host| host.to_str().ok());
        let authority = host.or_else(|| Some(head.uri.authority()?.as_str())).unwrap_or_default();
        let path = head.uri.path_and_query().map_or_else(|| head.uri.to_string(), ToString::to_string);
        Self {
            method: head.method.to_string(),
            path,
            authority: authority.into(),
            headers: plain(&head.headers),
            body,
            trailers,
            broken,
        }
    }
}

fn plain(headers: &HeaderMap) -> Pairs {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

async fn upstream(received: Received, script: Shared) -> io::Result<Response<Sent>> {
    let Received { method, path, headers, body, trailers, .. } = received;
    let headers = telling(headers);
    let answer = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.arrivals.push(Arrival { method, path, headers, body, trailers });
        script.upstream.clone()
    };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in upstream_headers(&answer).map_err(io::Error::other)? {
        response = response.header(name, value);
    }
    response.body(Sent::whole(upstream_body(&answer))).map_err(io::Error::other)
}

async fn patient(received: Received, script: Shared) -> io::Result<Response<Sent>> {
    if received.broken {
        return Err(io::Error::other("half a request is none"));
    }
    upstream(received, script).await
}

/// Plays the issuer of the scenario whose name is in the path.
async fn publish(received: Received, script: Shared) -> io::Result<Response<Sent>> {
    let (issuers, fetches) = {
        let script = script.lock().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&script.issuers), Arc::clone(&script.fetches))
    };
    let path = format!("{}/", received.path);
    let found = {
        let issuers = issuers.lock().unwrap_or_else(PoisonError::into_inner);
        issuers
            .iter()
            .find(|(name, _)| path.contains(&format!("/{name}/")))
            .map(|(name, it)| (name.clone(), it.clone()))
    };
    let (scenario, published) = found.ok_or_else(|| io::Error::other("no issuer of that name"))?;
    {
        let mut fetches = fetches.lock().unwrap_or_else(PoisonError::into_inner);
        let count = fetches.entry(scenario).or_default();
        *count = count.saturating_add(1);
    }
    if published.silent {
        let never: Infallible = pending().await;
        match never {}
    }
    let response = Response::builder().status(published.status.unwrap_or(200));
    response.body(Sent::whole(document(&published, &received.path))).map_err(io::Error::other)
}

async fn decide(received: Received, script: Shared) -> io::Result<Response<Sent>> {
    if is_directory(&received.path) {
        return publish(received, script).await;
    }
    let Received { method, path, authority, headers, body, .. } = received;
    let headers = telling_of_call(headers);
    let is_grpc = headers.iter().any(|(name, value)| name == "content-type" && value == b"application/grpc");
    let body = if is_grpc { grpc::question(&body) } else { serde_json::from_slice(&body).unwrap_or_default() };
    let answer = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.questions.push(Question { method, path, authority, headers, body });
        script.answers.pop_front()
    };
    // A question that the scenario didn't foresee: it counts them, so this shows.
    let answer = answer.ok_or_else(|| io::Error::other("no answer is scripted"))?;
    if answer.silent {
        let never: Infallible = pending().await;
        match never {}
    }
    if answer.dropped {
        // The connection ends with it.
        return Err(io::Error::other("dropped, as the scenario wants it"));
    }
    let mut response = Response::builder().status(answer.status.unwrap_or(200));
    let check = answer.check.as_ref().map(grpc::answer);
    match &check {
        Some(check) => {
            for (name, value) in &check.headers {
                response = response.header(name, value.as_slice());
            }
        }
        None => response = response.header("content-type", "application/json"),
    }
    for (name, value) in pairs(&answer.headers).map_err(io::Error::other)? {
        response = response.header(name, value);
    }
    if let Some(check) = check.filter(|_| !answer.cut) {
        let trailers = check.trailers.map(|trailers| map(&trailers)).transpose()?;
        let body = Some(Bytes::from(check.body)).filter(|body| !body.is_empty());
        return response.body(Sent::Ended(body, trailers)).map_err(io::Error::other);
    }
    let body = answer_body(&answer, super::now());
    response.body(if answer.cut { Sent::Cut(Some(body.into())) } else { Sent::whole(body) }).map_err(io::Error::other)
}

fn map(fields: &Pairs) -> io::Result<HeaderMap> {
    let field = |(name, value): &(String, Vec<u8>)| {
        let name: HeaderName = name.parse().map_err(io::Error::other)?;
        Ok((name, HeaderValue::from_bytes(value).map_err(io::Error::other)?))
    };
    fields.iter().map(field).collect()
}
