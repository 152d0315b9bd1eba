//! Main memory: how much a run may still have, and a sentence where it runs out all the same.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

/// Main memory that the program may still have, and what sets the limit where it is not the machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Free {
    /// how much \[B\]
    pub bytes: usize,
    /// what leaves no more, for people; empty if it is the machine
    pub by: String,
}

/// Free main memory, where the system tells: what the machine has, what the limits of the control groups that the program is in leave (a
/// container, a batch job), and what `ulimit -v` and `ulimit -d` leave.
pub fn free() -> Option<Free> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let machine = kibibytes(&read("/proc/meminfo"), "MemAvailable:").map(|bytes| Free { bytes, by: String::new() });
    let group = of_groups(&read("/proc/self/cgroup"), Path::new("/sys/fs/cgroup"));
    let limits = of_limits(&read("/proc/self/limits"), &read("/proc/self/status"));
    machine.into_iter().chain(group).chain(limits).min_by_key(|free| free.bytes)
}

/// The number of kibibytes after `name` in a file of /proc \[B\].
fn kibibytes(text: &str, name: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<usize>().ok().map(|kib| kib.saturating_mul(1024))
}

/// What limits of address space and of data leave, as /proc/self/limits and /proc/self/status tell.
fn of_limits(limits: &str, status: &str) -> Option<Free> {
    let left = |name: &str, used: &str, by: &str| {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        let limit: usize = line.split_whitespace().next()?.parse().ok()?;
        Some(Free { bytes: limit.saturating_sub(kibibytes(status, used).unwrap_or(0)), by: by.into() })
    };
    [("Max address space", "VmSize:", "ulimit -v"), ("Max data size", "VmData:", "ulimit -d")]
        .into_iter()
        .filter_map(|(name, used, by)| left(name, used, by))
        .min_by_key(|free| free.bytes)
}

/// Files of a control group that tell of its memory, for both versions: the limit, what is used, and in `memory.stat` the part of that
/// which the system would give back.
const GROUPS: [[&str; 3]; 2] = [
    ["memory.max", "memory.current", "inactive_file "],
    ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "],
];

/// What the control groups of /proc/self/cgroup leave, each with all above it, in a hierarchy that is mounted at `root`. A container may
/// not see the folder of its own group: then it is the nearest above that is there.
fn of_groups(groups: &str, root: &Path) -> Option<Free> {
    let mut found: Vec<Free> = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (mount, files) = match controllers {
            "" => (root.to_path_buf(), GROUPS[0]),
            named if named.split(',').any(|name| name == "memory") => (root.join("memory"), GROUPS[1]),
            _ => continue,
        };
        let own = mount.join(path.trim_start_matches('/'));
        let above = own.ancestors().take_while(|folder| folder.starts_with(&mount));
        found.extend(above.filter_map(|folder| of_group(folder, files)));
    }
    found.into_iter().min_by_key(|free| free.bytes)
}

fn of_group(folder: &Path, [limit, used, inactive]: [&str; 3]) -> Option<Free> {
    let number = |name: &str| std::fs::read_to_string(folder.join(name)).ok()?.trim().parse::<usize>().ok();
    // "max" is no number, and version 1 writes a huge one for none
    let limit = number(limit).filter(|&limit| limit < 1 << 60)?;
    let stat = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let inactive =
        stat.lines().find_map(|line| line.strip_prefix(inactive)).and_then(|bytes| bytes.trim().parse().ok());
    let kept = number(used).unwrap_or(0).saturating_sub(inactive.unwrap_or(0));
    Some(Free { bytes: limit.saturating_sub(kept), by: "the memory limit of its control group".into() })
}

/// What a person can do when memory has run out; set once there is a checkpoint.
static ADVICE: OnceLock<String> = OnceLock::new();

/// Says from now on, where memory runs out, that the run in `directory` goes on from its last checkpoint.
pub fn tell_of_checkpoint(directory: &Path) {
    let _ =
        ADVICE.set(format!("the last checkpoint is kept, `liplate resume {}` goes on from it", directory.display()));
}

/// The system's allocator, which ends the program with a sentence and exit code 1 where memory runs out. Rust would abort it.
///
/// Fields are in large pages where the system has them (Linux): a step walks through dozens of fields, more pages of 4 KiB than a processor
/// keeps the places of. The reference run at 64³ takes 4 to 8 % less (two threads of an AMD EPYC in a virtual machine, 2026-11-30).
pub struct Allocator;

impl Allocator {
    /// What was asked for, or the end.
    fn told(memory: *mut u8, bytes: usize) -> *mut u8 {
        if memory.is_null() && bytes > 0 {
            out_of_memory(bytes);
        }
        memory
    }
}

// SAFETY: every call is handed to the system's allocator or to `large`, by the size that both sides of a pair know, and each keeps the
// contract; what they return goes back unchanged
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let memory =
            if large::is(&layout) { large::alloc(layout.size(), false) } else { unsafe { System.alloc(layout) } };
        Self::told(memory, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let memory =
            if large::is(&layout) { large::alloc(layout.size(), true) } else { unsafe { System.alloc_zeroed(layout) } };
        Self::told(memory, layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the alignment is that of a layout, and the caller answers for the size
        let wanted = unsafe { Layout::from_size_align_unchecked(bytes, layout.align()) };
        if !large::is(&layout) && !large::is(&wanted) {
            return Self::told(unsafe { System.realloc(memory, layout, bytes) }, bytes);
        }
        unsafe {
            let moved = self.alloc(wanted);
            std::ptr::copy_nonoverlapping(memory, moved, bytes.min(layout.size()));
            self.dealloc(memory, layout);
            moved
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if large::is(&layout) {
            unsafe { large::dealloc(memory, layout.size()) }
        } else {
            unsafe { System.dealloc(memory, layout) }
        }
    }
}

/// Memory in pages of 2 MiB, of which the system is told that large pages would help.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod large {
    use std::alloc::Layout;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Bytes of a large page.
    const PAGE: usize = 2 << 20;
    /// Bytes of a small page, or a multiple.
    const SMALL: usize = 64 << 10;
    /// Bytes by which the next memory begins further behind the beginning of a page: a small page and a line of a cache.
    const SHIFT: usize = 4096 + 64;
    /// Beginnings that differ. Fields that all began alike would want the same few places of a cache.
    const BEGINNINGS: usize = 24;

    /// Mappings that nobody has for now: what a step takes and gives back it takes again in the next. A mapping that is new is filled with zeros,
    /// page by page.
    static SPARE: Mutex<[Option<(usize, usize)>; 4]> = Mutex::new([None; 4]);
    /// Largest of them.
    const LARGEST_SPARE: usize = 64 << 20;
    /// Mappings so far.
    static COUNT: AtomicUsize = AtomicUsize::new(0);

    /// Whether memory is worth a large page: half of one, at least.
    pub fn is(layout: &Layout) -> bool {
        layout.size() >= PAGE / 2 && layout.align() <= 64
    }

    /// Bytes that are mapped: a last page that would be less than half full is left to small ones.
    fn length(bytes: usize) -> usize {
        let most = bytes + BEGINNINGS * SHIFT;
        if most % PAGE >= PAGE / 2 { most.next_multiple_of(PAGE) } else { most.next_multiple_of(SMALL) }
    }

    /// Memory, or null.
    pub fn alloc(bytes: usize, zeroed: bool) -> *mut u8 {
        if let Ok(mut spare) = SPARE.try_lock()
            && let Some(found) = spare.iter_mut().find(|spare| spare.is_some_and(|(_, there)| there == length(bytes)))
            && let Some((start, _)) = found.take()
        {
            let memory = std::ptr::with_exposed_provenance_mut::<u8>(start);
            if zeroed {
                // SAFETY: a mapping of at least this length, which nobody has
                unsafe { memory.write_bytes(0, bytes) };
            }
            return memory;
        }
        let mut mapped = map(length(bytes));
        if mapped.is_null() {
            // what is spare may be what is missing
            give_back();
            mapped = map(length(bytes));
        }
        if mapped.is_null() {
            return mapped;
        }
        let beginning = COUNT.fetch_add(1, Ordering::Relaxed) % BEGINNINGS;
        // SAFETY: the mapping has room for it
        unsafe { mapped.add(beginning * SHIFT) }
    }

    /// A new mapping at the beginning of a page, or null.
    fn map(length: usize) -> *mut u8 {
        // SAFETY: a mapping of its own, of which what is before the first large page and behind the end is given back
        unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let mapped = libc::mmap(std::ptr::null_mut(), length + PAGE, access, flags, -1, 0);
            if mapped == libc::MAP_FAILED {
                return std::ptr::null_mut();
            }
            let mapped = mapped.cast::<u8>();
            let before = mapped.align_offset(PAGE);
            let start = mapped.add(before);
            if before > 0 {
                libc::munmap(mapped.cast(), before);
            }
            if before < PAGE {
                libc::munmap(start.add(length).cast(), PAGE - before);
            }
            // where it is refused the pages are small
            libc::madvise(start.cast(), length, libc::MADV_HUGEPAGE);
            start
        }
    }

    /// Gives memory back that [`alloc`] has returned for so many bytes.
    ///
    /// # Safety
    /// It must not be used any more.
    pub unsafe fn dealloc(memory: *mut u8, bytes: usize) {
        let length = length(bytes);
        if length <= LARGEST_SPARE
            && let Ok(mut spare) = SPARE.try_lock()
            && let Some(room) = spare.iter_mut().find(|spare| spare.is_none())
        {
            *room = Some((memory.expose_provenance(), length));
            return;
        }
        unsafe { unmap(memory, length) };
    }

    /// Gives all that is spare back to the system.
    fn give_back() {
        if let Ok(mut spare) = SPARE.try_lock() {
            for (start, length) in spare.iter_mut().filter_map(Option::take) {
                // SAFETY: a mapping of this length, which nobody has
                unsafe { unmap(std::ptr::with_exposed_provenance_mut(start), length) };
            }
        }
    }

    /// Gives a mapping back to the system.
    ///
    /// # Safety
    /// `memory` must lie in its first page, and `length` be its length.
    unsafe fn unmap(memory: *mut u8, length: usize) {
        // SAFETY: it begins where its first page does
        unsafe { libc::munmap(memory.sub(memory.addr() % PAGE).cast(), length) };
    }
}

/// Nothing is large where the system is not told.
#[cfg(not(target_os = "linux"))]
#[allow(unsafe_code)]
mod large {
    use std::alloc::Layout;

    pub fn is(_: &Layout) -> bool {
        false
    }

    pub fn alloc(_: usize, _: bool) -> *mut u8 {
        std::ptr::null_mut()
    }

    /// # Safety
    /// Never called.
    pub unsafe fn dealloc(_: *mut u8, _: usize) {}
}

/// Ends the program with a sentence, without allocating and without running anything else: other threads may be anywhere.
#[cold]
#[allow(unsafe_code)]
fn out_of_memory(bytes: usize) -> ! {
    let mut text = [0u8; 1024];
    let mut rest = &mut text[..];
    let advice = ADVICE.get().map_or("a smaller grid needs less", |advice| advice);
    let size = bytes as f64 / f64::from(1 << 20);
    // a path that is too long is cut off
    let _ = writeln!(rest, "error: main memory has run out: {size:.1} MiB more were not to be had; {advice}");
    let written = 1024 - rest.len();
    #[cfg(unix)]
    // SAFETY: writes bytes of an array that lives until then, and ends the process
    unsafe {
        let _ = libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), written);
        libc::_exit(1)
    }
    #[cfg(not(unix))]
    {
        let _ = std::io::stderr().write_all(&text[..written]);
        std::process::exit(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes around those from which on pages are large, growing, shrinking and across that size.
    #[test]
    #[allow(unsafe_code)]
    fn memory_of_any_size_begins_with_zeros_and_keeps_its_contents_where_it_grows_and_shrinks() {
        let page = 2 << 20;
        let sizes = [1000, page - 1, page, page + 1, page + page / 2 - 1, page + page / 2, 3 * page + 7];
        let layout = |bytes| Layout::from_size_align(bytes, 16).unwrap();
        for before in sizes {
            for after in sizes {
                // SAFETY: sizes are those of the layouts, and nothing is touched beyond or afterwards
                unsafe {
                    let memory = Allocator.alloc_zeroed(layout(before));
                    let all = std::slice::from_raw_parts_mut(memory, before);
                    assert!(all.iter().all(|&byte| byte == 0), "{before}");
                    assert!(memory.addr().is_multiple_of(16), "{before}");
                    all.iter_mut().zip(0u32..).for_each(|(byte, i)| *byte = (i % 251) as u8);
                    let memory = Allocator.realloc(memory, layout(before), after);
                    let kept = std::slice::from_raw_parts(memory, before.min(after));
                    assert!(kept.iter().zip(0u32..).all(|(&byte, i)| byte == (i % 251) as u8), "{before} {after}");
                    Allocator.dealloc(memory, layout(after));
                }
            }
        }
    }

    #[test]
    fn limits_of_a_shell_count_with_what_is_used() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max data size             unlimited            unlimited            bytes     \n\
                      Max address space         409600000            409600000            bytes     \n";
        let status = "Name:\tliplate\nVmSize:\t  100000 kB\nVmData:\t   5000 kB\n";
        let left = Free { bytes: 409_600_000 - 102_400_000, by: "ulimit -v".into() };
        assert_eq!(of_limits(limits, status), Some(left));
        assert_eq!(of_limits(&limits.replace("409600000", "unlimited"), status), None);
    }

    #[test]
    fn the_strictest_control_group_above_counts_and_files_that_can_be_dropped_do_not() {
        let root = tempfile::tempdir().unwrap();
        let group = |path: &str, files: [(&str, &str); 3]| {
            std::fs::create_dir_all(root.path().join(path)).unwrap();
            files.iter().for_each(|(name, text)| std::fs::write(root.path().join(path).join(name), text).unwrap());
        };
        // version 2: a job in a slice
        let stat = "anon 1\ninactive_file 300\n";
        group("slice", [("memory.max", "5000\n"), ("memory.current", "1300\n"), ("memory.stat", stat)]);
        group("slice/job", [("memory.max", "max\n"), ("memory.current", "1300\n"), ("memory.stat", stat)]);
        let free = |groups: &str| of_groups(groups, root.path()).map(|free| free.bytes);
        assert_eq!(free("0::/slice/job\n"), Some(4000));
        // a container that does not see the folder of its group
        assert_eq!(free("0::/slice/hidden/one\n"), Some(4000));
        // version 1
        let files = [("memory.limit_in_bytes", "9000\n"), ("memory.usage_in_bytes", "2000\n"), ("memory.stat", "")];
        group("memory/job", files);
        assert_eq!(free("5:cpu:/\n4:memory:/job\n0::/slice\n"), Some(4000));
        assert_eq!(free("4:memory:/job\n"), Some(7000));
        std::fs::write(root.path().join("memory/job/memory.limit_in_bytes"), "9223372036854771712\n").unwrap();
        assert_eq!(free("4:memory:/job\n"), None);
    }
}
