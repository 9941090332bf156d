//! Texts that betray themselves by a phrase: commands, files, secrets, instructions to the model.
//!
//! One automaton looks for all of them in one pass, whatever the length of the text.

mod table;

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use crate::action::ActionKind;
use table::{PHRASES, When};

/// Invisible characters: zero width, bidirectional overrides, and the tags that spell ASCII unseen.
fn is_hidden(char: char) -> bool {
    matches!(char, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(char, '\u{e0000}'..='\u{e007f}' | '\u{180e}' | '\u{00ad}')
}

/// Names of parameters that name a file, without `_`, in lower case.
pub(super) const PATHS: &[&str] = &[
    "path",
    "file",
    "filename",
    "filepath",
    "paths",
    "files",
    "dir",
    "directory",
    "folder",
    "source",
    "src",
    "dest",
    "dst",
    "destination",
    "target",
    "from",
    "to",
    "sourcepath",
    "destinationpath",
    "targetpath",
    "attachment",
    "attachments",
    "attachmentpath",
    "inputfile",
    "outputfile",
    "outputpath",
    "savepath",
    "localpath",
    "uri",
    "key",
    "prefix",
    "cwd",
    "root",
];

/// Names of parameters that are run.
pub(super) const COMMANDS: &[&str] = &[
    "command",
    "cmd",
    "commands",
    "script",
    "shell",
    "bash",
    "code",
    "args",
    "argv",
    "exec",
    "run",
    "expression",
    "commandline",
    "input",
    "stdin",
    "entrypoint",
    "program",
    "cmdline",
];

pub(super) fn look(leaf: &Leaf<'_, '_>, kind: ActionKind, findings: &mut Findings) {
    let Some(text) = leaf.text() else { return };
    let changes = !matches!(kind, ActionKind::List | ActionKind::Read);
    let is_path = leaf.is(Role::Path);
    let is_command = leaf.is(Role::Command) || kind == ActionKind::Execute;
    let automaton = automaton();
    for found in automaton.machine.iter().flat_map(|machine| machine.find_overlapping_iter(text.as_ref())) {
        let Some((code, when)) = automaton.owners.get(found.pattern().as_usize()) else { continue };
        let counts = match when {
            When::Always => true,
            When::Changing => changes,
            When::InPath => is_path,
            When::InWrittenPath => is_path && changes,
            When::InCommand => is_command,
        };
        let is_what_it_seems = match code {
            Code::SecretKey | Code::SecretJwt | Code::SecretPrivateKey => is_key(&text, found.start(), found.end()),
            Code::PathSensitive => is_in_place(&text, found.start(), found.end()),
            _ => true,
        };
        if counts && is_what_it_seems {
            findings.add_once(*code, leaf.pointer, code.explanation());
        }
    }
    if !text.is_ascii() && text.chars().any(is_hidden) {
        findings.add_once(Code::InjectionHidden, leaf.pointer, Code::InjectionHidden.explanation());
    }
}

/// Whether `.env` is a file's name or its beginning, and `app.environment.ts` is none. Other names say enough.
fn is_in_place(text: &str, start: usize, end: usize) -> bool {
    let neighbour = |char: Option<char>| char.is_none_or(|char| !char.is_alphanumeric());
    !text.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(".env"))
        || (neighbour(text.get(..start).and_then(|before| before.chars().next_back()))
            && neighbour(text.get(end..).and_then(|behind| behind.chars().next())))
}

/// Whether a known beginning of a key stands at a word's start, with as much behind it as a key has.
fn is_key(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    if before.is_some_and(|char| char.is_ascii_alphanumeric()) {
        return false;
    }
    let beginning = text.get(start..end).unwrap_or_default();
    if beginning.starts_with('-') || beginning.len() > 14 {
        return true;
    }
    let behind = text.get(end..).unwrap_or_default();
    let is_part = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.' | '/' | '+');
    let rest: String = behind.chars().take_while(is_part).take(64).collect();
    let (upper, digit) = (rest.chars().any(|it| it.is_ascii_uppercase()), rest.chars().any(|it| it.is_ascii_digit()));
    match beginning {
        // AWS: sixteen capitals and digits behind.
        "AKIA" | "ASIA" => rest.len() >= 16 && !rest.chars().any(|char| char.is_ascii_lowercase()),
        "ATATT3" => rest.len() >= 16,
        "AIza" => rest.len() >= 30,
        // A JWT: three parts.
        "eyJ" => {
            rest.len() >= 32 && behind.split_whitespace().next().is_some_and(|word| word.matches('.').count() == 2)
        }
        "SG." => rest.len() >= 32 && upper && digit,
        // The others are written in lower case, and these five are not.
        "akia" | "asia" | "aiza" | "eyj" | "sg." => false,
        _ => rest.len() >= 16 && digit && !beginning.chars().any(|char| char.is_ascii_uppercase()),
    }
}

/// Builds the automaton, so that no request has to wait for it.
pub(super) fn prepare() {
    automaton();
}

struct Automaton {
    machine: Option<AhoCorasick>,
    /// To which entry each pattern belongs.
    owners: Vec<(Code, When)>,
}

fn automaton() -> &'static Automaton {
    static AUTOMATON: OnceLock<Automaton> = OnceLock::new();
    AUTOMATON.get_or_init(|| {
        let patterns = PHRASES.iter().flat_map(|(_, _, phrases)| phrases.iter());
        let owners = PHRASES.iter().flat_map(|(code, when, phrases)| phrases.iter().map(|_| (*code, *when)));
        // A table of states: one look a byte. The default for so many patterns saves memory and is several times slower.
        let machine = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns)
            .ok();
        Automaton { machine, owners: owners.collect() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automaton_is_built() {
        assert!(automaton().machine.is_some());
    }

    #[test]
    fn an_env_file_is_told_from_an_environment() {
        for (text, expected) in
            [(".env", true), ("a/.env", true), ("a/.env.local", true), ("app.environment.ts", false), ("x.env", false)]
        {
            let start = text.find(".env").unwrap();
            assert_eq!(is_in_place(text, start, start + 4), expected, "{text}");
        }
    }

    #[test]
    fn a_key_is_told_from_a_word_that_begins_alike() {
        let found = |text: &str, beginning: &str| {
            let start = text.find(beginning).unwrap();
            is_key(text, start, start + beginning.len())
        };
        assert!(found("token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_"));
        assert!(found("AKIAIOSFODNN7EXAMPLE", "AKIA"));
        assert!(found("-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE"));
        assert!(!found("ghp_ is how tokens begin", "ghp_"));
        assert!(!found("Asiatic and asia_pacific_region_2024_report", "asia"));
        assert!(!found("xghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_"));
        assert!(!found("hf_transfer_is_a_package_name", "hf_"));
    }
}
