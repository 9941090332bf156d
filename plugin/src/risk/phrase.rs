//! Texts that betray themselves by a phrase: commands, files, secrets, instructions to the model.
//!
//! An automaton looks for all of them in one pass; of a long text it sees only where a phrase could stand (`probe`).

mod probe;
mod table;

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use super::names::Role;
use crate::action::ActionKind;
use probe::Probe;
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
    let automata = automata();
    let mut note = |code: Code, when: When, start: usize, end: usize| {
        let counts = changes || !matches!(when, When::Changing | When::InWrittenPath);
        let is_what_it_seems = match code {
            Code::SecretKey | Code::SecretJwt | Code::SecretPrivateKey => is_key(text, start, end),
            Code::PathSensitive => is_in_place(text, start, end),
            _ => true,
        };
        if counts && is_what_it_seems {
            findings.add_once(code, leaf.pointer, code.explanation());
        }
    };
    if text.len() < PROBED {
        automata.anywhere.find(text.as_bytes(), 0, &mut note);
    } else {
        automata.probe.ranges(text.as_bytes(), &mut |range| {
            let part = text.as_bytes().get(range.clone()).unwrap_or_default();
            automata.anywhere.find(part, range.start, &mut note);
        });
    }
    if leaf.is(Role::Path) {
        automata.paths.find(text.as_bytes(), 0, &mut note);
    }
    if leaf.is(Role::Command) || kind == ActionKind::Execute {
        automata.commands.find(text.as_bytes(), 0, &mut note);
    }
    // Without a way out halfway it is done many bytes at once.
    let is_ascii = text.bytes().fold(0, |all, byte| all | byte) < 0x80;
    if !is_ascii && text.chars().any(is_hidden) {
        findings.add_once(Code::InjectionHidden, leaf.pointer, Code::InjectionHidden.explanation());
    }
}

/// Shorter texts are looked through whole: finding out where to look takes as long.
const PROBED: usize = 512;

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

/// Builds the automata, so that no request has to wait for them.
pub(super) fn prepare() {
    automata();
}

/// What looks for phrases: apart by where they count, so that most parameters need the first only.
struct Automata {
    anywhere: Automaton,
    paths: Automaton,
    commands: Automaton,
    probe: Probe,
}

struct Automaton {
    machine: Option<AhoCorasick>,
    /// To which entry each pattern belongs.
    owners: Vec<(Code, When)>,
}

impl Automaton {
    fn of(counts: impl Fn(When) -> bool) -> Self {
        let entries = || PHRASES.iter().filter(|(_, when, _)| counts(*when));
        let patterns = entries().flat_map(|(_, _, phrases)| phrases.iter());
        let owners = entries().flat_map(|(code, when, phrases)| phrases.iter().map(|_| (*code, *when)));
        // A table of states: one look a byte. The default for so many patterns saves memory and is several times slower.
        let machine = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(patterns)
            .ok();
        Self { machine, owners: owners.collect() }
    }

    /// Shows `note` each phrase in a part of a text that begins at `offset`.
    fn find(&self, part: &[u8], offset: usize, note: &mut dyn FnMut(Code, When, usize, usize)) {
        for found in self.machine.iter().flat_map(|machine| machine.find_overlapping_iter(part)) {
            if let Some((code, when)) = self.owners.get(found.pattern().as_usize()) {
                note(*code, *when, found.start().saturating_add(offset), found.end().saturating_add(offset));
            }
        }
    }
}

fn automata() -> &'static Automata {
    static AUTOMATA: OnceLock<Automata> = OnceLock::new();
    AUTOMATA.get_or_init(|| {
        let prose = PHRASES.iter().filter(|(code, ..)| *code == Code::InjectionInstructions);
        Automata {
            anywhere: Automaton::of(|when| matches!(when, When::Always | When::Changing)),
            paths: Automaton::of(|when| matches!(when, When::InPath | When::InWrittenPath)),
            commands: Automaton::of(|when| when == When::InCommand),
            probe: Probe::new(prose.flat_map(|(_, _, phrases)| phrases.iter().copied())),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_automata_are_built() {
        let automata = automata();
        assert!([&automata.anywhere, &automata.paths, &automata.commands].iter().all(|it| it.machine.is_some()));
    }

    /// A phrase, with as much behind it as makes a beginning a key.
    fn samples() -> Vec<(Code, String)> {
        let general = PHRASES.iter().filter(|(_, when, _)| matches!(when, When::Always | When::Changing));
        let phrases = general.flat_map(|(code, _, phrases)| phrases.iter().map(|phrase| (*code, *phrase)));
        let behind = |code| match code {
            Code::SecretKey | Code::SecretJwt => "A1b2C3d4E5f6G7h8",
            _ => "",
        };
        phrases.map(|(code, phrase)| (code, format!("{phrase}{}", behind(code)))).collect()
    }

    #[test]
    fn phrases_are_as_long_as_the_probe_takes_them_to_be() {
        for (code, sample) in samples() {
            match code {
                Code::InjectionInstructions => assert!(sample.len() >= probe::MIN_PROSE, "{sample}"),
                Code::InjectionMarkup => {
                    assert!(sample.contains(['<', '[', '|']) || sample == "\"tool_calls\"", "{sample}")
                }
                Code::SecretPrivateKey => {
                    assert!(sample.starts_with("-----") || sample.len() >= probe::MIN_KEY, "{sample}")
                }
                _ => assert!(sample.len() >= probe::MIN_KEY, "{sample}"),
            }
            assert!(sample.len() <= probe::MAX_PHRASE, "{sample}");
        }
    }

    #[test]
    fn what_is_found_by_probing_is_what_is_found_by_reading_all() {
        let automata = automata();
        let filler = " The order of last month came late; nobody knows why, 12 of 40 boxes. ".repeat(20);
        // With more behind it, and at the text's very end.
        let samples = samples().into_iter().flat_map(|(_, sample)| [(sample.clone(), &*filler), (sample, "")]);
        for (sample, behind) in samples {
            for shift in 0..40 {
                let upper = sample.to_ascii_uppercase();
                // Names of members are as they are; only prose and keys are found in whatever case.
                let upper = if upper == "\"TOOL_CALLS\"" { sample.clone() } else { upper };
                for sample in [sample.clone(), upper] {
                    let text = format!("{} {sample}{behind}", filler.get(shift..900).unwrap());
                    let mut all = Vec::new();
                    automata.anywhere.find(text.as_bytes(), 0, &mut |code, _, start, end| all.push((code, start, end)));
                    let mut probed = Vec::new();
                    automata.probe.ranges(text.as_bytes(), &mut |range| {
                        let part = text.as_bytes().get(range.clone()).unwrap();
                        let mut note = |code, _, start, end| probed.push((code, start, end));
                        automata.anywhere.find(part, range.start, &mut note);
                    });
                    // Beginnings of keys in words too short for one are not found, and wouldn't count.
                    let (all, probed): (Vec<_>, std::collections::BTreeSet<_>) = (
                        all.into_iter().filter(|(_, start, _)| *start >= 900 - shift && *start < 950).collect(),
                        probed.into_iter().collect(),
                    );
                    assert!(!all.is_empty(), "{sample}");
                    assert!(all.iter().all(|found| probed.contains(found)), "{shift} {sample}: {all:?} {probed:?}");
                }
            }
        }
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
