//! The sessions of the administrator and of signed-in users.

use std::sync::{Mutex, PoisonError};

use super::view::Csrf;
use crate::{random, settings::Settings, store::IntegrationId};

/// A session of the administrator.
pub(super) struct AdminSession {
    pub(super) csrf: Csrf,
    draft: Mutex<Option<Draft>>,
}

/// Settings that were entered and not saved yet. They are stored here, since their secrets are
/// never sent back to the browser.
#[derive(Clone)]
pub(super) struct Draft {
    /// The page contains this id, and sends it with the next form.
    pub(super) id: String,
    pub(super) integration: Option<IntegrationId>,
    pub(super) settings: Settings,
    pub(super) trust: Trust,
}

/// Servers to which the secrets of some settings may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Any server, since all secrets were entered in this session.
    Anywhere,
    /// Only these origins.
    Origins(Vec<String>),
}

impl AdminSession {
    pub(super) fn new() -> Self {
        Self { csrf: Csrf::new(random::text()), draft: Mutex::default() }
    }

    /// Returns the draft with this id, where it belongs to this integration.
    pub(super) fn draft(&self, id: &str, integration: Option<IntegrationId>) -> Option<Draft> {
        let draft = self.draft.lock().unwrap_or_else(PoisonError::into_inner);
        draft.clone().filter(|draft| draft.id == id && draft.integration == integration)
    }

    /// Replaces the draft of the session.
    pub(super) fn keep(&self, draft: Option<Draft>) {
        *self.draft.lock().unwrap_or_else(PoisonError::into_inner) = draft;
    }
}

/// The session of a signed-in user.
pub(super) struct UserSession {
    pub(super) integration: IntegrationId,
    /// Id of the user.
    pub(super) id: String,
    pub(super) csrf: Csrf,
}

impl UserSession {
    pub(super) fn new(integration: IntegrationId, id: String) -> Self {
        Self { integration, id, csrf: Csrf::new(random::text()) }
    }
}
