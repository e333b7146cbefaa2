//! The controls of a form.

use askama::Template;

use super::choices;
use crate::{
    form::{self, Control, Line, LineKind, Opt, Picker, Saved, Widget},
    model::Choice,
};

/// Maximum number of alternatives that are shown as radio buttons. More are shown as a select box.
const LONGEST: usize = 6;

#[derive(Template)]
#[template(path = "form/control.html")]
pub(in crate::serve) struct ControlView<'a> {
    control: &'a Control,
    context: Context<'a>,
    /// Whether the title is already visible beside the control.
    is_named: bool,
}

/// The values that all controls of a page share.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct Context<'a> {
    /// Address from which the script loads choices during typing, without the field.
    pub(in crate::serve) choices: Option<&'a str>,
    /// Whether the entered values are not saved yet.
    pub(in crate::serve) is_draft: bool,
}

/// Returns the views of a step's controls, in their order.
pub(in crate::serve) fn controls<'a>(
    controls: &'a [Control],
    context: Context<'a>,
) -> impl Iterator<Item = ControlView<'a>> {
    controls.iter().map(move |control| ControlView { control, context, is_named: false })
}

/// A chosen value in a list.
struct Chosen<'a> {
    value: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    gone: bool,
}

impl<'a> ControlView<'a> {
    fn part(&self, control: &'a Control) -> Self {
        Self { control, context: self.context, is_named: false }
    }

    fn part_of(&self, option: &Opt, control: &'a Control) -> Self {
        Self { is_named: control.title == option.title, ..self.part(control) }
    }

    /// Returns the id of the control. It has no spaces, since attributes that list ids separate
    /// them with spaces.
    fn id(&self) -> String {
        self.control.name.replace(char::is_whitespace, "-")
    }

    fn url(&self) -> Option<String> {
        let field: String =
            form_urlencoded::byte_serialize(self.control.pointer.as_bytes()).collect();
        let name: String = form_urlencoded::byte_serialize(self.control.name.as_bytes()).collect();
        self.context.choices.map(|url| format!("{url}&field={field}&name={name}"))
    }

    fn help(&self) -> String {
        form::html(&self.control.help)
    }

    fn is_described(&self) -> bool {
        !self.control.help.is_empty() || !self.control.errors.is_empty()
    }

    fn is_long(&self, options: &[Opt]) -> bool {
        options.len() > LONGEST && options.iter().all(|it| it.parts.is_empty())
    }

    fn chosen(&self, picker: &'a Picker) -> Vec<Chosen<'a>> {
        let known = |value: &str| picker.offered.known.iter().find(|choice| choice.value == value);
        let chosen = picker.chosen.iter().map(|value| match known(value) {
            Some(Choice { label, hint, .. }) => {
                Chosen { value, label, hint: hint.as_deref(), gone: false }
            }
            None => Chosen {
                value,
                label: value,
                hint: None,
                gone: picker.offered.gone.contains(value),
            },
        });
        chosen.collect()
    }

    fn found(&self, picker: &'a Picker) -> impl Template + 'a {
        choices(&self.control.name, &picker.offered, &picker.chosen)
    }

    fn hint(&self, saved: &Saved) -> &'static str {
        match saved {
            Saved::No => "",
            _ if self.context.is_draft => "Entered before; leave empty to keep it",
            Saved::Yes | Saved::Optional => "Saved; leave empty to keep it",
        }
    }

    fn input_type(&self, line: &Line) -> &'static str {
        match line.kind {
            _ if line.secret.is_some() => "password",
            LineKind::Date => "date",
            LineKind::Integer | LineKind::Number => "text",
            LineKind::Text | LineKind::Code | LineKind::Uri | LineKind::Email => "text",
        }
    }

    /// Returns the kind of keyboard that a phone shows.
    fn input_mode(&self, line: &Line) -> Option<&'static str> {
        match line.kind {
            LineKind::Uri => Some("url"),
            LineKind::Email => Some("email"),
            LineKind::Integer => Some("numeric"),
            LineKind::Number => Some("decimal"),
            LineKind::Text | LineKind::Code | LineKind::Date => None,
        }
    }

    fn is_code(&self, line: &Line) -> bool {
        matches!(line.kind, LineKind::Code | LineKind::Uri)
    }
}
