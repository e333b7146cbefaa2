//! What is drawn: plain data for templates.

use super::{Entered, Place};
use crate::{model::Choice, problem::Problem};

/// A field, as it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// Of the form control; also its id, and how those of its parts begin.
    pub name: String,
    /// Where its value is in the settings (JSON Pointer).
    pub pointer: String,
    /// What a person calls it.
    pub title: String,
    /// CommonMark.
    pub help: String,
    /// A person must fill it in, and the browser says so.
    pub required: bool,
    /// A person may leave it empty.
    pub optional: bool,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// How it is drawn.
    pub widget: Widget,
}

/// How a control is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Widget {
    /// One line of text.
    Line(Line),
    /// Several lines of text.
    Area {
        /// What it shows.
        text: String,
        /// Where it holds a secret: what is known of it.
        secret: Option<Saved>,
        /// JSON, or one text a line.
        code: bool,
    },
    /// A check box.
    Check {
        /// Whether it is checked.
        on: bool,
    },
    /// One of some.
    Choose(Vec<Opt>),
    /// Any of some that the plugin knows.
    Pick(Picker),
    /// Fields that belong together.
    Group(Vec<Control>),
}

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What can be entered.
    pub kind: LineKind,
    /// What it shows; of a secret, nothing.
    pub text: String,
    /// Where it holds a secret: what is known of it.
    pub secret: Option<Saved>,
    /// The largest length, in characters.
    pub max_length: Option<u64>,
    /// An HTML pattern.
    pub pattern: Option<String>,
    /// The smallest number.
    pub min: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// Whether the plugin knows values for it.
    pub suggests: bool,
    /// Those values.
    pub suggestions: Vec<Choice>,
}

/// What can be entered in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum LineKind {
    Text,
    /// An identifier or the like, not prose.
    Code,
    Uri,
    Email,
    Date,
    Integer,
    Number,
}

/// What is known of a secret, other than itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// There is none.
    No,
    /// There is one.
    Yes,
    /// There is one, and it need not be there.
    Optional,
}

/// One of some.
#[derive(Debug, Clone, PartialEq)]
pub struct Opt {
    /// What the browser sends.
    pub value: String,
    /// What a person calls it.
    pub title: String,
    /// Whether it is the one.
    pub chosen: bool,
    /// What it asks for further.
    pub parts: Vec<Control>,
}

/// Any of some that the plugin knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picker {
    /// The values that are chosen.
    pub chosen: Vec<String>,
    /// What the plugin knows; the page fills it in.
    pub offered: Choosing,
}

/// What a plugin said when it was asked for choices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choosing {
    /// What was typed.
    pub typed: String,
    /// Those that match.
    pub found: Vec<Choice>,
    /// Those of the chosen ones that there are.
    pub known: Vec<Choice>,
    /// Those of the chosen ones that there are not.
    pub gone: Vec<String>,
    /// Why there are none.
    pub problem: Option<Problem>,
}

impl Control {
    /// Shows what was entered again where no value could be made of it.
    pub fn retype(&mut self, entered: &Entered) {
        let Some(entered) = entered.text(&self.name) else { return };
        match &mut self.widget {
            Widget::Line(line) if line.secret.is_none() => line.text = entered.to_owned(),
            Widget::Area { text, secret: None, .. } => *text = entered.to_owned(),
            _ => {}
        }
    }

    /// The name of the check box that takes a saved secret away.
    pub fn forget(&self) -> String {
        Place::forget(&self.name)
    }

    /// The control whose value is at `pointer`, here or below; one of a chosen alternative
    /// before others.
    pub fn find(&self, pointer: &str) -> Option<&Self> {
        let below = || self.parts().find_map(|it| it.find(pointer));
        if self.pointer == pointer { Some(self) } else { below() }
    }

    /// As [`Self::find`].
    pub fn find_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        if self.pointer == pointer {
            return Some(self);
        }
        self.parts_mut().into_iter().find_map(|it| it.find_mut(pointer))
    }

    /// This control, or those below it that have no parts themselves.
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
