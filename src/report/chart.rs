//! A chart as inline SVG: plotters draws the frame, the ticks and the grid; the marks are written here, because they carry classes for
//! the page's colours, titles that show under the pointer, and places finer than a pixel.

use std::fmt::Write;
use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

use super::ReportError;
use super::curve::{MOST_POINTS, Point, thin};
use super::numbers::significant;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// a line
    Line,
    /// a dashed line
    Dashed,
    /// a line with its points
    Points,
    /// bars from the top of the series before it, all at the same places
    Bars,
}

/// A series of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// its name
    pub name: String,
    /// its colour: a class of the page (`c0` …) or a CSS colour
    pub colour: String,
    /// how it is drawn
    pub shape: Shape,
    /// its points, in the units of the axes
    pub points: Vec<Point>,
}

impl Series {
    /// A series in one of the page's colours.
    pub fn new(name: &str, colour: usize, shape: Shape, points: Vec<Point>) -> Self {
        Self { name: name.into(), colour: format!("c{colour}"), shape, points }
    }
}

/// A chart: what it shows, with units, and the series.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// what stands along y, with its unit
    pub title: String,
    /// what stands along x, with its unit
    pub x: String,
    /// the series; those without points are left out
    pub series: Vec<Series>,
    /// heights to show instead of all
    pub range: Option<Range<f64>>,
    /// heights that shall be seen in any case
    pub with: Vec<f64>,
    /// entries of the legend instead of one a series: name and colour
    pub legend: Option<Vec<(String, String)>>,
    /// whole numbers along x
    pub whole: bool,
    /// width and height \[pixel\]
    pub size: (u32, u32),
}

/// Size of a panel beside others \[pixel\].
pub const PANEL: (u32, u32) = (380, 230);
/// Size of a chart of half the page's width \[pixel\].
pub const HALF: (u32, u32) = (560, 330);

impl Chart {
    /// Whether there is anything to see.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.is_empty())
    }

    /// The chart with its title and legend; nothing if it is empty.
    ///
    /// # Errors
    /// If plotters fails.
    pub fn draw(&self) -> Result<Markup, ReportError> {
        if self.is_empty() {
            return Ok(html! {});
        }
        let failed =
            |e: Box<dyn std::error::Error>| ReportError::Chart { title: self.title.clone(), reason: e.to_string() };
        let svg = self.svg().map_err(failed)?;
        let entries = self.legend.clone().unwrap_or_else(|| {
            let drawn = self.series.iter().filter(|series| !series.points.is_empty());
            drawn.map(|series| (series.name.clone(), series.colour.clone())).collect()
        });
        Ok(html! {
            div.chart {
                p.title { (self.title) }
                @if entries.len() > 1 || self.legend.is_some() {
                    ul.legend { @for (name, colour) in &entries { li { (swatch(colour)) (name) } } }
                }
                (PreEscaped(svg))
            }
        })
    }

    fn ranges(&self) -> (Range<f64>, Range<f64>) {
        let drawn = || self.series.iter().filter(|series| !series.points.is_empty());
        let x = extent(drawn().flat_map(|series| series.points.iter().map(|p| p.0)));
        let x = if self.whole { x.start - 0.5..x.end + 0.5 } else { padded(x, 0.02) };
        let bars = drawn().any(|series| series.shape == Shape::Bars);
        let tops = stacked(&self.series).into_iter().flatten().map(|(_, _, top)| top);
        let tops: Vec<f64> = if bars { tops.chain([0.0]).collect() } else { Vec::new() };
        let heights = drawn().filter(|series| series.shape != Shape::Bars).flat_map(|s| s.points.iter().map(|p| p.1));
        let y = extent(heights.chain(tops).chain(self.with.iter().copied()));
        (x, self.range.clone().unwrap_or_else(|| padded(y, 0.06)))
    }

    fn svg(&self) -> Result<String, Box<dyn std::error::Error>> {
        let (x, y) = self.ranges();
        let mut drawn = String::new();
        let (left, top) = {
            let root = SVGBackend::with_string(&mut drawn, self.size).into_drawing_area();
            let mut chart = ChartBuilder::on(&root)
                .margin_top(6)
                .margin_right(14)
                .x_label_area_size(42)
                .y_label_area_size(56)
                .build_cartesian_2d(x.clone(), y.clone())?;
            let wide = self.size.0 > PANEL.0;
            let span = x.end - x.start;
            let labels = if self.whole {
                (span.round() as usize).clamp(1, 10) + 1
            } else if wide {
                8
            } else {
                5
            };
            chart
                .configure_mesh()
                .x_desc(self.x.as_str())
                .x_labels(labels)
                .y_labels(6)
                .label_style(("sans-serif", 15))
                .axis_desc_style(("sans-serif", 15))
                .light_line_style(TRANSPARENT)
                .bold_line_style(RGBColor(225, 225, 225))
                .x_label_formatter(&|v| {
                    if self.whole && (v - v.round()).abs() > 1e-6 {
                        String::new()
                    } else {
                        significant(clean(*v, span), 4)
                    }
                })
                .y_label_formatter(&|v| significant(clean(*v, y.end - y.start), 4))
                .draw()?;
            let pixels = chart.plotting_area().get_pixel_range();
            root.present()?;
            pixels
        };
        let place = |(px, py): Point| {
            let share = |v: f64, range: &Range<f64>| (v - range.start) / (range.end - range.start);
            let across = f64::from(left.start) + share(px, &x) * f64::from(left.end - left.start);
            let down = f64::from(top.end) - share(py, &y) * f64::from(top.end - top.start);
            (across, down)
        };
        let (width, height) = self.size;
        let frame = drawn.split_once('>').map_or("", |(_, rest)| rest).trim_end().trim_end_matches("</svg>");
        let clip = clip_name(&self.title, &self.x);
        let label = html! { (self.title) " against " (self.x) }.into_string();
        let mut svg = format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\">{frame}");
        let (w, h) = (left.end - left.start, top.end - top.start);
        write!(
            svg,
            "<clipPath id=\"{clip}\"><rect x=\"{}\" y=\"{}\" width=\"{w}\" height=\"{h}\"/></clipPath>",
            left.start, top.start
        )?;
        write!(svg, "<g clip-path=\"url(#{clip})\">")?;
        let bars = stacked(&self.series);
        let slots = bars.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let bar = (f64::from(w) / slots as f64 * 0.7).clamp(0.5, 64.0);
        for (series, bars) in self.series.iter().zip(&bars) {
            marks(&mut svg, series, bars, bar, &place)?;
        }
        svg.push_str("</g></svg>");
        Ok(svg)
    }
}

/// The marks of a series, each with a title.
fn marks(
    svg: &mut String,
    series: &Series,
    bars: &[(f64, f64, f64)],
    width: f64,
    place: &impl Fn(Point) -> Point,
) -> std::fmt::Result {
    let class = |colour: &str, property: &str| match colour.starts_with('#') {
        true => (String::new(), format!(" style=\"{property}:{colour}\"")),
        false => (format!(" {colour}"), String::new()),
    };
    let name = html! { (series.name) }.into_string();
    for &(x, low, high) in bars {
        let ((middle, top), (_, bottom)) = (place((x, high)), place((x, low)));
        let (class, style) = class(&series.colour, "fill");
        write!(
            svg,
            "<rect class=\"bar{class}\"{style} x=\"{:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{:.2}\" data-value=\"{:?}\"><title>{name}, {}: {}</title></rect>",
            middle - width / 2.0,
            (bottom - top).max(0.0),
            high - low,
            significant(x, 6),
            significant(high - low, 5)
        )?;
    }
    if series.shape == Shape::Bars || series.points.is_empty() {
        return Ok(());
    }
    let (class, style) = class(&series.colour, "stroke");
    let points = thin(&series.points, MOST_POINTS);
    let dashed = if series.shape == Shape::Dashed { " dashed" } else { "" };
    write!(svg, "<polyline class=\"curve{class}{dashed}\"{style} points=\"")?;
    for point in &points {
        let (x, y) = place(*point);
        write!(svg, "{x:.1},{y:.1} ")?;
    }
    write!(svg, "\"><title>{name}</title></polyline>")?;
    if series.shape == Shape::Points || points.len() == 1 {
        let radius = if points.len() > 60 { 1.6 } else { 3.5 };
        for point in &points {
            let (x, y) = place(*point);
            write!(
                svg,
                "<circle class=\"point{class}\"{style} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" data-value=\"{:?}\"><title>{name}, {}: {}</title></circle>",
                point.1,
                significant(point.0, 6),
                significant(point.1, 6)
            )?;
        }
    }
    Ok(())
}

/// Of each series its bars: place, lower and upper end; none for what is no bar. Bars of one place stand on each other.
fn stacked(series: &[Series]) -> Vec<Vec<(f64, f64, f64)>> {
    let mut tops: Vec<(f64, f64)> = Vec::new();
    let bars = |series: &Series| {
        let points = series.points.iter().filter(|_| series.shape == Shape::Bars);
        let stack = |&(x, height): &Point| {
            let place = tops.iter().position(|top| top.0 == x).unwrap_or_else(|| {
                tops.push((x, 0.0));
                tops.len() - 1
            });
            let low = tops[place].1;
            tops[place].1 += height.max(0.0);
            (x, low, tops[place].1)
        };
        points.map(stack).collect()
    };
    series.iter().map(bars).collect()
}

/// A spot of a series' colour.
pub fn swatch(colour: &str) -> Markup {
    match colour.starts_with('#') {
        true => html! { span.swatch style={ "background:" (colour) } {} },
        false => html! { span class={ "swatch " (colour) } {} },
    }
}

/// Lowest and highest of the values.
fn extent(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low <= high { low..high } else { 0.0..1.0 }
}

/// The range with room at both ends; around values that are all the same, enough of it to tell them.
fn padded(range: Range<f64>, share: f64) -> Range<f64> {
    let (span, size) = (range.end - range.start, range.start.abs().max(range.end.abs()));
    let room = match span > 1e-6 * size {
        true => share * span,
        false => (0.1 * size).max(1e-9),
    };
    range.start - room..range.end + room
}

/// 0 where a tick is that but for rounding.
fn clean(value: f64, span: f64) -> f64 {
    if value.abs() < 1e-9 * span { 0.0 } else { value }
}

/// A name for the clip path that no other chart of the page has: charts differ in what they show.
fn clip_name(title: &str, x: &str) -> String {
    let hash = title
        .bytes()
        .chain(x.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    format!("clip-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(series: Vec<Series>) -> Chart {
        Chart { title: "a <b> [V]".into(), x: "t [s]".into(), series, size: PANEL, ..Chart::default() }
    }

    #[test]
    fn a_chart_has_its_curves_and_escapes_its_names() {
        let series = vec![
            Series::new("up & down", 0, Shape::Points, vec![(0.0, 1.0), (1.0, 2.0)]),
            Series::new("nothing", 1, Shape::Line, Vec::new()),
        ];
        let text = chart(series).draw().unwrap().into_string();
        assert_eq!(text.matches("<polyline class=\"curve").count(), 1);
        assert_eq!(text.matches("<circle class=\"point").count(), 2);
        assert!(text.contains("up &amp; down") && text.contains("a &lt;b&gt;"), "{text}");
        assert!(!text.contains("nothing") && !text.contains("http"));
        assert!(chart(Vec::new()).draw().unwrap().into_string().is_empty());
    }

    #[test]
    fn bars_stand_on_each_other() {
        let bars = |heights: [f64; 2]| vec![(1.0, heights[0]), (2.0, heights[1])];
        let series =
            [Series::new("a", 0, Shape::Bars, bars([1.0, 2.0])), Series::new("b", 1, Shape::Bars, bars([0.5, 0.25]))];
        assert_eq!(stacked(&series), [[(1.0, 0.0, 1.0), (2.0, 0.0, 2.0)], [(1.0, 1.0, 1.5), (2.0, 2.0, 2.25)]]);
    }

    #[test]
    fn a_flat_curve_and_a_single_point_have_a_range() {
        for points in [vec![(1.0, 5.0)], vec![(0.0, 0.0), (1.0, 0.0)]] {
            let text = chart(vec![Series::new("a", 0, Shape::Line, points)]).draw().unwrap().into_string();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }
}
