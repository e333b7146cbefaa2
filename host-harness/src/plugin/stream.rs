//! Readers of a guest's streams and futures.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::{
    StoreContextMut,
    component::{FutureConsumer, Lift, Source, StreamConsumer, StreamResult},
};

use super::CallError;

/// Passes each item of a stream through `admit` and sends it to a channel. The guest waits while
/// the channel is full. The stream is dropped where the receiver is gone, and the call fails where
/// an item is not admitted.
pub(super) struct Forward<T, F> {
    sender: PollSender<T>,
    admit: F,
    /// Dropped with the stream.
    _open: oneshot::Sender<Infallible>,
}

impl<T: Send + 'static, F> Forward<T, F> {
    /// Returns it with a receiver that is closed when the stream has ended.
    pub(super) fn new(sender: mpsc::Sender<T>, admit: F) -> (Self, oneshot::Receiver<Infallible>) {
        let (open, ended) = oneshot::channel();
        (Self { sender: PollSender::new(sender), admit, _open: open }, ended)
    }
}

impl<D, T, F> StreamConsumer<D> for Forward<T, F>
where
    T: Lift + Send + 'static,
    F: Fn(T) -> Result<T, CallError> + Unpin + Send + 'static,
{
    type Item = T;

    fn poll_consume(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<D>,
        mut source: Source<'_, T>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let Self { sender, admit, .. } = self.get_mut();
        let reserved = match sender.poll_reserve(cx) {
            Poll::Pending if finish => return Poll::Ready(Ok(StreamResult::Cancelled)),
            reserved => ready!(reserved),
        };
        if reserved.is_err() {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        // One at a time: there is room for one.
        let mut item = None;
        source.read(&mut store, &mut item)?;
        if let Some(item) = item
            && sender.send_item(admit(item)?).is_err()
        {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Sends the value of a future to its receiver.
pub(super) struct Resolve<T>(Option<oneshot::Sender<T>>);

impl<T> Resolve<T> {
    pub(super) fn new(sender: oneshot::Sender<T>) -> Self {
        Self(Some(sender))
    }
}

impl<D, T: Lift + Send + 'static> FutureConsumer<D> for Resolve<T> {
    type Item = T;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<D>,
        mut source: Source<'_, T>,
        _finish: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut value = None;
        source.read(&mut store, &mut value)?;
        if let (Some(value), Some(sender)) = (value, self.get_mut().0.take()) {
            // The receiver may be gone.
            let _ = sender.send(value);
        }
        Poll::Ready(Ok(()))
    }
}
