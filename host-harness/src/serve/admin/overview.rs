//! The overview of an integration: its state, the running sync, and the actions of the
//! administrator.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::Timestamp;

use super::{bookings::BookingsSummary, notifications::NotificationsPart, session::Admin};
use crate::{
    length,
    problem::Problem,
    runner::{Activity, Ended, NotStarted},
    serve::{
        app::App,
        failure::Failure,
        guard::Posted,
        incidents::Incident,
        view::{self, Csrf, Noted, Page, ProblemView, RunsView, page, problem, runs},
    },
    store::{
        Counts, IntegrationId, Kind, Leavers, RoomBookings, RunKind, RunRow, ScheduleRow,
        StoreError,
    },
};

/// Number of runs on the page.
const RUNS: u32 = 5;

/// Intervals that the schedule offers, in minutes.
const INTERVALS: [u64; 7] = [5, 15, 30, 60, 4 * 60, 12 * 60, 24 * 60];

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Overview<'a> {
    page: Page,
    csrf: &'a Csrf,
    name: &'a str,
    id: i64,
    configured: bool,
    counts: Counts,
    schedule: ScheduleRow,
    activity: Option<ActivityView>,
    ended: Option<Ended>,
    runs: Vec<RunRow>,
    /// Failed sign-ins, the latest first.
    incidents: Vec<Incident>,
    /// Number of days after which removed users are deleted. `None` where they are kept.
    after_days: Option<u16>,
    product: &'a str,
    bookings: BookingsSummary,
    /// Whether the settings have bookings on.
    bookings_on: bool,
    /// Whether the plugin can book rooms.
    can_book: bool,
    /// The running sync of bookings.
    bookings_activity: Option<ActivityView>,
    next_bookings: Option<Timestamp>,
    /// `None` where there is nothing to notify about.
    notifications: Option<NotificationsPart>,
}

#[derive(Template)]
#[template(path = "parts/activity.html")]
struct ActivityView {
    activity: Activity,
}

impl Overview<'_> {
    /// Returns the intervals in seconds and in words, and whether each is the current one.
    fn intervals(&self) -> Vec<(u64, String, bool)> {
        let now = self.schedule.interval;
        let mut all: Vec<_> =
            INTERVALS.iter().map(|minutes| Duration::from_secs(minutes * 60)).collect();
        all.extend(now.filter(|it| !all.contains(it)));
        all.sort();
        all.into_iter()
            .map(|interval| (interval.as_secs(), length::in_words(interval), Some(interval) == now))
            .collect()
    }

    /// Returns the failure of the last sync where no run contains it.
    fn failed(&self) -> Option<&Problem> {
        self.ended.as_ref()?.problem.as_ref().filter(|_| self.schedule.failing.is_none())
    }

    /// Returns the failure of the last sync where the vendor does not offer what it reads.
    fn unsupported(&self) -> Option<&Problem> {
        self.failed().filter(|it| it.is_unsupported())
    }

    fn listed(&self) -> RunsView<'_> {
        runs(&self.runs)
    }

    /// Returns the address of the present week of a room.
    fn week(&self, room: &RoomBookings) -> String {
        view::address(self.id, "bookings/rooms", &room.room.id)
    }

    fn problem<'a>(&self, cause: &'a Problem, id: &str) -> ProblemView<'a> {
        problem(cause, id)
    }
}

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(id): Path<i64>,
    Query(noted): Query<Noted>,
) -> Result<Response, Failure> {
    let number = id;
    let id = IntegrationId::from(id);
    let name = app.name(id).await?;
    // Before the list of runs is read: a run that ends meanwhile is then shown as under way, and
    // the script reloads the page.
    let activity = app.runner.activity(id).map(|activity| ActivityView { activity });
    let bookings_activity =
        app.runner.bookings_activity(id).map(|activity| ActivityView { activity });
    let found = app.store(move |store| {
        let configured =
            store.integrations_overview()?.iter().any(|row| row.id == id && row.configured);
        let (counts, schedule) = (store.counts(id)?, store.schedule(id)?);
        let runs = store.latest_runs(id, None, RUNS)?;
        Ok::<_, StoreError>((configured, counts, schedule, runs, store.leavers(id)?))
    });
    let (configured, counts, schedule, runs, leavers) = found.await?;
    let bookings =
        app.look(move |store| BookingsSummary::read(store, id, Timestamp::now())).await?;
    let settings = app.opened_settings(id).await?;
    let is_reachable =
        settings.as_ref().is_ok_and(|settings| app.notifications.is_reachable(settings));
    let bookings_on = settings.is_ok_and(|settings| settings.bookings().is_some());
    let notifications = match bookings_on || schedule.interval.is_some() {
        true => Some(NotificationsPart::read(&app, id, is_reachable).await?),
        false => None,
    };
    let after_days = match leavers {
        Leavers::Disable => None,
        Leavers::Remove { after_days } => Some(after_days),
    };
    Ok(page(&Overview {
        page: Page::admin(format!("Overview · {name}"), &session.csrf).noted(noted.text()),
        csrf: &session.csrf,
        name: &name,
        id: number,
        configured,
        counts,
        schedule,
        activity,
        ended: app.runner.ended(id),
        runs,
        incidents: app.incidents.list(id),
        after_days,
        product: &app.manifest.name,
        bookings,
        bookings_on,
        can_book: app.can_book(),
        bookings_activity,
        next_bookings: app.runner.next_bookings(id),
        notifications,
    }))
}

/// Returns the progress of the running sync, for the script of the page. No content where no sync
/// is running.
pub(super) async fn activity(
    State(app): State<Arc<App>>,
    _: Admin,
    Path(id): Path<i64>,
) -> Response {
    progress(app.runner.activity(id.into()))
}

/// Returns the progress of the running sync of bookings in the same way.
pub(super) async fn bookings_activity(
    State(app): State<Arc<App>>,
    _: Admin,
    Path(id): Path<i64>,
) -> Response {
    progress(app.runner.bookings_activity(id.into()))
}

fn progress(activity: Option<Activity>) -> Response {
    match activity {
        Some(activity) => page(&ActivityView { activity }),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

pub(super) async fn sync(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&session.csrf)?;
    let kinds = match entered.text("work") {
        Some("rooms") => &[RunKind::Rooms],
        Some("bookings") => &[RunKind::Bookings],
        // `people` is the former value.
        Some("users" | "people") => &[RunKind::Users],
        _ => RunKind::ALL,
    };
    app.name(id.into()).await?;
    // Without a note, since the page shows that the sync is running.
    Ok(match app.runner.start(id.into(), kinds) {
        Ok(()) => back(id, ""),
        Err(NotStarted::Busy) => back(id, "?note=busy"),
        Err(NotStarted::Stopping) => back(id, "?note=stopping"),
    })
}

pub(super) async fn schedule(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&session.csrf)?;
    let seconds =
        entered.text("every").and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
    let interval = seconds.map(Duration::from_secs);
    app.name(id.into()).await?;
    app.store(move |store| store.set_interval(id.into(), interval)).await?;
    Ok(back(id, "?note=scheduled"))
}

pub(super) async fn leavers(
    State(app): State<Arc<App>>,
    Admin(session): Admin,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, Failure> {
    let entered = posted.checked(&session.csrf)?;
    let days = entered.text("after").and_then(|it| it.trim().parse().ok());
    let leavers = match (entered.text("leavers"), days) {
        (Some("remove"), Some(after_days @ 1..=Leavers::LONGEST)) => Leavers::Remove { after_days },
        (Some("remove"), _) => {
            return Err(Failure::new(
                StatusCode::BAD_REQUEST,
                "leavers-days",
                "The number of days is not valid, so nothing was changed",
                format!("Go back and enter a number from 1 to {}", Leavers::LONGEST),
            ));
        }
        _ => Leavers::Disable,
    };
    app.name(id.into()).await?;
    app.store(move |store| store.set_leavers(id.into(), leavers)).await?;
    Ok(back(id, "?note=leavers"))
}

/// Returns to the page of an integration.
pub(super) fn back(id: i64, query: &str) -> Response {
    Redirect::to(&format!("/admin/integrations/{id}{query}")).into_response()
}
