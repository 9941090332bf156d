//! The first lane: the pure core, driven as the proxy drives it but without any proxy. It is the reference: what the
//! other lanes see must be what it says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use toolgate::audit::{Account, Record, headers};
use toolgate::config::{self, Config};
use toolgate::decision::{Dialect, Sending};
use toolgate::exchange::{Edits, Exchange, Input, Slot, Step, Stored};
use toolgate::gate::Gate;
use toolgate::head::Head;
use toolgate::reply::Reply;
use toolgate::token::verify_in_process;

use super::format::{Answer, Step as Scripted};
use super::gateway::{BUFFER_LIMIT, CLUSTER, GRPC_CLUSTER, NOW, request_head};
use super::grpc;
use super::message::{Message, Pairs, answer_body, pairs, upstream_body, upstream_headers};
use super::outcome::{Arrival, Outcome, Question, Response, telling, telling_of_call};
use super::published::{Issuer, pause};
use super::run::{Case, Lane};

/// The pure core.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeLane;

impl Lane for NativeLane {
    fn name(&self) -> &'static str {
        "native"
    }

    fn now(&self) -> Duration {
        NOW
    }

    fn run(&self, case: &Case<'_>) -> Result<Vec<Outcome>> {
        let config = config::read(case.config.as_bytes())
            .map_err(|problems| anyhow!("{problems}"))
            .context("the configuration")?;
        let mut gate = Gate::new(Arc::new(config));
        let mut issuer = Issuer::default();
        let mut shared = Shared::new();
        let steps = (1..).zip(case.steps.iter().zip(&case.published));
        steps
            .map(|(number, ((message, step), published))| {
                issuer.publish(published, pause(step)?);
                issuer.tick(&mut gate);
                Run::new(&mut gate, &mut issuer, &mut shared, message, step).run(number)
            })
            .collect()
    }
}

/// What the workers of a proxy share: slots, and the version of each.
type Shared = BTreeMap<Slot, (Vec<u8>, u32)>;

/// A request that still waits after so many ticks waits for ever.
const MOST_TICKS: usize = 100;

/// What Envoy makes up where there is no connection (see `host/calls.rs`).
const UNREACHED: &[u8] =
    b"upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";

/// One request on its way.
struct Run<'r> {
    gate: &'r mut Gate,
    issuer: &'r mut Issuer,
    /// It waits for what the issuer publishes.
    awaits: bool,
    /// How the head was changed that went on before its body.
    sent: Option<Edits>,
    shared: &'r mut Shared,
    config: Arc<Config>,
    exchange: Exchange,
    account: Account,
    message: &'r Message,
    step: &'r Scripted,
    answers: VecDeque<Answer>,
    outcome: Outcome,
}

impl<'r> Run<'r> {
    fn new(
        gate: &'r mut Gate,
        issuer: &'r mut Issuer,
        shared: &'r mut Shared,
        message: &'r Message,
        step: &'r Scripted,
    ) -> Self {
        let config = Arc::clone(&gate.config);
        Self {
            exchange: Exchange::new(Arc::clone(&config)),
            account: Account::default(),
            gate,
            issuer,
            awaits: false,
            sent: None,
            shared,
            config,
            message,
            step,
            answers: step.answers.clone().into(),
            outcome: Outcome::default(),
        }
    }

    fn run(mut self, number: u64) -> Result<Outcome> {
        let body = self.message.body.clone().unwrap_or_default();
        let end = body.is_empty() && self.message.trailers.is_empty();
        let id = format!("{number:032x}");
        self.advance(Input::Head { head: Head::from_pairs(request_head(self.message)), end, id })?;
        if self.waits() && !end {
            self.body(&body)?;
        }
        for _ in 0..MOST_TICKS {
            if !std::mem::take(&mut self.awaits) || !self.waits() {
                break;
            }
            self.issuer.tick(self.gate);
            self.advance(Input::Published)?;
        }
        if self.waits() {
            bail!("the exchange waits for something that doesn't come");
        }
        if self.outcome.upstream.is_some() {
            self.respond()?;
        }
        Ok(self.outcome)
    }

    /// Neither forwarded nor answered.
    fn waits(&self) -> bool {
        self.outcome.upstream.is_none() && self.outcome.client.status == 0
    }

    fn body(&mut self, body: &[u8]) -> Result<()> {
        if body.len() > BUFFER_LIMIT {
            self.advance(Input::Buffered(BUFFER_LIMIT))?;
            return if self.waits() { self.proxy_answers() } else { Ok(()) };
        }
        self.advance(Input::Buffered(body.len() / 2))?;
        if self.waits() { self.advance(Input::Body(body)) } else { Ok(()) }
    }

    fn advance(&mut self, input: Input<'_>) -> Result<()> {
        let status = matches!(input, Input::Response(_)).then_some(self.outcome.client.status);
        let mut step = self.exchange.advance(self.gate, self.issuer.now, input);
        loop {
            step = match step {
                Step::Hold | Step::Pass => return Ok(()),
                Step::SendHead(edits) => {
                    self.sent = Some(edits);
                    return Ok(());
                }
                Step::Await => {
                    self.awaits = true;
                    return Ok(());
                }
                Step::Read => {
                    let body = self.message.body.as_deref().unwrap_or_default();
                    self.exchange.advance(self.gate, self.issuer.now, Input::Body(body))
                }
                Step::Verify(check) => {
                    let verdict = verify_in_process(&check);
                    self.exchange.advance(self.gate, self.issuer.now, Input::Signature(verdict))
                }
                Step::Introspect(introspector, _) => {
                    let (head, body) = self.issuer.introspect(&introspector.cluster, &introspector.path)?;
                    self.exchange.advance(self.gate, self.issuer.now, Input::Answer { head: &head, body: &body })
                }
                Step::RoutePolicy => {
                    let named = self.message.route_policy.as_deref().map(str::as_bytes);
                    self.exchange.advance(self.gate, self.issuer.now, Input::RoutePolicy(named))
                }
                Step::Peer => {
                    let peer = self.message.peer_certificate.as_deref().map(str::as_bytes);
                    self.exchange.advance(self.gate, self.issuer.now, Input::Peer(peer))
                }
                Step::Ask(sending) => self.ask(&sending)?,
                Step::Recall(slot) => {
                    let (bytes, version) =
                        self.shared.get(&slot).cloned().map_or((None, 0), |(bytes, version)| (Some(bytes), version));
                    self.exchange.advance(
                        self.gate,
                        self.issuer.now,
                        Input::Recalled { slot: bytes.as_deref(), version },
                    )
                }
                Step::Remember { slot, bytes, version } => {
                    self.shared.insert(slot, (bytes, version.saturating_add(1)));
                    self.exchange.advance(self.gate, self.issuer.now, Input::Remembered(Stored::Yes))
                }
                Step::Forward(edits, record) => {
                    self.account.forwarded(record, self.issuer.now);
                    self.outcome.upstream = Some(self.arrival(&edits));
                    return Ok(());
                }
                Step::Reject(reply, record) => {
                    let record = self.account.answered_for(record, Some(reply.status), self.issuer.now);
                    self.audit(&record)?;
                    return self.local_reply(response(reply));
                }
                Step::Answer(reply) => return self.local_reply(response(reply)),
                Step::Respond(edits, record) => {
                    if let Some(record) = record {
                        let record = self.account.answered_for(record, status, self.issuer.now);
                        self.audit(&record)?;
                    }
                    edit(&mut self.outcome.client.headers, &edits);
                    return Ok(());
                }
                Step::Show(body, list) => {
                    self.outcome.client.body = body.unwrap_or(std::mem::take(&mut self.outcome.client.body));
                    if let Some(record) = list.and_then(|list| self.account.listed(list)) {
                        self.audit(&record)?;
                    }
                    return Ok(());
                }
            };
        }
    }

    /// An answer of the gate's own passes back through the filter, as in Envoy.
    fn local_reply(&mut self, client: Response) -> Result<()> {
        self.outcome.client = client;
        let head = response_head(&self.outcome.client);
        self.advance(Input::Response(&head))
    }

    /// The body doesn't fit into the proxy's buffer.
    fn proxy_answers(&mut self) -> Result<()> {
        let headers = vec![("content-type".into(), b"text/plain".to_vec())];
        self.local_reply(Response { status: 413, headers, body: b"Payload Too Large".to_vec() })
    }

    fn respond(&mut self) -> Result<()> {
        let upstream = &self.step.upstream;
        let (fields, body) = (upstream_headers(upstream)?, upstream_body(upstream));
        self.outcome.client = Response { status: upstream.status, headers: fields, body: body.clone() };
        let head = response_head(&self.outcome.client);
        self.advance(Input::Response(&head))?;
        let lists = self.exchange.shows_list();
        if let Some(record) = self.account.responded(Some(upstream.status), lists, self.issuer.now) {
            self.audit(&record)?;
        }
        if lists && !body.is_empty() {
            self.advance(Input::ResponseBody { body: Some(&body), end: true })?;
        }
        match self.account.ended() {
            Some(record) => self.audit(&record),
            None => Ok(()),
        }
    }

    fn ask(&mut self, sending: &Sending) -> Result<Step> {
        let service = self.config.decision.as_ref().context("the core asks, and no decision service is configured")?;
        let answer = |head: &Head, body: &[u8], run: &mut Self| {
            run.exchange.advance(run.gate, run.issuer.now, Input::Answer { head, body })
        };
        let is_grpc = service.dialect == Dialect::ExtAuthz;
        let status = |status: u16| (":status".to_string(), status.to_string().into_bytes());
        let made_up = |code: u16, text: &[u8]| match is_grpc {
            false => (Head::from_pairs([status(code)]), text.to_vec()),
            true => {
                let field = |name: &str, value: &[u8]| (name.to_string(), value.to_vec());
                let fields = [status(200), field("grpc-status", b"14"), field("grpc-message", text)];
                (Head::from_pairs(fields), Vec::new())
            }
        };
        if ![CLUSTER, GRPC_CLUSTER].contains(&service.cluster.as_str()) {
            return Ok(answer(&Head::default(), b"", self));
        }
        if self.answers.front().is_some_and(|answer| answer.refused) {
            let (head, body) = made_up(503, UNREACHED);
            return Ok(answer(&head, &body, self));
        }
        let scripted = self.answers.pop_front().context("a question for which no answer is scripted")?;
        let asked = &sending.question;
        let fields: &[_] = match is_grpc {
            true => &[("content-type", "application/grpc")],
            false => &[("content-type", "application/json"), ("accept", "application/json")],
        };
        let fields = fields.iter().copied();
        let own = service.headers.iter().chain(&asked.token).map(|header| (header.name(), header.expose()));
        let fields = fields.chain(own).chain([("x-request-id", sending.id.as_str())]);
        self.outcome.questions.push(Question {
            method: "POST".into(),
            path: sending.path.as_ref().into(),
            authority: service.authority.clone(),
            headers: telling_of_call(fields.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))),
            body: if is_grpc { grpc::question(&asked.body) } else { serde_json::from_slice(&asked.body)? },
        });
        if scripted.dropped {
            let (head, body) = made_up(503, UNREACHED);
            return Ok(answer(&head, &body, self));
        }
        if scripted.cut {
            return Ok(answer(&Head::default(), b"", self));
        }
        if scripted.silent {
            let (head, body) = made_up(504, b"upstream request timeout");
            return Ok(answer(&head, &body, self));
        }
        if let Some(check) = &scripted.check {
            let answered = grpc::answer(check);
            let fields = pairs(&scripted.headers)?.into_iter().chain(answered.headers);
            let fields = fields.chain(answered.trailers.unwrap_or_default());
            let head = std::iter::once(status(scripted.status.unwrap_or(200))).chain(fields);
            return Ok(answer(&Head::from_pairs(head), &answered.body, self));
        }
        let head = std::iter::once(status(scripted.status.unwrap_or(200))).chain(pairs(&scripted.headers)?);
        Ok(answer(&Head::from_pairs(head), &answer_body(&scripted, NOW), self))
    }

    fn arrival(&self, edits: &Edits) -> Arrival {
        let mut fields = self.message.headers.clone();
        edit(&mut fields, self.sent.as_ref().unwrap_or(edits));
        let spoofed = headers::spoofed(&Head::from_pairs(self.message.trailers.clone()));
        let mut trailers = self.message.trailers.clone();
        trailers.retain(|(name, _)| !spoofed.iter().any(|gone| gone == name.as_bytes()));
        Arrival {
            method: self.message.method.clone(),
            path: self.message.path.clone(),
            headers: telling(fields),
            body: edits.body.clone().or_else(|| self.message.body.clone()).unwrap_or_default(),
            trailers: telling(trailers),
        }
    }

    fn audit(&mut self, record: &Record) -> Result<()> {
        if self.config.audit.kept.takes(record) {
            self.outcome.audit.push(serde_json::to_value(record)?);
        }
        Ok(())
    }
}

fn response(reply: Reply) -> Response {
    let fields = reply.headers.iter().map(|(name, value)| ((*name).to_string(), value.clone().into_bytes()));
    Response { status: reply.status, headers: telling(fields), body: reply.body }
}

fn response_head(response: &Response) -> Head {
    let status = (":status".to_string(), response.status.to_string().into_bytes());
    Head::from_pairs(std::iter::once(status).chain(response.headers.iter().cloned()))
}

fn edit(fields: &mut Pairs, edits: &Edits) {
    fields.retain(|(name, _)| !edits.remove.iter().any(|gone| gone == name.as_bytes()));
    fields.extend(edits.add.iter().map(|(name, value)| (name.to_string(), value.clone().into_bytes())));
    let secret = edits.credential.iter();
    fields.extend(secret.map(|it| (it.name().to_string(), it.expose().as_bytes().to_vec())));
    *fields = telling(std::mem::take(fields));
}
