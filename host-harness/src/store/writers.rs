//! Turns of the threads of this process that write, in the order in which they came.
//!
//! A connection that waits for another one looks again after pauses of up to 100 ms (SQLite's busy
//! handler). Beside a sync, which stores one transaction after the other, few of these looks find
//! the database free, and a notification would wait for its answer.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The threads that write or wait.
#[derive(Debug, Default)]
pub(super) struct Writers {
    numbers: Mutex<Numbers>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Numbers {
    /// Number of the next thread that comes.
    next: u64,
    /// Number of the thread whose turn it is.
    current: u64,
}

/// A turn, which ends when it is dropped.
pub(super) struct Turn(Arc<Writers>);

impl Writers {
    /// Waits for a turn. A thread that has one must not wait for another.
    pub(super) fn wait(self: &Arc<Self>) -> Turn {
        let mut numbers = self.numbers();
        let own = numbers.next;
        numbers.next += 1;
        while numbers.current != own {
            numbers = self.ended.wait(numbers).unwrap_or_else(PoisonError::into_inner);
        }
        Turn(self.clone())
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.numbers().current += 1;
        self.0.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn threads_write_in_the_order_in_which_they_came() {
        let writers = Arc::<Writers>::default();
        let first = writers.wait();
        let (sender, order) = mpsc::channel();
        let threads: Vec<_> = (1..=5)
            .map(|number| {
                let (own, sender) = (writers.clone(), sender.clone());
                let thread = thread::spawn(move || {
                    let _turn = own.wait();
                    sender.send(number).expect("the test waits");
                });
                while writers.numbers().next <= number {
                    thread::yield_now();
                }
                thread
            })
            .collect();
        drop(first);
        threads.into_iter().for_each(|thread| thread.join().expect("a thread"));
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }
}
