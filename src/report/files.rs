//! The pictures and curves of the page as files.

use std::path::Path;

use super::ReportError;
use super::chart::{Chart, size_in_row};
use super::moments::{self, Moment};
use super::numbers::{duration, significant};
use super::record::Record;
use super::{page, picture, sections};
use crate::io::{IoError, write_whole};

/// Width of a picture in perspective by itself, and of one in the strip \[pixel\].
const ALONE: usize = 1000;
const IN_STRIP: usize = 480;
/// Most moments of the strip.
const STRIP: usize = 4;
/// Charts of a row of the sheet.
const ACROSS: usize = 3;
/// Room between charts of the sheet \[pixel\].
const GAP: u32 = 24;

/// Writes everything into `out`; returns the names with what each shows.
pub fn write(record: &Record, out: &Path) -> Result<Vec<(String, String)>, ReportError> {
    let failed = |reason: String| ReportError::Picture { directory: record.directory.clone(), reason };
    std::fs::create_dir_all(out).map_err(IoError::system(out))?;
    let mut written = Vec::new();
    let mut put = |name: String, what: String, bytes: &[u8]| -> Result<(), ReportError> {
        write_whole(&out.join(&name), bytes)?;
        written.push((name, what));
        Ok(())
    };
    let times = record.frames.as_ref().map_err(|reason| failed(reason.to_string()))?;
    let moments = moments::choose(times, record);
    let told = |moment: &Moment| {
        format!("{}, {}, {} mAh/cm²", moment.title, duration(moment.time), significant(moment.charge, 3))
    };
    let shown = spread(&moments);
    if let Some(strip) = picture::strip(record, &shown, IN_STRIP).map_err(failed)? {
        put("deposit.png".into(), shown.iter().map(told).collect::<Vec<_>>().join("; "), &strip)?;
    }
    if !moments.is_empty() {
        let gallery = picture::gallery(record, &moments, ALONE).map_err(failed)?;
        for (number, shot) in (1..).zip(&gallery.shots) {
            let pictures = [
                ("deposit", &shot.view),
                ("section", &shot.phases),
                ("salt", &shot.salt),
                ("potential", &shot.potential),
            ];
            for (name, png) in pictures {
                if let Some(png) = png {
                    put(format!("{name}-{number}.png"), told(&shot.moment), png)?;
                }
            }
        }
    }
    let charts = sections::charts(record);
    for chart in &charts {
        let chart = Chart { size: size_in_row(1), ..chart.clone() };
        let (svg, size) = chart.alone()?;
        let name = format!("{}.svg", slug(&format!("{} against {}", plain(&chart.title), plain(&chart.x))));
        put(name, format!("{} against {}", chart.title, chart.x), file(&svg, size).as_bytes())?;
    }
    if !charts.is_empty() {
        let (svg, size) = sheet(&charts)?;
        put("curves.svg".into(), "all curves on one sheet".into(), file(&svg, size).as_bytes())?;
    }
    Ok(written)
}

/// At most [`STRIP`] of the moments, the first and the last among them.
fn spread(moments: &[Moment]) -> Vec<Moment> {
    let count = moments.len().min(STRIP);
    let place = |k: usize| if count > 1 { (k * (moments.len() - 1) + (count - 1) / 2) / (count - 1) } else { 0 };
    (0..count).map(|k| moments[place(k)].clone()).collect()
}

/// All charts in rows, and the size of the sheet \[pixel\].
fn sheet(charts: &[Chart]) -> Result<(String, [u32; 2]), ReportError> {
    let (mut content, mut width, mut top) = (String::new(), 0, 0);
    for row in charts.chunks(ACROSS) {
        let (mut left, mut height) = (0, 0);
        for chart in row {
            let (svg, [w, h]) = Chart { size: size_in_row(ACROSS), ..chart.clone() }.alone()?;
            content.push_str(&format!("<svg x=\"{left}\" y=\"{top}\" width=\"{w}\" height=\"{h}\">{svg}</svg>"));
            left += w + GAP;
            height = height.max(h);
        }
        width = width.max(left - GAP);
        top += height + GAP;
    }
    Ok((content, [width, top - GAP]))
}

/// A file of an SVG with the colours of the page by day.
fn file(content: &str, [width, height]: [u32; 2]) -> String {
    let style = page::style_of_charts();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\
         <style>{style}</style><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>{content}</svg>\n"
    )
}

/// A title without its units, which stand in brackets.
fn plain(title: &str) -> String {
    title
        .split('[')
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once(']').map_or("", |p| p.1) })
        .collect()
}

/// A text as a name of a file.
fn slug(text: &str) -> String {
    let letters: String = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    letters.split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_has_the_first_and_the_last_moment() {
        let moments = |n: usize| -> Vec<Moment> {
            (0..n).map(|frame| Moment { frame, time: frame as f64, charge: 0.0, title: "x".into() }).collect()
        };
        let frames = |n: usize| spread(&moments(n)).iter().map(|moment| moment.frame).collect::<Vec<_>>();
        assert_eq!(frames(0), [] as [usize; 0]);
        assert_eq!((frames(1), frames(2)), (vec![0], vec![0, 1]));
        assert_eq!(frames(4), [0, 1, 2, 3]);
        assert_eq!(frames(7), [0, 2, 4, 6]);
    }

    #[test]
    fn names_of_files_are_words_and_hyphens() {
        assert_eq!(slug("t/t_Sand × k (mean)"), "t-t-sand-k-mean");
        assert_eq!(slug(&plain("Potential [mV], the beginning")), "potential-the-beginning");
    }
}
