//! From a JSON Schema to shapes. Source: JSON Schema 2020-12, core and validation.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::shape::{Alternative, Field, Shape, Text, What};

/// A schema that refers to itself ends here.
const DEEPEST: usize = 16;

/// So many parts of a schema are looked at; the rest is edited as JSON.
const LARGEST: u32 = 10_000;

/// The properties of the schema of an object.
pub(super) fn fields(root: &Value) -> Vec<Field> {
    let reader = Reader { root, left: Cell::new(LARGEST) };
    reader.fields(&reader.resolved(root), Context::default())
}

#[derive(Debug, Clone, Copy, Default)]
struct Context {
    depth: usize,
    secret: bool,
}

struct Reader<'a> {
    root: &'a Value,
    /// How many more parts are looked at.
    left: Cell<u32>,
}

impl Reader<'_> {
    fn fields(&self, schema: &Map<String, Value>, context: Context) -> Vec<Field> {
        let required: Vec<_> = items(schema, "required").filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .map(|(key, schema)| {
                let schema = self.resolved(schema);
                let (shape, nullable) = self.shape(&schema, context);
                Field {
                    key: key.clone(),
                    title: text(&schema, "title").unwrap_or_else(|| words(key)),
                    description: text(&schema, "description").unwrap_or_default(),
                    required: required.contains(&key.as_str()),
                    nullable,
                    default: schema.get("default").cloned(),
                    shape,
                }
            })
            .collect()
    }

    /// The shape, and whether null is one of its values.
    fn shape(&self, schema: &Map<String, Value>, context: Context) -> (Shape, bool) {
        let secret = context.secret || is_true(schema, "writeOnly");
        let context = Context { depth: context.depth + 1, secret };
        let other = || Shape::Other { secret: secret || self.holds_secret(schema, 0) };
        if self.is_enough(context.depth) {
            return (Shape::Other { secret: true }, false);
        }
        if let Some(constant) = schema.get("const") {
            return (Shape::Hidden { constant: Some(constant.clone()), secret }, false);
        }
        let nullable = types(schema).contains(&"null");
        let types: Vec<_> = types(schema).into_iter().filter(|it| *it != "null").collect();
        let shape = match types.as_slice() {
            _ if has_alternatives(schema) && !schema.contains_key("properties") => {
                return self.one_of(schema, context).unwrap_or_else(|| (other(), false));
            }
            [] if nullable => return (Shape::Hidden { constant: None, secret }, false),
            ["string"] => return (text_shape(schema, secret), nullable),
            ["integer" | "number"] if !secret => return (number_shape(schema, &types), nullable),
            ["boolean"] if !secret => Shape::Boolean,
            ["array"] if schema.get("maxItems").and_then(Value::as_u64) == Some(0) => {
                return (Shape::Hidden { constant: None, secret }, false);
            }
            ["array"] if !secret && self.is_list_of_texts(schema) => {
                let items = self.resolved(schema.get("items").unwrap_or(&Value::Null));
                Shape::Texts { choices: has_choices(schema) || has_choices(&items) }
            }
            ["object"] if schema.contains_key("properties") => {
                Shape::Object(self.fields(schema, context))
            }
            _ => other(),
        };
        (if nullable { or_none(shape) } else { shape }, false)
    }

    /// `None` where there is nothing to choose from.
    fn one_of(&self, schema: &Map<String, Value>, context: Context) -> Option<(Shape, bool)> {
        let mut found = Vec::new();
        self.alternatives(schema, context, &mut found);
        let is_null = |it: &Alternative| matches!(it.what, What::Constant(Value::Null));
        let nullable = found.iter().any(is_null);
        let others: Vec<_> = found.iter().filter(|it| !is_null(it)).cloned().collect();
        match others.as_slice() {
            [] if nullable => {
                Some((Shape::Hidden { constant: None, secret: context.secret }, false))
            }
            [] => None,
            // Something, or null.
            [Alternative { what: What::Shape(shape), .. }] => Some(match shape {
                Shape::Text(_) | Shape::Number { .. } => {
                    (choosing(shape.clone(), schema), nullable)
                }
                _ if nullable => (or_none(choosing(shape.clone(), schema)), false),
                _ => (choosing(shape.clone(), schema), false),
            }),
            // Which of them is chosen may be told; what a secret is may not.
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
        schema: &Map<String, Value>,
        context: Context,
        found: &mut Vec<Alternative>,
    ) {
        if self.is_enough(context.depth) {
            return;
        }
        for value in items(schema, "enum") {
            found.push(Alternative { title: shown(value), what: What::Constant(value.clone()) });
        }
        for branch in ["anyOf", "oneOf"].into_iter().flat_map(|it| items(schema, it)) {
            let branch = self.resolved(branch);
            let title = || text(&branch, "title").or_else(|| text(&branch, "description"));
            if has_alternatives(&branch) && !branch.contains_key("properties") {
                let context = Context { depth: context.depth + 1, ..context };
                self.alternatives(&branch, context, found);
            } else if let Some(value) = branch.get("const") {
                let title = title().unwrap_or_else(|| shown(value));
                found.push(Alternative { title, what: What::Constant(value.clone()) });
            } else if types(&branch) == ["null"] {
                found.push(none());
            } else {
                let (shape, nullable) = self.shape(&branch, context);
                let title = title().unwrap_or_else(|| kind(&shape).to_owned());
                found.push(Alternative { title, what: What::Shape(shape) });
                if nullable {
                    found.push(none());
                }
            }
        }
    }

    fn is_list_of_texts(&self, schema: &Map<String, Value>) -> bool {
        let items = self.resolved(schema.get("items").unwrap_or(&Value::Null));
        types(&items) == ["string"] && !self.holds_secret(&items, 0)
    }

    /// The schema with what it refers to; its own words go first.
    fn resolved(&self, schema: &Value) -> Map<String, Value> {
        let mut merged = Map::new();
        self.merge(schema, 0, &mut merged);
        merged
    }

    fn merge(&self, schema: &Value, depth: usize, into: &mut Map<String, Value>) {
        let Value::Object(members) = schema else { return };
        for (key, value) in members {
            if !into.contains_key(key) && key != "$ref" {
                into.insert(key.clone(), value.clone());
            }
        }
        if depth > DEEPEST {
            return;
        }
        if let Some(target) = self.target(schema) {
            self.merge(target, depth + 1, into);
        }
        // `allOf` with one part is how references were given words of their own.
        if let Some([only]) = members.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            into.shift_remove("allOf");
            self.merge(only, depth + 1, into);
        }
    }

    /// What a reference within the schema names.
    fn target(&self, schema: &Value) -> Option<&Value> {
        let reference = schema.get("$ref")?.as_str()?;
        self.root.pointer(reference.strip_prefix('#')?)
    }

    fn holds_secret(&self, schema: &Map<String, Value>, depth: usize) -> bool {
        let inside = |value: &Value| match value {
            Value::Object(_) => self.holds_secret(&self.resolved(value), depth + 1),
            Value::Array(items) => {
                items.iter().any(|it| self.holds_secret(&self.resolved(it), depth + 1))
            }
            _ => false,
        };
        // What is not looked at is taken for one.
        self.is_enough(depth) || is_true(schema, "writeOnly") || schema.values().any(inside)
    }

    /// Counts what is looked at.
    fn is_enough(&self, depth: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(1));
        depth > DEEPEST || self.left.get() == 0
    }
}

fn text_shape(schema: &Map<String, Value>, secret: bool) -> Shape {
    Shape::Text(Text {
        format: text(schema, "format"),
        secret,
        choices: has_choices(schema) && !secret,
        multiline: schema.contains_key("contentMediaType"),
        max_length: schema.get("maxLength").and_then(Value::as_u64),
        pattern: text(schema, "pattern"),
    })
}

fn number_shape(schema: &Map<String, Value>, types: &[&str]) -> Shape {
    let number = |key| schema.get(key).and_then(Value::as_f64);
    Shape::Number { integer: types == ["integer"], min: number("minimum"), max: number("maximum") }
}

/// `x-choices` of a field counts for the shape within it.
fn choosing(mut shape: Shape, schema: &Map<String, Value>) -> Shape {
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
        Shape::Texts { choices: true } => "Chosen ones",
        Shape::Texts { choices: false } => "A list",
        _ => "As follows",
    }
}

fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn has_alternatives(schema: &Map<String, Value>) -> bool {
    ["enum", "anyOf", "oneOf"].iter().any(|it| schema.contains_key(*it))
}

/// `true`, or an object that says more.
fn has_choices(schema: &Map<String, Value>) -> bool {
    schema.get("x-choices").is_some_and(|it| !matches!(it, Value::Bool(false) | Value::Null))
}

fn is_true(schema: &Map<String, Value>, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}

fn items<'a>(schema: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(schema: &Map<String, Value>, key: &str) -> Option<String> {
    schema.get(key).and_then(Value::as_str).filter(|it| !it.is_empty()).map(str::to_owned)
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
