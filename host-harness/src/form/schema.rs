//! From a JSON Schema to shapes. Source: JSON Schema 2020-12, core and validation.
//!
//! A part that refers to itself gets controls at its first level only. Deeper levels are edited as
//! JSON.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::shape::{Alternative, Field, Shape, Text, What};
use crate::{budget::Budget, schema::target};

/// Maximum depth of parts with controls. Deeper parts are edited as JSON.
const DEEPEST: usize = 16;

/// Returns the properties of an object's schema. Values that `budget` does not cover are edited as
/// JSON.
pub(super) fn fields(root: &Value, budget: &Budget) -> Vec<Field> {
    let reader = Reader { root, budget };
    reader.fields(&reader.resolved(root), Context::default())
}

#[derive(Debug, Clone, Copy, Default)]
struct Context<'a> {
    depth: usize,
    secret: bool,
    within: Option<&'a Within<'a>>,
}

/// The properties or alternatives that are being read, and those that contain them.
#[derive(Debug, Clone, Copy)]
struct Within<'a> {
    part: *const Value,
    above: Option<&'a Within<'a>>,
}

impl<'a> Context<'a> {
    fn is_within(&self, part: &Value) -> bool {
        std::iter::successors(self.within, |it| it.above).any(|it| std::ptr::eq(it.part, part))
    }

    fn entering(&self, part: &Value) -> Within<'a> {
        Within { part, above: self.within }
    }
}

/// A schema merged with the schemas that it refers to. Its own keywords take precedence.
#[derive(Default)]
struct Resolved<'a> {
    parts: Vec<&'a Value>,
    words: HashMap<&'a str, &'a Value>,
}

impl<'a> Resolved<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.words.get(key).copied()
    }

    fn contains_key(&self, key: &str) -> bool {
        self.words.contains_key(key)
    }
}

struct Reader<'a> {
    root: &'a Value,
    budget: &'a Budget,
}

impl<'a> Reader<'a> {
    fn fields(&self, schema: &Resolved<'a>, context: Context<'_>) -> Vec<Field> {
        let Some(part) = schema.get("properties") else { return Vec::new() };
        let within = context.entering(part);
        let context = Context { within: Some(&within), ..context };
        let required: HashSet<_> = items(schema, "required").filter_map(Value::as_str).collect();
        part.as_object()
            .into_iter()
            .flatten()
            .map(|(key, schema)| {
                let schema = self.resolved(schema);
                let (shape, nullable) = self.shape(&schema, context);
                Field {
                    key: key.clone(),
                    title: self.text(&schema, "title").unwrap_or_else(|| words(key)),
                    description: self.text(&schema, "description").unwrap_or_default(),
                    required: required.contains(key.as_str()),
                    nullable,
                    default: schema.get("default").and_then(|it| self.copied(it)),
                    shape,
                }
            })
            .collect()
    }

    /// Returns the shape, and whether null is one of its values.
    fn shape(&self, schema: &Resolved<'a>, context: Context<'_>) -> (Shape, bool) {
        let secret = context.secret || is_true(schema, "writeOnly");
        let context = Context { depth: context.depth + 1, secret, ..context };
        let other = || Shape::Other { secret: secret || self.holds_secret(&schema.parts) };
        if self.is_over_limit(context.depth) {
            return (Shape::Other { secret: true }, false);
        }
        if let Some(constant) = schema.get("const") {
            let constant = self.copied(constant);
            return (Shape::Hidden { constant, secret }, false);
        }
        let nullable = types(schema).contains(&"null");
        let types: Vec<_> = types(schema).into_iter().filter(|name| *name != "null").collect();
        let shape = match types.as_slice() {
            _ if has_alternatives(schema) && !schema.contains_key("properties") => {
                return self.one_of(schema, context).unwrap_or_else(|| (other(), false));
            }
            [] if nullable => return (Shape::Hidden { constant: None, secret }, false),
            ["string"] => return (self.text_shape(schema, secret), nullable),
            ["integer" | "number"] if !secret => return (number_shape(schema, &types), nullable),
            ["boolean"] if !secret => Shape::Boolean,
            ["array"] if schema.get("maxItems").and_then(Value::as_u64) == Some(0) => {
                return (Shape::Hidden { constant: None, secret }, false);
            }
            ["array"] if !secret && self.is_list_of_texts(schema) => {
                let items = self.resolved(schema.get("items").unwrap_or(&Value::Null));
                Shape::Texts { choices: has_choices(schema) || has_choices(&items) }
            }
            ["object"] if schema.get("properties").is_some_and(|it| !context.is_within(it)) => {
                Shape::Object(self.fields(schema, context))
            }
            _ => other(),
        };
        (if nullable { or_none(shape) } else { shape }, false)
    }

    /// Returns the shape of alternatives. `None` where there are none.
    fn one_of(&self, schema: &Resolved<'a>, context: Context<'_>) -> Option<(Shape, bool)> {
        let mut found = Vec::new();
        self.alternatives(schema, context, &mut found);
        let is_null = |it: &Alternative| matches!(it.what, What::Constant(Value::Null));
        let nullable = found.iter().any(is_null);
        let others: Vec<_> = found.iter().filter(|one| !is_null(one)).cloned().collect();
        match others.as_slice() {
            [] if nullable => {
                Some((Shape::Hidden { constant: None, secret: context.secret }, false))
            }
            [] => None,
            // One shape, possibly with null.
            [Alternative { what: What::Shape(shape), .. }] => Some(match shape {
                Shape::Text(_) | Shape::Number { .. } => {
                    (choosing(shape.clone(), schema), nullable)
                }
                _ if nullable => (or_none(choosing(shape.clone(), schema)), false),
                _ => (choosing(shape.clone(), schema), false),
            }),
            // A choice would reveal which alternative the secret is.
            _ if context.secret => None,
            _ => {
                let choices = has_choices(schema);
                if choices {
                    found.iter_mut().for_each(|it| {
                        if let What::Shape(shape) = &mut it.what {
                            *shape = choosing(shape.clone(), schema);
                        }
                    });
                }
                Some((Shape::OneOf(found), false))
            }
        }
    }

    fn alternatives(
        &self,
        schema: &Resolved<'a>,
        context: Context<'_>,
        found: &mut Vec<Alternative>,
    ) {
        if self.is_over_limit(context.depth) {
            return;
        }
        for value in items(schema, "enum") {
            if let Some(value) = self.copied(value) {
                found.push(Alternative { title: shown(&value), what: What::Constant(value) });
            }
        }
        for part in ["anyOf", "oneOf"].into_iter().filter_map(|it| schema.get(it)) {
            if context.is_within(part) {
                continue;
            }
            let within = context.entering(part);
            let context = Context { within: Some(&within), ..context };
            for branch in part.as_array().into_iter().flatten() {
                self.branch(&self.resolved(branch), context, found);
            }
        }
    }

    fn branch(&self, branch: &Resolved<'a>, context: Context<'_>, found: &mut Vec<Alternative>) {
        let title = || self.text(branch, "title").or_else(|| self.text(branch, "description"));
        if has_alternatives(branch) && !branch.contains_key("properties") {
            let context = Context { depth: context.depth + 1, ..context };
            self.alternatives(branch, context, found);
        } else if let Some(value) = branch.get("const") {
            if let Some(value) = self.copied(value) {
                let title = title().unwrap_or_else(|| shown(&value));
                found.push(Alternative { title, what: What::Constant(value) });
            }
        } else if types(branch) == ["null"] {
            found.push(none());
        } else {
            let (shape, nullable) = self.shape(branch, context);
            let title = title().unwrap_or_else(|| kind(&shape).to_owned());
            found.push(Alternative { title, what: What::Shape(shape) });
            if nullable {
                found.push(none());
            }
        }
    }

    fn is_list_of_texts(&self, schema: &Resolved<'a>) -> bool {
        let items = self.resolved(schema.get("items").unwrap_or(&Value::Null));
        types(&items) == ["string"] && !self.holds_secret(&items.parts)
    }

    fn resolved(&self, schema: &'a Value) -> Resolved<'a> {
        let mut resolved = Resolved::default();
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            let Value::Object(members) = schema else { continue };
            let is_known = resolved.parts.iter().any(|it| std::ptr::eq(*it, schema));
            if is_known || resolved.parts.len() > DEEPEST || !self.looks_at(members) {
                continue;
            }
            resolved.parts.push(schema);
            // Older schemas add keywords to a reference with an `allOf` of one part.
            let only = match members.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                Some([only]) => Some(only),
                _ => None,
            };
            for (key, value) in members {
                if key != "$ref" && (key != "allOf" || only.is_none()) {
                    resolved.words.entry(key).or_insert(value);
                }
            }
            // The target is pushed last, so that it is read first.
            open.extend(only);
            open.extend(target(self.root, schema, self.budget));
        }
        resolved
    }

    /// Spends the budget for the keywords of a schema, including lists of texts.
    fn looks_at(&self, members: &Map<String, Value>) -> bool {
        members.iter().all(|(key, value)| {
            let words = 1 + value.as_array().map_or(0, Vec::len);
            self.budget.spend_text(key) && self.budget.spend(words)
        })
    }

    /// Whether a schema, or one that it refers to, marks any part as a secret.
    fn holds_secret(&self, parts: &[&'a Value]) -> bool {
        let (mut open, mut seen) = (parts.to_vec(), HashSet::new());
        while let Some(value) = open.pop() {
            if !seen.insert(std::ptr::from_ref(value)) {
                continue;
            }
            // Parts that the budget does not cover are treated as secrets.
            if !self.budget.spend(1) {
                return true;
            }
            match value {
                Value::Object(members) => {
                    if members.get("writeOnly") == Some(&Value::Bool(true)) {
                        return true;
                    }
                    open.extend(members.values());
                    open.extend(target(self.root, value, self.budget));
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        false
    }

    /// Whether the depth or the budget ends here. Spends the budget.
    fn is_over_limit(&self, depth: usize) -> bool {
        depth > DEEPEST || !self.budget.spend(1)
    }

    /// Returns a copy, where the budget covers it.
    fn copied(&self, value: &Value) -> Option<Value> {
        self.budget.spend_value(value).then(|| value.clone())
    }

    fn text(&self, schema: &Resolved<'_>, key: &str) -> Option<String> {
        let text = schema.get(key)?.as_str().filter(|it| !it.is_empty())?;
        self.budget.spend_text(text).then(|| text.to_owned())
    }

    fn text_shape(&self, schema: &Resolved<'_>, secret: bool) -> Shape {
        Shape::Text(Text {
            format: self.text(schema, "format"),
            secret,
            choices: has_choices(schema) && !secret,
            multiline: schema.contains_key("contentMediaType"),
            max_length: schema.get("maxLength").and_then(Value::as_u64),
            pattern: self.text(schema, "pattern"),
        })
    }
}

fn number_shape(schema: &Resolved<'_>, types: &[&str]) -> Shape {
    let number = |key| schema.get(key).and_then(Value::as_f64);
    Shape::Number { integer: types == ["integer"], min: number("minimum"), max: number("maximum") }
}

/// Applies `x-choices` of a field to its shape.
fn choosing(mut shape: Shape, schema: &Resolved<'_>) -> Shape {
    if has_choices(schema) {
        match &mut shape {
            Shape::Texts { choices } => *choices = true,
            Shape::Text(text) => text.choices = !text.secret,
            _ => {}
        }
    }
    shape
}

fn none() -> Alternative {
    Alternative { title: "None".to_owned(), what: What::Constant(Value::Null) }
}

fn or_none(shape: Shape) -> Shape {
    match shape {
        Shape::Hidden { .. } | Shape::Other { .. } => shape,
        Shape::Boolean => Shape::OneOf(vec![
            none(),
            Alternative { title: "Yes".to_owned(), what: What::Constant(true.into()) },
            Alternative { title: "No".to_owned(), what: What::Constant(false.into()) },
        ]),
        Shape::OneOf(mut alternatives) => {
            alternatives.insert(0, none());
            Shape::OneOf(alternatives)
        }
        shape => {
            let title = kind(&shape).to_owned();
            Shape::OneOf(vec![none(), Alternative { title, what: What::Shape(shape) }])
        }
    }
}

fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "A text",
        Shape::Number { .. } => "A number",
        Shape::Texts { choices: true } => "Chosen",
        Shape::Texts { choices: false } => "A list",
        _ => "As follows",
    }
}

fn types<'a>(schema: &Resolved<'a>) -> Vec<&'a str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn has_alternatives(schema: &Resolved<'_>) -> bool {
    ["enum", "anyOf", "oneOf"].iter().any(|it| schema.contains_key(it))
}

/// Whether the plugin returns choices: `x-choices` is `true` or an object.
fn has_choices(schema: &Resolved<'_>) -> bool {
    schema.get("x-choices").is_some_and(|it| !matches!(it, Value::Bool(false) | Value::Null))
}

fn is_true(schema: &Resolved<'_>, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn items<'a>(schema: &Resolved<'a>, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        value => value.to_string(),
    }
}

/// `clientId` becomes `Client id`.
fn words(key: &str) -> String {
    let mut words = String::new();
    for letter in key.chars() {
        match letter {
            _ if words.is_empty() => words.extend(letter.to_uppercase()),
            '_' | '-' => words.push(' '),
            _ if letter.is_uppercase() => {
                words.push(' ');
                words.extend(letter.to_lowercase());
            }
            _ => words.push(letter),
        }
    }
    words
}
