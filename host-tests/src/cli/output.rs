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

/// Writes text to standard output. What was sent by whoever is judged stands in it: it may not move the cursor of the terminal.
pub(super) fn text(text: &str) -> Result<()> {
    line(&mut io::stdout().lock(), &harmless(text.trim_end())).map(drop)
}

fn harmless(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        let moves = letter.is_control() && !matches!(letter, '\n' | '\t');
        if moves { plain.extend(letter.escape_default()) } else { plain.push(letter) }
    }
    plain
}

/// Writes a value as JSON to standard output.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    text(&serde_json::to_string_pretty(value)?)
}
