//! Readers of a guest's streams and futures.

use std::{
    convert::Infallible,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::PollSender;
use wasmtime::{
    StoreContextMut,
    component::{FutureConsumer, Lift, Source, StreamConsumer, StreamResult},
};

use super::call::State;

/// Passes each item of a stream through `admit` and sends the result to a channel. The guest waits
/// while the channel is full. The stream is dropped where the receiver is gone, and the call fails
/// where an item is not admitted.
pub(super) struct Forward<R, T, F> {
    sender: PollSender<T>,
    admit: F,
    items: PhantomData<fn(R)>,
    /// Dropped with the stream.
    _open: oneshot::Sender<Infallible>,
}

impl<R, T: Send + 'static, F> Forward<R, T, F> {
    /// Returns it with a receiver that is closed when the stream has ended.
    pub(super) fn new(sender: mpsc::Sender<T>, admit: F) -> (Self, oneshot::Receiver<Infallible>) {
        let (open, ended) = oneshot::channel();
        (Self { sender: PollSender::new(sender), admit, items: PhantomData, _open: open }, ended)
    }
}

impl<R, T, F> StreamConsumer<State> for Forward<R, T, F>
where
    R: Lift + Send + 'static,
    T: Send + 'static,
    F: Fn(StoreContextMut<'_, State>, R) -> wasmtime::Result<T> + Unpin + Send + 'static,
{
    type Item = R;

    fn poll_consume(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<State>,
        mut source: Source<'_, R>,
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
            && sender.send_item(admit(store, item)?).is_err()
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
