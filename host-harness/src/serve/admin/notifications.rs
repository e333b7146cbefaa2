//! The part about notifications on the page of an integration.

use jiff::Timestamp;

use crate::{
    serve::{
        app::App,
        failure::Failure,
        view::{ProblemView, problem},
    },
    store::{IntegrationId, NotificationsView},
};

/// Number of reasons for failures on the page.
const REASONS: usize = 3;

/// Whether the vendor reports changes.
pub(super) struct NotificationsPart {
    /// Whether the vendor can reach this server.
    pub(super) is_reachable: bool,
    pub(super) view: NotificationsView,
}

impl NotificationsPart {
    pub(super) async fn read(
        app: &App,
        id: IntegrationId,
        is_reachable: bool,
    ) -> Result<Self, Failure> {
        let view = app.look(move |store| store.notifications(id, Timestamp::now())).await?;
        Ok(Self { is_reachable, view })
    }

    pub(super) fn words(&self) -> String {
        self.view.words()
    }

    pub(super) fn waiting(&self) -> String {
        self.view.waiting_words()
    }

    /// Returns which subjects fail, and why.
    pub(super) fn failing(&self) -> Vec<(String, ProblemView<'_>)> {
        let failing = self.view.failing.iter().take(REASONS).enumerate();
        let failing = failing.map(|(index, failing)| {
            (failing.words(), problem(&failing.problem, format!("notifications-{index}")))
        });
        failing.collect()
    }
}
