use super::*;

const NAMES: [&str; 2] = ["xi", "c"];
const VALUES: [&str; 1] = ["charge"];

/// A place for the fields of a run, and what they are.
struct Run {
    folder: tempfile::TempDir,
    grid: Grid,
    fields: Vec<String>,
    accessible: Vec<f32>,
    provenance: Provenance,
}

impl Run {
    fn new() -> Self {
        let grid = Grid { nx: 5, ny: 3, nz: 4, dx: 1e-6 };
        let provenance =
            Provenance { setup: "{}".into(), heights: vec![0.5; 15], device: "none".into(), command: "test".into() };
        Self {
            folder: tempfile::tempdir().unwrap(),
            grid,
            fields: NAMES.map(String::from).to_vec(),
            accessible: (0..grid.cells()).map(|i| i as f32).collect(),
            provenance,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    fn with<T>(&self, act: impl FnOnce(&Plan) -> T) -> T {
        let path = self.path();
        let fixed = [("accessible", &self.accessible[..])];
        act(&Plan {
            path: &path,
            grid: &self.grid,
            fields: &self.fields,
            fixed: &fixed,
            values: &VALUES,
            provenance: &self.provenance,
        })
    }

    /// Appends frame `k`, whose numbers tell which it is.
    fn append(&self, snapshots: &mut Snapshots, k: usize) {
        let field =
            |shift: f32| (0..self.grid.cells()).map(|i| k as f32 + shift + i as f32 / 100.0).collect::<Vec<_>>();
        snapshots.append(k as f64, vec![field(0.0), field(0.5)], &[10.0 * k as f64], None).unwrap();
    }

    /// Looks whether the file holds the frames of `numbers` and nothing else.
    fn holds(&self, numbers: impl Iterator<Item = usize>) {
        let numbers: Vec<usize> = numbers.collect();
        assert_eq!(times(&self.path()).unwrap(), numbers.iter().map(|&k| k as f64).collect::<Vec<_>>());
        for (frame, &k) in numbers.iter().enumerate() {
            let stored = read(&self.path(), frame).unwrap();
            assert_eq!(stored.values, [("charge".to_string(), 10.0 * k as f64)]);
            for (name, shift) in [("xi", 0.0), ("c", 0.5)] {
                let field = &stored.fields.iter().find(|(n, _)| n == name).unwrap().1;
                assert!(
                    field.iter().enumerate().all(|(i, v)| *v == k as f32 + shift + i as f32 / 100.0),
                    "{name} of {k}"
                );
            }
            assert_eq!(field(&self.path(), frame, "accessible").unwrap().as_ref(), Some(&self.accessible));
        }
    }

    fn parts(&self) -> usize {
        std::fs::read_dir(self.folder.path().join(FOLDER)).unwrap().count()
    }
}

#[test]
fn many_frames_lie_in_few_files_and_in_one_in_the_end() {
    let run = Run::new();
    let mut snapshots = run.with(Snapshots::create).unwrap();
    for k in 0..300 {
        run.append(&mut snapshots, k);
        if k % 50 == 49 {
            snapshots.sync().unwrap();
            snapshots.show().unwrap();
            run.holds(0..k + 1);
        }
    }
    snapshots.sync().unwrap();
    assert!(run.parts() < 4 + 44 + 2, "{} files", run.parts());
    assert_eq!(run.with(|plan| snapshots.close(plan)).unwrap(), None);
    run.holds(0..300);
    assert!(!run.folder.path().join(FOLDER).exists());
}

#[test]
fn a_run_that_goes_on_is_cut_back_wherever_it_was_stopped() {
    for (written, kept) in [(3, 3), (10, 4), (100, 100), (100, 70), (100, 30), (70, 0)] {
        let run = Run::new();
        let mut snapshots = run.with(Snapshots::create).unwrap();
        for k in 0..written {
            run.append(&mut snapshots, k);
            if k % 8 == 7 {
                snapshots.sync().unwrap();
            }
        }
        drop(snapshots);
        let (mut snapshots, lost) = run.with(|plan| Snapshots::reopen(plan, kept)).unwrap();
        assert!(lost.is_empty(), "{lost:?}");
        for k in kept..kept + 5 {
            run.append(&mut snapshots, k);
        }
        snapshots.sync().unwrap();
        snapshots.show().unwrap();
        run.holds(0..kept + 5);
        // a run that was done goes on as well
        assert_eq!(run.with(|plan| snapshots.close(plan)).unwrap(), None);
        let (mut snapshots, lost) = run.with(|plan| Snapshots::reopen(plan, kept + 2)).unwrap();
        assert!(lost.is_empty(), "{lost:?}");
        run.append(&mut snapshots, kept + 2);
        snapshots.sync().unwrap();
        snapshots.show().unwrap();
        run.holds(0..kept + 3);
    }
}

#[test]
fn what_is_lost_is_said_and_the_rest_remains() {
    let run = Run::new();
    let mut snapshots = run.with(Snapshots::create).unwrap();
    for k in 0..6 {
        run.append(&mut snapshots, k);
    }
    drop(snapshots);
    let folder = run.folder.path().join(FOLDER);
    std::fs::write(folder.join("000002.vtkhdf"), b"torn").unwrap();
    std::fs::remove_file(folder.join("000004.vtkhdf")).unwrap();
    std::fs::write(run.path(), b"torn too").unwrap();
    let (_, lost) = run.with(|plan| Snapshots::reopen(plan, 6)).unwrap();
    assert!(lost.len() == 3 && lost[0].contains("000002.vtkhdf.damaged"), "{lost:?}");
    assert!(lost[1].contains("frames 2 to 2") && lost[2].contains("frames 4 to 4"), "{lost:?}");
    run.holds([0, 1, 3, 5].into_iter());
    assert_eq!(std::fs::read(folder.join("000002.vtkhdf.damaged")).unwrap(), b"torn");
    // an index without the frames beside it is no field of zeros
    std::fs::remove_dir_all(folder).unwrap();
    assert!(read(&run.path(), 0).err().unwrap().to_string().contains("copy the whole directory"));
}

#[test]
fn an_index_of_more_frames_is_veiled_before_it_is_there() {
    let run = Run::new();
    // what VTK's reader looks at: the number of frames, the length of the times, whether they are of a type that it knows
    let seen = || {
        let file = super::super::read_hdf5(&run.path()).unwrap();
        let times = file.dataset(layout::TIMES).unwrap();
        let number: i64 = file.group("VTKHDF/Steps").unwrap().attr("NSteps").unwrap().read_scalar().unwrap();
        (number, times.size(), times.dtype().unwrap().is::<f64>())
    };
    let mut snapshots = run.with(Snapshots::create).unwrap();
    run.append(&mut snapshots, 0);
    assert_eq!(seen(), (1, 1, true));
    for k in 1..4 {
        run.append(&mut snapshots, k);
        snapshots.show().unwrap();
        assert_eq!(seen(), (k as i64 + 1, k + 1, false));
        run.holds(0..k + 1);
        snapshots.coming.arrive().unwrap();
        assert_eq!(seen(), (k as i64 + 1, k + 1, true));
    }
    // a process that ends leaves the index that every reader takes
    run.append(&mut snapshots, 4);
    snapshots.show().unwrap();
    drop(snapshots);
    assert_eq!(seen(), (5, 5, true));
    // one that is killed leaves a veiled one; the run that goes on mends it
    index::veil(&run.path()).unwrap();
    let (snapshots, lost) = run.with(|plan| Snapshots::reopen(plan, 5)).unwrap();
    assert!(lost.is_empty() && seen() == (5, 5, true), "{lost:?}");
    drop(snapshots);
    run.holds(0..5);
}
