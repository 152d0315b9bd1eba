//! The fields of a run: `fields.vtkhdf`, a temporal VTKHDF image that ParaView, VTK, h5py and xarray read, while it grows too.
//!
//! While a run goes on, its frames are files of their own in the folder `frames`, and `fields.vtkhdf` is an index over them: no file is
//! changed once it is there, and each is renamed into its place whole. Frames that belong together are joined, so that long runs do not
//! end in more files than a reader may open. When the run is done, `fields.vtkhdf` takes the frames in and the folder goes.

mod chunks;
mod index;
mod layout;
mod part;
mod read;
#[cfg(test)]
mod tests;
mod xdmf;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chunks::{round_mantissa, sides};
use index::Fixed;
use layout::CELLS;
use part::{Kind, Part, numbers};
pub use read::{Frame, field, frames, read, times};

use super::provenance::Provenance;
use super::{IoError, open_hdf5, placed, read_back, sync_directory, sync_file};
use crate::model::grid::Grid;
use crate::model::stored::Stored;

/// Name of the file in a run's directory.
pub const FILE: &str = "fields.vtkhdf";
/// Name of the file for older readers, beside it.
pub const SIDECAR: &str = "fields.xdmf";
/// Folder of the frames of a run that goes on, beside it.
pub const FOLDER: &str = "frames";
/// File in that folder that holds what does not change.
const FIXED: &str = "fixed.h5";

/// Parts of one length that are joined to one: readers may have 1,000 files open, and hold all that a dataset lies in.
const JOIN: usize = 64;
/// The index is made anew at most so often that it takes one part in this many of the wall time.
const SELDOM: u32 = 20;
/// Shortest time between two indices.
const PAUSE: Duration = Duration::from_secs(2);
/// How long an index of more frames is veiled: longer than a reader takes from one opening of the file to the next.
const VEILED: Duration = Duration::from_millis(100);
/// Bytes of disk that joining all frames must leave free.
const SPARE: u64 = 64 << 20;

/// What a run's fields are: the same for all of its frames.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// `fields.vtkhdf` in the directory of the run
    pub path: &'a Path,
    /// the box
    pub grid: &'a Grid,
    /// names of the fields, one value a cell and frame
    pub fields: &'a [String],
    /// fields that do not change; they are stored once
    pub fixed: &'a [(&'a str, &'a [f32])],
    /// names of the values, one a frame
    pub values: &'a [&'static str],
    /// where the run comes from
    pub provenance: &'a Provenance,
}

/// The growing file.
pub struct Snapshots {
    path: PathBuf,
    folder: PathBuf,
    kind: Kind,
    fixed: Vec<String>,
    parts: Vec<Part>,
    /// number of the next frame
    next: usize,
    /// frames that the disk is known to have
    synced: usize,
    /// parts whose frames lie in a joined one as well: a reader may still hold an index that knows them
    retired: Vec<PathBuf>,
    /// frames in the index
    shown: usize,
    /// when the index was made anew, and how long that took
    renewed: Option<(Instant, Duration)>,
    /// the index that is to come into its place
    coming: Coming,
}

impl Snapshots {
    /// The fields of a run that begins.
    ///
    /// # Errors
    /// If there are fields of a run already, or the files cannot be written.
    pub fn create(plan: &Plan) -> Result<Self, IoError> {
        let snapshots = Self::empty(plan);
        for path in [&snapshots.path, &snapshots.folder] {
            if path.exists() {
                return Err(IoError::content(path, "already exists"));
            }
        }
        std::fs::create_dir(&snapshots.folder).map_err(IoError::system(&snapshots.folder))?;
        snapshots.write_fixed(plan)?;
        Ok(snapshots)
    }

    /// The fields of a run that goes on, cut back to its first `frames` frames; the list says what of them is lost.
    ///
    /// # Errors
    /// If the files cannot be written. Damage is no error: a damaged file is kept under another name.
    pub fn reopen(plan: &Plan, frames: usize) -> Result<(Self, Vec<String>), IoError> {
        let mut snapshots = Self { next: frames, ..Self::empty(plan) };
        let mut lost = Vec::new();
        std::fs::create_dir_all(&snapshots.folder).map_err(IoError::system(&snapshots.folder))?;
        snapshots.take_apart()?;
        let superfluous = snapshots.find_parts(frames, &mut lost)?;
        if snapshots.parts.is_empty() && frames > 0 && plan.path.exists() {
            let aside = aside(plan.path);
            std::fs::rename(plan.path, &aside).map_err(IoError::system(plan.path))?;
            let kept = aside.file_name().unwrap_or_default().to_string_lossy();
            lost.push(format!("{} cannot be read; it is kept as {kept}", plan.path.display()));
        }
        snapshots.write_fixed(plan)?;
        let mut number = 0;
        for end in snapshots.parts.iter().map(|part| (part.first, part.end())).chain([(frames, frames)]) {
            if number < end.0 {
                lost.push(format!("{}: frames {number} to {} are lost", snapshots.path.display(), end.0 - 1));
            }
            number = end.1;
        }
        // first the index, then the frames that it no longer has
        snapshots.renew()?;
        for path in superfluous {
            std::fs::remove_file(&path).map_err(IoError::system(&path))?;
        }
        Ok((snapshots, lost))
    }

    fn empty(plan: &Plan) -> Self {
        let kind = Kind { grid: *plan.grid, fields: plan.fields.to_vec(), values: plan.values.to_vec() };
        Self {
            path: plan.path.into(),
            folder: plan.path.with_file_name(FOLDER),
            kind,
            fixed: plan.fixed.iter().map(|(name, _)| name.to_string()).collect(),
            parts: Vec::new(),
            next: 0,
            synced: 0,
            retired: Vec::new(),
            shown: 0,
            renewed: None,
            coming: Coming::default(),
        }
    }

    /// A `fields.vtkhdf` that holds all frames itself, of a run that was done, becomes a part again.
    fn take_apart(&self) -> Result<(), IoError> {
        // the cells of an index are virtual and have no chunks: it is no part
        let Ok(part) = Part::open(&self.path, &self.kind, 0) else { return Ok(()) };
        // what is left of parts is in it
        for path in self.files()? {
            std::fs::remove_file(&path).map_err(IoError::system(&path))?;
        }
        let path = self.folder.join(part.name());
        std::fs::rename(&self.path, &path).map_err(IoError::system(&path))
    }

    /// Files in the folder, in the order of their names.
    fn files(&self) -> Result<Vec<PathBuf>, IoError> {
        let list = std::fs::read_dir(&self.folder).map_err(IoError::system(&self.folder))?;
        let list = list.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
        let mut list = list.map_err(IoError::system(&self.folder))?;
        list.retain(|path| path.is_file());
        list.sort();
        Ok(list)
    }

    /// Finds the parts of the first `frames` frames. Damaged ones get another name and are told in `lost`; the files that are no longer
    /// needed are returned.
    fn find_parts(&mut self, frames: usize, lost: &mut Vec<String>) -> Result<Vec<PathBuf>, IoError> {
        let files = self.files()?;
        let mut superfluous: Vec<PathBuf> = files.iter().filter(|path| is_half(path)).cloned().collect();
        let mut named: Vec<(usize, usize, PathBuf)> =
            files.into_iter().filter_map(|path| numbers(&path).map(|(first, count)| (first, count, path))).collect();
        // of parts with one beginning the longest comes first: the others were joined to it
        named.sort_by(|a, b| (a.0, b.1).cmp(&(b.0, a.1)));
        let mut next = 0;
        for (first, count, path) in named {
            if first < next || first >= frames {
                superfluous.push(path);
                continue;
            }
            let opened = Part::open(&path, &self.kind, first).and_then(|part| match part.frames() == count {
                true => Ok(part),
                false => Err(IoError::content(&path, "does not hold the frames that its name says")),
            });
            match opened {
                Ok(part) if part.end() > frames => {
                    let short = Part::join(&self.folder, &self.kind, &[part], frames - first)?;
                    superfluous.push(path);
                    next = short.end();
                    self.parts.push(short);
                }
                Ok(part) => {
                    next = part.end();
                    self.parts.push(part);
                }
                Err(error) => {
                    let aside = aside(&path);
                    std::fs::rename(&path, &aside).map_err(IoError::system(&path))?;
                    let kept = aside.file_name().unwrap_or_default().to_string_lossy();
                    lost.push(format!("{error}; the file is kept as {FOLDER}/{kept}"));
                }
            }
        }
        Ok(superfluous)
    }

    /// Writes what does not change.
    fn write_fixed(&self, plan: &Plan) -> Result<(), IoError> {
        placed(&self.folder.join(FIXED), |part| {
            let file = open_hdf5(part, true)?;
            file.create_group("VTKHDF").and_then(|root| root.create_group("CellData")).map_err(IoError::hdf5(part))?;
            store_fixed(part, &file, &self.kind, plan)?;
            file.close().map_err(IoError::hdf5(part))?;
            holds_fixed(part, plan)?;
            sync_file(part)
        })
    }

    /// Appends a frame: `fields` in the order of the plan, in SI, and its `values`.
    ///
    /// # Errors
    /// If the files cannot be written, because the disk is full for example; the frames before remain.
    pub fn append(
        &mut self,
        time: f64,
        mut fields: Vec<Vec<f32>>,
        values: &[f64],
        keep_bits: Option<u32>,
    ) -> Result<(), IoError> {
        if let Some(bits) = keep_bits {
            let is_number = |name: &String| Stored::named(name).is_some_and(Stored::is_number);
            for (field, _) in fields.iter_mut().zip(&self.kind.fields).filter(|(_, name)| !is_number(name)) {
                round_mantissa(field, bits);
            }
        }
        self.parts.push(Part::write(&self.folder, &self.kind, self.next, time, values, &fields)?);
        self.next += 1;
        self.show_if_due()
    }

    /// Shows all frames if the last index is old enough.
    fn show_if_due(&mut self) -> Result<(), IoError> {
        match self.renewed {
            Some((at, cost)) if at.elapsed() < (cost * SELDOM).max(PAUSE) => Ok(()),
            _ => self.show(),
        }
    }

    /// Sees to it that the index shows every frame.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn show(&mut self) -> Result<(), IoError> {
        if self.shown < self.next { self.renew() } else { Ok(()) }
    }

    /// Number of the next frame: those before have been written.
    pub fn frames(&self) -> usize {
        self.next
    }

    /// Waits until the disk has every frame.
    ///
    /// # Errors
    /// If the system fails.
    pub fn sync(&mut self) -> Result<(), IoError> {
        for part in self.parts.iter().filter(|part| part.end() > self.synced) {
            part.sync()?;
        }
        sync_directory(&self.folder)?;
        self.synced = self.next;
        let retired = std::mem::take(&mut self.retired);
        self.join();
        match self.retired.is_empty() {
            true => self.show_if_due()?,
            false => self.renew()?,
        }
        for path in retired {
            // a file too many changes nothing; a resumed run removes it
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }

    /// Joins parts of one length, if there are enough. What cannot be joined, on a disk that is full for example, remains as it is.
    fn join(&mut self) {
        while let Some(start) = self.joinable() {
            let parts = &self.parts[start..start + JOIN];
            let frames = parts.iter().map(Part::frames).sum();
            let joined =
                Part::join(&self.folder, &self.kind, parts, frames).and_then(|part| part.sync().map(|()| part));
            let Ok(joined) = joined else { return };
            let old = self.parts.splice(start..start + JOIN, [joined]);
            self.retired.extend(old.map(|part| part.path));
        }
    }

    /// Where enough parts of one length follow each other.
    fn joinable(&self) -> Option<usize> {
        let fits = |pair: &[Part]| pair[0].frames() == pair[1].frames() && pair[0].end() == pair[1].first;
        (0..=self.parts.len().checked_sub(JOIN)?).find(|&start| self.parts[start..start + JOIN].windows(2).all(fits))
    }

    /// Makes the index anew. One of more frames than the one before is veiled at first, see [`index::veil`].
    fn renew(&mut self) -> Result<(), IoError> {
        self.coming.arrive()?;
        let began = Instant::now();
        if self.parts.is_empty() {
            return Ok(());
        }
        let write = |path: &Path| {
            index::write(path, &self.kind, &self.fixed, &self.parts)?;
            sync_file(path)
        };
        if self.shown == 0 || self.shown == self.next {
            placed(&self.path, write)?;
        } else {
            let whole = self.folder.join(FILE);
            placed(&whole, write)?;
            placed(&self.path, |veiled| {
                std::fs::copy(&whole, veiled).map_err(IoError::system(veiled))?;
                index::veil(veiled)?;
                sync_file(veiled)
            })?;
            self.coming = Coming::after(VEILED, whole, self.path.clone())?;
        }
        self.shown = self.next;
        self.write_sidecar()?;
        self.renewed = Some((Instant::now(), began.elapsed()));
        Ok(())
    }

    /// The `.xdmf` beside the file, for readers that know no temporal VTKHDF.
    fn write_sidecar(&self) -> Result<(), IoError> {
        let times: Vec<f64> = self.parts.iter().flat_map(|part| part.times.clone()).collect();
        let text = xdmf::sidecar(FILE, &self.kind.grid, &index::fields(&self.kind, &self.fixed), &times);
        super::write_whole(&self.path.with_extension("xdmf"), text.as_bytes())
    }

    /// Takes all frames into `fields.vtkhdf` and removes the folder: the run is done. If that cannot be, `fields.vtkhdf` remains the index
    /// that it is, and the sentence says why.
    ///
    /// # Errors
    /// If the index cannot be made.
    pub fn close(mut self, plan: &Plan) -> Result<Option<String>, IoError> {
        self.sync()?;
        self.show()?;
        self.coming.arrive()?;
        let size = |part: &Part| std::fs::metadata(&part.path).map_or(0, |file| file.len());
        let needed = self.parts.iter().map(size).sum::<u64>() + SPARE;
        let free = fs4::available_space(&self.folder).map_err(IoError::system(&self.folder))?;
        let left = |why: String| Some(format!("the frames stay in the folder {}: {why}", self.folder.display()));
        if free < needed {
            let [needed, free] = [needed, free].map(|bytes| bytes as f64 / f64::from(1 << 30));
            return Ok(left(format!("one file needs {needed:.1} GiB, and {free:.1} GiB of the disk are free")));
        }
        match self.take_in(plan) {
            Ok(()) => Ok(None),
            Err(error) => Ok(left(error.to_string())),
        }
    }

    fn take_in(&self, plan: &Plan) -> Result<(), IoError> {
        let frames = self.parts.iter().map(Part::frames).sum();
        placed(&self.path, |part| {
            let all = Part::joined(part.into(), &self.parts, frames);
            all.store_joined(part, &self.kind, &self.parts, |file| {
                store_fixed(part, file, &self.kind, plan)?;
                let fields = index::fields(&self.kind, &self.fixed);
                let describe = || -> Result<(), hdf5::Error> {
                    let root = file.group("VTKHDF")?;
                    for name in &self.fixed {
                        layout::add_constant(&root, name, frames)?;
                    }
                    layout::name_axes(&root, &self.kind.grid, &fields)
                };
                describe().map_err(IoError::hdf5(part))
            })?;
            holds_fixed(part, plan)?;
            sync_file(part)
        })?;
        if let Some(directory) = self.path.parent() {
            sync_directory(directory)?;
        }
        // only what this program made: anything else in the folder keeps it
        for path in self.files()?.iter().filter(|path| is_ours(path)) {
            std::fs::remove_file(path).map_err(IoError::system(path))?;
        }
        let _ = std::fs::remove_dir(&self.folder);
        Ok(())
    }
}

/// A file that comes into its place a little later, unless its process is killed.
#[derive(Default)]
struct Coming(Option<JoinHandle<Result<(), IoError>>>);

impl Coming {
    /// Renames `from` to `to` after `pause`, or at once if there is no thread to wait.
    fn after(pause: Duration, from: PathBuf, to: PathBuf) -> Result<Self, IoError> {
        let rename = |from: &Path, to: &Path| std::fs::rename(from, to).map_err(IoError::system(to));
        let (source, target) = (from.clone(), to.clone());
        let wait = move || {
            std::thread::sleep(pause);
            rename(&source, &target)
        };
        match std::thread::Builder::new().name("index".into()).spawn(wait) {
            Ok(thread) => Ok(Self(Some(thread))),
            Err(_) => rename(&from, &to).map(|()| Self(None)),
        }
    }

    /// Waits until the file is in its place.
    fn arrive(&mut self) -> Result<(), IoError> {
        self.0.take().map_or(Ok(()), |thread| thread.join().unwrap_or(Ok(())))
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        // without its place taken the file before it remains, which tells as much
        let _ = self.arrive();
    }
}

/// Whether a file of the folder is half written.
fn is_half(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "part")
}

/// Whether a file of the folder is one that this program needs no longer once all frames lie in one file.
fn is_ours(path: &Path) -> bool {
    numbers(path).is_some() || is_half(path) || path.file_name().is_some_and(|name| name == FIXED || name == FILE)
}

/// A name beside `path` that no file has, for one that is damaged.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names = std::iter::once(format!("{name}.damaged")).chain((2..).map(|n| format!("{name}.damaged-{n}")));
    names.map(|name| path.with_file_name(name)).find(|path| !path.exists()).unwrap_or_else(|| path.into())
}

/// Removes the fields of a run in `directory` that has not taken a step.
///
/// # Errors
/// If the system fails.
pub fn remove(directory: &Path) -> Result<(), IoError> {
    for path in [directory.join(FILE), directory.join(SIDECAR)] {
        if path.exists() {
            std::fs::remove_file(&path).map_err(IoError::system(&path))?;
        }
    }
    let folder = directory.join(FOLDER);
    if folder.is_dir() {
        std::fs::remove_dir_all(&folder).map_err(IoError::system(&folder))?;
    }
    Ok(())
}

/// Stores the fields that do not change and the provenance in an open file with the group of the cells.
fn store_fixed(path: &Path, file: &hdf5::File, kind: &Kind, plan: &Plan) -> Result<(), IoError> {
    let [nz, ny, nx] = kind.shape();
    let [cz, cy, cx] = sides(kind.shape());
    let fixed: &Fixed = plan.fixed;
    for (name, cells) in fixed {
        let make = || -> Result<hdf5::Dataset, hdf5::Error> {
            let builder = file.new_dataset::<f32>().chunk((1, cz, cy, cx)).shape((1, nz, ny, nx));
            let dataset = builder.shuffle().deflate(chunks::LEVEL).create(format!("{CELLS}/{name}").as_str())?;
            layout::describe(&dataset, name)?;
            Ok(dataset)
        };
        let dataset = make().map_err(IoError::hdf5(path))?;
        chunks::write_frame(&dataset, 0, kind.shape(), cells).map_err(|problem| IoError::content(path, problem))?;
    }
    let store = || {
        let there = file.link_exists("liplate");
        plan.provenance.store(&if there { file.group("liplate")? } else { file.create_group("liplate")? })
    };
    store().map_err(IoError::hdf5(path))
}

/// Looks whether the file at `path` holds what [`store_fixed`] has put into it.
fn holds_fixed(path: &Path, plan: &Plan) -> Result<(), IoError> {
    let file = read_back(path)?;
    let read = || -> Result<bool, hdf5::Error> {
        let (setup, heights) = Provenance::load(&file.group("liplate")?)?;
        let mut same = setup == plan.provenance.setup.replace('\0', " ") && heights == plan.provenance.heights;
        for (name, cells) in plan.fixed {
            let back: Vec<f32> = file.dataset(&format!("{CELLS}/{name}"))?.read_raw()?;
            same &= back.iter().map(|v| v.to_bits()).eq(cells.iter().map(|v| v.to_bits()));
        }
        Ok(same)
    };
    match read().map_err(IoError::hdf5(path))? {
        true => Ok(()),
        false => Err(IoError::not_held(path)),
    }
}
