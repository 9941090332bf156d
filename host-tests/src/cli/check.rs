//! `toolgate check`: is a configuration valid, and does it do what it seems to?

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use toolgate::config;

use super::lint::{Advice, lint};
use super::{Format, output};
use crate::scenario::Configuration;

#[derive(Serialize)]
struct Checked {
    valid: bool,
    problems: Vec<Complaint>,
    advice: Vec<Advice>,
}

#[derive(Serialize)]
struct Complaint {
    pointer: String,
    message: String,
}

/// Whether nothing is wrong with the configuration at `path`. Advice is no fault.
pub(super) fn run(path: &Path, format: Format) -> Result<bool> {
    let configuration = Configuration::read(path)?;
    let problems = match config::read(configuration.json().to_string().as_bytes()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| Complaint { pointer: problem.pointer.clone(), message: problem.message.clone() })
            .collect(),
    };
    // Advice on a configuration that isn't one would be guesswork.
    let advice = if problems.is_empty() { lint(configuration.json()) } else { Vec::new() };
    let checked = Checked { valid: problems.is_empty(), problems, advice };
    match format {
        Format::Json => output::json(&checked)?,
        Format::Text => output::text(&told(path, &checked))?,
    }
    Ok(checked.valid)
}

fn told(path: &Path, checked: &Checked) -> String {
    let mut text = String::new();
    for Complaint { pointer, message } in &checked.problems {
        let pointer = if pointer.is_empty() { "/" } else { pointer };
        text.push_str(&format!("error  {pointer}: {message}\n"));
    }
    for Advice { pointer, message, .. } in &checked.advice {
        text.push_str(&format!("advice {pointer}: {message}\n"));
    }
    let verdict = if checked.valid { "is valid" } else { "is not valid" };
    let (problems, advice) = (checked.problems.len(), checked.advice.len());
    text.push_str(&format!("`{}` {verdict}: {problems} errors, {advice} pieces of advice", path.display()));
    text
}
