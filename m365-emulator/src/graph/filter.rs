//! `$filter` on users and groups. Parts of its syntax that are not served are refused.

use super::refusal::GraphRefusal;
use crate::tenant::directory::Directory;
use crate::tenant::entry::{Entry, Slot};
use crate::tenant::property::{PropertyId, Schema};

/// Clauses joined by `and` and `or`, without parentheses.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// All clauses of one of these have to hold: `and` binds more tightly than `or`. Source:
    /// OData 4.01, URL Conventions, 5.1.1.17 Operator Precedence.
    alternatives: Vec<Vec<Clause>>,
}

/// Returns the filter that every entry passes.
impl Default for Filter {
    fn default() -> Self {
        Self { alternatives: vec![Vec::new()] }
    }
}

#[derive(Clone, Debug)]
enum Clause {
    /// `id eq`, `id in`.
    Id(Vec<String>),
    /// `eq`, `in`; in lower case, because the directory ignores case.
    Text(PropertyId, Vec<String>),
    Flag(PropertyId, bool),
    StartsWith(PropertyId, String),
}

impl Filter {
    pub(crate) fn parse(filter: Option<&str>, schema: &Schema) -> Result<Self, GraphRefusal> {
        let Some(filter) = filter else {
            return Ok(Self::default());
        };
        let mut tokens = Tokens::new(filter);
        let (mut alternatives, mut clauses) = (Vec::new(), Vec::new());
        loop {
            clauses.push(clause(&mut tokens, schema)?);
            match tokens.next()? {
                None => break,
                Some(Token::Word(word)) if word == "and" => {}
                Some(Token::Word(word)) if word == "or" => {
                    alternatives.push(std::mem::take(&mut clauses));
                }
                Some(_) => return Err(GraphRefusal::filter_syntax("Syntax error.")),
            }
        }
        alternatives.push(clauses);
        Ok(Self { alternatives })
    }

    /// Reads a filter of delta, which allows only `id eq '…' or id eq '…'`, up to 50 ids.
    pub(crate) fn ids(filter: &str, schema: &Schema) -> Result<Vec<String>, GraphRefusal> {
        let mut tokens = Tokens::new(filter);
        let mut ids = Vec::new();
        loop {
            match (tokens.next()?, tokens.next()?, tokens.next()?) {
                (Some(Token::Word(property)), Some(Token::Word(eq)), Some(Token::Text(id)))
                    if property == "id" && eq == "eq" =>
                {
                    ids.push(id.to_lowercase());
                }
                (Some(Token::Word(property)), ..) => {
                    return Err(GraphRefusal::filter_property(&property, schema.entity.name));
                }
                _ => return Err(GraphRefusal::filter_syntax("Syntax error.")),
            }
            match tokens.next()? {
                None if ids.len() <= 50 => return Ok(ids),
                None => return Err(GraphRefusal::filter_property("id", schema.entity.name)),
                Some(Token::Word(word)) if word == "or" => {}
                Some(_) => return Err(GraphRefusal::filter_syntax("Syntax error.")),
            }
        }
    }

    /// Returns the only users that can match, if the filter has no `or`, and a clause on an indexed
    /// property.
    pub(crate) fn slots(&self, directory: &Directory) -> Option<Vec<Slot>> {
        let [clauses] = &self.alternatives[..] else { return None };
        let upn = directory.schema.find("userPrincipalName");
        clauses.iter().find_map(|clause| {
            let keys = match clause {
                Clause::Id(ids) => ids,
                Clause::Text(property, names) if Some(*property) == upn => names,
                _ => return None,
            };
            let mut slots: Vec<Slot> = keys.iter().filter_map(|key| directory.slot(key)).collect();
            slots.sort_unstable();
            slots.dedup();
            Some(slots)
        })
    }

    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        self.alternatives.iter().any(|clauses| clauses.iter().all(|clause| clause.holds(entry)))
    }
}

impl Clause {
    fn holds(&self, entry: &Entry) -> bool {
        match self {
            Self::Id(ids) => ids.contains(&entry.id),
            Self::Text(property, wanted) => {
                entry.text(*property).is_some_and(|text| wanted.contains(&text.to_lowercase()))
            }
            Self::Flag(property, wanted) => {
                entry.json(*property) == Some(if *wanted { "true" } else { "false" })
            }
            Self::StartsWith(property, start) => {
                entry.text(*property).is_some_and(|text| text.to_lowercase().starts_with(start))
            }
        }
    }
}

fn clause(tokens: &mut Tokens<'_>, schema: &Schema) -> Result<Clause, GraphRefusal> {
    let word = tokens.word()?;
    if word == "startswith" {
        tokens.expect('(')?;
        let name = tokens.word()?;
        let property = text_property(&name, schema)?;
        tokens.expect(',')?;
        let start = tokens.text(&name, schema)?;
        tokens.expect(')')?;
        return Ok(Clause::StartsWith(property, start.to_lowercase()));
    }
    if word == "not" {
        return Err(GraphRefusal::filter_property(&word, schema.entity.name));
    }
    let known = word == "id" || schema.find(&word).is_some();
    if !known {
        return Err(GraphRefusal::filter_syntax(&format!(
            "Could not find a property named '{word}' on type 'microsoft.graph.{}'.",
            schema.entity.name
        )));
    }
    let values = match tokens.word()?.as_str() {
        "eq" if schema.entity.flags.contains(&word.as_str()) => {
            let property = schema.find(&word).unwrap_or_default();
            return match tokens.word()?.as_str() {
                "true" => Ok(Clause::Flag(property, true)),
                "false" => Ok(Clause::Flag(property, false)),
                _ => Err(GraphRefusal::filter_property(&word, schema.entity.name)),
            };
        }
        "eq" => vec![tokens.text(&word, schema)?],
        "in" => tokens.list(&word, schema)?,
        _ => return Err(GraphRefusal::filter_property(&word, schema.entity.name)),
    };
    let values = values.into_iter().map(|value| value.to_lowercase()).collect();
    if word == "id" {
        return Ok(Clause::Id(values));
    }
    Ok(Clause::Text(text_property(&word, schema)?, values))
}

fn text_property(name: &str, schema: &Schema) -> Result<PropertyId, GraphRefusal> {
    let property = schema.find(name).filter(|property| {
        // All directory extensions can be filtered by.
        schema.entity.texts.contains(&name) || schema.is_extension(*property)
    });
    property.ok_or_else(|| GraphRefusal::filter_property(name, schema.entity.name))
}

enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// Splits a filter into words, quoted texts (a quote inside is doubled), and signs.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn new(filter: &'a str) -> Self {
        Self { rest: filter }
    }

    fn next(&mut self) -> Result<Option<Token>, GraphRefusal> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        if first == '\'' {
            return self.quoted().map(|text| Some(Token::Text(text)));
        }
        if matches!(first, '(' | ')' | ',') {
            self.rest = &self.rest[1..];
            return Ok(Some(Token::Sign(first)));
        }
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '\''))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Some(Token::Word(word.to_owned())))
    }

    fn quoted(&mut self) -> Result<String, GraphRefusal> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            if c != '\'' {
                text.push(c);
            } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
                text.push('\'');
            } else {
                self.rest = &self.rest[at + 1..];
                return Ok(text);
            }
        }
        Err(GraphRefusal::filter_syntax("There is an unterminated string literal."))
    }

    fn word(&mut self) -> Result<String, GraphRefusal> {
        match self.next()? {
            Some(Token::Word(word)) => Ok(word),
            _ => Err(GraphRefusal::filter_syntax("Syntax error.")),
        }
    }

    fn text(&mut self, property: &str, schema: &Schema) -> Result<String, GraphRefusal> {
        match self.next()? {
            Some(Token::Text(text)) => Ok(text),
            _ => Err(GraphRefusal::filter_property(property, schema.entity.name)),
        }
    }

    fn expect(&mut self, sign: char) -> Result<(), GraphRefusal> {
        match self.next()? {
            Some(Token::Sign(found)) if found == sign => Ok(()),
            _ => Err(GraphRefusal::filter_syntax("Syntax error.")),
        }
    }

    fn list(&mut self, property: &str, schema: &Schema) -> Result<Vec<String>, GraphRefusal> {
        self.expect('(')?;
        let mut values = vec![self.text(property, schema)?];
        loop {
            match self.next()? {
                Some(Token::Sign(',')) => values.push(self.text(property, schema)?),
                Some(Token::Sign(')')) => return Ok(values),
                _ => return Err(GraphRefusal::filter_syntax("Syntax error.")),
            }
        }
    }
}
