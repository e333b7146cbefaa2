//! A session as the source of a sync.

use tokio::{runtime::Handle, sync::mpsc};
use tokio_util::sync::CancellationToken;

use super::{Source, Watching};
use crate::{
    error::Error,
    model::{
        BookingChange, BookingOutcome, BookingRequest, BookingTime, Refusal, RoomBatch, RoomChange,
        RoomPosition, RoomUpdate, Subscription, Summary, TimeRange, UserBatch, UserChange,
        WatchResult,
    },
    plugin::{CallError, Packed, Session},
};

/// Lets the sync, which blocks since it works on the database, ask a session, which runs on
/// `runtime`. It may be used on a thread of that runtime only where that thread may block.
pub struct SessionSource {
    session: Session,
    runtime: Handle,
    stop: CancellationToken,
}

impl SessionSource {
    /// Returns a source that asks `session` on `runtime`.
    pub fn new(session: Session, runtime: Handle) -> Self {
        Self { session, runtime, stop: CancellationToken::new() }
    }

    /// Asks until `stop`: then a call that is under way ends as [`Refusal::Cancelled`].
    #[must_use]
    pub fn until(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// Passes what comes through the channel to `take` until the call ends. Where `take` fails, the
    /// call is cancelled.
    fn pump<B: Send + 'static, F>(
        &self,
        call: impl FnOnce(Session, mpsc::Sender<B>) -> F,
        take: &mut dyn FnMut(B) -> Result<(), Error>,
    ) -> Result<Summary, Error>
    where
        F: Future<Output = Result<Summary, CallError>> + Send + 'static,
    {
        let (sender, mut batches) = mpsc::channel(1);
        let call = self.runtime.spawn(call(self.session.clone(), sender));
        let abort = call.abort_handle();
        let taken = loop {
            match self.wait(batches.recv()) {
                Ok(Some(batch)) => {
                    if let Err(error) = take(batch) {
                        break Err(error);
                    }
                }
                Ok(None) => break Ok(()),
                Err(cancelled) => break Err(cancelled),
            }
        };
        let ended = taken.and_then(|()| self.wait(call));
        // A task goes on where its handle is dropped.
        let ended = ended.inspect_err(|_| abort.abort())?;
        match ended {
            Ok(summary) => Ok(summary?),
            Err(error) => Err(CallError::broke(format!("its call did not end: {error}")).into()),
        }
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, Error> {
        let done = self.runtime.block_on(self.stop.run_until_cancelled(work));
        done.ok_or_else(|| CallError::Refused(Refusal::Cancelled).into())
    }
}

impl Source for SessionSource {
    fn sync_rooms(
        &mut self,
        take: &mut dyn FnMut(RoomBatch) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        self.pump(|session, sender| async move { session.sync_rooms(sender).await }, take)
    }

    fn sync_users(
        &mut self,
        since: Option<&str>,
        take: &mut dyn FnMut(UserBatch<Packed>) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let since = since.map(str::to_owned);
        self.pump(|session, sender| async move { session.sync_users(since, sender).await }, take)
    }

    fn read_users(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(self.wait(self.session.read_users(ids.to_vec()))??)
    }

    fn read_groups(&mut self, ids: &[String]) -> Result<Vec<UserChange>, Error> {
        Ok(self.wait(self.session.read_groups(ids.to_vec()))??)
    }

    fn read_rooms(&mut self, ids: &[String]) -> Result<Vec<RoomChange>, Error> {
        Ok(self.wait(self.session.read_rooms(ids.to_vec()))??)
    }

    fn sync_bookings(
        &mut self,
        rooms: &[RoomPosition],
        window: TimeRange,
        take: &mut dyn FnMut(RoomUpdate) -> Result<(), Error>,
    ) -> Result<Summary, Error> {
        let rooms = rooms.to_vec();
        self.pump(
            |session, sender| async move { session.sync_bookings(rooms, window, sender).await },
            take,
        )
    }

    fn read_bookings(
        &mut self,
        room: &RoomPosition,
        ids: &[String],
        window: TimeRange,
    ) -> Result<Vec<BookingChange>, Error> {
        Ok(self.wait(self.session.read_bookings(room.clone(), ids.to_vec(), window))??)
    }

    fn book_room(
        &mut self,
        request: &BookingRequest,
        again: bool,
    ) -> Result<BookingOutcome, Error> {
        Ok(self.wait(self.session.book_room(request.clone(), again))??)
    }

    fn check_booking(
        &mut self,
        request: &BookingRequest,
        ticket: &str,
    ) -> Result<BookingOutcome, Error> {
        Ok(self.wait(self.session.check_booking(request.clone(), ticket.to_owned()))??)
    }

    fn change_booking(
        &mut self,
        former: &BookingRequest,
        request: &BookingRequest,
        ticket: &str,
    ) -> Result<BookingOutcome, Error> {
        let (former, request) = (former.clone(), request.clone());
        Ok(self.wait(self.session.change_booking(former, request, ticket.to_owned()))??)
    }

    fn cancel_booking(
        &mut self,
        request: &BookingRequest,
        ticket: &str,
        occurrence: Option<&BookingTime>,
        comment: &str,
    ) -> Result<(), Error> {
        let (ticket, comment) = (ticket.to_owned(), comment.to_owned());
        let call =
            self.session.cancel_booking(request.clone(), ticket, occurrence.cloned(), comment);
        Ok(self.wait(call)??)
    }

    fn release_room(
        &mut self,
        room: &RoomPosition,
        booking: &str,
        comment: &str,
    ) -> Result<(), Error> {
        let (booking, comment) = (booking.to_owned(), comment.to_owned());
        Ok(self.wait(self.session.release_room(room.clone(), booking, comment))??)
    }

    fn watch(&mut self, wanted: Watching) -> Result<Vec<WatchResult>, Error> {
        let Watching { subjects, address, secret, held, sweep } = wanted;
        Ok(self.wait(self.session.watch(subjects, address, secret, held, sweep))??)
    }

    fn unwatch(&mut self, held: Vec<Subscription>) -> Result<(), Error> {
        Ok(self.wait(self.session.unwatch(held))??)
    }

    fn requests(&self) -> u32 {
        self.session.requests()
    }

    fn peak_memory(&self) -> Option<u64> {
        Some(self.session.peak_memory() as u64)
    }
}
