//! One worker's filter: reads its configuration and makes a stream for each request.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Bytes, ContextType};

use super::books::Books;
use super::host::{self, Map};
use super::stream::{Stream, status};
use crate::config;
use crate::export::Answer;
use crate::gate::Gate;
use crate::head::Head;

/// The gate that this worker's streams share; none before a configuration was accepted.
pub(super) type SharedGate = Rc<RefCell<Option<Gate>>>;

/// The root context.
#[derive(Default)]
pub(super) struct Root {
    gate: SharedGate,
    /// None before a configuration was accepted.
    books: Option<Rc<Books>>,
}

impl Context for Root {
    fn on_http_call_response(&mut self, call: u32, _headers: usize, body_size: usize, _trailers: usize) {
        let head = host::head(Map::CallResponseHeaders).unwrap_or_default();
        let body = host::call_body(body_size);
        let answer = Answer { status: status(&head), retry_after: retry_after(&head), body: &body };
        if let Some(books) = &self.books {
            books.answered(host::now(), call, answer);
        }
    }
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3); as a date, it is as good as none.
fn retry_after(head: &Head) -> Option<Duration> {
    let seconds = std::str::from_utf8(head.first("retry-after")?).ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let json: Bytes = host::plugin_configuration();
        match config::read(&json) {
            Ok(config) => {
                log::info!("toolgate policy {} is in force", config.policy_version);
                // The old ones go first: what their gauges hold is taken back before it is counted anew.
                self.books = None;
                let books = Books::open(&config);
                if let Some(period) = books.tick_period() {
                    host::tick_every(period);
                }
                self.books = Some(Rc::new(books));
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
        if let Some(books) = &self.books {
            books.tick(host::now());
        }
    }

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(Rc::clone(&self.gate), self.books.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
