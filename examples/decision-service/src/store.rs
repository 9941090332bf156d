//! The policies in force, and how they change while requests come in.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{sync::watch, time::MissedTickBehavior};

use crate::{folder::Files, policies::Policies};

/// What is in force, and whether that is what the folder says.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    /// The last valid set.
    pub(crate) loaded: Arc<Policies>,
    /// Why the folder as it is now can't be loaded.
    pub(crate) broken: Option<Arc<str>>,
}

/// The policies in force. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    folder: Arc<PathBuf>,
    status: Arc<watch::Sender<Status>>,
}

impl Store {
    /// Loads the folder.
    ///
    /// # Errors
    /// It can't be read or isn't valid: a service without policies doesn't start.
    pub(crate) fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let loaded = Arc::new(Policies::load(&Files::read(&folder)?)?);
        let status = Arc::new(watch::Sender::new(Status { loaded, broken: None }));
        Ok(Self { folder: Arc::new(folder), status })
    }

    /// What is in force now. A request asks once, so that all its parts are judged by one set.
    pub(crate) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Keeps reading the folder, for ever.
    pub(crate) async fn watch(self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changes = Changes::since(&self.status().loaded.version);
        loop {
            ticks.tick().await;
            let folder = Arc::clone(&self.folder);
            let read = tokio::task::spawn_blocking(move || Files::read(&folder).map_err(|e| format!("{e:#}"))).await;
            let read = read.unwrap_or_else(|e| Err(format!("reading the policies failed: {e}")));
            if let Some(settled) = changes.next(read) {
                self.take(settled);
            }
        }
    }

    fn take(&self, read: Result<Files, String>) {
        match read.and_then(|files| Policies::load(&files).map_err(|e| format!("{e:#}"))) {
            Ok(policies) => {
                log::info!("loaded {} policies, {}", policies.set.policies().count(), policies.version);
                self.status.send_replace(Status { loaded: Arc::new(policies), broken: None });
            }
            Err(error) => {
                let kept = self.status().loaded.version.clone();
                log::error!("the changed policies are NOT in force, still deciding by {kept}: {error}");
                self.status.send_modify(|status| status.broken = Some(error.into()));
            }
        }
    }
}

/// Finds out when the folder has changed *and come to rest*: two reads in a row saw the same. A file caught half-written
/// could parse, and lack its last `forbid`.
struct Changes {
    taken: String,
    last: String,
}

impl Changes {
    fn since(version: &str) -> Self {
        Self { taken: version.to_owned(), last: version.to_owned() }
    }

    /// The read, if it is to be taken now. A folder that can't be read is a state like any other.
    fn next(&mut self, read: Result<Files, String>) -> Option<Result<Files, String>> {
        let now = match &read {
            Ok(files) => files.version.clone(),
            Err(error) => error.clone(),
        };
        let rests = now == self.last;
        let new = now != self.taken;
        self.last.clone_from(&now);
        (rests && new).then(|| {
            self.taken = now;
            read
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(version: &str) -> Result<Files, String> {
        Ok(Files { version: version.to_owned(), policies: Vec::new(), schema: None, entities: None })
    }

    #[test]
    fn a_change_is_taken_once_and_only_when_it_rests() {
        let mut changes = Changes::since("a");
        assert_eq!(changes.next(read("a")), None);
        assert_eq!(changes.next(read("half")), None);
        assert_eq!(changes.next(read("b")), None);
        assert_eq!(changes.next(read("b")), Some(read("b")));
        assert_eq!(changes.next(read("b")), None);
        assert_eq!(changes.next(Err("gone".to_owned())), None);
        assert_eq!(changes.next(Err("gone".to_owned())), Some(Err("gone".to_owned())));
        assert_eq!(changes.next(read("b")), None);
        assert_eq!(changes.next(read("b")), Some(read("b")), "what was repaired is taken back");
    }
}
