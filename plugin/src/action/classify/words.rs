//! A name as words: `deleteInvoice`, `invoice.delete`, `files-purge`, `HTTPRequest2`.

/// The words of a name in lower case, and before which of them a new part of the name begins (after `.`, `/` or `:`).
pub(super) struct Words {
    pub(super) words: Vec<String>,
    pub(super) parts: Vec<usize>,
}

/// A name of more words is prose; what counts stands at the front or at the end.
const MAX_WORDS: usize = 64;

impl Words {
    pub(super) fn of(name: &str) -> Self {
        let mut split = Self { words: Vec::new(), parts: vec![0] };
        let mut word = String::new();
        let mut chars = name.chars().peekable();
        let mut before: Option<char> = None;
        while let Some(char) = chars.next() {
            let next_is_lower = chars.peek().is_some_and(|next| next.is_lowercase());
            let begins = char.is_uppercase()
                && before.is_some_and(|before| !before.is_uppercase() || (next_is_lower && word.chars().count() > 1));
            if begins || !char.is_alphabetic() {
                split.push(&mut word);
            }
            if char.is_alphabetic() {
                word.extend(char.to_lowercase());
            } else if matches!(char, '.' | '/' | ':') && split.parts.last() != Some(&split.words.len()) {
                split.parts.push(split.words.len());
            }
            before = Some(char);
        }
        split.push(&mut word);
        split
    }

    fn push(&mut self, word: &mut String) {
        if !word.is_empty() && self.words.len() < MAX_WORDS {
            self.words.push(std::mem::take(word));
        }
        word.clear();
    }

    /// The last part that has words.
    pub(super) fn last_part(&self) -> &[String] {
        let start = self.parts.iter().rev().find(|start| **start < self.words.len());
        self.words.get(start.copied().unwrap_or_default()..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_style_are_split() {
        for (name, words, last) in [
            ("delete_invoice", "delete invoice", "delete invoice"),
            ("deleteInvoice", "delete invoice", "delete invoice"),
            ("DeleteInvoiceV2", "delete invoice v", "delete invoice v"),
            ("invoice.delete", "invoice delete", "delete"),
            ("files-purge", "files purge", "files purge"),
            ("getHTTPResponse", "get http response", "get http response"),
            ("API-post-search", "api post search", "api post search"),
            ("repos/delete", "repos delete", "delete"),
            ("getJiraIssueID", "get jira issue id", "get jira issue id"),
            ("listAPIs", "list ap is", "list ap is"),
            ("mcp__crm__read", "mcp crm read", "mcp crm read"),
            ("a.", "a", "a"),
            ("", "", ""),
        ] {
            let split = Words::of(name);
            assert_eq!(split.words.join(" "), words, "{name}");
            assert_eq!(split.last_part().join(" "), last, "{name}");
        }
    }
}
