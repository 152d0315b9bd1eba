//! Work that a run does not wait for: done piece by piece, in the order in which it was given, on a thread of its own or, where that would
//! only take from the run, here.

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

/// A `T` that is worked on behind what goes on: on a thread of its own, or here and now.
///
/// The first piece of work that fails is the last that is done; on a thread its error comes out of the next call. What was given before this
/// is dropped is done before it is gone.
pub struct Behind<T>(Place<T>);

enum Place<T> {
    Thread(Thread<T>),
    Here(T),
}

struct Thread<T> {
    work: Option<Sender<Work<T>>>,
    thread: Option<JoinHandle<T>>,
    shared: Arc<Shared>,
}

impl<T: Send + 'static> Behind<T> {
    /// Keeps `on` here: work is done when it is given.
    pub fn here(on: T) -> Self {
        Self(Place::Here(on))
    }

    /// Takes `on` to a thread of its own.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn on_a_thread(mut on: T) -> std::io::Result<Self> {
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
        Ok(Self(Place::Thread(Thread { work: Some(work), thread: Some(thread), shared })))
    }

    /// Gives a piece of work, without waiting for it on a thread.
    ///
    /// # Errors
    /// If it fails here, or on a thread a piece before has and that has not been told yet.
    pub fn give(&mut self, work: impl FnOnce(&mut T) -> Result<(), IoError> + Send + 'static) -> Result<(), IoError> {
        match &mut self.0 {
            Place::Here(on) => work(on),
            Place::Thread(thread) => thread.give(Box::new(work)),
        }
    }

    /// Waits until all is done that was given.
    ///
    /// # Errors
    /// If a piece has failed and that has not been told yet.
    pub fn wait(&self) -> Result<(), IoError> {
        match &self.0 {
            Place::Here(_) => Ok(()),
            Place::Thread(thread) => thread.wait(),
        }
    }

    /// Waits until all is done that was given, and gives the `T` back.
    ///
    /// # Errors
    /// If a piece has failed and that has not been told yet.
    pub fn end(self) -> Result<T, IoError> {
        match self.0 {
            Place::Here(on) => Ok(on),
            Place::Thread(thread) => thread.end(),
        }
    }
}

impl<T> Thread<T> {
    fn give(&self, work: Work<T>) -> Result<(), IoError> {
        tell(&mut self.shared.lock())?;
        if let Some(to) = &self.work {
            self.shared.lock().open += 1;
            if to.send(work).is_err() {
                self.shared.lock().open -= 1;
            }
        }
        Ok(())
    }

    fn wait(&self) -> Result<(), IoError> {
        let state = self.shared.lock();
        let done = self.shared.changed.wait_while(state, |state| state.open > 0);
        tell(&mut done.unwrap_or_else(PoisonError::into_inner))
    }

    fn end(mut self) -> Result<T, IoError> {
        self.wait()?;
        self.work = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(on)) => Ok(on),
            Some(Err(panic)) => resume_unwind(panic),
            None => unreachable!("the thread is joined here and when this is dropped"),
        }
    }
}

impl<T> Drop for Thread<T> {
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
        for mut list in [Behind::on_a_thread(Vec::new()).unwrap(), Behind::here(Vec::new())] {
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
            list.wait().unwrap();
            assert_eq!(list.end().unwrap(), (0..100).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_was_given_is_done_before_it_is_dropped() {
        let done = Arc::new(Mutex::new(0));
        let mut work = Behind::on_a_thread(done.clone()).unwrap();
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
        let mut work = Behind::on_a_thread(0).unwrap();
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
        // here it comes at once
        assert!(Behind::here(0).give(|_| Err(failed())).is_err());
    }

    #[test]
    fn a_panic_goes_on_where_it_is_waited_for() {
        let mut work = Behind::on_a_thread(()).unwrap();
        work.give(|()| panic!("lost")).unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| work.wait())).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"lost"));
    }
}
