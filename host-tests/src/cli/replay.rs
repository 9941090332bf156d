//! `toolgate replay`: what the filter would have done with recorded calls.
//!
//! One VM judges all of them, as a worker of a gateway would. A line that can't be judged becomes a line that says so,
//! with its number, and the next one is judged.

use std::io::{self, BufRead, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::judge::Judge;
use super::output;
use super::recorded::Recorded;
use crate::scenario::Configuration;

/// Whether every line could be judged.
pub(super) fn run(config: &Path, wasm: Option<&Path>) -> Result<bool> {
    let mut judge = Judge::new(&Configuration::read(config)?, wasm)?;
    let progress = progress();
    let mut input = io::stdin().lock();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut all_judged = true;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        if input.read_until(b'\n', &mut line).context("can't read standard input")? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let told = match judge_line(&mut judge, &line) {
            Ok(told) => told,
            Err(error) => {
                all_judged = false;
                json!({"line": number, "error": format!("{error:#}")}).to_string()
            }
        };
        if !output::line(&mut out, &told)? {
            return Ok(all_judged);
        }
        progress.inc(1);
    }
    out.flush()?;
    progress.finish_and_clear();
    Ok(all_judged)
}

fn judge_line(judge: &mut Judge, line: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(line).context("not UTF-8")?;
    Ok(serde_json::to_string(&judge.judge(&Recorded::read(text)?)?)?)
}

/// Counts calls on standard error, if that is a terminal.
fn progress() -> ProgressBar {
    let progress = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
    let style = ProgressStyle::with_template("{spinner} {human_pos} calls judged, {per_sec}");
    progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    progress
}
