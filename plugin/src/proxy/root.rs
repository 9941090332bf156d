//! One worker's filter: reads its configuration and makes a stream for each request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Bytes, ContextType};

use super::host;
use super::publications::{self, Fetches};
use super::stream::Stream;
use super::waiting::{Waiter, Waiting};
use crate::config;
use crate::decision::MAX_ANSWER;
use crate::exchange::Input;
use crate::gate::Gate;

/// The gate that this worker's streams share; none before a configuration was accepted.
pub(super) type SharedGate = Rc<RefCell<Option<Gate>>>;

/// The first look at what issuers publish, once the filter is configured.
const SOON: Duration = Duration::from_millis(10);

/// The root context.
pub(super) struct Root {
    id: u32,
    gate: SharedGate,
    waiting: Rc<Waiting>,
    fetches: Fetches,
    /// Streams that asked the decision service while the root context spoke for them.
    asking: HashMap<u32, Waiter>,
}

impl Root {
    pub(super) fn new(id: u32) -> Self {
        Self {
            id,
            gate: SharedGate::default(),
            waiting: Rc::default(),
            fetches: Fetches::default(),
            asking: HashMap::new(),
        }
    }

    /// Lets the streams that wait look again, and sleeps.
    fn wake(&mut self) {
        let Self { asking, waiting, .. } = self;
        waiting.wake(self.id, |call, waiter| {
            asking.insert(call, waiter);
        });
        if let Some(gate) = self.gate.borrow().as_ref() {
            self.waiting.tick_every(publications::period(gate));
        }
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, call: u32, _headers: usize, body_size: usize, _trailers: usize) {
        let status = host::call_status();
        if let Some(waiter) = self.asking.remove(&call) {
            let body = host::call_body(body_size, MAX_ANSWER);
            if let Some(core) = waiter.core.upgrade() {
                host::speak_for(waiter.stream);
                waiter.tell(&core, Input::Answer { status, body: &body });
                host::speak_for(self.id);
            }
            return;
        }
        let settled = match self.gate.borrow_mut().as_mut() {
            Some(gate) => self.fetches.answered(gate, call, status, body_size),
            None => false,
        };
        if settled {
            self.wake();
        }
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let json: Bytes = host::plugin_configuration();
        match config::read(&json) {
            Ok(config) => {
                log::info!("toolgate policy {} is in force", config.policy_version);
                if !config.identity.publications().is_empty() {
                    self.waiting.tick_every(SOON);
                }
                *self.gate.borrow_mut() = Some(Gate::new(Arc::new(config)));
                true
            }
            Err(problems) => {
                for problem in problems.iter() {
                    log::error!("toolgate configuration {problem}");
                }
                false
            }
        }
    }

    fn on_tick(&mut self) {
        if let Some(gate) = self.gate.borrow_mut().as_mut() {
            self.fetches.tick(gate);
        }
        self.wake();
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(id, Rc::clone(&self.gate), Rc::clone(&self.waiting))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
