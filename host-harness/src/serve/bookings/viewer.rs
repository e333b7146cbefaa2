//! Who sees a page of bookings, and what it may show of a booking.

use crate::{
    model::{Hold, Participant},
    serve::{
        app::App,
        view::{self, Csrf, Page},
    },
    settings::BookingSettings,
    store::{BookingRow, IntegrationId, ListedBooking, Reservation},
};

/// Who sees a page of bookings.
pub(in crate::serve) struct Viewer {
    pub(in crate::serve) integration: IntegrationId,
    /// `None` where bookings are off.
    pub(in crate::serve) settings: Option<BookingSettings>,
    pub(in crate::serve) sees: Sees,
    /// Address under which the pages of the integration are, without a slash at the end.
    pub(in crate::serve) root: String,
    /// Address of the day view.
    pub(in crate::serve) base: String,
    /// Name of the integration, on pages of the administrator.
    pub(in crate::serve) name: Option<String>,
    /// Id of the signed-in user.
    pub(in crate::serve) user: Option<String>,
    /// Whether the plugin can book rooms, and bookings are on.
    pub(in crate::serve) books: bool,
    pub(in crate::serve) csrf: Csrf,
}

/// What a viewer sees of bookings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Sees {
    /// The administrator: all that is stored. Of a private meeting, neither title nor organizer is.
    All,
    /// A user where the settings show titles: all but titles and organizers of private meetings.
    Titles,
    /// A user where the settings hide titles: when a room is taken.
    Times,
}

/// What a viewer could see of a booking.
#[derive(Clone, Copy)]
pub(in crate::serve) struct Meeting<'a> {
    hold: Hold,
    private: bool,
    title: Option<&'a str>,
    organizer: Option<&'a Participant>,
}

impl<'a> From<&'a BookingRow> for Meeting<'a> {
    fn from(BookingRow { booking, .. }: &'a BookingRow) -> Self {
        let (title, organizer) = (booking.title.as_deref(), booking.organizer.as_ref());
        Self { hold: booking.hold, private: booking.private, title, organizer }
    }
}

impl<'a> From<&'a ListedBooking> for Meeting<'a> {
    fn from(row: &'a ListedBooking) -> Self {
        let (title, organizer) = (row.title.as_deref(), row.organizer.as_ref());
        Self { hold: row.hold, private: row.private, title, organizer }
    }
}

impl Viewer {
    /// Returns the administrator as a viewer.
    pub(in crate::serve) fn admin(
        app: &App,
        integration: IntegrationId,
        name: String,
        settings: Option<BookingSettings>,
        csrf: &Csrf,
    ) -> Self {
        let root = format!("/admin/integrations/{}", integration.get());
        let (sees, name, user) = (Sees::All, Some(name), None);
        let books = settings.is_some() && app.can_book();
        let csrf = csrf.clone();
        let base = format!("{root}/bookings");
        Self { integration, settings, sees, root, base, name, user, books, csrf }
    }

    /// Returns a signed-in user as a viewer.
    pub(in crate::serve) fn user(
        app: &App,
        integration: IntegrationId,
        user: String,
        settings: Option<BookingSettings>,
        csrf: &Csrf,
    ) -> Self {
        let is_shown = settings.as_ref().is_some_and(|settings| settings.titles_shown);
        let sees = if is_shown { Sees::Titles } else { Sees::Times };
        let (root, name, user) = (String::new(), None, Some(user));
        let books = settings.is_some() && app.can_book();
        let csrf = csrf.clone();
        let base = format!("{root}/bookings");
        Self { integration, settings, sees, root, base, name, user, books, csrf }
    }

    pub(in crate::serve) fn is_admin(&self) -> bool {
        self.sees == Sees::All
    }

    /// Returns the frame of a page.
    pub(in crate::serve) fn page(&self, title: &str) -> Page {
        match &self.name {
            Some(name) => Page::admin(format!("{title} · {name}"), &self.csrf),
            None => Page::user(title, self.books),
        }
    }

    /// Returns the address of the page of the integration.
    pub(in crate::serve) fn overview(&self) -> String {
        format!("/admin/integrations/{}", self.integration.get())
    }

    /// Returns the address of the week of a room. `day` is any day of the week.
    pub(in crate::serve) fn week(&self, room: &str, day: &str) -> String {
        let rooms = format!("{}/rooms", self.base);
        format!("{}?day={day}", view::under(&rooms, room))
    }

    /// Returns the address of the list of bookings that were made in ONES.
    pub(in crate::serve) fn reservations(&self) -> String {
        format!("{}/reservations", self.root)
    }

    /// Returns the address of a booking that was made in ONES.
    pub(in crate::serve) fn reservation(&self, reference: &str) -> String {
        view::under(&self.reservations(), reference)
    }

    /// Returns the address of the form that books a room on a day.
    pub(in crate::serve) fn book(&self, room: &str, day: &str) -> String {
        let room: String = form_urlencoded::byte_serialize(room.as_bytes()).collect();
        format!("{}/new?room={room}&day={day}", self.reservations())
    }

    /// Whether the viewer may see all of a reservation, and change it.
    pub(in crate::serve) fn manages(&self, reservation: &Reservation) -> bool {
        self.user.as_ref().is_none_or(|user| *user == reservation.organizer)
    }

    /// Whether the viewer sees the title of a reservation, and who is invited. The administrator
    /// does not see those of a private meeting.
    pub(in crate::serve) fn shows_meeting(&self, reservation: &Reservation) -> bool {
        !(self.is_admin() && reservation.is_private())
    }

    /// Returns the title of a reservation, as far as the viewer sees it.
    pub(in crate::serve) fn title<'a>(&self, reservation: &'a Reservation) -> &'a str {
        match self.shows_meeting(reservation) {
            true => &reservation.request.title,
            false => "Private",
        }
    }

    /// Returns the address of a booking.
    pub(in crate::serve) fn booking(&self, row: &BookingRow) -> String {
        format!("{}/{}", self.base, row.number)
    }
}

impl Sees {
    /// Whether the viewer sees the booking. One that leaves the room free is none for users.
    pub(in crate::serve) fn shows<'a>(self, meeting: impl Into<Meeting<'a>>) -> bool {
        self == Self::All || meeting.into().hold != Hold::Free
    }

    /// Whether the viewer sees who meets, and about what.
    pub(in crate::serve) fn shows_meeting<'a>(self, meeting: impl Into<Meeting<'a>>) -> bool {
        self != Self::Times && !meeting.into().private
    }

    pub(in crate::serve) fn title<'a>(self, meeting: impl Into<Meeting<'a>>) -> Option<&'a str> {
        let meeting = meeting.into();
        let title = meeting.title.filter(|title| !title.trim().is_empty());
        title.filter(|_| self.shows_meeting(meeting))
    }

    pub(in crate::serve) fn organizer<'a>(
        self,
        meeting: impl Into<Meeting<'a>>,
    ) -> Option<&'a Participant> {
        let meeting = meeting.into();
        meeting.organizer.filter(|_| self.shows_meeting(meeting))
    }

    /// Returns the words for a booking in a list: its title, its organizer, or that the room is
    /// taken.
    pub(in crate::serve) fn label<'a>(self, meeting: impl Into<Meeting<'a>>) -> &'a str {
        let meeting = meeting.into();
        let organizer = || {
            let them = self.organizer(meeting)?;
            them.name.as_deref().or(them.email.as_deref())
        };
        match self.title(meeting).or_else(organizer) {
            Some(label) => label,
            None if self != Self::Times && meeting.private => "Private",
            None => "Busy",
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::json;

    use super::*;
    use crate::store::History;

    fn row(private: bool, title: Option<&str>) -> BookingRow {
        let booking = json!({
            "id": "b", "version": "1", "meeting": null, "series": null,
            "time": { "hours": { "starts": 0, "ends": 60 } }, "hold": "confirmed",
            "private": private, "title": title, "invited": 1,
            "organizer": { "email": "ann@contoso.com", "name": "Ann" }
        });
        let history = History {
            first_run: 1,
            first_seen: String::new(),
            changed_run: 1,
            changed_at: String::new(),
            gone: None,
        };
        let booking = serde_json::from_value(booking).unwrap();
        let instants = crate::model::TimeRange { starts: 0, ends: 60 };
        BookingRow { number: 1, booking, instants, held: false, history }
    }

    #[test]
    fn a_private_meeting_is_never_named_even_if_its_title_were_stored() {
        for sees in [Sees::All, Sees::Titles, Sees::Times] {
            let row = row(true, Some("Salary"));
            assert_eq!((sees.title(&row), sees.organizer(&row)), (None, None));
            assert!(["Private", "Busy"].contains(&sees.label(&row)));
        }
    }

    #[test]
    fn a_meeting_without_a_title_is_named_after_its_organizer() {
        assert_eq!(Sees::All.label(&row(false, Some("Review"))), "Review");
        assert_eq!(Sees::Titles.label(&row(false, Some(" "))), "Ann");
        assert_eq!(Sees::Times.label(&row(false, Some("Review"))), "Busy");
    }
}
