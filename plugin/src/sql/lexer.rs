//! SQL as words and marks.

/// What a text is made of, without comments and white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or name, in upper case.
    Word(String),
    /// A quoted name, in upper case.
    Name(String),
    /// A number, or the content of a string.
    Literal(String),
    /// Any other character.
    Mark(char),
}

impl Token {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }

    /// A keyword or name, in upper case.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Name(name) => Some(name),
            Self::Literal(_) | Self::Mark(_) => None,
        }
    }
}

/// How comments and strings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// PostgreSQL, SQLite, SQL Server, Oracle: `--` begins a comment; comments nest; `\` is a character.
    Standard,
    /// MySQL, MariaDB: `#` begins a comment, `--` only before a blank; comments don't nest; `\` escapes.
    MySql,
}

pub(super) fn tokens(text: &str, dialect: Dialect) -> Vec<Token> {
    let is_mysql = dialect == Dialect::MySql;
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            _ if first.is_whitespace() => after,
            '-' if begins_comment(after, is_mysql) => behind_line(after),
            '#' if is_mysql => behind_line(after),
            '/' if after.starts_with('*') && is_mysql => behind_comment(after, &mut tokens),
            '/' if after.starts_with('*') => behind_nested_comment(after),
            '\'' => push(&mut tokens, Token::Literal, quoted(after, '\'', is_mysql)),
            '"' | '`' => push(&mut tokens, |name| Token::Name(name.to_uppercase()), quoted(after, first, is_mysql)),
            '[' if after.starts_with(|char: char| char.is_alphabetic()) && after.contains(']') => {
                push(&mut tokens, |name| Token::Name(name.to_uppercase()), quoted(after, ']', false))
            }
            '$' if !is_mysql => dollar_quoted(after, &mut tokens),
            _ if first.is_ascii_digit() => {
                push(&mut tokens, Token::Literal, split_while(rest, |char| char.is_alphanumeric() || char == '.'))
            }
            _ if first.is_alphanumeric() || matches!(first, '_' | '@') => {
                let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '@' | '$');
                push(&mut tokens, |word| Token::Word(word.to_uppercase()), split_while(rest, is_word))
            }
            mark => {
                tokens.push(Token::Mark(mark));
                after
            }
        };
    }
    tokens
}

fn push<'t>(tokens: &mut Vec<Token>, token: impl Fn(String) -> Token, (text, rest): (String, &'t str)) -> &'t str {
    tokens.push(token(text));
    rest
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (String, &str) {
    let end = text.find(|char| !belongs(char)).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (word.to_owned(), rest)
}

/// The second `-` of a comment, and in MySQL a blank behind it.
fn begins_comment(after: &str, needs_blank: bool) -> bool {
    after.strip_prefix('-').is_some_and(|rest| !needs_blank || rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn behind_line(text: &str) -> &str {
    text.split_once('\n').map_or("", |(_, rest)| rest)
}

/// Behind a comment; MySQL and MariaDB run what stands in `/*! … */`, so its words count.
fn behind_comment<'t>(text: &'t str, tokens: &mut Vec<Token>) -> &'t str {
    let inside = text.get(1..).unwrap_or_default();
    let (comment, rest) = inside.split_once("*/").unwrap_or((inside, ""));
    let runs = comment.strip_prefix("M!").or_else(|| comment.strip_prefix('!'));
    if let Some(code) = runs {
        let code = code.trim_start_matches(|char: char| char.is_ascii_digit());
        // A comment in it would have ended it: one level is all there is.
        tokens.extend(code.split_whitespace().flat_map(words_of));
    }
    rest
}

/// Behind a comment that may have comments in it. `text` begins with its `*`.
fn behind_nested_comment(text: &str) -> &str {
    let mut depth = 1_u32;
    let mut rest = text.get(1..).unwrap_or_default();
    while depth > 0 && !rest.is_empty() {
        let step = if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            2
        } else if rest.starts_with("/*") {
            depth = depth.saturating_add(1);
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        rest = rest.get(step..).unwrap_or_default();
    }
    rest
}

fn words_of(text: &str) -> impl Iterator<Item = Token> {
    let pieces = text.split(|char: char| !(char.is_alphanumeric() || char == '_'));
    pieces.filter(|word| !word.is_empty()).map(|word| Token::Word(word.to_uppercase()))
}

/// What stands before the closing quote, which is doubled or escaped where it belongs to the text.
fn quoted(text: &str, quote: char, has_escapes: bool) -> (String, &str) {
    let mut content = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if has_escapes && char == '\\' {
            chars.next();
        } else if char == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return (content, text.get(at.saturating_add(quote.len_utf8())..).unwrap_or_default());
            }
        }
        content.push(char);
    }
    (content, "")
}

/// PostgreSQL's `$tag$ … $tag$`; or a placeholder such as `$1`.
fn dollar_quoted<'t>(after: &'t str, tokens: &mut Vec<Token>) -> &'t str {
    let quoted = after.split_once('$').and_then(|(tag, rest)| {
        let is_tag = tag.chars().all(|char| char.is_alphanumeric() || char == '_');
        let (content, rest) = rest.split_once(&format!("${tag}$"))?;
        is_tag.then_some((content, rest))
    });
    match quoted {
        Some((content, rest)) => {
            tokens.push(Token::Literal(content.to_owned()));
            rest
        }
        None => {
            tokens.push(Token::Mark('$'));
            after
        }
    }
}
