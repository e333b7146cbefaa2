//! From posted values to settings.

use serde_json::{Map, Number, Value};

use super::{
    Place,
    draw::{json_text, part, shown, texts},
    fit,
    shape::{Alternative, Field, Shape, Text, What},
};
use crate::model::FieldError;

/// The values of a posted form.
#[derive(Clone, Default)]
pub struct Entered(Vec<(String, String)>);

/// The settings after a user changed them.
#[derive(Clone)]
pub struct Answer {
    /// The complete settings.
    pub settings: Value,
    /// JSON Pointers of the entered secrets. All other secrets are the saved ones.
    pub entered: Vec<String>,
    /// Errors of values that could not be read. The settings contain the former values there.
    pub errors: Vec<FieldError>,
}

impl Entered {
    /// Returns the posted values from decoded pairs, in their order.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// Adds values.
    pub fn with(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.extend(pairs);
        self
    }

    /// Returns the first value with that name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values with that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

pub(super) struct Reading<'a> {
    entered: &'a Entered,
    secrets: Vec<String>,
    errors: Vec<FieldError>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(entered: &'a Entered) -> Self {
        Self { entered, secrets: Vec::new(), errors: Vec::new() }
    }

    pub(super) fn finish(self, settings: Value) -> Answer {
        Answer { settings, entered: self.secrets, errors: self.errors }
    }

    pub(super) fn step(&mut self, field: &Field, before: Option<&Value>) -> Option<Value> {
        self.field(field, before, &Place::default().member(&field.key))
    }

    fn field(&mut self, field: &Field, before: Option<&Value>, place: &Place) -> Option<Value> {
        if !fit::shows(field, before) {
            return self.json(field, before, place, &place.json());
        }
        match &field.shape {
            Shape::Text(text) => self.text(field, text, before, place),
            Shape::Number { integer, .. } => self.number(field, *integer, before, place),
            Shape::Boolean => self.boolean(field, before, place),
            Shape::Texts { choices } => self.texts(field, *choices, before, place),
            Shape::Object(fields) => {
                let members = self.members(fields, before, place);
                (field.required || before.is_some() || !members.is_empty())
                    .then_some(Value::Object(members))
            }
            Shape::OneOf(alternatives) => self.one_of(field, alternatives, before, place),
            Shape::Hidden { constant: Some(constant), .. } if field.required => {
                Some(before.unwrap_or(constant).clone())
            }
            Shape::Hidden { .. } => before.cloned(),
            Shape::Other { .. } => self.json(field, before, place, &place.name),
        }
    }

    fn members(
        &mut self,
        fields: &[Field],
        before: Option<&Value>,
        place: &Place,
    ) -> Map<String, Value> {
        let mut members = before.and_then(Value::as_object).cloned().unwrap_or_default();
        for field in fields {
            let before = before.and_then(|it| it.get(&field.key));
            let value = self.field(field, before, &place.member(&field.key));
            put(&mut members, &field.key, value);
        }
        members
    }

    fn text(
        &mut self,
        field: &Field,
        text: &Text,
        before: Option<&Value>,
        place: &Place,
    ) -> Option<Value> {
        let Some(entered) = self.entered.text(&place.name).map(lines) else {
            return before.cloned();
        };
        if text.secret {
            return self
                .secret(field, before, place, &entered, |it| Some(Value::String(it.into())));
        }
        let was = shown(field, before).and_then(Value::as_str).unwrap_or_default();
        let trimmed = entered.trim();
        if trimmed == lines(was).trim() {
            return before.cloned();
        }
        if trimmed.is_empty() { empty(field) } else { Some(Value::String(trimmed.to_owned())) }
    }

    /// Reads a secret. An empty value keeps the saved secret.
    fn secret(
        &mut self,
        field: &Field,
        before: Option<&Value>,
        place: &Place,
        entered: &str,
        value: impl FnOnce(&str) -> Option<Value>,
    ) -> Option<Value> {
        if entered.is_empty() {
            let forget =
                !field.required && self.entered.text(&Place::forget(&place.name)).is_some();
            return before.filter(|_| !forget).cloned();
        }
        let value = value(entered);
        self.secrets.extend(value.is_some().then(|| place.pointer.clone()));
        value.or_else(|| before.cloned())
    }

    fn number(
        &mut self,
        field: &Field,
        integer: bool,
        before: Option<&Value>,
        place: &Place,
    ) -> Option<Value> {
        let Some(entered) = self.entered.text(&place.name).map(str::trim) else {
            return before.cloned();
        };
        let was = shown(field, before).map(Value::to_string).unwrap_or_default();
        if entered == was {
            return before.cloned();
        }
        if entered.is_empty() {
            return empty(field);
        }
        match number(entered, integer) {
            Some(number) => Some(Value::Number(number)),
            None => {
                let example =
                    if integer { "an integer, such as 3" } else { "a number, such as 2.5" };
                self.error(place, format!("Enter {example}"));
                before.cloned()
            }
        }
    }

    fn boolean(&mut self, field: &Field, before: Option<&Value>, place: &Place) -> Option<Value> {
        let on = self.entered.text(&place.name).is_some();
        let was = shown(field, before) == Some(&Value::Bool(true));
        if on == was && (before.is_some() || !field.required) {
            return before.cloned();
        }
        Some(Value::Bool(on))
    }

    fn texts(
        &mut self,
        field: &Field,
        picked: bool,
        before: Option<&Value>,
        place: &Place,
    ) -> Option<Value> {
        let entered: Vec<&str> = if picked {
            self.entered.all(&place.name).filter(|it| !it.is_empty()).collect()
        } else {
            let area = self.entered.text(&place.name).unwrap_or_default();
            area.lines().map(str::trim).filter(|it| !it.is_empty()).collect()
        };
        if entered.iter().copied().eq(texts(shown(field, before))) {
            let missing = field.required && before.is_none();
            return if missing { Some(entered.into()) } else { before.cloned() };
        }
        // An empty list is stored where the schema has a default, which would apply otherwise.
        let absent = entered.is_empty() && !field.required && shown(field, None).is_none();
        (!absent).then(|| entered.into())
    }

    fn one_of(
        &mut self,
        field: &Field,
        alternatives: &[Alternative],
        before: Option<&Value>,
        place: &Place,
    ) -> Option<Value> {
        let Some(entered) = self.entered.text(&place.name) else { return before.cloned() };
        if entered.is_empty() {
            return None;
        }
        let found = alternatives
            .iter()
            .enumerate()
            .find(|(number, alternative)| alternative.option(*number) == entered);
        let Some((number, Alternative { title, what })) = found else {
            self.error(place, "Choose one of these".to_owned());
            return before.cloned();
        };
        let was = shown(field, before).filter(|it| fit::chosen(alternatives, it) == Some(number));
        match what {
            What::Constant(_) if was.is_some() => before.cloned(),
            What::Constant(value) => Some(value.clone()),
            What::Shape(shape) => {
                let place = place.alternative(number);
                let part = part(title, shape);
                let value = self.field(&part, was, &place);
                // An unchanged default is not stored.
                if before.is_none() && value.as_ref() == was && was.is_some() {
                    None
                } else {
                    value
                }
            }
        }
    }

    /// Reads a value that is edited as JSON in the control with that name.
    fn json(
        &mut self,
        field: &Field,
        before: Option<&Value>,
        place: &Place,
        name: &str,
    ) -> Option<Value> {
        let Some(entered) = self.entered.text(name).map(lines) else { return before.cloned() };
        let mut wrong = None;
        let mut parse = |text: &str| match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                wrong = Some(format!("This is not JSON: {error}"));
                before.cloned()
            }
        };
        let value = if field.shape.is_secret() {
            self.secret(field, before, place, entered.trim(), parse)
        } else if entered.trim() == json_text(before) {
            before.cloned()
        } else if entered.trim().is_empty() {
            None
        } else {
            parse(entered.trim())
        };
        if let Some(message) = wrong {
            self.error(place, message);
        }
        value
    }

    fn error(&mut self, place: &Place, message: String) {
        self.errors.push(FieldError { field: place.pointer.clone(), message });
    }
}

/// Sets a member, or removes it.
pub(super) fn put(members: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            members.insert(key.to_owned(), value);
        }
        None => {
            members.shift_remove(key);
        }
    }
}

fn empty(field: &Field) -> Option<Value> {
    (field.nullable && field.required).then_some(Value::Null)
}

fn number(text: &str, integer: bool) -> Option<Number> {
    let signed = || text.parse::<i64>().map(Number::from).ok();
    let large = || text.parse::<u64>().map(Number::from).ok();
    let any = || text.parse().ok().and_then(Number::from_f64);
    signed().or_else(large).or_else(|| if integer { None } else { any() })
}

/// Replaces line ends by LF. Browsers send CR LF.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
