//! From a file, or a folder of files, to scenarios with their configuration.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;

use super::configuration::Configuration;
use super::format::{File, Step};

/// A scenario, ready to run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its path below the folder that was asked for, without `.toml`: `token/expired`.
    pub name: String,
    /// What it proves.
    pub about: String,
    /// The file's text.
    pub source: String,
    /// The filter's configuration.
    pub config: Configuration,
    /// The requests, in order; at least one.
    pub steps: Vec<Step>,
}

impl Scenario {
    /// Reads the file at `path`; `name` is how it is to be called.
    ///
    /// # Errors
    /// When it or its configuration can't be read, or says something that can't be.
    pub fn load(path: &Path, name: &str) -> Result<Self> {
        let source = fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        Self::parse(&source, path, name).with_context(|| format!("in scenario `{}`", path.display()))
    }

    fn parse(source: &str, path: &Path, name: &str) -> Result<Self> {
        let file: File = toml::from_str(source)?;
        let config = Configuration::read(&find_config(path, &file.config)?)?;
        let config = config.patched(&Value::Object(file.overrides.clone()));
        let about = file.about.clone();
        let steps = steps(file)?;
        for (number, step) in (1..).zip(&steps) {
            check(step).with_context(|| format!("in step {number}"))?;
        }
        Ok(Self { name: name.into(), about, source: source.into(), config, steps })
    }

    /// Every scenario at `path`: the file, or all `.toml` files below the folder, by name.
    ///
    /// # Errors
    /// When one of them can't be loaded, or there is none.
    pub fn load_all(path: &Path) -> Result<Vec<Self>> {
        if path.is_file() {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            return Ok(vec![Self::load(path, &name)?]);
        }
        let mut files = Vec::new();
        gather(path, &mut files)?;
        files.sort();
        ensure!(!files.is_empty(), "no scenario (`*.toml`) below `{}`", path.display());
        files.iter().map(|file| Self::load(file, &name_below(path, file))).collect()
    }
}

fn name_below(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file).with_extension("");
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The ledger of exceptions lies among the scenarios.
const NOT_A_SCENARIO: &str = "ledger.toml";

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("can't read `{}`", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") && !path.ends_with(NOT_A_SCENARIO) {
            files.push(path);
        }
    }
    Ok(())
}

/// `configs/<name>.yaml` beside the scenario or in a folder above it; or a path from the scenario's folder.
fn find_config(scenario: &Path, named: &str) -> Result<PathBuf> {
    let folder = scenario.parent().unwrap_or(Path::new("."));
    if Path::new(named).extension().is_some() {
        return Ok(folder.join(named));
    }
    let file = format!("configs/{named}.yaml");
    let absolute = fs::canonicalize(folder).with_context(|| format!("can't read `{}`", folder.display()))?;
    absolute
        .ancestors()
        .map(|above| above.join(&file))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| anyhow!("no `{file}` beside the scenario or above it"))
}

fn steps(file: File) -> Result<Vec<Step>> {
    let Some(request) = file.request else {
        let alone = file.token.is_some()
            || file.proof.is_some()
            || file.document.is_some()
            || file.upstream.is_some()
            || file.expect.is_some()
            || !file.answers.is_empty();
        ensure!(
            !alone && file.issuer.is_none(),
            "`token`, `proof`, `document`, `answer`, `issuer`, `upstream` and `expect` need a `request`, or belong into a `[[step]]`"
        );
        ensure!(!file.steps.is_empty(), "no `[request]` and no `[[step]]`");
        return Ok(file.steps);
    };
    ensure!(file.steps.is_empty(), "both a `[request]` and a `[[step]]`: one of the two");
    let expect = file.expect.context("no `[expect]`")?;
    Ok(vec![Step {
        request,
        token: file.token.unwrap_or_default(),
        proof: file.proof,
        document: file.document,
        answers: file.answers,
        after: None,
        issuer: file.issuer,
        upstream: file.upstream.unwrap_or_default(),
        expect,
    }])
}

/// What the types alone can't say.
fn check(step: &Step) -> Result<()> {
    let request = &step.request;
    let bodies = [
        request.call.is_some(),
        request.json.is_some(),
        request.text.is_some(),
        request.hex.is_some(),
        request.generate.is_some(),
    ];
    ensure!(
        bodies.iter().filter(|given| **given).count() <= 1,
        "more than one body: one of `call`, `json`, `text`, `hex`, `generate`"
    );
    if !step.expect.forwarded && step.expect.audited && step.expect.reason.is_none() {
        bail!("what is not forwarded needs `reason` in `[expect]`");
    }
    Ok(())
}
