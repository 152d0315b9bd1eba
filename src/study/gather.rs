//! What all runs of a study have measured, in one table: `results.csv`, `results.parquet`, and the page.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use rayon::prelude::*;

use super::StudyError;
use super::file::File;
use super::keep::{self, STUDY};
use super::page;
use super::plan::{Plan, Run};
use super::state::State;
use super::statistics::mean;
use crate::io::provenance::{VERSION, commit};
use crate::io::{IoError, write_whole};
use crate::metrics::heading;
use crate::report::record::Record;

/// Names of the tables and of the page in the directory of a study.
pub const CSV: &str = "results.csv";
/// See [`CSV`].
pub const PARQUET: &str = "results.parquet";
/// See [`CSV`].
pub const PAGE: &str = "report.html";

/// A study with what its runs have measured.
pub struct Results {
    /// its directory
    pub directory: PathBuf,
    /// its file
    pub file: File,
    /// its runs with what is known of each, in the order of the plan
    pub rows: Vec<Row>,
}

/// A run and what it has measured.
pub struct Row {
    /// the run
    pub run: Run,
    /// how it stands
    pub state: State,
    /// why its files tell less than they should
    pub problem: Option<String>,
    /// what was measured, in the order of the file; NaN where it was not
    pub measured: Vec<f64>,
    /// steps taken
    pub steps: f64,
    /// wall time \[s\]
    pub wall: f64,
    /// its files, if it is over
    pub record: Option<Record>,
}

impl Row {
    /// What there is to say of how it stands.
    pub fn reason(&self) -> String {
        let problem =
            self.problem.as_ref().map_or(String::new(), |problem| format!("; its files cannot be measured: {problem}"));
        format!("{}{problem}", self.state.reason())
    }

    /// Whether lithium has come to the top of the box or the far side of the separator.
    pub fn is_shorted(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.events.of("short").next().is_some())
    }
}

/// What was written.
pub struct Gathered {
    /// the files
    pub files: Vec<PathBuf>,
    /// runs that are over, of all
    pub over: [usize; 2],
}

/// A column of the table.
enum Values {
    Texts(Vec<String>),
    Numbers(Vec<f64>),
    Wholes(Vec<Option<i64>>),
}

/// Writes the tables and the page of the study in `directory`, from all runs that are over.
///
/// # Errors
/// If there is no study, or the system fails.
pub fn gather(directory: &Path) -> Result<Gathered, StudyError> {
    let results = Results::read(directory)?;
    let columns = results.columns();
    let files = [CSV, PARQUET, PAGE].map(|name| directory.join(name));
    let contents = [
        csv(&results, &columns).map_err(|reason| IoError::content(&files[0], reason.to_string()))?,
        parquet(&columns).map_err(|reason| IoError::content(&files[1], reason.to_string()))?,
        page::page(&results)?.into_string().into_bytes(),
    ];
    // two that gather at once would write each into the file of the other
    let _lock = keep::lock(directory)?;
    files.iter().zip(&contents).try_for_each(|(path, content)| write_whole(path, content))?;
    let over = results.rows.iter().filter(|row| row.state.is_over()).count();
    Ok(Gathered { files: files.into(), over: [over, results.rows.len()] })
}

impl Results {
    /// Reads the study in `directory` and measures its runs.
    ///
    /// # Errors
    /// If there is none, or its file is damaged.
    pub fn read(directory: &Path) -> Result<Self, StudyError> {
        let plan = Plan::read(directory)?;
        let file = File::read(&directory.join(STUDY))?;
        let row = |run: &Run| {
            let place = run.directory(directory);
            let state = State::of(&place);
            let read = state.is_over().then(|| Record::read(&place).map_err(|error| error.to_string()));
            let (record, problem) = match read {
                Some(Ok(record)) if record.metrics.rows() == 0 => {
                    (Some(record), Some("metrics.csv has no rows".to_string()))
                }
                Some(Ok(record)) => (Some(record), None),
                Some(Err(problem)) => (None, Some(problem)),
                None => (None, None),
            };
            let of = |record: &Record| file.measures.iter().map(|(_, measure)| measure.of(record)).collect();
            let measured = record.as_ref().map_or_else(|| vec![f64::NAN; file.measures.len()], of);
            let steps = record.as_ref().and_then(|record| record.run.clock["step"].as_f64()).unwrap_or(f64::NAN);
            let wall = record.as_ref().map_or(f64::NAN, Record::wall_seconds);
            Row { run: run.clone(), state, problem, measured, steps, wall, record }
        };
        let rows = plan.runs.par_iter().map(row).collect();
        Ok(Self { directory: directory.into(), file, rows })
    }

    /// A measure of each run, by its place in the file; NaN where it was not measured.
    pub fn values(&self, place: usize) -> Vec<f64> {
        self.rows.iter().map(|row| row.measured[place]).collect()
    }

    /// A measure of each point: its mean over the seeds.
    pub fn means(&self, place: usize) -> Vec<f64> {
        self.values(place).chunks(self.file.seeds_each()).map(|seeds| mean(seeds.iter().copied()).mean).collect()
    }

    /// The table: its columns by heading.
    fn columns(&self) -> Vec<(String, Values)> {
        let texts = |of: &dyn Fn(&Row) -> String| Values::Texts(self.rows.iter().map(of).collect());
        let numbers = |of: &dyn Fn(&Row) -> f64| Values::Numbers(self.rows.iter().map(of).collect());
        let mut columns = vec![("run".to_string(), texts(&|row| row.run.name.clone()))];
        for (place, factor) in self.file.factors.iter().enumerate() {
            let has_axis = self.rows.iter().all(|row| row.run.values.get(place).copied().flatten().is_some());
            let unit = factor.levels.unit();
            columns.push(match has_axis {
                true => {
                    let value = |row: &Row| row.run.values[place].unwrap_or(f64::NAN);
                    (heading(&factor.name, if unit.is_empty() { "1" } else { unit }), numbers(&value))
                }
                false => (factor.name.clone(), texts(&|row| row.run.levels.get(place).cloned().unwrap_or_default())),
            });
        }
        if self.file.seeds.is_some() {
            columns.push((
                "seed".into(),
                Values::Wholes(self.rows.iter().map(|row| row.run.seed.map(i64::from)).collect()),
            ));
        }
        columns.push(("status".into(), texts(&|row| row.state.name().into())));
        columns.push(("reason".into(), texts(&|row| row.reason())));
        for (place, (name, measure)) in self.file.measures.iter().enumerate() {
            columns.push((heading(name, measure.unit()), numbers(&|row| row.measured[place])));
        }
        if !self.file.specs.is_empty() {
            let within = |row: &Row| if row.state.is_over() { self.is_within(row).to_string() } else { String::new() };
            columns.push(("within_spec".into(), texts(&within)));
        }
        columns.push((
            "steps".into(),
            Values::Wholes(self.rows.iter().map(|row| row.steps.is_finite().then_some(row.steps as i64)).collect()),
        ));
        columns.push((heading("wall_time", "s"), numbers(&|row| row.wall)));
        columns
    }

    /// Whether a run meets all that is asked.
    pub fn is_within(&self, row: &Row) -> bool {
        self.file.specs.iter().all(|(name, bound)| {
            let place = self.file.measures.iter().position(|(known, _)| known == name);
            place.is_some_and(|place| bound.holds(row.measured[place]))
        })
    }
}

/// The table as CSV, under a line of comment; what was not measured is empty.
fn csv(results: &Results, columns: &[(String, Values)]) -> Result<Vec<u8>, csv::Error> {
    let line = |text: &str| text.replace(['\n', '\r'], " ");
    let name = line(&results.file.name);
    let about = format!("# liplate {VERSION}, study {name}; an empty cell was not measured\n");
    let mut writer = csv::Writer::from_writer(about.into_bytes());
    writer.write_record(columns.iter().map(|(heading, _)| line(heading)))?;
    for row in 0..results.rows.len() {
        let cell = |(_, values): &(String, Values)| match values {
            Values::Texts(texts) => line(&texts[row]),
            Values::Numbers(numbers) if numbers[row].is_finite() => format!("{:?}", numbers[row]),
            Values::Numbers(_) => String::new(),
            Values::Wholes(wholes) => wholes[row].map_or(String::new(), |whole| whole.to_string()),
        };
        writer.write_record(columns.iter().map(cell))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The table as Parquet; what was not measured is null.
fn parquet(columns: &[(String, Values)]) -> Result<Vec<u8>, parquet::errors::ParquetError> {
    let field = |(name, values): &(String, Values)| {
        let (physical, converted) = match values {
            Values::Texts(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
            Values::Numbers(_) => (Physical::DOUBLE, ConvertedType::NONE),
            Values::Wholes(_) => (Physical::INT64, ConvertedType::NONE),
        };
        Type::primitive_type_builder(name, physical)
            .with_converted_type(converted)
            .with_repetition(Repetition::OPTIONAL)
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("results").with_fields(fields).build()?);
    let about = format!("liplate {VERSION}, commit {}", commit());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(about.clone())
        .set_key_value_metadata(Some(vec![KeyValue::new("program".to_string(), about)]));
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build()))?;
    let mut group = writer.next_row_group()?;
    for (_, values) in columns {
        let Some(mut column) = group.next_column()? else { break };
        // 1 where there is a value
        let there = |known: Vec<bool>| known.into_iter().map(i16::from).collect::<Vec<i16>>();
        match values {
            Values::Texts(texts) => {
                let texts: Vec<ByteArray> = texts.iter().map(|text| text.as_str().into()).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, Some(&vec![1; texts.len()]), None)?;
            }
            Values::Numbers(numbers) => {
                let known: Vec<f64> = numbers.iter().copied().filter(|v| v.is_finite()).collect();
                let levels = there(numbers.iter().map(|v| v.is_finite()).collect());
                column.typed::<DoubleType>().write_batch(&known, Some(&levels), None)?;
            }
            Values::Wholes(wholes) => {
                let known: Vec<i64> = wholes.iter().copied().flatten().collect();
                let levels = there(wholes.iter().map(Option::is_some).collect());
                column.typed::<Int64Type>().write_batch(&known, Some(&levels), None)?;
            }
        }
        column.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(bytes)
}
