//! The filter that ships asks its host for nothing that Envoy 1.36 to 1.40 doesn't offer.

use toolgate_host_tests::host::imports;

#[test]
fn the_filter_imports_only_what_envoy_offers() -> anyhow::Result<()> {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/toolgate.wasm");
    let path = std::env::var("TOOLGATE_WASM").unwrap_or_else(|_| shipped.into());
    let wasm = std::fs::read(&path).map_err(|error| anyhow::anyhow!("{path}: {error}; `make` builds it"))?;
    imports::check(&wasm)?;
    Ok(())
}
