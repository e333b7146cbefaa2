//! The copies of a meeting in the mailboxes that are invited: what a room stores of a request.

use jiff::civil::Date;
use std::sync::Arc;

use crate::tenant::Tenant;
use crate::tenant::calendar::item::{Details, Exception, Item, Uid};
use crate::tenant::calendar::mailbox::Reported;
use crate::tenant::calendar::policy::{AutomateProcessing, Policy};
use crate::tenant::calendar::values::{Response, Sensitivity, ShowAs};

impl Tenant {
    /// Puts a request or an update into a calendar, not answered: the mailbox is tentative. An
    /// update of the content alone, or of one occurrence, leaves the earlier answer.
    pub(super) fn request_arrives(
        &mut self,
        to: &str,
        uid: Uid,
        decide: bool,
        date: Option<Date>,
        reported: Reported,
    ) {
        let room = self.room_of(to).is_some();
        if room && self.calendars.policy(to).automate_processing == AutomateProcessing::None {
            return;
        }
        let Ok((_, organizers)) = self.organizers_copy(uid) else { return };
        let before = self.calendars.item(to, uid).cloned();
        let mut copy = raw_copy(organizers);
        match before {
            // A changed occurrence or content leaves the answer to the rest.
            Some(before) if !decide || date.is_some() => {
                copy.created = before.created;
                copy.response = before.response;
                copy.answered = before.answered;
                copy.properties = before.properties;
                self.keep_declined(to, &mut copy, date);
                self.dress(to, &mut copy);
                if let (true, Some(date)) = (decide, date)
                    && let Some(Exception::Changed { details, .. }) = copy.exceptions.get_mut(&date)
                {
                    details.show_as = ShowAs::Tentative;
                }
            }
            // Not answered, and as it was sent.
            _ => self.show(to, &mut copy),
        }
        self.store_copy(to, copy, date, reported);
    }

    /// Takes the occurrences out of a copy that the room declined earlier, except one.
    fn keep_declined(&self, to: &str, copy: &mut Item, except: Option<Date>) {
        let address = self.party(to).address;
        let answers = self.calendars.meetings.get(&copy.uid).map(|meeting| &meeting.answers);
        let answer =
            answers.and_then(|answers| answers.iter().find(|answer| *answer.room == *address));
        for date in answer.iter().flat_map(|answer| &answer.declined) {
            if Some(*date) != except {
                copy.exceptions.insert(*date, Exception::Deleted);
            }
        }
    }

    /// Changes a copy as the mailbox's policy and answer say.
    pub(in crate::tenant) fn dress(&self, to: &str, copy: &mut Item) {
        let policy = self.calendars.policy(to);
        // Only a room that answers by itself changes the content.
        if self.room_of(to).is_some()
            && policy.automate_processing == AutomateProcessing::AutoAccept
        {
            let organizer = Arc::clone(&copy.organizer.name);
            copy.change_details(|details| dress_details(policy, &organizer, details));
        }
        self.show(to, copy);
    }

    /// Shows the mailbox as tentative until the request is accepted; or as free, if the policy of a
    /// room that waits for its delegate says so.
    fn show(&self, to: &str, copy: &mut Item) {
        let pending = self.calendars.policy(to).tentative_pending_approval;
        let shown = match copy.response {
            Response::TentativelyAccepted if !pending => ShowAs::Free,
            Response::TentativelyAccepted | Response::NotResponded => ShowAs::Tentative,
            _ => return,
        };
        copy.change_details(|details| {
            if !details.cancelled {
                details.show_as = shown;
            }
        });
    }
}

/// Returns the organizer's copy as it is sent: without the organizer's own marks.
fn raw_copy(organizers: &Item) -> Item {
    Item {
        is_organizer: false,
        response: Response::NotResponded,
        answered: None,
        properties: Vec::new(),
        transaction_id: None,
        ..organizers.clone()
    }
}

fn dress_details(policy: &Policy, organizer: &Arc<str>, details: &mut Details) {
    details.subject = match (policy.delete_subject, policy.add_organizer_to_subject) {
        (true, true) => Arc::clone(organizer),
        (true, false) => "".into(),
        (false, true) => format!("{organizer} {}", details.subject).into(),
        (false, false) => Arc::clone(&details.subject),
    };
    if policy.delete_comments {
        details.body = "".into();
    }
    if policy.remove_private_property && details.sensitivity == Sensitivity::Private {
        details.sensitivity = Sensitivity::Normal;
    }
}
