//! Reads a guest's stream and its future.

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

/// Hands each item of a stream to a channel. The guest waits while the channel is full;
/// where its other end is gone, the stream is dropped.
pub(super) struct Forward<T, U> {
    sender: PollSender<U>,
    /// Dropped with the stream.
    _open: oneshot::Sender<Infallible>,
    item: PhantomData<fn(T)>,
}

impl<T, U: Send + 'static> Forward<T, U> {
    /// The receiver is closed when the stream has ended.
    pub(super) fn new(sender: mpsc::Sender<U>) -> (Self, oneshot::Receiver<Infallible>) {
        let (open, ended) = oneshot::channel();
        (Self { sender: PollSender::new(sender), _open: open, item: PhantomData }, ended)
    }
}

impl<D, T, U> StreamConsumer<D> for Forward<T, U>
where
    T: Lift + Send + 'static,
    U: From<T> + Send + 'static,
{
    type Item = T;

    fn poll_consume(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut store: StoreContextMut<D>,
        mut source: Source<'_, T>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let sender = &mut self.get_mut().sender;
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
            && sender.send_item(U::from(item)).is_err()
        {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Hands the value of a future to whoever waits for it.
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
            // Nobody may be waiting any more.
            let _ = sender.send(value);
        }
        Poll::Ready(Ok(()))
    }
}
