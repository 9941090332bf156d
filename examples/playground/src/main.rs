//! Builds the playground: static files and the filter's core, in one folder that works from a server and from a disk.
//!
//! `toolgate-playground CORE OUT`: `CORE` is the filter's crate, compiled for `wasm32-unknown-unknown`; `OUT` is the
//! folder to write.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wasm_bindgen_cli_support::Bindgen;

/// The page itself, beside this crate's manifest.
const PAGE: &[&str] = &["index.html", "style.css", "app.js", "steps.js", "state.js", "samples.js"];

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(core), Some(out), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        bail!("usage: toolgate-playground CORE OUT");
    };
    fs::create_dir_all(&out).with_context(|| format!("can't make `{}`", out.display()))?;
    let script = script(&core)?;
    fs::write(out.join("core.js"), script).context("can't write `core.js`")?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
    for name in PAGE {
        fs::copy(page.join(name), out.join(name)).with_context(|| format!("can't copy `{name}`"))?;
    }
    Ok(())
}

/// The core as one classic script that defines `wasm_bindgen` and starts it: browsers load neither modules nor
/// WebAssembly from a disk.
fn script(core: &Path) -> Result<String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(core).no_modules(true)?.typescript(false);
    let mut output = bindgen.generate_output().with_context(|| format!("can't read `{}`", core.display()))?;
    let wasm = STANDARD.encode(output.wasm_mut().emit_wasm());
    let glue = output.js();
    Ok(format!("{glue}\nwasm_bindgen.initSync({{module: Uint8Array.from(atob(\"{wasm}\"), c => c.charCodeAt(0))}});\n"))
}
