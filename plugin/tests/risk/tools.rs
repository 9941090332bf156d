//! Tools and operations as public servers have them.

use toolgate::action::classify::{operation, tool};
use toolgate::action::{ActionKind, Parameters, ToolFacts};

const fn reads(kind: ActionKind) -> bool {
    matches!(kind, ActionKind::Read | ActionKind::List)
}

/// What the server says of its tool (`r` reads, `w` writes, `d` destroys), and the tool's name.
fn tools() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("tools.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .flat_map(|line| {
            let (label, names) = line.split_once(' ').unwrap();
            names.split_whitespace().map(move |name| (label, name))
        })
        .collect()
}

fn kind(name: &str) -> ActionKind {
    tool(None, None, name, &Parameters::default()).0
}

#[test]
fn no_tool_that_changes_something_is_taken_for_one_that_reads() {
    let wrong: Vec<_> = tools().into_iter().filter(|(label, name)| *label != "r" && reads(kind(name))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn nearly_every_tool_that_reads_is_seen_to() {
    let reading: Vec<_> = tools().into_iter().filter(|(label, _)| *label == "r").collect();
    let wrong: Vec<_> = reading.iter().map(|(_, name)| (name, kind(name))).filter(|(_, kind)| !reads(*kind)).collect();
    println!("{} of {}: {wrong:?}", wrong.len(), reading.len());
    assert!(reading.len() > 200, "{}", reading.len());
    assert!(wrong.len() * 20 <= reading.len(), "{} of {}: {wrong:?}", wrong.len(), reading.len());
}

/// HTTP method, path and operation id.
fn operations() -> Vec<(&'static str, &'static str, &'static str)> {
    let lines = include_str!("operations.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap(), words.next().unwrap(), words.next().unwrap())
        })
        .collect()
}

#[test]
fn an_operation_is_told_by_its_method_and_path() {
    let mut missed = Vec::new();
    let all = operations();
    for (method, path, name) in &all {
        let last = path.rsplit('/').next().filter(|last| !last.starts_with('{'));
        let (kind, _) = operation(&ToolFacts::default(), name, method, last, &Parameters::default());
        match *method {
            "GET" if !reads(kind) => missed.push((*method, *path, *name, kind)),
            "GET" => {}
            "DELETE" => assert_eq!(kind, ActionKind::Delete, "{path} {name}"),
            _ => assert!(
                !reads(kind)
                    || name.to_lowercase().contains("search")
                    || ["render", "ping"].iter().any(|it| name.contains(it)),
                "{method} {path} {name} {kind:?}"
            ),
        }
    }
    let gets = all.iter().filter(|(method, ..)| *method == "GET").count();
    println!("{} of {gets}: {missed:?}", missed.len());
    assert!(all.len() >= 150, "{}", all.len());
    assert!(missed.len() * 20 <= gets, "{} of {gets}: {missed:?}", missed.len());
}
