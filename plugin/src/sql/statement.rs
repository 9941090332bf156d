//! One statement, by its words.

use super::lexer::Token;
use super::names::{AGGREGATES, CODE, OBJECTS, is_catalog, is_internal, is_outside};

/// What a statement does, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Does {
    /// `SELECT`, `SHOW`, `EXPLAIN`, …: reads.
    Read,
    /// `BEGIN`, `SET`, `USE`, …: changes the session.
    Session,
    /// `INSERT`, `CREATE`: adds.
    Add,
    /// `UPDATE`, `INSERT … ON CONFLICT DO UPDATE`: changes rows.
    Change,
    /// Words that aren't known.
    Unknown,
    /// `VACUUM`, `REINDEX`, `KILL`, …: loads or stops the server.
    Maintain,
    /// `ALTER`, `RENAME`, …: changes the schema.
    Alter,
    /// `MERGE`, `REPLACE`, `INSERT OVERWRITE`, `CREATE OR REPLACE`: puts something in the place of what was there.
    Overwrite,
    /// `COPY … TO`, `INTO OUTFILE`, `LOAD DATA`, …: moves data between database and files or programs.
    Files,
    /// `CALL`, `EXEC`, `DO`, …: runs code.
    Run,
    /// `GRANT`, `REVOKE`, `CREATE USER`, …: changes who may what.
    Rights,
    /// `DELETE`, `DROP`, `TRUNCATE`: destroys.
    Destroy,
}

/// What is known of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// The worst that it does.
    pub(super) does: Does,
    /// Whether it changes or destroys rows without a condition, or with one that always holds.
    pub(super) is_unconditional: bool,
    /// Whether it reads a table whole: no condition, no limit, no aggregate.
    pub(super) reads_all: bool,
    /// The number behind `LIMIT`, `TOP` or `FETCH FIRST`, the largest.
    pub(super) limit: Option<u64>,
    /// Whether it names tables or functions in which the server keeps secrets, or that reach out of it.
    pub(super) is_internal: bool,
    /// Whether it names tables in which the server describes itself.
    pub(super) is_catalog: bool,
    /// What its words say that it does, and whether that is certain.
    deeds: Vec<(Does, bool)>,
}

impl Statement {
    pub(super) fn read(tokens: &[Token]) -> Self {
        let found = deeds(tokens);
        let does = found.iter().map(|(does, _)| *does).max().unwrap_or(Does::Unknown);
        let writes_rows = tokens.iter().any(|token| token.is("DELETE") || token.is("UPDATE"));
        let is_unconditional =
            matches!(does, Does::Change | Does::Destroy) && writes_rows && !has_condition(behind_last_write(tokens));
        let limit = limit(tokens);
        let reads_table = does == Does::Read && tokens.iter().any(|token| token.is("FROM"));
        let reads_all = reads_table
            && limit.is_none()
            && !has_condition(tokens)
            && !tokens.iter().any(|it| is_one_of(it, AGGREGATES));
        let names_any = |is_it: fn(&str) -> bool| tokens.iter().filter_map(Token::name).any(is_it);
        Self {
            does,
            is_unconditional,
            reads_all,
            limit,
            is_internal: names_any(is_internal) || names_user_table(tokens) || reads_outside(tokens),
            is_catalog: names_any(is_catalog) || names_system_table(tokens),
            deeds: found,
        }
    }

    /// What it certainly does: other words may be names.
    pub(super) fn certain_deeds(&self) -> impl Iterator<Item = Does> {
        self.deeds.iter().filter(|(_, is_certain)| *is_certain).map(|(does, _)| *does)
    }

    /// Whether its words make it SQL, and not a sentence such as `update me on the project`.
    pub(super) fn is_certain(&self) -> bool {
        self.certain_deeds().next().is_some()
    }
}

/// What the words of a statement say that it does, and whether that is certain.
fn deeds(tokens: &[Token]) -> Vec<(Does, bool)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let is_first = tokens.iter().take(at).all(|token| matches!(token, Token::Mark('(')));
        let next = |steps: usize| tokens.get(at.saturating_add(steps));
        let next_is = |words: &[&str]| next(1).is_some_and(|token| is_one_of(token, words));
        let has = |word: &str| tokens.iter().skip(at).any(|token| token.is(word));
        // `FOR UPDATE`, `ON DELETE CASCADE`: parts of other statements.
        if before.is_some_and(|token| is_one_of(token, &["FOR", "ON", "KEY", "NO"])) && !is_first {
            continue;
        }
        // A column or an alias of that name.
        if matches!(before, Some(Token::Mark('.'))) {
            continue;
        }
        let deed = match word.as_str() {
            "SELECT" => (Does::Read, is_first && has("FROM") || has("SELECT") && next(1).is_some()),
            "SHOW" | "DESCRIBE" | "DESC" | "EXPLAIN" | "VALUES" | "TABLE" | "HELP" if is_first => (Does::Read, false),
            "WITH" if is_first => (Does::Read, false),
            "PRAGMA" if is_first => (if tokens.contains(&Token::Mark('=')) { Does::Alter } else { Does::Read }, true),
            "BEGIN" | "COMMIT" | "ROLLBACK" | "START" | "SET" | "USE" | "SAVEPOINT" | "RELEASE" | "END" if is_first => {
                let changes_password = ["PASSWORD", "ROLE", "GLOBAL", "AUTHORIZATION"].into_iter().any(has);
                if changes_password { (Does::Rights, true) } else { (Does::Session, false) }
            }
            "INSERT" if next_is(&["OVERWRITE"]) => (Does::Overwrite, true),
            "INSERT" if has("INTO") || has("OVERWRITE") || is_first => (Does::Add, has("INTO")),
            "UPDATE" if has("SET") => (Does::Change, is_near(tokens, at, "SET")),
            "MERGE" if has("INTO") || has("USING") => {
                (Does::Overwrite, next_is(&["INTO"]) || is_near(tokens, at, "USING"))
            }
            "REPLACE" | "UPSERT" if is_first => (Does::Overwrite, next_is(&["INTO"])),
            "UPDATE" if is_first => (Does::Change, false),
            "MERGE" if is_first => (Does::Overwrite, false),
            "DELETE" if is_first || has("FROM") => (Does::Destroy, is_near(tokens, at, "FROM")),
            "TRUNCATE" if is_first || next_is(&["TABLE"]) => (Does::Destroy, next_is(&["TABLE"])),
            "DROP" => (Does::Destroy, next_is(OBJECTS)),
            "UNDROP" | "RENAME" | "COMMENT" | "EXCHANGE" if is_first => (Does::Alter, next_is(OBJECTS)),
            "ALTER" if next_is(&["USER", "ROLE", "LOGIN", "SYSTEM", "DEFAULT", "GROUP"]) => (Does::Rights, true),
            "ALTER" if is_first => (Does::Alter, next_is(OBJECTS)),
            "CREATE" if is_first && tokens.iter().take(6).any(|it| is_one_of(it, &["USER", "ROLE", "LOGIN"])) => {
                (Does::Rights, true)
            }
            "CREATE" if is_first && tokens.iter().take(6).any(|it| is_one_of(it, CODE)) => (Does::Run, true),
            "CREATE" if is_first && next_is(&["OR"]) && has("REPLACE") => (Does::Overwrite, true),
            "CREATE" if is_first => (Does::Add, next_is(OBJECTS)),
            "GRANT" | "REVOKE" | "DENY" | "REASSIGN" if is_first => (Does::Rights, has("TO") || has("FROM")),
            "COPY" | "UNLOAD" | "BULK" | "EXPORT" | "IMPORT" | "BACKUP" | "RESTORE" | "PUT" | "ATTACH" | "DETACH"
            | "LOAD"
                if is_first =>
            {
                (Does::Files, has("TO") || has("FROM") || has("DATA"))
            }
            "OUTFILE" | "DUMPFILE" => (Does::Files, true),
            "INTO" if tokens.iter().take(at).any(|it| it.is("SELECT")) && !tokens.iter().any(|it| it.is("INSERT")) => {
                (Does::Add, true)
            }
            "EXECUTE" if next_is(&["IMMEDIATE"]) => (Does::Run, true),
            "EXEC" => (Does::Run, is_first || next(1).is_some_and(|token| token.name().is_some())),
            "CALL" | "EXECUTE" | "DO" | "PREPARE" | "DECLARE" | "HANDLER" | "PERFORM" if is_first => (Does::Run, false),
            "IF" | "WHILE" | "LOOP" if is_first => (Does::Run, false),
            "VACUUM" | "REINDEX" | "OPTIMIZE" | "CLUSTER" | "CHECKPOINT" | "KILL" | "SHUTDOWN" | "FLUSH" | "RESET"
            | "ANALYZE" | "ANALYSE" | "REPAIR" | "PURGE" | "REFRESH" | "LOCK" | "DISCARD" | "CHECK" | "INSTALL"
            | "UNINSTALL" | "MSCK" | "SYSTEM" | "DBCC" | "SYSTEM" | "STOP"
                if is_first =>
            {
                (Does::Maintain, false)
            }
            _ => continue,
        };
        found.push(deed);
    }
    found
}

/// What stands behind the last word that writes: in a text without semicolons, a condition before it is another's.
fn behind_last_write(tokens: &[Token]) -> &[Token] {
    let last = tokens.iter().rposition(|token| token.is("UPDATE") || token.is("DELETE")).unwrap_or_default();
    tokens.get(last..).unwrap_or(tokens)
}

/// Whether a word that belongs to the one at `at` stands within a few words of it, as it does in SQL and not in prose.
fn is_near(tokens: &[Token], at: usize, word: &str) -> bool {
    tokens.iter().skip(at).take(8).any(|token| token.is(word))
}

/// Whether a `WHERE` stands there that some row could fail.
fn has_condition(tokens: &[Token]) -> bool {
    let Some(at) = tokens.iter().position(|token| token.is("WHERE")) else { return false };
    let condition = tokens.get(at.saturating_add(1)..).unwrap_or_default();
    !condition.is_empty() && !condition.split(|token| token.is("OR")).any(always_holds)
}

/// `1`, `TRUE`, `1 = 1`, `'a' = 'a'`, `x = x`, `NOT FALSE`, `2 > 1`, `x IS NOT NULL OR x IS NULL` in its simplest forms.
fn always_holds(condition: &[Token]) -> bool {
    let bare: Vec<&Token> = condition.iter().filter(|token| !matches!(token, Token::Mark('(' | ')'))).collect();
    match bare.as_slice() {
        [Token::Word(word)] => word == "TRUE",
        [Token::Literal(number)] => number != "0",
        [Token::Word(not), Token::Word(word)] => not == "NOT" && word == "FALSE",
        [one, Token::Mark('='), other] => one == other,
        [Token::Literal(_), Token::Mark('<' | '>' | '!'), .., Token::Literal(_)] => true,
        [one, Token::Word(like), Token::Literal(pattern)] => {
            matches!(like.as_str(), "LIKE" | "ILIKE")
                && pattern.chars().all(|char| char == '%')
                && !matches!(one, Token::Mark(_))
        }
        _ => false,
    }
}

fn limit(tokens: &[Token]) -> Option<u64> {
    let numbers = tokens.iter().enumerate().filter_map(|(at, token)| {
        let is_limit = is_one_of(token, &["LIMIT", "TOP", "FIRST", "NEXT"]);
        let behind = tokens.get(at.saturating_add(1)..).unwrap_or_default();
        let number = behind.iter().find(|token| !matches!(token, Token::Mark('(')))?;
        match number {
            Token::Literal(digits) if is_limit => digits.parse().ok(),
            _ => None,
        }
    });
    numbers.max()
}

fn is_one_of(token: &Token, words: &[&str]) -> bool {
    matches!(token, Token::Word(found) | Token::Name(found) if words.contains(&found.as_str()))
}

/// `FROM url('…')`.
fn reads_outside(tokens: &[Token]) -> bool {
    tokens.windows(3).any(|triple| {
        matches!(triple, [before, name, Token::Mark('(')]
            if is_one_of(before, &["FROM", "JOIN", "FUNCTION"]) && name.name().is_some_and(is_outside))
    })
}

/// `sys.tables`.
fn names_system_table(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| matches!(pair, [schema, Token::Mark('.')] if is_one_of(schema, &["SYS", "SYSTEM"])))
}

/// `mysql.user`.
fn names_user_table(tokens: &[Token]) -> bool {
    tokens.windows(3).any(|triple| {
        matches!(triple, [schema, Token::Mark('.'), table] if is_one_of(schema, &["MYSQL"]) && is_one_of(table, &["USER", "DB"]))
    })
}

#[cfg(test)]
mod tests;
