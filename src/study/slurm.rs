//! Studies under Slurm: one array job, a task a run. A task that Slurm stops, for its time limit or for somebody more important, saves its
//! state, asks to be queued again and goes on from there.
//!
//! Vulkan knows no `CUDA_VISIBLE_DEVICES`: a task finds the GPU that Slurm gave it by its PCI bus, which the driver tells for the numbers and
//! the UUIDs that Slurm hands out.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::plan::Run;
use super::state::State;
use super::task::{Task, is_open, run_one};
use super::{LOGS, StudyError, keep};
use crate::io::{IoError, moment, provenance, write_whole};
use crate::run::{Ending, RunError, Stop};
use crate::sim::device::DeviceChoice;

/// Name of the script in the directory of a study.
const SCRIPT: &str = "submit.sbatch";
/// Seconds before the time limit at which Slurm tells a task to end: a step, a checkpoint of a large grid, and Slurm's own minute.
const BEFORE_THE_END: u32 = 120;
/// Where the driver of NVIDIA tells of its GPUs, and the system of all that render.
const NVIDIA: &str = "/proc/driver/nvidia/gpus";
const RENDER: &str = "/sys/class/drm";
/// Tasks beyond which an array may be too large for Slurm as it comes.
const MANY: usize = 1000;
/// Number of the first node that renders.
const FIRST_RENDER_NODE: usize = 128;

/// A study that is to be handed to Slurm.
#[derive(Clone, Debug)]
pub struct Submission {
    /// the file of the study
    pub file: PathBuf,
    /// its directory
    pub directory: PathBuf,
    /// most runs at a time
    pub array_limit: Option<u32>,
    /// options for `sbatch`
    pub sbatch: String,
    /// device of every run
    pub device: DeviceChoice,
    /// runs that failed too
    pub again: bool,
    /// only write the script
    pub dry_run: bool,
}

/// Hands all runs that are not over to Slurm; returns what there is to say.
///
/// # Errors
/// If the study is wrong, its directory holds another, or Slurm is not there or refuses.
pub fn submit(submission: &Submission) -> Result<String, StudyError> {
    let options = shell_words::split(&submission.sbatch)
        .map_err(|_| StudyError::Slurm(format!("--sbatch: {:?} has an open quote", submission.sbatch)))?;
    let (plan, _) = keep(&submission.file, &submission.directory)?;
    // a task may start in another directory
    let directory = std::path::absolute(&submission.directory).map_err(IoError::system(&submission.directory))?;
    let states: Vec<(&Run, State)> = plan.runs.iter().map(|run| (run, State::of(&run.directory(&directory)))).collect();
    let open: Vec<&Run> =
        states.iter().filter(|(_, state)| is_open(state, submission.again)).map(|(run, _)| *run).collect();
    let failed = states.iter().filter(|(_, state)| matches!(state, State::Failed { .. })).count();
    let failed = if failed > 0 && !submission.again {
        format!("; {failed} failed, --again hands them in")
    } else {
        String::new()
    };
    if open.is_empty() {
        return Ok(format!("nothing is submitted: no run of {} waits{failed}\n", plan.runs.len()));
    }
    let logs = directory.join(LOGS);
    std::fs::create_dir_all(&logs).map_err(IoError::system(&logs))?;
    let program = std::env::current_exe().map_err(IoError::system(Path::new("the program")))?;
    let script = directory.join(SCRIPT);
    // the plan may grow while tasks wait: each submission keeps its own list
    let stamp = moment(SystemTime::now()).replace([':', 'Z'], "");
    let tasks = logs.join(format!("tasks-{stamp}-{}.txt", std::process::id()));
    let names: String = open.iter().map(|run| format!("{}\n", run.name)).collect();
    write_whole(&tasks, names.as_bytes())?;
    let text = text(submission, &plan.name, &directory, &program, (&tasks, open.len()));
    write_whole(&script, text.as_bytes())?;
    if submission.dry_run {
        return Ok(format!("{}: {} runs; sbatch takes it\n", script.display(), open.len()));
    }
    let answer = Command::new("sbatch").args(&options).arg(&script).output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => StudyError::Slurm(format!(
            "there is no sbatch on this machine; {} is written for a login node, `liplate study run` computes here",
            script.display()
        )),
        _ => StudyError::Slurm(format!("sbatch: {error}")),
    })?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    if !answer.status.success() {
        let many = if open.len() > MANY {
            ". Slurm takes arrays of MaxArraySize - 1 tasks, 1000 unless it is set up otherwise"
        } else {
            ""
        };
        return Err(StudyError::Slurm(format!("sbatch refuses {}: {}{many}", script.display(), said(&answer.stderr))));
    }
    Ok(format!(
        "{}: {} runs{failed}\nliplate study status {} tells how they stand\n",
        said(&answer.stdout),
        open.len(),
        submission.directory.display()
    ))
}

/// The script of the array job.
fn text(
    submission: &Submission,
    name: &str,
    directory: &Path,
    program: &Path,
    (tasks, count): (&Path, usize),
) -> String {
    let quoted = |path: &Path| provenance::quoted([path.as_os_str().to_os_string()].into_iter());
    let limit = submission.array_limit.map_or(String::new(), |limit| format!("%{limit}"));
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let mut text = String::from("#!/bin/sh\n");
    for option in [
        format!("--job-name={plain}"),
        format!("--array=1-{count}{limit}"),
        format!("--output={}/{LOGS}/slurm-%a.txt", quoted(directory)),
        "--open-mode=append".into(),
        "--requeue".into(),
        format!("--signal=B:USR1@{BEFORE_THE_END}"),
    ] {
        // writing to a String cannot fail
        let _ = writeln!(text, "#SBATCH {option}");
    }
    let _ = write!(
        text,
        "\n# Each task is a run of the study in this directory. It saves its state when Slurm tells it to end, and is queued again.\n\
         export RAYON_NUM_THREADS=\"${{RAYON_NUM_THREADS:-${{SLURM_CPUS_PER_TASK:-${{SLURM_CPUS_ON_NODE:-1}}}}}}\"\n\
         run=$(sed -n \"${{SLURM_ARRAY_TASK_ID}}p\" {})\n\
         exec {} study run-one {} \"$run\" --device {} --slurm\n",
        quoted(tasks),
        quoted(program),
        quoted(directory),
        submission.device
    );
    text
}

/// Brings a run towards its end inside a task of Slurm; returns the exit code.
///
/// # Errors
/// As [`run_one`], and if the GPU that Slurm gave cannot be found.
pub fn run_in_slurm(task: &Task, tell: impl Fn(&str)) -> Result<u8, StudyError> {
    // from now on a signal of Slurm is remembered, also before the first step
    let stop = Stop::listen(None);
    let variables: BTreeMap<String, String> = std::env::vars().collect();
    let (device, why) = device_of(task.device, &variables, &adapters(), Path::new(NVIDIA), Path::new(RENDER))?;
    if let Some(why) = why {
        tell(&why);
    }
    let outcome = run_one(&Task { device, ..task.clone() });
    if let Err(error @ StudyError::Run(RunError::Busy { .. })) = &outcome {
        tell(&format!("{error}: left to that one"));
        return Ok(0);
    }
    let (interrupted, code) = match &outcome {
        Ok(outcome) => (matches!(outcome.ending, Ending::Interrupted(_)), outcome.ending.code()),
        Err(_) => (stop.asked().is_some(), 1),
    };
    if !interrupted {
        return outcome.map(|outcome| {
            tell(&format!("{}: {}", outcome.ending.status(), outcome.ending.reason()));
            // a run that the guard stopped is over, and no failure of the job
            if code == 3 { 0 } else { code }
        });
    }
    let Some(job) = variables.get("SLURM_JOB_ID") else { return Ok(code) };
    tell(&format!("the state is saved; job {job} asks to be queued again"));
    let asked = Command::new("scontrol").args(["requeue", job]).output();
    let refusal = match asked {
        Ok(answer) if answer.status.success() => return Ok(code),
        Ok(answer) => String::from_utf8_lossy(&answer.stderr).trim().to_string(),
        Err(error) => error.to_string(),
    };
    Err(StudyError::Slurm(format!("scontrol requeue {job}: {refusal}; `liplate study submit` hands in what is left")))
}

/// A GPU that can be computed on: its number for `--device`, its PCI bus, and its name.
#[derive(Clone, Debug, PartialEq)]
struct Adapter {
    index: usize,
    bus: String,
    name: String,
}

#[cfg(feature = "gpu")]
fn adapters() -> Vec<Adapter> {
    let hardware = crate::gpu::adapters().into_iter().filter(|adapter| adapter.is_hardware);
    hardware.map(|adapter| Adapter { index: adapter.index, bus: adapter.bus, name: adapter.name }).collect()
}

#[cfg(not(feature = "gpu"))]
fn adapters() -> Vec<Adapter> {
    Vec::new()
}

/// The device of a task and a sentence that says which: what was asked for, or the GPU that Slurm gave where that was left open.
fn device_of(
    asked: DeviceChoice,
    variables: &BTreeMap<String, String>,
    adapters: &[Adapter],
    nvidia: &Path,
    render: &Path,
) -> Result<(DeviceChoice, Option<String>), StudyError> {
    if matches!(asked, DeviceChoice::Cpu | DeviceChoice::Gpu(Some(_))) {
        return Ok((asked, None));
    }
    let given =
        |name: &str| variables.get(name).map(String::as_str).filter(|text| !text.is_empty() && *text != "NoDevFiles");
    let first = |text: &str| text.split(',').next().unwrap_or_default().trim().to_string();
    let uuid = given("CUDA_VISIBLE_DEVICES").map(first).filter(|text| text.starts_with("GPU-"));
    let number = ["SLURM_STEP_GPUS", "SLURM_JOB_GPUS"].into_iter().find_map(given).map(first);
    let visible =
        ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"].into_iter().find_map(given).map(first);
    let Some(what) = uuid.clone().or(number).or(visible) else {
        let none = asked == DeviceChoice::Auto;
        let sentence = "Slurm gave this task no GPU (no --gres=gpu:1?)".to_string();
        return if none {
            Ok((DeviceChoice::Cpu, Some(format!("{sentence}; it computes on the CPU"))))
        } else {
            Err(StudyError::Slurm(sentence))
        };
    };
    let bus = of_nvidia(nvidia, &what).or_else(|| of_render_node(render, &what));
    let found = bus.as_ref().and_then(|bus| adapters.iter().find(|adapter| plain_bus(&adapter.bus) == plain_bus(bus)));
    match (found, adapters) {
        (Some(adapter), _) => {
            let Adapter { index, bus, name } = adapter;
            Ok((
                DeviceChoice::Gpu(Some(*index)),
                Some(format!("GPU {what} of Slurm is gpu:{index}, {name}, PCI {bus}")),
            ))
        }
        // all that the task may see
        (None, [only]) => {
            let sentence =
                format!("GPU {what} of Slurm: gpu:{}, {}, the only one that can be seen", only.index, only.name);
            Ok((DeviceChoice::Gpu(Some(only.index)), Some(sentence)))
        }
        (None, []) => {
            Err(StudyError::Slurm(format!("Slurm gave this task GPU {what}, but Vulkan sees no GPU on this node")))
        }
        (None, several) => {
            let list =
                several.iter().map(|adapter| format!("gpu:{} {} at PCI {}", adapter.index, adapter.name, adapter.bus));
            let list = list.collect::<Vec<_>>().join(", ");
            let bus = bus.map_or("no PCI bus is known of it".into(), |bus| format!("at PCI {bus}"));
            Err(StudyError::Slurm(format!("Slurm gave this task GPU {what} ({bus}), which is none of {list}")))
        }
    }
}

/// The PCI bus of a GPU of NVIDIA, by its UUID or the number of its device file.
fn of_nvidia(folder: &Path, wanted: &str) -> Option<String> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path().join("information")));
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim_start_matches(':').trim())
        };
        if value("GPU UUID") == Some(wanted) || value("Device Minor") == Some(wanted) {
            return value("Bus Location").map(String::from);
        }
    }
    None
}

/// The PCI bus of the GPU whose node to render is that of a number.
fn of_render_node(folder: &Path, wanted: &str) -> Option<String> {
    let number: usize = wanted.parse().ok()?;
    let node = folder.join(format!("renderD{}", FIRST_RENDER_NODE + number)).join("device");
    std::fs::canonicalize(node).ok()?.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// A PCI bus as all write it: `0000:3b:00.0`, of which the domain has four digits or eight.
fn plain_bus(bus: &str) -> String {
    let bus = bus.to_lowercase();
    let parts: Vec<&str> = bus.split(':').collect();
    match parts.as_slice() {
        [domain, bus, device] => format!("{}:{bus}:{device}", domain.trim_start_matches('0')),
        [bus, device] => format!(":{bus}:{device}"),
        _ => bus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_quotes_its_paths() {
        let submission = Submission {
            file: "a.toml".into(),
            directory: "d".into(),
            array_limit: Some(4),
            sbatch: String::new(),
            device: DeviceChoice::Auto,
            again: false,
            dry_run: false,
        };
        let tasks = (Path::new("/my data/d/tasks"), 4);
        let text = text(&submission, "i0 & seeds", Path::new("/my data/d"), Path::new("/opt/liplate"), tasks);
        assert!(text.contains("#SBATCH --array=1-4%4\n") && text.contains("--job-name=i0___seeds\n"), "{text}");
        assert!(text.contains("run=$(sed -n \"${SLURM_ARRAY_TASK_ID}p\" '/my data/d/tasks')\n"), "{text}");
        assert!(
            text.contains("exec /opt/liplate study run-one '/my data/d' \"$run\" --device auto --slurm\n"),
            "{text}"
        );
    }

    #[test]
    fn the_gpu_of_slurm_is_found_by_its_bus() {
        let place = tempfile::tempdir().unwrap();
        let nvidia = place.path().join("nvidia");
        for (bus, uuid, minor) in [("0000:3b:00.0", "GPU-aa", 1), ("0000:86:00.0", "GPU-bb", 0)] {
            let folder = nvidia.join(bus);
            std::fs::create_dir_all(&folder).unwrap();
            let text = format!(
                "Model: \t\t NVIDIA H200\nGPU UUID: \t {uuid}\nBus Location: \t {bus}\nDevice Minor: \t {minor}\n"
            );
            std::fs::write(folder.join("information"), text).unwrap();
        }
        let adapter = |index, bus: &str| Adapter { index, bus: bus.into(), name: "H200".into() };
        let two = [adapter(0, "00000000:86:00.0"), adapter(2, "0000:3B:00.0")];
        let device = |asked, variables: &[(&str, &str)], adapters: &[Adapter]| {
            let variables = variables.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
            let found = device_of(asked, &variables, adapters, &nvidia, Path::new("/nowhere"));
            found.map(|(device, _)| device.to_string()).map_err(|error| error.to_string())
        };
        let auto = DeviceChoice::Auto;
        assert_eq!(device(auto, &[("CUDA_VISIBLE_DEVICES", "GPU-aa")], &two), Ok("gpu:2".into()));
        assert_eq!(device(auto, &[("SLURM_JOB_GPUS", "0"), ("CUDA_VISIBLE_DEVICES", "0")], &two), Ok("gpu:0".into()));
        assert_eq!(device(auto, &[("SLURM_JOB_GPUS", "1"), ("CUDA_VISIBLE_DEVICES", "0")], &two), Ok("gpu:2".into()));
        assert_eq!(device(auto, &[], &two), Ok("cpu".into()));
        assert_eq!(device(DeviceChoice::Cpu, &[("SLURM_JOB_GPUS", "1")], &two), Ok("cpu".into()));
        assert_eq!(device(auto, &[("SLURM_JOB_GPUS", "7")], &two[..1]), Ok("gpu:0".into()));
        assert!(device(auto, &[("SLURM_JOB_GPUS", "7")], &two).unwrap_err().contains("none of gpu:0 H200"));
        assert!(device(auto, &[("SLURM_JOB_GPUS", "0")], &[]).unwrap_err().contains("Vulkan sees no GPU"));
        assert!(device(DeviceChoice::Gpu(None), &[], &two).unwrap_err().contains("no GPU"));
    }
}
