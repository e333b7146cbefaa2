//! A client of `calendarView/delta`.

use serde_json::Value;

use crate::outlook::room;
use crate::session::Session;

/// A client that follows the calendar of the first room.
pub(crate) struct Follower<'a> {
    pub(crate) session: &'a Session,
    pub(crate) link: String,
    pub(crate) page_size: usize,
}

impl<'a> Follower<'a> {
    /// Starts a follower, and reads its first round.
    pub(crate) async fn start(session: &'a Session, window: &str) -> (Self, Vec<Value>) {
        let link = format!("/users/{}/calendarView/delta?{window}", room(1));
        let mut follower = Self { session, link, page_size: 100 };
        let entries = follower.round().await;
        (follower, entries)
    }

    /// Reads the next round.
    pub(crate) async fn round(&mut self) -> Vec<Value> {
        self.pages().await.concat()
    }

    /// Reads the pages of the next round.
    pub(crate) async fn pages(&mut self) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        loop {
            let page = self.page().await;
            pages.push(page["value"].as_array().unwrap().clone());
            if page["@odata.nextLink"].is_null() {
                return pages;
            }
        }
    }

    /// Reads one page.
    pub(crate) async fn page(&mut self) -> Value {
        let prefer = format!("IdType=\"ImmutableId\", odata.maxpagesize={}", self.page_size);
        let page = self.session.get_with(&self.link, &[("Prefer", &prefer)]).await.expect(200);
        let next = page.get("@odata.nextLink").or(page.get("@odata.deltaLink"));
        self.link = next.unwrap().as_str().unwrap().to_owned();
        page
    }
}
