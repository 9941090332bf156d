//! What issuers publish, and several workers that need it: the compiled filter in as many VMs as Envoy has workers, with
//! shared data between them and an issuer that rotates its keys.

#![expect(
    clippy::panic_in_result_fn,
    clippy::arithmetic_side_effects,
    reason = "tests may panic: that is how they fail"
)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use toolgate_host_tests::deployment::Deployment;
use toolgate_host_tests::host::{CallAnswer, Headers, HostOptions, Module, SharedData, Vm};
use toolgate_host_tests::scenario::Configuration;
use toolgate_host_tests::scenario::envoy::wasm;
use toolgate_host_tests::scenario::format::Token;
use toolgate_host_tests::scenario::keys::{EDDSA, ES256, Key};
use toolgate_host_tests::scenario::mint::mint;

const REFRESH: Duration = Duration::from_secs(10);

fn configuration() -> Value {
    json!({
        "policy_version": "workers",
        "identity": {"issuers": [{
            "issuer": "https://idp.example.com",
            "audiences": ["https://gateway.example.com/mcp"],
            "algorithms": ["ES256", "EdDSA"],
            "jwks": {"cluster": "idp", "uri": "https://idp.example.com/jwks", "refresh": "10s", "pause": "1s"},
        }]},
        "routes": [{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}],
        "rules": [{"id": "all", "effect": "allow", "when": {"tool_matches": "*"}}],
    })
}

/// Workers, and the issuer that they fetch from.
struct Gateway {
    module: Module,
    options: HostOptions,
    workers: Vec<Vm>,
    key: &'static Key,
    up: bool,
    fetches: usize,
}

impl Gateway {
    fn start(workers: usize) -> Result<Self> {
        Self::of(&configuration(), workers)
    }

    fn of(configuration: &Value, workers: usize) -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no workspace")?;
        let module = Module::new(&fs::read(wasm(workspace)?)?)?;
        let options = HostOptions {
            plugin_config: configuration.to_string().into_bytes(),
            clusters: ["idp".to_owned(), "pdp".to_owned()].into(),
            shared: SharedData::new(),
            ..Deployment::shipped()?.host_options
        };
        let start = |seed| Vm::start(&module, HostOptions { seed, ..options.clone() });
        let workers = (0..).take(workers).map(start).collect::<Result<_>>()?;
        Ok(Self { module, options, workers, key: &ES256, up: true, fetches: 0 })
    }

    /// Every worker's clock goes on, and its timer fires.
    fn tick(&mut self, time: Duration) -> Result<()> {
        for vm in &mut self.workers {
            vm.advance(time);
            vm.tick()?;
        }
        self.answer()
    }

    fn answer(&mut self) -> Result<()> {
        for vm in &mut self.workers {
            for call in vm.pending_calls() {
                self.fetches += 1;
                if call.cluster == "pdp" {
                    let told = json!({"policy_decision_point": "https://pdp.example.com",
                        "access_evaluation_endpoint": "https://pdp.example.com/told"});
                    vm.answer(call.id, CallAnswer::new(200, told.to_string()))?;
                } else if self.up {
                    vm.answer(call.id, CallAnswer::new(200, json!({"keys": [self.key.public_jwk()]}).to_string()))?;
                } else {
                    vm.refuse(call.id)?;
                }
            }
        }
        Ok(())
    }

    /// The status that a request with a token of the issuer's present key gets from a worker.
    fn status(&mut self, worker: usize, token: &str) -> Result<u16> {
        let vm = self.workers.get_mut(worker).context("no such worker")?;
        let stream = vm.open()?;
        let mut headers = Headers::from([(":method", "GET"), (":path", "/mcp"), (":authority", "gateway")]);
        headers.add("authorization", format!("Bearer {token}"));
        vm.request_headers(stream, headers, true)?;
        for _ in 0..20 {
            let vm = self.workers.get_mut(worker).context("no such worker")?;
            let seen = vm.exchange(stream)?;
            if let Some(status) = seen.client.status() {
                return Ok(status);
            }
            if seen.upstream.headers.is_some() {
                vm.close(stream)?;
                return Ok(200);
            }
            // The one that waits is ticked soon, all others when they are.
            self.tick(Duration::from_millis(20))?;
        }
        anyhow::bail!("the request waits for ever")
    }

    /// Fetches that ended so, as all workers count them.
    fn counted(&self, fate: &str) -> u64 {
        let name = format!("toolgate_fetches_total;fate={fate}");
        let values = self.workers.iter().flat_map(|vm| vm.metrics().iter().filter(|((_, it), _)| *it == name));
        values.flat_map(|(_, counted)| counted).sum()
    }

    fn token(&self) -> Result<String> {
        let now = Duration::from_nanos(self.workers.first().context("no worker")?.now());
        let config = Configuration::parse(&configuration().to_string())?;
        let claims = json!({"alg": self.key.algorithm, "kid": self.key.id});
        let header = claims.as_object().cloned().unwrap_or_default();
        let sign = if *self.key == EDDSA { "eddsa" } else { "es256" };
        let token = Token { header, sign: serde_json::from_value(json!(sign))?, ..Token::default() };
        mint(&token, &config, now)
    }
}

/// Ten minutes of requests to two workers, with another key each minute.
#[test]
fn a_rotation_refuses_nobody_and_costs_one_fetch_an_interval() -> Result<()> {
    let mut gateway = Gateway::start(2)?;
    let mut refused = 0;
    for second in 0..600_usize {
        if second % 60 == 59 {
            gateway.key = if *gateway.key == ES256 { &EDDSA } else { &ES256 };
        }
        gateway.tick(Duration::from_secs(1))?;
        let token = gateway.token()?;
        for worker in [second % 2, (second + 1) % 2] {
            refused += usize::from(gateway.status(worker, &token)? != 200);
        }
    }
    assert_eq!(refused, 0, "requests were refused");
    let intervals = 600 / usize::try_from(REFRESH.as_secs())? + 1;
    assert!(gateway.fetches <= intervals, "{} fetches in {intervals} intervals", gateway.fetches);
    assert!(gateway.fetches * 2 > intervals, "only {} fetches: nothing was refreshed", gateway.fetches);
    Ok(())
}

#[test]
fn however_many_workers_start_one_fetches() -> Result<()> {
    let mut gateway = Gateway::start(8)?;
    for _ in 0..50 {
        gateway.tick(Duration::from_millis(100))?;
    }
    assert_eq!(gateway.fetches, 1);
    let token = gateway.token()?;
    for worker in 0..8 {
        assert_eq!(gateway.status(worker, &token)?, 200, "worker {worker}");
    }
    assert_eq!(gateway.fetches, 1);
    Ok(())
}

/// A worker that is configured later, under a new configuration for instance, asks the decision service where that told
/// another one to, without a tick in between.
#[test]
fn what_another_worker_has_fetched_is_known_at_once() -> Result<()> {
    let mut configuration = configuration();
    configuration["rules"] = json!([{"id": "asked", "effect": "ask", "when": {"tool_matches": "*"}}]);
    configuration["decision"] = json!({"cluster": "pdp", "url": "https://pdp.example.com", "discover": {}});
    let mut gateway = Gateway::of(&configuration, 1)?;
    gateway.tick(Duration::from_millis(100))?;
    assert_eq!(gateway.fetches, 2);
    let token = gateway.token()?;
    let mut later = Vm::start(&gateway.module, gateway.options.clone())?;
    later.advance(Duration::from_millis(200));
    let stream = later.open()?;
    let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"crm.read"}}"#;
    let mut headers = Headers::from([(":method", "POST"), (":path", "/mcp"), (":authority", "gateway")]);
    headers.add("content-type", "application/json");
    headers.add("authorization", format!("Bearer {token}"));
    later.request_headers(stream, headers, false)?;
    later.request_data(stream, body, true)?;
    let asked: Vec<_> = later.pending_calls().iter().map(|call| call.headers.get(":path").map(str::to_owned)).collect();
    assert_eq!(asked, [Some("/told".to_owned())]);
    Ok(())
}

#[test]
fn tokens_with_invented_key_ids_do_not_make_it_fetch_all_the_time() -> Result<()> {
    let mut gateway = Gateway::start(2)?;
    gateway.tick(Duration::from_millis(100))?;
    gateway.key = &EDDSA;
    let token = gateway.token()?;
    gateway.key = &ES256;
    for request in 0..100 {
        assert_eq!(gateway.status(request % 2, &token)?, 401);
    }
    // A hundred requests took some seconds of the gateway's time; one fetch a second (`pause`) is the most.
    assert!(gateway.fetches <= 10, "{} fetches", gateway.fetches);
    Ok(())
}

#[test]
fn while_the_issuer_is_down_one_worker_tries_again_and_the_others_wait() -> Result<()> {
    let mut gateway = Gateway::start(4)?;
    gateway.up = false;
    for _ in 0..100 {
        gateway.tick(Duration::from_millis(100))?;
    }
    // A second after each failure: a tenth of the refresh.
    assert!((5..=11).contains(&gateway.fetches), "{} fetches", gateway.fetches);
    gateway.up = true;
    for _ in 0..20 {
        gateway.tick(Duration::from_millis(100))?;
    }
    let token = gateway.token()?;
    assert_eq!(gateway.status(3, &token)?, 200);
    // An operator sees it coming: what failed is counted, once for all workers.
    let (fetched, failed) = (gateway.counted("fetched"), gateway.counted("failed"));
    assert_eq!(fetched + failed, u64::try_from(gateway.fetches)?);
    assert!(fetched >= 1 && failed >= 5, "{fetched} fetched, {failed} failed");
    Ok(())
}
