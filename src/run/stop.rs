//! Requests to stop: signals and the wall-time limit. The step that runs is finished first, unless attempt after attempt at it fails.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Signals that end a run with its state saved, and their names: what people, terminals, batch systems and the system itself send.
#[cfg(unix)]
const SIGNALS: [(i32, &str); 7] = {
    use signal_hook::consts::*;
    [
        (SIGINT, "SIGINT"),
        (SIGTERM, "SIGTERM"),
        (SIGHUP, "SIGHUP"),
        (SIGQUIT, "SIGQUIT"),
        (SIGUSR1, "SIGUSR1"),
        (SIGUSR2, "SIGUSR2"),
        (SIGXCPU, "SIGXCPU"),
    ]
};
#[cfg(not(unix))]
const SIGNALS: [(i32, &str); 2] = {
    use signal_hook::consts::*;
    [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")]
};

/// The number of the signal that has come, 0 before. One for the whole program: a signal between two runs is not lost.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(|| {
    use signal_hook::consts::SIGINT;
    use signal_hook::flag;
    let signal = Arc::new(AtomicUsize::new(0));
    let again = Arc::new(AtomicBool::new(false));
    // a handler that cannot be set leaves the system's default: the program ends without a last checkpoint
    let _ = flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&again));
    let _ = flag::register(SIGINT, again);
    for (number, _) in SIGNALS {
        if !is_hangup_that_is_ignored(number) {
            let _ = flag::register_usize(number, Arc::clone(&signal), number as usize);
        }
    }
    signal
});

/// Listens for signals and watches the clock.
pub struct Stop {
    signal: Arc<AtomicUsize>,
    began: Instant,
    max_wall: Option<Duration>,
}

impl Stop {
    /// Starts listening. A second SIGINT ends the program at once; a hangup that is ignored, as under `nohup`, stays so.
    pub fn listen(max_wall: Option<Duration>) -> Self {
        Self { signal: Arc::clone(&SIGNAL), began: Instant::now(), max_wall }
    }

    /// Why the run should stop now, if it should.
    pub fn asked(&self) -> Option<String> {
        match self.signal.load(Ordering::Relaxed) {
            0 => {}
            number => {
                let name = SIGNALS.iter().find(|(known, _)| *known as usize == number).map_or("?", |(_, name)| name);
                return Some(format!("signal {name}"));
            }
        }
        let limit = self.max_wall?;
        (self.began.elapsed() >= limit).then(|| format!("wall-time limit of {}", humantime::format_duration(limit)))
    }
}

/// Whether the program was started by something that wants it to outlive its terminal.
#[cfg(unix)]
fn is_hangup_that_is_ignored(number: i32) -> bool {
    number == libc::SIGHUP && is_ignored(libc::SIGHUP)
}

#[cfg(not(unix))]
fn is_hangup_that_is_ignored(_: i32) -> bool {
    false
}

#[cfg(unix)]
#[allow(unsafe_code)]
fn is_ignored(number: i32) -> bool {
    // SAFETY: all-zero bytes are a valid `sigaction`; with no new action the call only writes the present one into it
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(number, std::ptr::null(), &mut now) == 0 && now.sa_sigaction == libc::SIG_IGN
    }
}

/// Ends this run, its state saved, when the program goes that started it with a pipe as its standard input: nothing else comes through that.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        // as whoever stops a run does: with a checkpoint once there is something to save, at once before
        let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTERM);
    });
}

/// Makes a write that would take a file beyond the limit of its size (`ulimit -f`) fail with an error, instead of the system killing the
/// program without a word.
pub fn outlive_full_files() {
    #[cfg(unix)]
    {
        // a handler that does nothing: the write then returns EFBIG, in this program and not, as when ignored, in those that it starts
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }
}
