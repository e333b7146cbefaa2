//! The controls of a form: plain data for templates.

use super::{Entered, Place};
use crate::{model::Choice, problem::Problem};

/// A control of a form, for one field of the settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Name of the form control, also its id, and the prefix of the names of its parts.
    pub name: String,
    /// JSON Pointer of its value in the settings.
    pub pointer: String,
    /// Title of the field.
    pub title: String,
    /// Help text in CommonMark.
    pub help: String,
    /// Whether the browser rejects an empty value.
    pub required: bool,
    /// Whether the value may be empty.
    pub optional: bool,
    /// Errors of its value.
    pub errors: Vec<String>,
    /// Kind of the control.
    pub widget: Widget,
}

/// The kind of a control.
#[derive(Debug, Clone, PartialEq)]
pub enum Widget {
    /// One line of text.
    Line(Line),
    /// Several lines of text.
    Area {
        /// Text in the control.
        text: String,
        /// State of the saved secret, where the field is a secret.
        secret: Option<Saved>,
        /// Whether the text is JSON, or a list with one text per line.
        code: bool,
    },
    /// A check box.
    Check {
        /// Whether it is checked.
        on: bool,
    },
    /// One of several alternatives.
    Choose(Vec<Opt>),
    /// Any number of choices that the plugin returns.
    Pick(Picker),
    /// Controls of an object's fields.
    Group(Vec<Control>),
}

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Kind of value.
    pub kind: LineKind,
    /// Text in the control, empty for a secret.
    pub text: String,
    /// State of the saved secret, where the field is a secret.
    pub secret: Option<Saved>,
    /// Maximum length, in characters.
    pub max_length: Option<u64>,
    /// Pattern in the syntax of HTML.
    pub pattern: Option<String>,
    /// Minimum of a number.
    pub min: Option<f64>,
    /// Maximum of a number.
    pub max: Option<f64>,
    /// Whether the plugin suggests values.
    pub suggests: bool,
    /// Suggested values.
    pub suggestions: Vec<Choice>,
}

/// The kind of value in a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LineKind {
    Text,
    /// An identifier or a similar text, not prose.
    Code,
    Uri,
    Email,
    Date,
    Integer,
    Number,
}

/// The state of a saved secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// No secret is saved.
    No,
    /// A secret is saved.
    Yes,
    /// A secret is saved, and can be deleted.
    Optional,
}

/// An alternative of [`Widget::Choose`].
#[derive(Debug, Clone, PartialEq)]
pub struct Opt {
    /// Value that the browser sends.
    pub value: String,
    /// Title of the alternative.
    pub title: String,
    /// Whether it is chosen.
    pub chosen: bool,
    /// Controls of its further fields.
    pub parts: Vec<Control>,
}

/// The contents of [`Widget::Pick`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picker {
    /// Chosen values.
    pub chosen: Vec<String>,
    /// Choices that the plugin returned. Empty until the page requests them.
    pub offered: Choosing,
}

/// The choices that a plugin returned for a field.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choosing {
    /// Search text.
    pub typed: String,
    /// Choices that match the search text.
    pub found: Vec<Choice>,
    /// Chosen values that still exist.
    pub known: Vec<Choice>,
    /// Chosen values that no longer exist.
    pub gone: Vec<String>,
    /// The plugin's error, where it returned no choices.
    pub problem: Option<Problem>,
}

impl Control {
    /// Shows the entered text again, also where it is not a valid value.
    pub fn retype(&mut self, entered: &Entered) {
        let Some(entered) = entered.text(&self.name) else { return };
        match &mut self.widget {
            Widget::Line(line) if line.secret.is_none() => line.text = entered.to_owned(),
            Widget::Area { text, secret: None, .. } => *text = entered.to_owned(),
            _ => {}
        }
    }

    /// Returns the name of the check box that deletes a saved secret.
    pub fn forget(&self) -> String {
        Place::forget(&self.name)
    }

    /// Returns the control whose value is at `pointer`: this one, or one of its parts. Searches the
    /// parts of a chosen alternative first.
    pub fn find(&self, pointer: &str) -> Option<&Self> {
        let below = || self.parts().find_map(|it| it.find(pointer));
        if self.pointer == pointer { Some(self) } else { below() }
    }

    /// Returns the same control as [`Self::find`], mutably.
    pub fn find_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        if self.pointer == pointer {
            return Some(self);
        }
        self.parts_mut().into_iter().find_map(|it| it.find_mut(pointer))
    }

    /// Returns all controls without parts: this one, or those among its parts.
    pub fn leaves_mut(&mut self) -> Vec<&mut Self> {
        match self.widget {
            Widget::Group(_) | Widget::Choose(_) => {
                self.parts_mut().into_iter().flat_map(Self::leaves_mut).collect()
            }
            _ => vec![self],
        }
    }

    fn parts(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match &self.widget {
            Widget::Group(parts) => Box::new(parts.iter()),
            Widget::Choose(options) => {
                let (chosen, others): (Vec<_>, Vec<_>) = options.iter().partition(|it| it.chosen);
                Box::new(chosen.into_iter().chain(others).flat_map(|it| &it.parts))
            }
            _ => Box::new(std::iter::empty()),
        }
    }

    fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.widget {
            Widget::Group(parts) => parts.iter_mut().collect(),
            Widget::Choose(options) => {
                let mut sorted: Vec<_> = options.iter_mut().collect();
                sorted.sort_by_key(|it| !it.chosen);
                sorted.into_iter().flat_map(|it| &mut it.parts).collect()
            }
            _ => Vec::new(),
        }
    }
}
