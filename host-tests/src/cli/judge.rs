//! The compiled filter's verdict on one recorded call.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use toolgate::action::{self, Reading, body};
use toolgate::audit::MARK;
use toolgate::config::{self, Config};
use toolgate::head::Head;
use toolgate::json::{Document, Tape};

use super::recorded::{Mint, Recorded};
use super::{clock, filter};
use crate::host::{CallAnswer, HostOptions, Module, Vm};
use crate::scenario::Configuration;
use crate::scenario::gateway::request_head;
use crate::scenario::message::Message;
use crate::scenario::wasm::send_whole;

/// The filter with a configuration, ready to judge one call after the other.
pub(super) struct Judge {
    module: Module,
    options: HostOptions,
    vm: Vm,
    mint: Mint,
    core: Config,
}

/// What the filter would do.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Judged {
    /// `forward`, `reject`, or `ask`: the decision service would decide, and isn't called here.
    pub(super) verdict: &'static str,
    /// The kind of action; null where the request was refused before that was known.
    pub(super) action: Value,
    /// What it would be done to.
    pub(super) resource: Value,
    /// How risky that is.
    pub(super) risk: Value,
    /// Why it would be rejected.
    pub(super) reason: Value,
    /// The rule that decides.
    pub(super) rule: Value,
    /// Whether the decision service would be asked.
    pub(super) asked: bool,
    /// Whether it would be asked for a person's approval.
    pub(super) approval: bool,
}

impl Judge {
    /// Starts the filter with `config`, to which our own keys are added.
    pub(super) fn new(config: &Configuration, wasm: Option<&Path>) -> Result<Self> {
        // Every verdict is wanted, so every verdict is logged.
        let config = config.clone().with_test_keys(false).patched(&json!({"audit": {"log": "all"}}));
        let text = config.json().to_string();
        let core = config::read(text.as_bytes())
            .map_err(|problems| anyhow!("{problems}"))
            .context("the configuration is not valid")?;
        let now = clock::now();
        let cluster = config.json().pointer("/decision/cluster").and_then(Value::as_str);
        let options = HostOptions {
            plugin_config: text.into_bytes(),
            clusters: cluster.map(String::from).into_iter().collect::<BTreeSet<_>>(),
            now: u64::try_from(now.as_nanos())?,
            ..filter::options()?
        };
        let module = filter::load(wasm)?;
        let vm = Vm::start(&module, options.clone())?;
        Ok(Self { module, options, vm, mint: Mint::new(config, now), core })
    }

    /// The verdict on `recorded`.
    pub(super) fn judge(&mut self, recorded: &Recorded) -> Result<Judged> {
        let message = recorded.message(&mut self.mint)?;
        let (record, approval) = match self.record(&message) {
            Ok(judged) => judged,
            Err(error) => {
                // Whatever happened to this VM, the next call gets a sound one.
                self.vm = Vm::start(&self.module, self.options.clone())?;
                return Err(error);
            }
        };
        let of = |name: &str| record.get(name).cloned().unwrap_or_default();
        let asked = of("asked") == true;
        let verdict = match (of("verdict").as_str(), asked) {
            (Some("forward"), true) => "ask",
            (Some("forward"), false) => "forward",
            _ => "reject",
        };
        Ok(Judged {
            verdict,
            action: of("action"),
            resource: resource(&self.core, &message).unwrap_or_else(|| of("resource")),
            risk: of("risk"),
            reason: of("reason"),
            rule: of("rule"),
            asked,
            approval,
        })
    }

    /// The audit record of one exchange. The decision service says yes to everything: what it was asked shows in the
    /// record.
    fn record(&mut self, message: &Message) -> Result<(Value, bool)> {
        let vm = &mut self.vm;
        vm.take_logs();
        let stream = vm.open()?;
        send_whole(vm, stream, message)?;
        let mut approval = false;
        for call in vm.pending_calls() {
            let question: Value = serde_json::from_slice(&call.body).unwrap_or_default();
            let approvals = ["/context/approval", "/context/toolgate/approval"];
            approval |= approvals.iter().any(|place| question.pointer(place).is_some());
            let evaluations = question.get("evaluations").and_then(Value::as_array).map(Vec::len);
            let service = self.core.decision.as_ref().context("a question, and no decision service is configured")?;
            let (head, body) = service.permit(evaluations);
            let headers = head.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
            vm.answer(call.id, CallAnswer { headers, body, trailers: None })?;
        }
        vm.close(stream)?;
        if let Some(trap) = vm.trapped() {
            bail!("the filter trapped: {trap}");
        }
        let logs = vm.take_logs();
        let mut records = logs.iter().filter_map(|log| log.message.strip_prefix(MARK));
        let record = records.next().context("the filter left no audit record")?;
        ensure!(records.next().is_none(), "the filter left several audit records");
        Ok((serde_json::from_str(record)?, approval))
    }
}

/// What the request is about, by name: the audit record only has a digest of the id, for whoever reads the log.
fn resource(core: &Config, message: &Message) -> Option<Value> {
    let head = Head::from_pairs(request_head(message));
    let route = core.routes.find(head.target()).ok()?;
    let opened = body::open(route, &head, message.body.as_deref().unwrap_or_default()).ok()?;
    let limits = body::limits(route.max_body);
    let read = |json| Document::read(json, &limits, Tape::default());
    let document = opened.json.as_deref().map(read).transpose().ok()?;
    let beside = opened.beside.as_deref().map(read).transpose().ok()?;
    let content = opened.content(document.as_ref(), beside.as_ref());
    let Ok(Reading::Judge(action)) = action::read(route, &core.tools, &head, &content).outcome else {
        return None;
    };
    let resource = action.resource?;
    Some(json!({"type": resource.kind, "id": resource.id}))
}
