//! Tokens (GraphQL, October 2021, section 2.1).

use super::refuse;
use crate::reason::Refusal;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'q> {
    /// One of `! $ & ( ) : = @ [ ] { | }`.
    Mark(char),
    /// `...`
    Dots,
    Name(&'q str),
    /// As it is written, which is as JSON has it.
    Number(&'q str),
    /// What it means.
    Text(String),
}

/// The tokens of a text.
pub(super) struct Lexer<'q> {
    rest: &'q str,
}

impl<'q> Lexer<'q> {
    pub(super) const fn new(text: &'q str) -> Self {
        Self { rest: text }
    }

    /// The next token; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'q>>, Refusal> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', ',']);
            match self.rest.strip_prefix('#') {
                Some(comment) => self.rest = behind_comment(comment)?,
                None => break,
            }
        }
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        match first {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                Ok(Some(Token::Mark(first)))
            }
            '.' => match self.rest.strip_prefix("...") {
                Some(rest) => {
                    self.rest = rest;
                    Ok(Some(Token::Dots))
                }
                None => Err(refuse("a `.` stands alone")),
            },
            '"' => self.text().map(Some),
            '-' | '0'..='9' => self.number().map(Some),
            'A'..='Z' | 'a'..='z' | '_' => {
                Ok(Some(Token::Name(self.take(|char| char.is_ascii_alphanumeric() || char == '_'))))
            }
            _ => Err(refuse("a character has no place in the query")),
        }
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'q str {
        let end = self.rest.find(|char| !belongs(char)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// A number must not run into a name or a `.`.
    fn number(&mut self) -> Result<Token<'q>, Refusal> {
        let text = self.take(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '+' | '-'));
        match crate::json::Number::parse(text) {
            Some(_) => Ok(Token::Number(text)),
            None => Err(refuse("a number is malformed or too large")),
        }
    }

    fn text(&mut self) -> Result<Token<'q>, Refusal> {
        if self.rest.starts_with("\"\"\"") {
            return Err(refuse("block strings are not read; use a variable"));
        }
        let mut text = String::new();
        let mut chars = self.rest.get(1..).unwrap_or_default().chars();
        loop {
            match chars.next() {
                Some('"') => break,
                Some('\\') => text.push(escape(&mut chars).ok_or_else(|| refuse("a text has a malformed escape"))?),
                Some(char) if char == '\t' || !char.is_control() => text.push(char),
                _ => return Err(refuse("a text doesn't end, or has a control character")),
            }
        }
        self.rest = chars.as_str();
        Ok(Token::Text(text))
    }
}

/// A comment ends where a line does: at a line feed or a carriage return, and to some readers at other characters that end
/// lines elsewhere.
fn behind_comment(comment: &str) -> Result<&str, Refusal> {
    let (comment, rest) =
        comment.split_at_checked(comment.find(['\n', '\r']).unwrap_or(comment.len())).unwrap_or_default();
    if comment.contains(|char: char| char != '\t' && char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')) {
        return Err(refuse("a comment has a character that ends it to some readers"));
    }
    Ok(rest)
}

/// What stands behind a backslash. Both halves of a surrogate pair, and code points in braces, are later additions that not
/// every server reads: refused, for such a character can stand as itself.
fn escape(chars: &mut std::str::Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        same @ ('"' | '\\' | '/') => same,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let digits =
                chars.as_str().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            *chars = chars.as_str().get(4..)?.chars();
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
        }
        _ => return None,
    })
}
