//! The compiled filter, as the command runs it: under the flags of the deployment that this project hands out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::host::{HostOptions, Module};
use crate::scenario::envoy::wasm as filter_of;

/// `envoy/envoy.yaml` at the time this command was built: it runs anywhere.
const DEPLOYED: &str = include_str!("../../../envoy/envoy.yaml");

/// Loads and compiles the filter.
pub(super) fn load(wasm: Option<&Path>) -> Result<Module> {
    let path = match wasm {
        Some(path) => path.to_path_buf(),
        None => beside_this_command().map_or_else(|| filter_of(Path::new(".")), Ok)?,
    };
    let code = fs::read(&path).with_context(|| format!("can't read `{}`", path.display()))?;
    Module::new(&code).with_context(|| format!("in `{}`", path.display()))
}

/// `make` puts the filter into `target/`, and cargo this command one folder below.
fn beside_this_command() -> Option<PathBuf> {
    if std::env::var_os("TOOLGATE_WASM").is_some() {
        return None;
    }
    let folder = std::env::current_exe().ok()?.parent()?.to_path_buf();
    [folder.join("toolgate.wasm"), folder.parent()?.join("toolgate.wasm")].into_iter().find(|path| path.is_file())
}

/// The flags it is hosted with.
pub(super) fn options() -> Result<HostOptions> {
    let bootstrap: Value = serde_saphyr::from_str(DEPLOYED).context("the built-in envoy.yaml")?;
    Ok(Deployment::new(bootstrap)?.host_options)
}
