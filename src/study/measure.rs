//! What a study measures on each run, in words: `"least potential"`, `"covered at 0.4 mAh/cm^2"`, `"1 - coulombic_efficiency of cycle 5"`,
//! `"time of short"`.
//!
//! A term is a column of `metrics.csv` or `cycles.csv`, with what of it (`least`, `greatest`, `mean` over time, `first`, `last`; the last is meant
//! where nothing is said) and where (`at`, `after`, `until` a charge or a time; `of cycle N`, `of last cycle`, `after cycle N`); or the time,
//! the charge or the number of an event. Of two columns of one name the unit in brackets tells which: `nuclei [1/m2]`. Terms and pure numbers are joined by + − * / and parentheses.

use crate::config::{nearest, quantity};
use crate::report::events::{Events, number};
use crate::report::record::Record;
use crate::report::table::Table;
use crate::run::{cycles, outputs};

/// Most characters of a measure, and parentheses and signs within each other.
const LONGEST: usize = 500;
const DEEPEST: usize = 40;

/// Events that can be asked for.
const EVENTS: [&str; 10] = [
    "tip ended",
    "rejected step",
    "protocol step",
    "nucleus",
    "isolated",
    "lead",
    "separator",
    "short",
    "compliance",
    "rejoined",
];

/// A number that a run is told by.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// how it was written
    pub text: String,
    expression: Expression,
    unit: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Number(f64),
    Term(Term),
    Negative(Box<Expression>),
    Pair(Box<Expression>, char, Box<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    /// a number of `run.json`
    OfRun(OfRun),
    /// a column of one of the tables
    Column { heading: String, unit: String, of_cycles: bool, what: What, place: Place },
    /// something of the first event of a kind
    Event { name: &'static str, what: OfEvent },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum OfRun {
    Steps,
    WallTime,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Least,
    Greatest,
    Mean,
    First,
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum OfEvent {
    Time,
    Charge,
    Number,
}

/// Which rows of a table.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    All,
    /// the value, between rows, where a column first comes to a number
    At(Axis),
    After(Axis),
    Until(Axis),
    AfterCycle(usize),
    Cycle(usize),
    LastCycle,
}

/// A number of a column that orders the rows: the charge or the time.
#[derive(Clone, Debug, PartialEq)]
struct Axis {
    heading: &'static str,
    value: f64,
}

const CHARGE: (&str, &str) = ("charge [mAh/cm2]", "mAh/cm^2");
const TIME: (&str, &str) = ("time [s]", "s");

impl Measure {
    /// Reads a measure.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("{} is too long for a measure", quantity::shown(text)));
        }
        let about = |problem: String| format!("{text:?}: {problem}");
        let mut reader = Words { rest: text, depth: 0 };
        let expression = reader.sum().map_err(about)?;
        match reader.rest.trim() {
            "" => {}
            rest => return Err(about(format!("{rest:?} is not understood{}", hint(rest)))),
        }
        let unit = expression.unit().map_err(about)?;
        Ok(Self { text: text.into(), expression, unit })
    }

    /// Its unit, `1` for pure numbers.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Its value in a run, in its unit; NaN if the run does not tell.
    pub fn of(&self, record: &Record) -> f64 {
        self.expression.of(record)
    }
}

/// What may be meant by a rest that is not understood.
fn hint(rest: &str) -> String {
    let word = rest.split(' ').next().unwrap_or_default();
    let known = ["least", "greatest", "mean", "first", "last", "at", "after", "until", "of"];
    nearest(word, known.into_iter())
        .filter(|known| *known != word)
        .map_or(String::new(), |known| format!("; did you mean {known:?}?"))
}

impl Term {
    fn unit(&self) -> &str {
        match self {
            Self::OfRun(OfRun::Steps) | Self::Event { what: OfEvent::Number, .. } => "1",
            Self::OfRun(OfRun::WallTime) | Self::Event { what: OfEvent::Time, .. } => "s",
            Self::Event { what: OfEvent::Charge, .. } => "mAh/cm2",
            Self::Column { unit, .. } => unit,
        }
    }
}

impl Expression {
    /// Its unit; terms of different units have no sum.
    fn unit(&self) -> Result<String, String> {
        Ok(match self {
            Self::Number(_) => "1".into(),
            Self::Term(term) => term.unit().into(),
            Self::Negative(of) => of.unit()?,
            Self::Pair(a, sign, b) => {
                let (a, b) = (a.unit()?, b.unit()?);
                match (sign, a.as_str(), b.as_str()) {
                    ('+' | '-', ..) if a == b => a,
                    ('+' | '-', ..) => return Err(format!("{a} and {b} have no sum and no difference")),
                    ('*', "1", _) => b,
                    (_, _, "1") => a,
                    ('*', ..) => format!("{a} {b}"),
                    _ if a == b => "1".into(),
                    _ => format!("{a}/{b}"),
                }
            }
        })
    }

    fn of(&self, record: &Record) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Negative(of) => -of.of(record),
            Self::Pair(a, sign, b) => {
                let (a, b) = (a.of(record), b.of(record));
                match sign {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ => a / b,
                }
            }
            Self::Term(Term::OfRun(OfRun::Steps)) => record.run.clock["step"].as_f64().unwrap_or(f64::NAN),
            Self::Term(Term::OfRun(OfRun::WallTime)) => record.wall_seconds(),
            Self::Term(Term::Event { name, what }) => of_event(&record.events, &record.metrics, name, *what),
            Self::Term(Term::Column { heading, of_cycles, what, place, .. }) => {
                let table = if *of_cycles { record.cycles.as_ref() } else { Some(&record.metrics) };
                table.map_or(f64::NAN, |table| of_column(table, *of_cycles, heading, *what, place))
            }
        }
    }
}

fn of_event(events: &Events, table: &Table, name: &str, what: OfEvent) -> f64 {
    let time = events.of(name).next().map_or(f64::NAN, |event| number(event, "time"));
    let column = |name| table.column(name).unwrap_or_default();
    match what {
        OfEvent::Number => events.of(name).count() as f64,
        OfEvent::Time => time,
        // every time step has its row
        OfEvent::Charge => crossing(column(TIME.0), column(CHARGE.0), time),
    }
}

fn of_column(table: &Table, of_cycles: bool, heading: &str, what: What, place: &Place) -> f64 {
    let Some(column) = table.column(heading) else { return f64::NAN };
    let axis = |axis: &Axis| table.column(axis.heading).unwrap_or_default();
    let cycle = || table.column("cycle").unwrap_or_default();
    let is_in: Box<dyn Fn(usize) -> bool> = match place {
        Place::All => Box::new(|_| true),
        Place::At(at) => return crossing(axis(at), column, at.value),
        Place::After(after) => {
            let along = axis(after);
            let way = way(along);
            let begin = along.iter().position(|v| reaches(way * v, after.value)).unwrap_or(usize::MAX);
            Box::new(move |row| row >= begin)
        }
        Place::Until(until) => {
            let along = axis(until);
            let way = way(along);
            let end = along.iter().position(|v| reaches(way * v, until.value)).unwrap_or(along.len());
            Box::new(move |row| row <= end)
        }
        Place::AfterCycle(number) => {
            let cycle = cycle();
            Box::new(move |row| cycle.get(row).is_some_and(|c| *c > *number as f64))
        }
        Place::Cycle(number) => {
            let cycle = cycle();
            Box::new(move |row| cycle.get(row).is_some_and(|c| *c == *number as f64))
        }
        Place::LastCycle => {
            let cycle = cycle();
            let last = cycle.iter().copied().filter(|c| c.is_finite()).fold(f64::NAN, f64::max);
            Box::new(move |row| cycle.get(row).is_some_and(|c| *c == last))
        }
    };
    let rows: Vec<usize> = (0..column.len()).filter(|row| is_in(*row) && column[*row].is_finite()).collect();
    let values: Vec<f64> = rows.iter().map(|row| column[*row]).collect();
    let found = match what {
        What::Least => values.iter().copied().reduce(f64::min),
        What::Greatest => values.iter().copied().reduce(f64::max),
        What::First => values.first().copied(),
        What::Last => values.last().copied(),
        What::Mean => mean(&rows, &values, if of_cycles { None } else { table.column(TIME.0) }),
    };
    found.unwrap_or(f64::NAN)
}

/// Mean of the `values` of some rows: over the time between them, by trapezoids, as time steps are short where much happens; without times,
/// or of one row, the plain one.
fn mean(rows: &[usize], values: &[f64], times: Option<&[f64]>) -> Option<f64> {
    let times: Option<Vec<f64>> = times.map(|times| rows.iter().map(|row| times[*row]).collect());
    let length = times.as_ref().and_then(|times| Some(times.last()? - times.first()?)).filter(|length| *length > 0.0);
    if let (Some(times), Some(length)) = (times, length) {
        let pieces = times.windows(2).zip(values.windows(2));
        return Some(pieces.map(|(t, v)| 0.5 * (v[0] + v[1]) * (t[1] - t[0])).sum::<f64>() / length);
    }
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sign that a charge has at first: 1 if the run plates first, −1 if it strips; 1 of times.
fn way(along: &[f64]) -> f64 {
    along.iter().copied().find(|v| v.is_finite() && *v != 0.0).map_or(1.0, f64::signum)
}

/// Whether a charge or a time has come to a value; a run that ends there may miss it by a rounding.
fn reaches(now: f64, value: f64) -> bool {
    now >= value * (1.0 - 1e-6)
}

/// The value of `column` where `axis` first comes to `at`, between the rows on both sides; NaN if it never does.
fn crossing(axis: &[f64], column: &[f64], at: f64) -> f64 {
    let way = way(axis);
    let rows: Vec<(f64, f64)> = axis
        .iter()
        .map(|v| way * v)
        .zip(column.iter().copied())
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    let Some(row) = rows.iter().position(|(x, _)| reaches(*x, at)) else { return f64::NAN };
    let (x, y) = rows[row];
    match row.checked_sub(1).map(|before| rows[before]) {
        Some((x0, y0)) if x > x0 => y0 + ((at - x0) / (x - x0)).clamp(0.0, 1.0) * (y - y0),
        _ => y,
    }
}

/// Headings of both tables: name, unit, heading, and whether it is one of cycles.
fn columns() -> Vec<(String, String, String, bool)> {
    let named = |heading: String, of_cycles: bool| {
        let (name, unit) = match heading.split_once(" [") {
            Some((name, unit)) => (name.to_string(), unit.trim_end_matches(']').to_string()),
            None => (heading.clone(), "1".into()),
        };
        (name, unit, heading, of_cycles)
    };
    let of_metrics = outputs::headings().into_iter().map(|heading| named(heading, false));
    let of_cycles = cycles::headings();
    let of_cycles: Vec<_> = of_cycles.split(',').map(|heading| named(heading.into(), true)).collect();
    of_metrics.chain(of_cycles).collect()
}

/// Reads a measure word by word.
struct Words<'a> {
    rest: &'a str,
    /// parentheses and signs around what is read
    depth: usize,
}

impl<'a> Words<'a> {
    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        while let Some(sign) = self.sign(&['+', '-', '−']) {
            left = Expression::Pair(left.into(), if sign == '+' { '+' } else { '-' }, self.product()?.into());
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.factor()?;
        while let Some(sign) = self.sign(&['*', '/', '×']) {
            left = Expression::Pair(left.into(), if sign == '/' { '/' } else { '*' }, self.factor()?.into());
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("has too many parentheses and signs within each other".into());
        }
        let factor = self.factor_within();
        self.depth -= 1;
        factor
    }

    fn factor_within(&mut self) -> Result<Expression, String> {
        if self.sign(&['-', '−']).is_some() {
            return Ok(Expression::Negative(self.factor()?.into()));
        }
        if self.sign(&['(']).is_some() {
            let inner = self.sum()?;
            return self.sign(&[')']).map(|_| inner).ok_or("a parenthesis is not closed".into());
        }
        let text = self.rest.trim_start();
        if text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let mut end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
            // a power of ten
            if let Some(power) = text[end..].strip_prefix(['e', 'E']) {
                let digits = power.strip_prefix(['-', '+']).unwrap_or(power);
                let count = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
                if count > 0 {
                    end = text.len() - digits.len() + count;
                }
            }
            self.rest = &text[end..];
            return text[..end].parse().map(Expression::Number).map_err(|_| format!("{:?} is no number", &text[..end]));
        }
        self.term().map(Expression::Term)
    }

    fn term(&mut self) -> Result<Term, String> {
        let word = self.word().ok_or("something to measure is missing")?;
        let of_event = match word {
            "time" if self.follows("of") => Some(OfEvent::Time),
            "charge" if self.follows("of") => Some(OfEvent::Charge),
            "number" if self.follows("of") => Some(OfEvent::Number),
            _ => None,
        };
        if let Some(what) = of_event {
            return self.event(what);
        }
        match word {
            "steps" => return Ok(Term::OfRun(OfRun::Steps)),
            "wall_time" => return Ok(Term::OfRun(OfRun::WallTime)),
            _ => {}
        }
        let what = match word {
            "least" => Some(What::Least),
            "greatest" => Some(What::Greatest),
            "mean" => Some(What::Mean),
            "first" => Some(What::First),
            "last" => Some(What::Last),
            _ => None,
        };
        let name = match what {
            Some(_) => self.word().ok_or(format!("{word}: of which column?"))?,
            None => word,
        };
        let bracketed = self.brackets();
        let place = self.place()?;
        if let (Some(_), Place::At(_)) = (what, &place) {
            return Err(format!("{word:?} of one place: write \"{name} at …\", or after, or until"));
        }
        let known = columns();
        let wants_cycles = matches!(place, Place::Cycle(_) | Place::LastCycle | Place::AfterCycle(_));
        let is_meant =
            |known: &&(String, String, String, bool)| known.0 == name && bracketed.is_none_or(|unit| known.1 == unit);
        let mut found: Vec<_> = known.iter().filter(is_meant).collect();
        // where both tables have it, that of cycles is meant if a cycle is asked for
        found.sort_by_key(|(.., of_cycles)| *of_cycles != wants_cycles);
        let Some((_, unit, heading, of_cycles)) = found.first().copied() else {
            let names = known.iter().map(|(name, ..)| name.as_str());
            let meant = nearest(name, names).map_or(String::new(), |known| format!("; did you mean {known:?}?"));
            return Err(format!("{name:?} is no column of metrics.csv or cycles.csv{meant}"));
        };
        if *of_cycles && !(wants_cycles || place == Place::All) {
            return Err(format!("{name:?} is a number of a cycle: say of which, as in \"{name} of cycle 5\""));
        }
        Ok(Term::Column {
            heading: heading.clone(),
            unit: unit.clone(),
            of_cycles: *of_cycles,
            what: what.unwrap_or(What::Last),
            place,
        })
    }

    fn event(&mut self, what: OfEvent) -> Result<Term, String> {
        let text = self.rest.trim_start();
        let text = text.strip_prefix("first ").unwrap_or(text).trim_start();
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        for name in EVENTS {
            if let Some(rest) = text.strip_prefix(name).filter(|rest| ends(rest)) {
                self.rest = rest;
                return Ok(Term::Event { name, what });
            }
        }
        let word = text.split(' ').next().unwrap_or_default();
        let meant =
            nearest(word, EVENTS.into_iter()).map_or(String::new(), |known| format!("; did you mean {known:?}?"));
        Err(format!("{word:?} is no event; one of {}{meant}", EVENTS.join(", ")))
    }

    fn place(&mut self) -> Result<Place, String> {
        if self.follows("at") {
            return self.axis().map(Place::At);
        }
        if self.follows("after") {
            return match self.follows("cycle") {
                true => self.number().map(Place::AfterCycle).ok_or("after \"cycle\" comes its number".into()),
                false => self.axis().map(Place::After),
            };
        }
        if self.follows("until") {
            return self.axis().map(Place::Until);
        }
        if !self.follows("of") {
            return Ok(Place::All);
        }
        let wrong = || "after \"of\" comes \"cycle 5\" or \"last cycle\"".to_string();
        match self.word() {
            Some("last") if self.follows("cycle") => Ok(Place::LastCycle),
            Some("cycle") => self.number().map(Place::Cycle).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }

    /// The number of a cycle, from 1.
    fn number(&mut self) -> Option<usize> {
        self.word().and_then(|word| word.parse().ok()).filter(|number| *number > 0)
    }

    /// A unit in brackets behind a name that two columns have.
    fn brackets(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start().strip_prefix('[')?;
        let end = text.find(']')?;
        self.rest = &text[end + 1..];
        Some(text[..end].trim())
    }

    /// A charge or a time: a number, and its unit up to the next space.
    fn axis(&mut self) -> Result<Axis, String> {
        let text = self.rest.trim_start();
        let number = text.find(' ').map_or(text.len(), |end| end + 1);
        let unit = text[number..].find([' ', ')']).map_or(text.len(), |end| number + end);
        let given = text[..unit].trim();
        self.rest = &text[unit..];
        let read = quantity::read(given, "1")?;
        for (heading, unit) in [CHARGE, TIME] {
            if let Some(value) = read.number_in(unit) {
                if value < 0.0 {
                    return Err(format!(
                        "{given:?}: charges count in the direction of the first current, and are not negative"
                    ));
                }
                return Ok(Axis { heading, value });
            }
        }
        Err(format!("{given:?} is {}; a charge per area or a time is expected", read.dimension().name()))
    }

    fn sign(&mut self, signs: &[char]) -> Option<char> {
        let text = self.rest.trim_start();
        let sign = text.chars().next().filter(|c| signs.contains(c))?;
        self.rest = &text[sign.len_utf8()..];
        Some(sign)
    }

    /// The next word, of letters, digits and _.
    fn word(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
        self.rest = &text[end..];
        Some(&text[..end]).filter(|word| !word.is_empty())
    }

    /// Takes the next word if it is this one.
    fn follows(&mut self, word: &str) -> bool {
        let before = self.rest;
        let found = self.word() == Some(word);
        if !found {
            self.rest = before;
        }
        found
    }
}

/// What is asked of a measure.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// how it was written
    pub text: String,
    least: f64,
    most: f64,
    with_ends: bool,
}

impl Bound {
    /// Reads `"> 0.9"`, `"<= 20 mV"` or `"0.8 to 0.95"`; `unit` is that of the measure.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn read(text: &str, unit: &str) -> Result<Self, String> {
        let number = |part: &str| {
            let read = quantity::read(part.trim(), "1")?;
            let unit = if unit == "1" { "" } else { unit };
            read.number_in(unit).ok_or_else(|| match unit {
                "" => format!("{part:?} has a unit; the measure has none"),
                unit => format!("{part:?} is {}; the measure is in {unit}", read.dimension().name()),
            })
        };
        let signs = [("<=", true), (">=", true), ("≤", true), ("≥", true), ("<", false), (">", false)];
        let (least, most, with_ends) =
            match signs.iter().find_map(|(sign, ends)| Some((sign, ends, text.trim().strip_prefix(sign)?))) {
                Some((sign, ends, rest)) if sign.starts_with(['<', '≤']) => (f64::NEG_INFINITY, number(rest)?, *ends),
                Some((_, ends, rest)) => (number(rest)?, f64::INFINITY, *ends),
                None => match text.split_once(" to ") {
                    Some((least, most)) => (number(least)?, number(most)?, true),
                    None => return Err(format!("{text:?}: write \"> 0.9\", \"<= 0.2\" or \"0.8 to 0.95\"")),
                },
            };
        if least > most {
            return Err(format!("{text:?}: nothing lies in it"));
        }
        Ok(Self { text: text.into(), least, most, with_ends })
    }

    /// Whether a value is within; a value that is not known is not.
    pub fn holds(&self, value: f64) -> bool {
        match self.with_ends {
            true => value >= self.least && value <= self.most,
            false => value > self.least && value < self.most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::parse(
            b"time [s],charge [mAh/cm2],potential [V],cycle\n1,0.1,-0.10,1\n2,0.2,-0.04,1\n3,0.4,-0.02,2\n4,0.5,-0.03,2\n",
        )
    }

    fn value(text: &str) -> f64 {
        match Measure::read(text).unwrap().expression {
            Expression::Term(Term::Column { heading, what, place, .. }) => {
                of_column(&table(), false, &heading, what, &place)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_column_is_read_where_it_is_asked_for() {
        for (text, wanted) in [
            ("potential", -0.03),
            ("least potential", -0.10),
            ("greatest potential", -0.02),
            // of time: (0.07 + 0.03 + 0.025) / 3
            ("mean potential", -0.125 / 3.0),
            ("first potential", -0.10),
            ("potential at 0.3 mAh/cm^2", -0.03),
            ("potential at 3000 mAh/m^2", -0.03),
            ("potential at 2 s", -0.04),
            ("potential at 1 h", f64::NAN),
            ("least potential after 2 s", -0.04),
            ("greatest potential until 0.2 mAh/cm2", -0.04),
            ("potential of cycle 1", -0.04),
            ("least potential of last cycle", -0.03),
            ("first potential after cycle 1", -0.02),
        ] {
            let found = value(text);
            assert!((found - wanted).abs() < 1e-12 || (found.is_nan() && wanted.is_nan()), "{text}: {found}");
        }
    }

    #[test]
    fn sums_and_events_are_understood() {
        let measure = |text: &str| Measure::read(text).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(measure("1 - coulombic_efficiency of cycle 5").unit(), "1");
        assert_eq!(measure("-(potential at 0.4 mAh/cm^2)").unit(), "V");
        assert_eq!(measure("least potential").unit(), "V");
        assert_eq!((measure("nuclei").unit(), measure("greatest nuclei [1/m2] of cycle 1").unit()), ("1", "1/m2"));
        assert_eq!(measure("time of first short").unit(), "s");
        assert_eq!(measure("number of tip ended * 2 / (1 + steps)").unit(), "1");
        let events = Events::parse(
            b"{\"event\":\"short\",\"time\":2.5,\"charge_passed\":36000.0}\n{\"event\":\"short\",\"time\":3}\n",
        );
        let of = |name: &str, what| of_event(&events, &table(), name, what);
        let found = [OfEvent::Time, OfEvent::Charge, OfEvent::Number].map(|what| of("short", what));
        assert!(found[0] == 2.5 && (found[1] - 0.3).abs() < 1e-12 && found[2] == 2.0, "{found:?}");
        assert!(of("lead", OfEvent::Time).is_nan());
        assert_eq!(measure("1e-3 * potential + least potential").unit(), "V");
        assert_eq!(measure("max_height / mean_height").unit(), "1");
        // a cycle: what is stripped is no charge that was plated
        let cycle = Table::parse(b"time [s],charge [mAh/cm2],potential [V]\n1,0.1,-0.1\n2,-0.2,0.2\n");
        let at = |table: &Table, at| {
            of_column(table, false, "potential [V]", What::Last, &Place::At(Axis { heading: CHARGE.0, value: at }))
        };
        assert!(at(&cycle, 0.15).is_nan() && at(&cycle, 0.1) == -0.1);
    }

    #[test]
    fn what_is_not_understood_says_what() {
        for (text, part) in [
            ("least potental", "did you mean \"potential\""),
            ("lest potential", "did you mean"),
            ("potential at 3 V", "a charge per area or a time is expected"),
            ("potential of cycle five", "after \"of\" comes"),
            ("(potential", "not closed"),
            ("1 -", "missing"),
            ("time of shrt", "did you mean \"short\""),
            ("coulombic_efficiency at 3 s", "of which"),
            ("potential + nuclei", "V and 1 have no sum"),
            ("least potential at 3 s", "of one place"),
            ("potential at -1 mAh/cm^2", "not negative"),
            (&"(".repeat(300), "too many parentheses"),
            (&"-".repeat(501), "too long"),
        ] {
            let problem = Measure::read(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    #[test]
    fn a_bound_has_the_unit_of_its_measure() {
        let holds = |text: &str, unit: &str, value: f64| Bound::read(text, unit).unwrap().holds(value);
        assert!(holds("> 0.9", "1", 0.91) && !holds("> 0.9", "1", 0.9) && !holds("> 0.9", "1", f64::NAN));
        assert!(holds(">= -50 mV", "V", -0.05) && !holds("< -50 mV", "V", -0.05));
        assert!(holds("90 % to 95 %", "1", 0.92) && holds("1 um to 2 um", "m", 1.5e-6));
        assert!(holds("< 0.4 mAh/cm^2", "mAh/cm2", 0.3));
        for (text, unit, part) in [
            ("0.9", "1", "write \"> 0.9\""),
            ("> 3 V", "m", "the measure is in m"),
            ("> 3 V", "1", "has a unit"),
            ("2 to 1", "1", "nothing lies in it"),
        ] {
            let problem = Bound::read(text, unit).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
    }
}
