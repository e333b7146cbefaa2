//! The choices that a plugin returns for a field.

use askama::Template;

use crate::{form::Choosing, model::Choice};

/// Maximum number of choices in a list.
pub(in crate::serve) const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "form/choices.html")]
pub(in crate::serve) struct ChoicesView<'a> {
    name: &'a str,
    offered: &'a Choosing,
    chosen: &'a [String],
}

/// Returns the list of choices that are not chosen yet.
pub(in crate::serve) fn choices<'a>(
    name: &'a str,
    offered: &'a Choosing,
    chosen: &'a [String],
) -> ChoicesView<'a> {
    ChoicesView { name, offered, chosen }
}

impl ChoicesView<'_> {
    fn others(&self) -> impl Iterator<Item = &Choice> {
        self.offered.found.iter().filter(|choice| !self.chosen.contains(&choice.value))
    }

    fn are_more(&self) -> bool {
        self.others().nth(LISTED).is_some()
    }
}
