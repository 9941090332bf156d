//! What the gate's codes mean, for people who have never seen one.

/// What an agent would do, as the end of "wants to …".
pub(super) fn action(name: &str) -> &'static str {
    match name {
        "list" => "see what there is",
        "read" => "read something",
        "create" => "create something",
        "update" => "change something",
        "delete" => "delete something",
        "export" => "take data out in bulk",
        "send" => "send a message",
        "publish" => "make something public",
        "merge" => "merge a change",
        "deploy" => "put something into operation",
        "invite" => "let somebody in",
        "grant" => "give somebody a right",
        "approve" => "say yes in somebody's name",
        "transfer" => "move money or ownership",
        "delegate" => "hand work to another agent",
        "execute" => "run code or a command",
        _ => "do something that nobody could name",
    }
}

/// A text of an agent's, with characters made visible that would hide, reorder or swallow others on a page.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let deceives = matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}');
        if deceives || (letter.is_control() && letter != '\n') {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_text() {
        assert_eq!(visible("pay \u{202E}0009\u{202C}\u{200B}"), "pay \\u{202e}0009\\u{202c}\\u{200b}");
        assert_eq!(visible("Zoë\nline\r"), "Zoë\nline\\u{d}");
    }
}
