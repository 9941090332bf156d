//! Imports point down: the table in `src/lib.rs` says who may import whom, and this holds the code to it.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The table: module to the modules it may import, in the table's order.
fn table() -> Vec<(String, BTreeSet<String>)> {
    read(&sources().join("lib.rs"))
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"))
        .map(|row| {
            let names: Vec<_> = row.split('`').filter(|part| !part.contains(['|', ' ']) && !part.is_empty()).collect();
            (names[0].to_owned(), names[1..].iter().map(|name| (*name).to_owned()).collect())
        })
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Tests inside may reach for what makes their input.
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Every `crate::name` that stands in code outside comments, by the top-level module it stands in.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let mut files = Vec::new();
    rust_files(&sources(), &mut files);
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let inside = file.strip_prefix(sources()).unwrap();
        let module =
            inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let found = imports.entry(module.clone()).or_default();
        for line in read(&file).lines().filter(|line| !line.trim_start().starts_with("//")) {
            let mut rest = line;
            while let Some(at) = rest.find("crate::") {
                rest = &rest[at + "crate::".len()..];
                if let Some(list) = rest.strip_prefix('{') {
                    let names = list.split('}').next().unwrap().split(',');
                    found.extend(names.map(|name| first_segment(name.trim())));
                } else {
                    found.insert(first_segment(rest));
                }
            }
        }
        found.remove(&module);
        found.remove("");
    }
    imports
}

fn first_segment(path: &str) -> String {
    path.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

#[test]
fn the_table_points_down() {
    let mut above = BTreeSet::new();
    for (module, allowed) in table() {
        assert!(allowed.is_subset(&above), "`{module}` may import {allowed:?}, but only {above:?} stand above it");
        above.insert(module);
    }
}

#[test]
fn the_code_keeps_to_the_table() {
    let table: BTreeMap<_, _> = table().into_iter().collect();
    let imports = imports();
    assert_eq!(table.keys().collect::<Vec<_>>(), imports.keys().collect::<Vec<_>>(), "every module has a row");
    for (module, found) in imports {
        let extra: Vec<_> = found.difference(&table[&module]).collect();
        assert!(extra.is_empty(), "`{module}` imports {extra:?}, which its row in `src/lib.rs` doesn't allow");
        let stale: Vec<_> = table[&module].difference(&found).collect();
        assert!(stale.is_empty(), "`{module}` may import {stale:?}, but doesn't: the row should go");
    }
}

#[test]
fn only_the_proxy_knows_that_there_is_one() {
    let mut files = Vec::new();
    rust_files(&sources(), &mut files);
    for file in files.iter().filter(|file| !file.starts_with(sources().join("proxy"))) {
        assert!(!read(file).contains("proxy_wasm"), "{} names the SDK", file.display());
    }
}
