//! One worker's filter: reads its configuration and makes a stream for each request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Bytes, ContextType};

use super::books::Books;
use super::host;
use super::publications::{self, Fetches};
use super::stream::{Stream, status};
use super::waiting::{Waiter, Waiting};
use crate::config;
use crate::decision::MAX_ANSWER;
use crate::exchange::Input;
use crate::export::Answer;
use crate::gate::Gate;
use crate::head::Head;

/// The gate that this worker's streams share; none before a configuration was accepted.
pub(super) type SharedGate = Rc<RefCell<Option<Gate>>>;

/// The first look at what issuers publish, once the filter is configured.
const SOON: Duration = Duration::from_millis(10);

/// The root context.
pub(super) struct Root {
    id: u32,
    gate: SharedGate,
    /// None before a configuration was accepted.
    books: Option<Rc<Books>>,
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
            books: None,
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
        self.sleep();
    }

    /// Until the next tick that somebody here needs. Whoever waits for another stream needs none: its end asks for one.
    fn sleep(&self) {
        let gate = self.gate.borrow();
        let fetching = gate.as_ref().and_then(publications::period);
        let exporting = self.books.as_ref().and_then(|books| books.tick_period());
        self.waiting.tick_every(fetching.into_iter().chain(exporting).min().unwrap_or_default());
    }
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3); as a date, it is as good as none.
fn retry_after(head: &Head) -> Option<Duration> {
    let seconds = std::str::from_utf8(head.first("retry-after")?).ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl Context for Root {
    fn on_http_call_response(&mut self, call: u32, _headers: usize, body_size: usize, trailers: usize) {
        let head = host::answer_head(trailers);
        let status = status(&head);
        if let Some(waiter) = self.asking.remove(&call) {
            let body = host::call_body(body_size, MAX_ANSWER);
            if let Some(core) = waiter.core.upgrade() {
                host::speak_for(waiter.stream);
                waiter.tell(&core, Input::Answer { head: &head, body: &body });
                host::speak_for(self.id);
                // The question may have been sent once more.
                let again = core.borrow_mut().call.take();
                if let Some(call) = again {
                    self.asking.insert(call, waiter);
                }
            }
            self.waiting.look_soon();
            return;
        }
        if let Some(books) = self.books.as_ref().filter(|books| books.awaits(call)) {
            let body = host::call_body(body_size, MAX_ANSWER);
            books.answered(host::now(), Answer { status, retry_after: retry_after(&head), body: &body });
            return;
        }
        let settled = match self.gate.borrow_mut().as_mut() {
            Some(gate) => self.fetches.answered(gate, self.books.as_deref(), call, (status, body_size)),
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
                // The old ones go first: what their gauges hold is taken back before it is counted anew.
                self.books = None;
                self.books = Some(Rc::new(Books::open(&config)));
                let fetches = Gate::sources(&config).next().is_some();
                let mut gate = Gate::new(Arc::new(config));
                publications::take_over(&mut gate);
                *self.gate.borrow_mut() = Some(gate);
                match fetches {
                    true => self.waiting.tick_every(SOON),
                    false => self.sleep(),
                }
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
        if let Some(books) = &self.books {
            books.tick(host::now());
        }
        if let Some(gate) = self.gate.borrow_mut().as_mut() {
            self.fetches.tick(gate, self.books.as_deref());
        }
        self.wake();
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(id, Rc::clone(&self.gate), self.books.clone(), Rc::clone(&self.waiting))))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
