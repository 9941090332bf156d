//! JSONTestSuite (Nicolas Seriot, "Parsing JSON is a minefield"): every file that must be refused is, every file that must be
//! accepted is unless a ledger says why not, and of every file that readers may decide differently a ledger says what ours does.
//!
//! The suite isn't part of the project. It is looked for in `$TOOLGATE_VECTORS/json`, else in `../shared/vectors/json` beside the
//! project. A ledger entry that is no longer true, or whose file is gone, fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use toolgate::json::{Document, Limits, Tape};

/// What must be accepted by the letter of RFC 8259, and is refused: file, code, why.
const STRICTER_BY_CHOICE: &[(&str, &str, &str)] = &[
    ("y_object_duplicated_key.json", "json.duplicate_member", "RFC 8259 only discourages it; I-JSON forbids it"),
    ("y_object_duplicated_key_and_value.json", "json.duplicate_member", "the same, with equal values"),
];

/// What RFC 8259 leaves open: file, code of the refusal or `accepted` or `flagged`, why.
const DECIDED: &[(&str, &str, &str)] = &[
    ("i_number_double_huge_neg_exp.json", FLAGGED, "a double rounds it to 0"),
    ("i_number_huge_exp.json", "json.number_out_of_range", "beyond a double"),
    ("i_number_neg_int_huge_exp.json", "json.number_out_of_range", "beyond a double"),
    ("i_number_pos_double_huge_exp.json", "json.number_out_of_range", "beyond a double"),
    ("i_number_real_neg_overflow.json", "json.number_out_of_range", "beyond a double"),
    ("i_number_real_pos_overflow.json", "json.number_out_of_range", "beyond a double"),
    ("i_number_real_underflow.json", FLAGGED, "a double rounds it to 0"),
    ("i_number_too_big_neg_int.json", FLAGGED, "within a double's range, but rounded"),
    ("i_number_too_big_pos_int.json", ACCEPTED, "a double holds it"),
    ("i_number_very_big_negative_int.json", FLAGGED, "within a double's range, but rounded"),
    ("i_object_key_lone_2nd_surrogate.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_1st_surrogate_but_2nd_missing.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_1st_valid_surrogate_2nd_invalid.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_UTF-16LE_with_BOM.json", "json.utf8", "RFC 8259 demands UTF-8 between systems"),
    ("i_string_UTF-8_invalid_sequence.json", "json.utf8", "readers replace it or fail"),
    ("i_string_UTF8_surrogate_U+D800.json", "json.utf8", "a surrogate has no UTF-8 form"),
    (
        "i_string_incomplete_surrogate_and_escape_valid.json",
        "json.lone_surrogate",
        "readers replace it, keep it or fail",
    ),
    ("i_string_incomplete_surrogate_pair.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_incomplete_surrogates_escape_valid.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_invalid_lonely_surrogate.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_invalid_surrogate.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_invalid_utf-8.json", "json.utf8", "readers replace it or fail"),
    ("i_string_inverted_surrogates_U+1D11E.json", "json.lone_surrogate", "two halves in the wrong order are no pair"),
    ("i_string_iso_latin_1.json", "json.utf8", "readers replace it or fail"),
    ("i_string_lone_second_surrogate.json", "json.lone_surrogate", "readers replace it, keep it or fail"),
    ("i_string_lone_utf8_continuation_byte.json", "json.utf8", "readers replace it or fail"),
    ("i_string_not_in_unicode_range.json", "json.utf8", "beyond U+10FFFF"),
    ("i_string_overlong_sequence_2_bytes.json", "json.utf8", "overlong forms hide characters from filters"),
    ("i_string_overlong_sequence_6_bytes.json", "json.utf8", "overlong forms hide characters from filters"),
    ("i_string_overlong_sequence_6_bytes_null.json", "json.utf8", "overlong forms hide characters from filters"),
    ("i_string_truncated-utf-8.json", "json.utf8", "readers replace it or fail"),
    ("i_string_utf16BE_no_BOM.json", "json.utf8", "RFC 8259 demands UTF-8 between systems"),
    ("i_string_utf16LE_no_BOM.json", "json.utf8", "RFC 8259 demands UTF-8 between systems"),
    ("i_structure_500_nested_arrays.json", "json.too_deep", "deeper than any call; see `Limits`"),
    ("i_structure_UTF-8_BOM_empty_object.json", "json.bom", "some readers skip it, some fail"),
];

const ACCEPTED: &str = "accepted";

/// Accepted, with a number that doesn't survive a double and says so.
const FLAGGED: &str = "flagged";

#[test]
fn every_file_that_must_be_refused_is() {
    let Some(suite) = suite() else { return };
    let files = files(&suite, "n_");
    for (name, bytes) in &files {
        assert!(outcome(bytes).starts_with("json."), "{name}");
    }
    println!("json-n {0}/{0}", files.len());
}

#[test]
fn every_file_that_must_be_accepted_is_or_the_ledger_says_why_not() {
    let Some(suite) = suite() else { return };
    let files = files(&suite, "y_");
    no_strangers(STRICTER_BY_CHOICE, &files);
    for (name, bytes) in &files {
        let expected = entry(STRICTER_BY_CHOICE, name).unwrap_or(ACCEPTED);
        assert_eq!(outcome(bytes).replace(FLAGGED, ACCEPTED), expected, "{name}");
    }
    let stricter = STRICTER_BY_CHOICE.len();
    println!("json-y {}/{}, {stricter} stricter by choice", files.len() - stricter, files.len());
}

#[test]
fn every_file_that_is_left_open_is_decided() {
    let Some(suite) = suite() else { return };
    let files = files(&suite, "i_");
    no_strangers(DECIDED, &files);
    for (name, bytes) in &files {
        assert_eq!(Some(outcome(bytes)), entry(DECIDED, name), "{name}");
    }
    println!("json-i {0}/{0}", files.len());
}

/// The code of the refusal, [`ACCEPTED`] or [`FLAGGED`].
fn outcome(bytes: &[u8]) -> &'static str {
    match Document::read(bytes, &Limits::default(), Tape::default()) {
        Ok(document) => {
            assert_eq!(document.bytes(), bytes);
            let flagged = document.root().leaves(&mut |_, leaf| match leaf.as_number() {
                Some(number) if !number.is_exact() => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            });
            if flagged.is_break() { FLAGGED } else { ACCEPTED }
        }
        Err(invalid) => invalid.kind.code(),
    }
}

fn entry(ledger: &[(&str, &'static str, &str)], name: &str) -> Option<&'static str> {
    ledger.iter().find(|(file, _, _)| *file == name).map(|(_, expected, _)| *expected)
}

/// Entries of a ledger without a file are stale.
fn no_strangers(ledger: &[(&str, &str, &str)], files: &[(String, Vec<u8>)]) {
    for (name, _, _) in ledger {
        assert!(files.iter().any(|(file, _)| file == name), "the ledger names `{name}`, which the suite doesn't have");
    }
}

fn suite() -> Option<PathBuf> {
    let vectors = std::env::var_os("TOOLGATE_VECTORS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let suite = vectors.join("json");
    if !suite.is_dir() {
        eprintln!(
            "SKIPPED: no JSONTestSuite at `{}`; set TOOLGATE_VECTORS to the folder that holds `json`",
            suite.display()
        );
        return None;
    }
    Some(suite)
}

/// Name and content of the files whose names begin with `prefix`, in the order of their names; there is at least one.
fn files(suite: &Path, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(suite)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), file.path()))
        .filter(|(name, _)| name.starts_with(prefix) && name.ends_with(".json"))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no file `{prefix}*.json`");
    files
}
