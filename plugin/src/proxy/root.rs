//! One worker's filter: reads its configuration and makes a stream for each request.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Bytes, ContextType};

use super::books::Books;
use super::host;
use super::stream::Stream;
use crate::config;
use crate::gate::Gate;

/// The gate that this worker's streams share; none before a configuration was accepted.
pub(super) type SharedGate = Rc<RefCell<Option<Gate>>>;

/// The root context.
#[derive(Default)]
pub(super) struct Root {
    gate: SharedGate,
    /// None before a configuration was accepted.
    books: Option<Rc<Books>>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let json: Bytes = host::plugin_configuration();
        match config::read(&json) {
            Ok(config) => {
                log::info!("toolgate policy {} is in force", config.policy_version);
                // The old ones go first: what their gauges hold is taken back before it is counted anew.
                self.books = None;
                self.books = Some(Rc::new(Books::open(&config)));
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

    fn create_http_context(&self, _id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream::new(Rc::clone(&self.gate), self.books.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
