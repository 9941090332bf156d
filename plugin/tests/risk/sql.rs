//! SQL of many dialects, through the tool of a database that the operator declared to read.

use serde_json::json;
use toolgate::action::classify;
use toolgate::action::{Action, ActionKind, Parameters};
use toolgate::json::{Document, Limits, Tape};
use toolgate::risk::{Level, RiskTable, assess};

/// The level and the findings of a statement, with the kind that `tool` has for the operator, or else by its name.
fn rate(tool: &str, kind: Option<ActionKind>, parameter: &str, statement: &str) -> (Level, Vec<&'static str>) {
    let arguments = json!({parameter: statement}).to_string();
    let document = Document::read(arguments.as_bytes(), &Limits::default(), Tape::default()).unwrap();
    let parameters = Parameters { body: Some(document.root()), ..Parameters::default() };
    let (guessed, source) = classify::tool(None, None, tool, &parameters);
    let action = Action {
        kind: kind.unwrap_or(guessed),
        source,
        tool: tool.into(),
        server: "db",
        method: "tools/call".into(),
        resource: None,
        parameters,
    };
    let risk = assess(&RiskTable::default(), &action);
    (risk.level, risk.findings.iter().map(|finding| finding.code.name()).collect())
}

/// What a statement does, its dialect, and the statement.
fn corpus() -> Vec<(&'static str, &'static str, String)> {
    let lines = include_str!("sql.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut parts = line.splitn(3, ' ');
            let mut next = || parts.next().unwrap();
            (next(), next(), next().replace("\\n", "\n"))
        })
        .collect()
}

#[test]
fn what_harms_is_high_whatever_the_operator_says_of_the_tool() {
    let mut wrong = Vec::new();
    for (label, dialect, statement) in corpus().iter().filter(|(label, ..)| *label == "harms") {
        for (tool, kind, parameter) in [
            ("db.rows", Some(ActionKind::List), "sql"),
            ("db.rows", Some(ActionKind::Read), "statement"),
            ("execute_sql", None, "query"),
            ("run_query", None, "sql"),
        ] {
            let (level, findings) = rate(tool, kind, parameter, statement);
            if level < Level::High {
                wrong.push(format!("{label} {dialect} {tool} {level} {findings:?}: {statement}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_reads_adds_or_changes_what_it_names_is_not_high() {
    for (label, bar) in [("reads", 98), ("adds", 95), ("writes", 95)] {
        let corpus = corpus();
        let those: Vec<_> = corpus.iter().filter(|(found, ..)| *found == label).collect();
        let wrong: Vec<_> = those
            .iter()
            .map(|(_, dialect, statement)| (dialect, statement, rate("execute_sql", None, "query", statement)))
            .filter(|(.., (level, _))| *level >= Level::High)
            .collect();
        assert!(
            wrong.len() * 100 <= those.len() * (100 - bar),
            "{label}: {} of {}\n{wrong:#?}",
            wrong.len(),
            those.len()
        );
    }
}

#[test]
fn most_of_it_is_understood_by_a_grammar() {
    let corpus = corpus();
    let unparsed: Vec<_> = corpus
        .iter()
        .filter(|(label, ..)| *label != "harms")
        .filter(|(_, _, statement)| rate("execute_sql", None, "query", statement).1.contains(&"sql.unparsed"))
        .collect();
    assert!(unparsed.len() * 10 <= corpus.len(), "{} of {}\n{unparsed:#?}", unparsed.len(), corpus.len());
}

#[test]
fn what_is_too_long_or_too_deep_to_parse_is_told_and_keeps_its_words() {
    let deep = format!("SELECT {}1{}; DELETE FROM t", "(".repeat(3000), ")".repeat(3000));
    let long = format!("SELECT 1{}; DELETE FROM t", "+1".repeat(100_000));
    for statement in [&deep, &long] {
        let (level, findings) = rate("query", None, "sql", statement);
        assert_eq!(level, Level::Critical);
        assert!(findings.contains(&"sql.unparsed") && findings.contains(&"sql.destroy"), "{findings:?}");
    }
}
