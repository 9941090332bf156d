//! What a guest says.

use super::state::State;

/// Levels of `proxy_log`, by their numbers 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// 0
    Trace,
    /// 1
    Debug,
    /// 2, and what goes to standard output.
    Info,
    /// 3
    Warn,
    /// 4, what goes to standard error, and traps.
    Error,
    /// 5
    Critical,
}

impl LogLevel {
    pub(super) fn from_code(code: u32) -> Option<Self> {
        [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Critical]
            .into_iter()
            .nth(super::guest::index(code))
    }
}

/// One line of log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// How loud.
    pub level: LogLevel,
    /// The context that said it: a stream's, the root's, or 0 while the module starts.
    pub context: u32,
    /// The text; bytes that are no UTF-8 are replaced.
    pub message: String,
}

impl State {
    pub(super) fn log(&mut self, level: LogLevel, context: u32, message: &[u8]) {
        let message = String::from_utf8_lossy(message).into_owned();
        self.logs.push(Log { level, context, message });
    }
}
