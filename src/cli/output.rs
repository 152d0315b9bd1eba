//! Standard output, and whether all that was said there has been heard.

use std::io::{ErrorKind, Write};
use std::sync::OnceLock;

/// Why something that was to be printed could not be, the first time.
static LOST: OnceLock<String> = OnceLock::new();

/// Prints to standard output. A reader that has gone away, as `head` does, is no error; any other failure is kept for [`lost`].
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = match closed::at_start() {
        true => Err(std::io::Error::other("it is closed")),
        false => out.write_all(text.as_bytes()).and_then(|()| out.flush()),
    };
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        let _ = LOST.set(error.to_string());
    }
}

/// Why something that was to be printed is lost, if anything is.
pub fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Whether the program was started without a standard output. Before `main`, Rust puts /dev/null in its place, into which everything can
/// be written: what was there is asked for earlier.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[allow(unsafe_code)]
mod closed {
    use std::sync::atomic::{AtomicBool, Ordering};

    static CLOSED: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        // SAFETY: asks for the flags of a descriptor, which may be closed, and touches no memory
        let closed = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } == -1;
        CLOSED.store(closed, Ordering::Relaxed);
    }

    // SAFETY: the section holds functions that the system calls before `main`; this one needs nothing that is set up later
    #[used]
    #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
    #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
    static LOOK: extern "C" fn() = look;

    pub fn at_start() -> bool {
        CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod closed {
    pub fn at_start() -> bool {
        false
    }
}
