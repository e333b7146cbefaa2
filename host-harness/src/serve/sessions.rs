//! Sessions: what the server knows of a browser that is signed in.

use std::sync::{Mutex, PoisonError};

use super::view::Csrf;
use crate::{random, settings::Settings, store::IntegrationId};

/// A session of the administrator.
pub(super) struct AdminSession {
    pub(super) csrf: Csrf,
    draft: Mutex<Option<Draft>>,
}

/// Settings that were entered and not saved. They stay in the session, since their secrets are not
/// sent back to the browser.
#[derive(Clone)]
pub(super) struct Draft {
    /// Names the draft on the page that continues with it.
    pub(super) id: String,
    pub(super) integration: Option<IntegrationId>,
    pub(super) settings: Settings,
    pub(super) trust: Trust,
}

/// Where the secrets of some settings may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Wherever the settings say: all of them were entered just now.
    Anywhere,
    /// To these origins alone.
    Origins(Vec<String>),
}

impl AdminSession {
    pub(super) fn new() -> Self {
        Self { csrf: Csrf::new(random::text()), draft: Mutex::default() }
    }

    /// Returns the draft of that id, where it is of that integration.
    pub(super) fn draft(&self, id: &str, integration: Option<IntegrationId>) -> Option<Draft> {
        let draft = self.draft.lock().unwrap_or_else(PoisonError::into_inner);
        draft.clone().filter(|draft| draft.id == id && draft.integration == integration)
    }

    /// Stores a draft in place of the one before.
    pub(super) fn keep(&self, draft: Option<Draft>) {
        *self.draft.lock().unwrap_or_else(PoisonError::into_inner) = draft;
    }
}

/// A session of a user.
pub(super) struct PersonSession {
    pub(super) integration: IntegrationId,
    /// Id of the user.
    pub(super) id: String,
    pub(super) csrf: Csrf,
}

impl PersonSession {
    pub(super) fn new(integration: IntegrationId, id: String) -> Self {
        Self { integration, id, csrf: Csrf::new(random::text()) }
    }
}
