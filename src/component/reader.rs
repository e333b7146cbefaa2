//! The stream of a sync, and whether the host still reads it.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    task::Poll,
};

use futures_util::{
    FutureExt as _,
    future::{Either, select},
};
use wit_bindgen::{StreamResult, StreamWriter};

use crate::{
    error::Error,
    host::{Dropped, Sink},
    model::Summary,
};

/// The reader of the batches of a sync. Once it is gone, no more requests are sent to the vendor.
pub(super) struct Reader<T: 'static> {
    writer: RefCell<StreamWriter<T>>,
    gone: Cell<bool>,
}

impl<T: 'static> Reader<T> {
    pub(super) fn new(writer: StreamWriter<T>) -> Self {
        Self { writer: RefCell::new(writer), gone: Cell::new(false) }
    }

    /// Runs a sync until it ends or its reader is gone.
    pub(super) async fn run(
        &self,
        sync: impl Future<Output = Result<Summary, Error>>,
    ) -> Result<Summary, Error> {
        let gone = poll_fn(|_| if self.gone.get() { Poll::Ready(()) } else { Poll::Pending });
        match select(pin!(sync), pin!(gone)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => Err(Error::Cancelled),
        }
    }

    /// Returns whether the host dropped the stream. A write of zero items shows it without waiting.
    pub(super) fn is_gone(&self) -> bool {
        // No write may follow one that returned `Dropped`: the canonical ABI makes it a trap, and
        // wit-bindgen 0.61 prevents it only if the dropped write had items.
        if !self.gone.get()
            && let Ok(mut writer) = self.writer.try_borrow_mut()
        {
            let written = writer.write(Vec::new()).now_or_never();
            if written.is_some_and(|(result, _)| result == StreamResult::Dropped) {
                self.gone.set(true);
            }
        }
        self.gone.get()
    }
}

impl<T: 'static> Sink<T> for &Reader<T> {
    #[expect(clippy::await_holding_refcell_ref, reason = "the other borrow is a `try_borrow_mut`")]
    async fn put(&mut self, batch: T) -> Result<(), Dropped> {
        // The next page is fetched while a batch is written, so one poll can find here that the
        // reader is gone and write there.
        if self.gone.get() {
            return Err(Dropped);
        }
        // A batch that comes back was not read.
        if self.writer.borrow_mut().write_one(batch).await.is_some() {
            self.gone.set(true);
            return Err(Dropped);
        }
        Ok(())
    }
}
