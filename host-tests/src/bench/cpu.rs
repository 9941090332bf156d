//! Processor time, as the kernel accounts it to threads.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

/// Processor time of all threads of a process so far; of those named `thread`, if given.
///
/// # Errors
/// The process is gone, or the kernel keeps no such account (Linux does, in `/proc/…/schedstat`).
pub(super) fn used(process: &str, thread: Option<&str>) -> anyhow::Result<Duration> {
    let tasks = Path::new("/proc").join(process).join("task");
    let mut total = Duration::ZERO;
    for task in std::fs::read_dir(&tasks).with_context(|| format!("can't read `{}`", tasks.display()))? {
        let task = task?.path();
        if let Some(wanted) = thread {
            let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
            if name.trim_end() != wanted {
                continue;
            }
        }
        // A thread that ended between the two reads has no file any more, and no part in what is measured.
        let Ok(account) = std::fs::read_to_string(task.join("schedstat")) else { continue };
        let nanoseconds = account.split_whitespace().next().context("schedstat is empty")?;
        total = total.saturating_add(Duration::from_nanos(nanoseconds.parse().context("schedstat is no number")?));
    }
    Ok(total)
}
