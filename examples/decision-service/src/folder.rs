//! The bytes of a policy folder, read at once and known by their digest.
//!
//! Files are read whole each time rather than watched: a folder of policies is a few kilobytes, a digest can't miss a
//! change that keeps size and time stamp, and it works on network mounts and where Kubernetes swaps a symlink.

use std::{fs, io::Read as _, path::Path};

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

/// The optional schema.
const SCHEMA: &str = "schema.cedarschema";
/// The optional entities: what the operator knows about agents, users and resources.
const ENTITIES: &str = "entities.json";
/// A folder beyond this is a mistake (a log, a dump), and is read again every second.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The files that matter, as text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Files {
    /// `sha256:` and 64 hexadecimal digits over the names and contents of all the files.
    pub(crate) version: String,
    /// Name and text, in order of the names.
    pub(crate) policies: Vec<(String, String)>,
    pub(crate) schema: Option<String>,
    pub(crate) entities: Option<String>,
}

impl Files {
    /// Reads `*.cedar`, `schema.cedarschema` and `entities.json` in `folder`, not in folders below it.
    ///
    /// # Errors
    /// A file can't be read, isn't UTF-8, or all together are too big; or there is no `*.cedar`.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut files = Self { version: String::new(), policies: Vec::new(), schema: None, entities: None };
        let mut left = MAX_BYTES;
        for name in names(folder)? {
            let text = text(&folder.join(&name), &mut left)?;
            match name.as_str() {
                SCHEMA => files.schema = Some(text),
                ENTITIES => files.entities = Some(text),
                _ => files.policies.push((name, text)),
            }
        }
        if files.policies.is_empty() {
            bail!("no `*.cedar` file in `{}`: a folder of policies holds at least one", folder.display());
        }
        files.version = files.digest();
        Ok(files)
    }

    fn digest(&self) -> String {
        let policies = self.policies.iter().map(|(name, text)| (name.as_str(), text));
        let others = [(SCHEMA, &self.schema), (ENTITIES, &self.entities)];
        let others = others.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let mut hash = Sha256::new();
        for (name, text) in policies.chain(others) {
            // Lengths go first, so that no two folders hash the same bytes.
            hash.update(format!("{} {}\n", name.len(), text.len()));
            hash.update(name);
            hash.update(text);
        }
        format!("sha256:{:x}", hash.finalize())
    }
}

fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let context = || format!("can't read the folder of policies `{}`", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        // A name that isn't UTF-8 is none of ours; an editor's hidden copy (`.#x.cedar`) isn't meant yet.
        if let Some(name) = name.to_str()
            && !name.starts_with('.')
            && (name.ends_with(".cedar") || name == SCHEMA || name == ENTITIES)
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn text(path: &Path, left: &mut u64) -> anyhow::Result<String> {
    let context = || format!("can't read `{}`", path.display());
    let file = fs::File::open(path).with_context(context)?;
    let mut text = String::new();
    let read = file.take(left.saturating_add(1)).read_to_string(&mut text).with_context(context)?;
    *left = u64::try_from(read)
        .ok()
        .and_then(|read| left.checked_sub(read))
        .with_context(|| format!("the policies are bigger than {MAX_BYTES} bytes, at `{}`", path.display()))?;
    Ok(text)
}
