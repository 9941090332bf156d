//! What a call costs in instructions of the wasm machine. They aren't time: copies of memory and calls of the host count
//! as one. But they are the same each time and on every machine, so a test can hold the filter to them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};

use super::load::{HEADERS, tool_call};
use super::policy::{Policy, Variant};
use super::tokens::{Token, Tokens};
use crate::deployment::Deployment;
use crate::host::{CallAnswer, Headers, HostOptions, Module, Vm};
use crate::scenario::keys;

/// Whether the decision service has a say.
#[derive(Clone, Copy, Debug)]
pub enum Decided {
    /// The policy allows the call by itself.
    ByPolicy,
    /// A rule asks the decision service, whose answer to the same question is remembered.
    ByMemory,
    /// As by the policy; and the upstream gets an assertion, signed with Ed25519.
    SignedWithEd25519,
    /// The same, signed with ECDSA on P-256.
    SignedWithEs256,
}

/// A call with a body of that many bytes, its token known, decided so.
///
/// # Errors
/// The module isn't the filter, or refuses the call.
#[expect(clippy::disallowed_methods, reason = "tokens are issued at the present time")]
pub fn instructions(module: &Module, decided: Decided, body: usize) -> anyhow::Result<u64> {
    let tokens = Tokens::generate()?;
    let variant = match decided {
        Decided::ByPolicy => Variant::DenialsLogged,
        Decided::ByMemory => Variant::AskedAndRemembered,
        Decided::SignedWithEd25519 => Variant::Signed(keys::EDDSA),
        Decided::SignedWithEs256 => Variant::Signed(keys::ES256),
    };
    let policy = Policy::shipped(&tokens)?.with(variant)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.saturating_add(Duration::from_secs(1));
    let options = HostOptions {
        plugin_config: policy.to_string().into_bytes(),
        now: u64::try_from(now.as_nanos())?,
        ..Deployment::shipped()?.host_options
    };
    let mut vm = Vm::start(module, options)?;
    let authorization = tokens.authorization(Token::Kept)?;
    let body = tool_call(body)?;
    // The first verifies the token, and what it has to allocate stays.
    for _ in 0..2 {
        call(&mut vm, &authorization, &body)?;
    }
    let before = vm.instructions();
    call(&mut vm, &authorization, &body)?;
    Ok(vm.instructions().saturating_sub(before))
}

fn call(vm: &mut Vm, authorization: &str, body: &str) -> anyhow::Result<()> {
    let length = body.len().to_string();
    let pseudo = [(":authority", "gateway.example.com"), (":path", "/mcp"), (":method", "POST"), (":scheme", "http")];
    let own = [("authorization", authorization), ("content-length", length.as_str())];
    // What Envoy adds by itself.
    let added = [("x-forwarded-proto", "http"), ("x-request-id", "00000000-0000-4000-8000-000000000000")];
    let stream = vm.open()?;
    vm.request_headers(stream, pseudo.into_iter().chain(own).chain(HEADERS).chain(added).collect(), false)?;
    vm.request_data(stream, body.as_bytes(), true)?;
    for pending in vm.pending_calls() {
        let headers = [(":status", "200"), ("content-type", "application/json")].into_iter().collect();
        vm.answer(pending.id, CallAnswer { headers, ..CallAnswer::new(200, super::server::PERMIT) })?;
    }
    ensure!(vm.exchange(stream)?.upstream.headers.is_some(), "the call is refused: {:?}", vm.logs().last());
    let answer = [(":status", "200"), ("content-type", "application/json"), ("content-length", "2")];
    vm.response_headers(stream, answer.into_iter().collect::<Headers>(), false)?;
    vm.response_data(stream, b"{}", true)?;
    let status = vm.close(stream)?.client.status();
    ensure!(status == Some(200), "found status {status:?}");
    vm.trapped().map_or(Ok(()), |why| Err(anyhow::anyhow!("{why}"))).context("the filter trapped")
}
