//! A VM that has trapped, and a new one in its place
//! (`PluginConfig::maybeReloadHandleIfNeeded` in Envoy's `source/extensions/common/wasm/wasm.cc`).

use super::{FailurePolicy, Vm};

impl Vm {
    /// Makes a new VM for a new stream, if the policy says so and the last one is old enough.
    pub(super) fn reload_if_due(&mut self) -> anyhow::Result<()> {
        if self.trapped().is_none() || self.state().options.failure_policy != FailurePolicy::FailReload {
            return Ok(());
        }
        let backoff = u64::try_from(self.state().options.reload_backoff.as_millis()).unwrap_or(u64::MAX);
        // `JitteredLowerBoundBackOffStrategy`: the base and up to half of it again.
        let jitter = self.state_mut().random.u64(..(backoff / 2).max(1));
        let wait = backoff.saturating_add(jitter).saturating_mul(1_000_000);
        // The clock starts when a VM is made, not when it traps: an old VM is replaced at once.
        if self.state().monotonic.saturating_sub(self.made_at) < wait {
            return Ok(());
        }
        self.rebuild()
    }
}
