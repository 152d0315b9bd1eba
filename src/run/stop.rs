//! Requests to stop: signals and the wall-time limit. The step that runs is finished first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Listens for SIGINT, SIGTERM and (on Unix) SIGUSR1, and watches the clock.
pub struct Stop {
    signal: Arc<AtomicUsize>,
    began: Instant,
    max_wall: Option<Duration>,
}

impl Stop {
    /// Starts listening. A second SIGINT ends the program at once.
    pub fn listen(max_wall: Option<Duration>) -> Self {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;
        let signal = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(AtomicBool::new(false));
        let mut signals = vec![SIGINT, SIGTERM];
        #[cfg(unix)]
        signals.push(signal_hook::consts::SIGUSR1);
        // a handler that cannot be set leaves the system's default: the program ends without a last checkpoint
        let _ = flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&again));
        let _ = flag::register(SIGINT, again);
        for number in signals {
            let _ = flag::register_usize(number, Arc::clone(&signal), number as usize);
        }
        Self { signal, began: Instant::now(), max_wall }
    }

    /// Why the run should stop now, if it should.
    pub fn asked(&self) -> Option<String> {
        match self.signal.load(Ordering::Relaxed) {
            0 => {}
            number => {
                let name = match number as i32 {
                    signal_hook::consts::SIGINT => "SIGINT",
                    signal_hook::consts::SIGTERM => "SIGTERM",
                    _ => "SIGUSR1",
                };
                return Some(format!("signal {name}"));
            }
        }
        let limit = self.max_wall?;
        (self.began.elapsed() >= limit).then(|| format!("wall-time limit of {}", humantime::format_duration(limit)))
    }
}
