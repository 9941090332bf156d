//! From tokens to what a document says (GraphQL, September 2025, section 2).

use std::collections::BTreeMap;

use super::super::body::json_text;
use super::lexer::{Lexer, Token};
use super::refuse;
use super::syntax::{Literal, Operation, OperationType, Selection, Syntax};
use crate::reason::Refusal;

/// How deeply braces, brackets and parentheses may be nested: more than any client's query, and little stack.
const MAX_DEPTH: usize = 32;

/// How many fields, fragments, arguments and values a document may have.
const MAX_PARTS: usize = 2048;

/// Reads all of `text`.
pub(super) fn parse(text: &str) -> Result<Syntax<'_>, Refusal> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next()?;
    Parser { lexer, token, parts: 0 }.document()
}

struct Parser<'q> {
    lexer: Lexer<'q>,
    /// The token that is looked at.
    token: Option<Token<'q>>,
    parts: usize,
}

impl<'q> Parser<'q> {
    fn document(mut self) -> Result<Syntax<'q>, Refusal> {
        let mut syntax = Syntax::default();
        while let Some(token) = self.token.clone() {
            self.part()?;
            match token {
                Token::Mark('{') => {
                    let selections = self.selections(0)?;
                    let defaults = BTreeMap::new();
                    syntax.operations.push(Operation { kind: OperationType::Query, name: None, defaults, selections });
                }
                Token::Name("query") => syntax.operations.push(self.operation(OperationType::Query)?),
                Token::Name("mutation") => syntax.operations.push(self.operation(OperationType::Mutation)?),
                Token::Name("subscription") => syntax.operations.push(self.operation(OperationType::Subscription)?),
                Token::Name("fragment") => {
                    self.next()?;
                    let name = self.name()?;
                    if name == "on" || self.name()? != "on" {
                        return Err(refuse("a fragment lacks its name or type"));
                    }
                    self.name()?;
                    self.directives()?;
                    if syntax.fragments.insert(name, self.selections(0)?).is_some() {
                        return Err(refuse("two fragments have one name"));
                    }
                }
                _ => return Err(refuse("something else stands where an operation or a fragment was expected")),
            }
        }
        let mut names: Vec<_> = syntax.operations.iter().filter_map(|operation| operation.name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(refuse("two operations have one name"));
        }
        Ok(syntax)
    }

    fn operation(&mut self, kind: OperationType) -> Result<Operation<'q>, Refusal> {
        self.next()?;
        let name = match self.token {
            Some(Token::Name(_)) => Some(self.name()?),
            _ => None,
        };
        let mut defaults = BTreeMap::new();
        if self.accept('(')? {
            // At least one stands there.
            let mut is_done = false;
            while !is_done {
                self.part()?;
                self.expect('$')?;
                let name = self.name()?;
                self.expect(':')?;
                self.variable_type()?;
                if self.accept('=')? && defaults.insert(name, self.literal(0)?).is_some() {
                    return Err(refuse("a variable is declared twice"));
                }
                self.directives()?;
                is_done = self.accept(')')?;
            }
        }
        self.directives()?;
        Ok(Operation { kind, name, defaults, selections: self.selections(0)? })
    }

    fn variable_type(&mut self) -> Result<(), Refusal> {
        let mut open = 0_usize;
        while self.accept('[')? {
            open = open.saturating_add(1);
            self.part()?;
        }
        self.name()?;
        self.accept('!')?;
        for _ in 0..open {
            self.expect(']')?;
            self.accept('!')?;
        }
        Ok(())
    }

    fn selections(&mut self, depth: usize) -> Result<Vec<Selection<'q>>, Refusal> {
        let deeper = deeper(depth)?;
        self.expect('{')?;
        let mut selections = Vec::new();
        while !self.accept('}')? {
            self.part()?;
            selections.push(self.selection(deeper)?);
        }
        if selections.is_empty() { Err(refuse("a pair of braces is empty")) } else { Ok(selections) }
    }

    fn selection(&mut self, depth: usize) -> Result<Selection<'q>, Refusal> {
        if self.token == Some(Token::Dots) {
            self.next()?;
            return match self.token {
                Some(Token::Name(name)) if name != "on" => {
                    self.next()?;
                    self.directives()?;
                    Ok(Selection::Spread(name))
                }
                Some(Token::Name(_)) => {
                    self.next()?;
                    self.name()?;
                    self.directives()?;
                    self.selections(depth).map(Selection::Inline)
                }
                _ => {
                    self.directives()?;
                    self.selections(depth).map(Selection::Inline)
                }
            };
        }
        let mut name = self.name()?;
        if self.accept(':')? {
            name = self.name()?;
        }
        let arguments = self.arguments()?;
        self.directives()?;
        let below = if self.token == Some(Token::Mark('{')) { self.selections(depth)? } else { Vec::new() };
        Ok(Selection::Field { name, arguments, below })
    }

    fn arguments(&mut self) -> Result<Vec<(&'q str, Literal<'q>)>, Refusal> {
        if !self.accept('(')? {
            return Ok(Vec::new());
        }
        let arguments = self.pairs(')', 0)?;
        if arguments.is_empty() { Err(refuse("a pair of parentheses is empty")) } else { Ok(arguments) }
    }

    /// `name: value …` up to `end`.
    fn pairs(&mut self, end: char, depth: usize) -> Result<Vec<(&'q str, Literal<'q>)>, Refusal> {
        let mut pairs: Vec<(&str, Literal<'_>)> = Vec::new();
        while !self.accept(end)? {
            let name = self.name()?;
            self.expect(':')?;
            if pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                return Err(refuse("a name stands twice among arguments"));
            }
            pairs.push((name, self.literal(depth)?));
        }
        Ok(pairs)
    }

    /// `@name(argument: value) …`
    fn directives(&mut self) -> Result<(), Refusal> {
        while self.accept('@')? {
            self.part()?;
            self.name()?;
            self.arguments()?;
        }
        Ok(())
    }

    fn literal(&mut self, depth: usize) -> Result<Literal<'q>, Refusal> {
        self.part()?;
        let deeper = deeper(depth)?;
        let token = self.token.clone();
        self.next()?;
        match token {
            Some(Token::Mark('$')) => self.name().map(Literal::Variable),
            Some(Token::Mark('[')) => {
                let mut list = Vec::new();
                while !self.accept(']')? {
                    list.push(self.literal(deeper)?);
                }
                Ok(Literal::List(list))
            }
            Some(Token::Mark('{')) => self.pairs('}', deeper).map(Literal::Object),
            Some(Token::Number(text)) => Ok(Literal::Json(text.as_bytes().to_vec())),
            Some(Token::Name(word @ ("true" | "false" | "null"))) => Ok(Literal::Json(word.as_bytes().to_vec())),
            Some(Token::Name(name)) => Ok(Literal::Json(json_text(name))),
            Some(Token::Text(text)) => Ok(Literal::Json(json_text(&text))),
            _ => Err(refuse("a value was expected")),
        }
    }

    fn part(&mut self) -> Result<(), Refusal> {
        self.parts = self.parts.saturating_add(1);
        if self.parts > MAX_PARTS { Err(refuse(&format!("it has more than {MAX_PARTS} parts"))) } else { Ok(()) }
    }

    fn next(&mut self) -> Result<(), Refusal> {
        self.token = self.lexer.next()?;
        Ok(())
    }

    fn name(&mut self) -> Result<&'q str, Refusal> {
        let Some(Token::Name(name)) = self.token else { return Err(refuse("a name was expected")) };
        self.next()?;
        Ok(name)
    }

    /// Whether this mark comes next; then it is passed.
    fn accept(&mut self, mark: char) -> Result<bool, Refusal> {
        let found = self.token == Some(Token::Mark(mark));
        if found {
            self.next()?;
        }
        Ok(found)
    }

    fn expect(&mut self, mark: char) -> Result<(), Refusal> {
        if self.accept(mark)? { Ok(()) } else { Err(refuse(&format!("`{mark}` was expected"))) }
    }
}

fn deeper(depth: usize) -> Result<usize, Refusal> {
    let deeper = depth.saturating_add(1);
    if deeper > MAX_DEPTH { Err(refuse(&format!("it is nested more than {MAX_DEPTH} deep"))) } else { Ok(deeper) }
}
