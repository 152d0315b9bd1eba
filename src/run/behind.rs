//! Work that a run does not wait for: done piece by piece, in the order in which it was given, on a thread of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::io::IoError;

/// A piece of work on a `T`.
type Work<T> = Box<dyn FnOnce(&mut T) -> Result<(), IoError> + Send>;

/// Where the thread stands.
#[derive(Default)]
struct State {
    /// pieces that were given and are not done
    open: usize,
    /// whether a piece has failed: those after it are not done
    failed: bool,
    /// why, until it has been told
    error: Option<IoError>,
    /// what a piece has panicked with
    panic: Option<Box<dyn Any + Send>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A `T` that lives on a thread of its own and is worked on there.
///
/// The first piece of work that fails is the last that is done; its error comes out of the next call. What was given before this is
/// dropped is done before it is gone.
pub struct Behind<T> {
    work: Option<Sender<Work<T>>>,
    thread: Option<JoinHandle<T>>,
    shared: Arc<Shared>,
}

impl<T: Send + 'static> Behind<T> {
    /// Takes `on` to a thread of its own.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn new(mut on: T) -> std::io::Result<Self> {
        let (work, given) = channel::<Work<T>>();
        let shared = Arc::<Shared>::default();
        let own = shared.clone();
        let thread = std::thread::Builder::new().name("outputs".into()).spawn(move || {
            for piece in given {
                if !own.lock().failed {
                    let done = catch_unwind(AssertUnwindSafe(|| piece(&mut on)));
                    let mut state = own.lock();
                    state.failed = !matches!(done, Ok(Ok(())));
                    match done {
                        Ok(done) => state.error = done.err(),
                        Err(panic) => state.panic = Some(panic),
                    }
                }
                own.lock().open -= 1;
                own.changed.notify_all();
            }
            on
        })?;
        Ok(Self { work: Some(work), thread: Some(thread), shared })
    }

    /// Gives a piece of work, without waiting for it.
    ///
    /// # Errors
    /// If a piece before has failed and that has not been told yet.
    pub fn give(&self, work: impl FnOnce(&mut T) -> Result<(), IoError> + Send + 'static) -> Result<(), IoError> {
        tell(&mut self.shared.lock())?;
        if let Some(to) = &self.work {
            self.shared.lock().open += 1;
            if to.send(Box::new(work)).is_err() {
                self.shared.lock().open -= 1;
            }
        }
        Ok(())
    }

    /// Waits until all is done that was given.
    ///
    /// # Errors
    /// If a piece has failed and that has not been told yet.
    pub fn wait(&self) -> Result<(), IoError> {
        let state = self.shared.lock();
        let done = self.shared.changed.wait_while(state, |state| state.open > 0);
        tell(&mut done.unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until all is done that was given, and takes the `T` back.
    ///
    /// # Errors
    /// If a piece has failed and that has not been told yet.
    pub fn end(mut self) -> Result<T, IoError> {
        self.wait()?;
        self.work = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(on)) => Ok(on),
            Some(Err(panic)) => resume_unwind(panic),
            None => unreachable!("the thread is joined here and when this is dropped"),
        }
    }
}

impl<T> Drop for Behind<T> {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // pieces do not end the thread, whatever they do
            let _ = thread.join();
        }
    }
}

/// The error that has not been told yet; a panic goes on where it is told.
fn tell(state: &mut State) -> Result<(), IoError> {
    if let Some(panic) = state.panic.take() {
        resume_unwind(panic);
    }
    state.error.take().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;

    fn failed() -> IoError {
        IoError::content(Path::new("metrics.csv"), "is full")
    }

    #[test]
    fn work_is_done_in_order_and_none_is_lost() {
        let list = Behind::new(Vec::new()).unwrap();
        for i in 0..100 {
            list.give(move |list: &mut Vec<usize>| {
                if i == 0 {
                    std::thread::sleep(Duration::from_millis(20));
                }
                list.push(i);
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(list.end().unwrap(), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_given_is_done_before_it_is_dropped() {
        let done = Arc::new(Mutex::new(0));
        let work = Behind::new(done.clone()).unwrap();
        for _ in 0..10 {
            work.give(|done: &mut Arc<Mutex<i32>>| {
                std::thread::sleep(Duration::from_millis(1));
                *done.lock().unwrap() += 1;
                Ok(())
            })
            .unwrap();
        }
        drop(work);
        assert_eq!(*done.lock().unwrap(), 10);
    }

    #[test]
    fn the_first_error_ends_the_work_and_is_told_once() {
        let work = Behind::new(0).unwrap();
        work.give(|done: &mut i32| {
            *done += 1;
            Err(failed())
        })
        .unwrap();
        let told = work.wait().unwrap_err();
        assert!(told.to_string().contains("is full"), "{told}");
        work.give(|done: &mut i32| {
            *done += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(work.end().unwrap(), 1);
    }

    #[test]
    fn a_panic_goes_on_where_it_is_waited_for() {
        let work = Behind::new(()).unwrap();
        work.give(|()| panic!("lost")).unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| work.wait())).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"lost"));
    }
}
