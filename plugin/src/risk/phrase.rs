//! Texts that betray themselves by a phrase: commands, files, secrets, instructions to the model.
//!
//! One automaton looks for all of them in one pass, whatever the length of the text.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Code;
use super::finding::Findings;
use super::leaf::Leaf;
use crate::action::ActionKind;

/// When a phrase counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Wherever it stands.
    Always,
    /// Where something is written, sent or run.
    Changing,
    /// In a parameter that names a file.
    InPath,
    /// In a parameter that names a file, where something is written.
    InWrittenPath,
    /// In a parameter that is run.
    InCommand,
}

type Entry = (Code, When, &'static [&'static str]);

/// What is looked for, without regard to the case of ASCII letters.
const PHRASES: &[Entry] = &[
    (Code::PathTraversal, When::InPath, &["../", "..\\", "%2e%2e", "..%2f", "/..", "\\.."]),
    (
        Code::PathSensitive,
        When::InPath,
        &[
            ".env",
            "id_rsa",
            "id_ed25519",
            "id_ecdsa",
            ".ssh/",
            ".aws/",
            ".git/config",
            ".git/hooks",
            ".git-credentials",
            "/etc/passwd",
            "/etc/shadow",
            "/etc/sudoers",
            ".npmrc",
            ".pypirc",
            ".netrc",
            ".kube/",
            ".docker/config",
            ".pem",
            ".pfx",
            ".p12",
            ".keystore",
            "/proc/",
            "authorized_keys",
            "known_hosts",
            "secrets.y",
            "credentials.",
            ".bash_history",
            "wallet.dat",
            "/.gnupg",
            "login data",
            "cookies.sqlite",
            ".htpasswd",
            "/dev/sd",
            "ntds.dit",
            "config/sam",
            "terraform.tfstate",
        ],
    ),
    (
        Code::PathStartup,
        When::InWrittenPath,
        &[
            ".github/workflows",
            ".github/actions",
            ".gitlab-ci",
            "jenkinsfile",
            ".circleci/",
            "azure-pipelines",
            ".bashrc",
            ".zshrc",
            ".profile",
            "/etc/cron",
            "crontab",
            "/etc/systemd",
            "launchagents",
            "\\startup\\",
            ".git/hooks",
            ".husky/",
            "/etc/init",
            "codeowners",
            ".drone.yml",
            "buildspec.yml",
            "bitbucket-pipelines",
            ".pre-commit",
        ],
    ),
    (
        Code::PathSystem,
        When::InWrittenPath,
        &[
            "/etc/",
            "/usr/",
            "/bin/",
            "/sbin/",
            "/boot/",
            "/lib/",
            "/sys/",
            "/root/",
            "c:\\windows",
            "system32",
            "/var/lib",
        ],
    ),
    (
        Code::ShellDestructive,
        When::InCommand,
        &[
            "rm -r",
            "rm -f",
            "rm --",
            "mkfs",
            "dd if=",
            "dd of=",
            "shred ",
            "> /dev/",
            ">/dev/sd",
            "wipefs",
            ":(){",
            "git push -f",
            "git push --force",
            "push --force",
            "git reset --hard",
            "git clean",
            "shutdown",
            "reboot",
            "killall",
            "kill -9",
            "truncate -s",
            "find / ",
            "-delete",
            "format c:",
            "del /s",
            "rmdir /s",
            "remove-item",
            "drop database",
            "drop table",
            "kubectl delete",
            "terraform destroy",
            "docker system prune",
            "helm uninstall",
        ],
    ),
    (
        Code::ShellPipe,
        When::InCommand,
        &[
            "| sh",
            "|sh",
            "| bash",
            "|bash",
            "| python",
            "|python",
            "| sudo",
            "| zsh",
            "base64 -d",
            "base64 --decode",
            "bash -c",
            "sh -c",
            "eval ",
            "eval(",
            "$(curl",
            "`curl",
            "<(curl",
            "invoke-expression",
            "iex(",
            "iex ",
            "-encodedcommand",
            "python -c",
            "perl -e",
            "node -e",
            "ruby -e",
            "xxd -r",
        ],
    ),
    (
        Code::ShellNetwork,
        When::InCommand,
        &[
            "/dev/tcp",
            "nc -",
            "ncat ",
            "netcat ",
            "socat ",
            "curl -d",
            "curl --data",
            "curl -f",
            "curl -t",
            "-x post",
            "--upload-file",
            "scp ",
            "rsync ",
            "sftp ",
            "ssh ",
            "telnet ",
            "wget --post",
            "ngrok",
            "nslookup ",
            "dig +",
            "invoke-webrequest",
            "certutil -urlcache",
            "bitsadmin",
        ],
    ),
    (
        Code::ShellPrivilege,
        When::InCommand,
        &[
            "sudo ",
            "su -",
            "chmod 777",
            "chmod -r",
            "chmod +s",
            "chown ",
            "setcap ",
            "usermod ",
            "useradd ",
            "passwd",
            "visudo",
            "iptables",
            "setenforce 0",
            "--privileged",
        ],
    ),
    (
        Code::SecretKey,
        When::Changing,
        &[
            "-----begin private key",
            "-----begin rsa private",
            "-----begin ec private",
            "-----begin openssh private",
            "-----begin pgp private",
            "-----begin encrypted private",
            "-----begin dsa private",
            "github_pat_",
            "ghp_",
            "gho_",
            "ghs_",
            "ghu_",
            "glpat-",
            "xoxb-",
            "xoxp-",
            "xoxa-",
            "xapp-",
            "sk_live_",
            "rk_live_",
            "sk-ant-",
            "sk-proj-",
            "akia",
            "asia",
            "aiza",
            "npm_",
            "pypi-ageicho",
            "hf_",
            "sg.",
            "shpat_",
            "dop_v1_",
            "eyj",
            "whsec_",
            "age-secret-key-",
        ],
    ),
    (
        Code::InjectionInstructions,
        When::Always,
        &[
            "ignore previous instructions",
            "ignore all previous",
            "ignore the previous",
            "ignore all prior",
            "ignore your instructions",
            "ignore the above",
            "disregard previous",
            "disregard all",
            "disregard the above",
            "disregard your",
            "forget previous instructions",
            "forget all previous",
            "forget your instructions",
            "override your instructions",
            "new instructions:",
            "your new task",
            "do not tell the user",
            "don't tell the user",
            "without telling the user",
            "without informing the user",
            "reveal your system prompt",
            "print your system prompt",
            "you are now dan",
            "developer mode enabled",
            "before you can solve the task",
            "i will be able to help you after you",
        ],
    ),
    (
        Code::InjectionMarkup,
        When::Always,
        &[
            "<tool_call",
            "<function_call",
            "</function_call",
            "<|im_start|>",
            "<|im_end|>",
            "[inst]",
            "[/inst]",
            "<<sys>>",
            "<|system|>",
            "<important>",
            "<information>",
            "</information>",
            "<system>",
            "</system>",
            "<|endoftext|>",
            "begin_of_text|>",
            "<antml",
            "\"tool_calls\"",
            "<invoke name=",
        ],
    ),
];

/// Invisible characters: zero width, bidirectional overrides, and the tags that spell ASCII unseen.
fn is_hidden(char: char) -> bool {
    matches!(char, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(char, '\u{e0000}'..='\u{e007f}' | '\u{180e}' | '\u{00ad}')
}

/// Names of parameters that name a file, without `_`, in lower case.
const PATHS: &[&str] = &[
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
const COMMANDS: &[&str] = &[
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
    let is_path = leaf.is_named(PATHS);
    let is_command = leaf.is_named(COMMANDS) || kind == ActionKind::Execute;
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
        if counts && (*code != Code::SecretKey || is_key(&text, found.start(), found.end())) {
            findings.add_once(*code, leaf.pointer, code.explanation());
        }
    }
    if !text.is_ascii() && text.chars().any(is_hidden) {
        findings.add_once(Code::InjectionHidden, leaf.pointer, Code::InjectionHidden.explanation());
    }
}

/// Whether a known beginning of a key stands at a word's start, with as much behind it as a key has.
fn is_key(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    if before.is_some_and(|char| char.is_ascii_alphanumeric()) {
        return false;
    }
    let beginning = text.get(start..end).unwrap_or_default();
    if beginning.starts_with('-') {
        return true;
    }
    let behind = text.get(end..).unwrap_or_default();
    let is_part = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.' | '/' | '+');
    let rest: String = behind.chars().take_while(is_part).take(64).collect();
    let (upper, digit) = (rest.chars().any(|it| it.is_ascii_uppercase()), rest.chars().any(|it| it.is_ascii_digit()));
    match beginning {
        // AWS: sixteen capitals and digits behind.
        "AKIA" | "ASIA" => rest.len() >= 16 && !rest.chars().any(|char| char.is_ascii_lowercase()),
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
        let machine =
            AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(patterns).ok();
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
