//! Writing results. A reader that has seen enough (`| head`) is no error.

use std::io::{self, ErrorKind, Write};

use anyhow::Result;
use serde::Serialize;

/// Writes one line; whether anybody still reads.
pub(super) fn line(out: &mut impl Write, text: &str) -> Result<bool> {
    match writeln!(out, "{text}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Writes text to standard output.
pub(super) fn text(text: &str) -> Result<()> {
    line(&mut io::stdout().lock(), text.trim_end()).map(drop)
}

/// Writes a value as JSON to standard output.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    text(&serde_json::to_string_pretty(value)?)
}
