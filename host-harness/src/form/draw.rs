//! From shapes and values to controls.

use serde_json::Value;

use super::{
    Place,
    control::{Control, Line, LineKind, Opt, Picker, Saved, Widget},
    fit,
    shape::{Field, Shape, Text, What},
};

/// Returns the controls of a step.
pub(super) fn step(field: &Field, value: Option<&Value>) -> Vec<Control> {
    let place = Place::default().member(&field.key);
    match &field.shape {
        Shape::Object(fields) if fit::shows(field, value) => members(fields, value, &place, true),
        _ => control(field, value, place, true).into_iter().collect(),
    }
}

/// Returns the controls of an object's fields. `demands` is false within alternatives: the browser
/// would require values in fields that it does not show.
fn members(fields: &[Field], value: Option<&Value>, place: &Place, demands: bool) -> Vec<Control> {
    let draw = |field: &Field| {
        let value = value.and_then(|it| it.get(&field.key));
        control(field, value, place.member(&field.key), demands)
    };
    fields.iter().filter_map(draw).collect()
}

fn control(field: &Field, value: Option<&Value>, place: Place, demands: bool) -> Option<Control> {
    if !field.shape.is_drawn() {
        return None;
    }
    let (name, widget) = if fit::shows(field, value) {
        (place.name.clone(), widget(field, value, &place, demands))
    } else {
        (place.json(), json(&field.shape, field.required, value))
    };
    let saved = matches!(
        &widget,
        Widget::Line(Line { secret: Some(Saved::Yes), .. })
            | Widget::Area { secret: Some(Saved::Yes), .. }
    );
    let required = field.required && demands && !saved;
    let empty = matches!(&widget, Widget::Line(_) | Widget::Area { .. });
    Some(Control {
        name,
        pointer: place.pointer,
        title: field.title.clone(),
        help: field.description.clone(),
        required: required && !matches!(field.shape, Shape::Boolean | Shape::Texts { .. }),
        optional: empty && !field.required && field.default.is_none(),
        errors: Vec::new(),
        widget,
    })
}

fn widget(field: &Field, value: Option<&Value>, place: &Place, demands: bool) -> Widget {
    let or_default = shown(field, value);
    match &field.shape {
        Shape::Text(text) => text_widget(text, field.required, or_default),
        Shape::Number { integer, min, max } => Widget::Line(Line {
            kind: if *integer { LineKind::Integer } else { LineKind::Number },
            text: or_default.map(Value::to_string).unwrap_or_default(),
            secret: None,
            max_length: None,
            pattern: None,
            min: *min,
            max: *max,
            suggests: false,
            suggestions: Vec::new(),
        }),
        Shape::Boolean => Widget::Check { on: or_default == Some(&Value::Bool(true)) },
        Shape::Texts { choices: true } => Widget::Pick(Picker {
            chosen: texts(or_default).map(str::to_owned).collect(),
            ..Picker::default()
        }),
        Shape::Texts { choices: false } => Widget::Area {
            text: texts(or_default).collect::<Vec<_>>().join("\n"),
            secret: None,
            code: true,
        },
        Shape::Object(fields) => Widget::Group(members(fields, or_default, place, demands)),
        Shape::OneOf(_) => Widget::Choose(options(field, or_default, place)),
        Shape::Hidden { .. } | Shape::Other { .. } => json(&field.shape, field.required, value),
    }
}

fn options(field: &Field, value: Option<&Value>, place: &Place) -> Vec<Opt> {
    let Shape::OneOf(alternatives) = &field.shape else { return Vec::new() };
    let chosen = value.and_then(|it| fit::chosen(alternatives, it));
    let options = alternatives.iter().enumerate().map(|(number, it)| {
        let is_chosen = chosen == Some(number);
        let value = value.filter(|_| is_chosen);
        let place = place.alternative(number);
        Opt {
            value: it.option(number),
            title: it.title.clone(),
            chosen: is_chosen,
            parts: match &it.what {
                What::Constant(_) => Vec::new(),
                What::Shape(Shape::Object(fields)) => members(fields, value, &place, false),
                What::Shape(shape) => {
                    let field = part(&it.title, shape);
                    control(&field, value, place, false).into_iter().collect()
                }
            },
        }
    });
    // An optional choice can be undone.
    let unset = Opt {
        value: String::new(),
        title: "Not set".to_owned(),
        chosen: chosen.is_none(),
        parts: Vec::new(),
    };
    let unset = (!field.required && field.default.is_none()).then_some(unset);
    unset.into_iter().chain(options).collect()
}

/// Returns the shape of an alternative as a field.
pub(super) fn part(title: &str, shape: &Shape) -> Field {
    Field {
        key: String::new(),
        title: title.to_owned(),
        description: String::new(),
        required: true,
        nullable: false,
        default: None,
        shape: shape.clone(),
    }
}

fn text_widget(text: &Text, required: bool, value: Option<&Value>) -> Widget {
    let shown = value.and_then(Value::as_str).unwrap_or_default();
    let secret = text.secret.then(|| saved(value, required));
    let shown = if text.secret { "" } else { shown };
    if text.multiline || shown.contains(['\n', '\r']) {
        return Widget::Area { text: shown.to_owned(), secret, code: text.multiline };
    }
    Widget::Line(Line {
        kind: match text.format.as_deref() {
            Some("uuid") => LineKind::Code,
            Some("uri" | "url" | "uri-reference" | "iri") => LineKind::Uri,
            Some("email") => LineKind::Email,
            // Browsers show an invalid date as an empty field.
            Some("date") if shown.is_empty() || is_date(shown) => LineKind::Date,
            _ => LineKind::Text,
        },
        text: shown.to_owned(),
        secret,
        max_length: text.max_length,
        // A pattern of a schema matches any part of a text, one of HTML the complete text.
        pattern: text.pattern.as_ref().map(|it| format!(".*(?:{it}).*")),
        min: None,
        max: None,
        suggests: text.choices,
        suggestions: Vec::new(),
    })
}

fn json(shape: &Shape, required: bool, value: Option<&Value>) -> Widget {
    let secret = shape.is_secret().then(|| saved(value, required));
    let text = if secret.is_some() { String::new() } else { json_text(value) };
    Widget::Area { text, secret, code: true }
}

fn saved(value: Option<&Value>, required: bool) -> Saved {
    match value {
        None | Some(Value::Null) => Saved::No,
        Some(Value::String(text)) if text.is_empty() => Saved::No,
        Some(_) if required => Saved::Yes,
        Some(_) => Saved::Optional,
    }
}

/// Returns the value that a control shows: the default where there is no value. Secrets have no
/// default.
pub(super) fn shown<'a>(field: &'a Field, value: Option<&'a Value>) -> Option<&'a Value> {
    let default =
        field.default.as_ref().filter(|it| !field.shape.is_secret() && fit::shows(field, Some(it)));
    value.or(default).filter(|it| !it.is_null() || !field.nullable)
}

pub(super) fn json_text(value: Option<&Value>) -> String {
    value.and_then(|it| serde_json::to_string_pretty(it).ok()).unwrap_or_default()
}

pub(super) fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether an HTML input accepts the text as a date: with a year of four digits, and a day that
/// exists.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}
