//! `toolgate check`: is a configuration valid, and does it do what it seems to?

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use toolgate::config::{self, Config};
use toolgate::policy::lint::remarks;

use super::{Format, output};
use crate::scenario::Configuration;

#[derive(Serialize)]
struct Checked {
    valid: bool,
    /// Why the filter would refuse it.
    problems: Vec<Complaint>,
    /// What is valid and probably not meant.
    remarks: Vec<Complaint>,
}

#[derive(Serialize)]
struct Complaint {
    pointer: String,
    message: String,
}

/// Whether nothing is wrong with the configuration at `path`. A remark is no fault.
pub(super) fn run(path: &Path, format: Format) -> Result<bool> {
    let configuration = Configuration::read(path)?;
    let complaint = |pointer: &str, message: &str| Complaint { pointer: pointer.into(), message: message.into() };
    let (problems, remarks) = match config::read(configuration.json().to_string().as_bytes()) {
        Ok(config) => (Vec::new(), remarked(&config)),
        Err(problems) => {
            (problems.iter().map(|problem| complaint(&problem.pointer, &problem.message)).collect(), Vec::new())
        }
    };
    let checked = Checked { valid: problems.is_empty(), problems, remarks };
    match format {
        Format::Json => output::json(&checked)?,
        Format::Text => output::text(&told(path, &checked))?,
    }
    Ok(checked.valid)
}

fn remarked(config: &Config) -> Vec<Complaint> {
    let mut found = remarks(&config.policy, config.tools.names());
    // Operations of REST routes are tools too; they are named where they stand.
    for (place, route) in config.routes.0.iter().enumerate() {
        for (index, operation) in route.operations.iter().enumerate() {
            let of_tools = remarks(&config.policy, [operation.tool.as_str()]);
            found.extend(of_tools.into_iter().filter(|remark| remark.pointer.starts_with("/tools/")).map(
                |mut remark| {
                    remark.pointer = format!("/routes/{place}/operations/{index}");
                    remark
                },
            ));
        }
    }
    found.into_iter().map(|remark| Complaint { pointer: remark.pointer, message: remark.message }).collect()
}

fn told(path: &Path, checked: &Checked) -> String {
    let mut lines = Vec::new();
    for (kind, complaints) in [("error ", &checked.problems), ("remark", &checked.remarks)] {
        lines.extend(complaints.iter().map(|Complaint { pointer, message }| {
            format!("{kind} {}: {message}", if pointer.is_empty() { "/" } else { pointer })
        }));
    }
    let verdict = if checked.valid { "is valid" } else { "is not valid" };
    let (problems, remarks) = (checked.problems.len(), checked.remarks.len());
    lines.push(format!("`{}` {verdict}: {problems} errors, {remarks} remarks", path.display()));
    lines.join("\n")
}
