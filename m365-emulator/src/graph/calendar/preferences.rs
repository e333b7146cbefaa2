//! The header `Prefer` as Outlook's part of Graph reads it.

use super::super::refusal::GraphRefusal;
use crate::tenant::calendar::id::Form;
use crate::tenant::calendar::zone::Zone;
use crate::wire::{Reply, Request};

/// What a request prefers.
#[derive(Clone, Debug)]
pub(in crate::graph) struct Preferences {
    /// Form of the ids in the answer.
    pub(in crate::graph) form: Form,
    /// Zone of the times in the answer.
    pub(super) zone: Zone,
    /// Whether bodies are sent as text instead of HTML.
    pub(super) text_bodies: bool,
    pub(super) page_size: Option<usize>,
    /// What `Preference-Applied` says.
    applied: Vec<String>,
}

impl Preferences {
    /// Reads all headers `Prefer` of a request. Unknown preferences are ignored.
    pub(in crate::graph) fn read(request: &Request) -> Result<Self, GraphRefusal> {
        let mut preferences = Self {
            form: Form::Default,
            zone: Zone::utc(),
            text_bodies: false,
            page_size: None,
            applied: Vec::new(),
        };
        let headers = request.headers.get_all("prefer");
        let values = headers.iter().filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| value.split([',', ';'])) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            let is_applied = match name.to_ascii_lowercase().as_str() {
                "idtype" if value.eq_ignore_ascii_case("ImmutableId") => {
                    preferences.form = Form::Immutable;
                    true
                }
                "outlook.timezone" => {
                    preferences.zone =
                        Zone::find(value).ok_or_else(|| GraphRefusal::no_time_zone(value))?;
                    true
                }
                "outlook.body-content-type" => {
                    preferences.text_bodies = value.eq_ignore_ascii_case("text");
                    true
                }
                "odata.maxpagesize" => {
                    preferences.page_size = value.parse().ok().filter(|size| *size > 0);
                    preferences.page_size.is_some()
                }
                _ => false,
            };
            if is_applied {
                preferences.applied.push(preference.trim().to_owned());
            }
        }
        Ok(preferences)
    }

    /// Adds the header that names the preferences that were applied.
    pub(in crate::graph) fn applied_to(&self, reply: Reply) -> Reply {
        if self.applied.is_empty() {
            reply
        } else {
            reply.with("preference-applied", &self.applied.join(", "))
        }
    }
}
