//! A chart as inline SVG: plotters draws the frame, the ticks and the grid; the marks are written here, because they carry classes for
//! the page's colours, titles that show under the pointer, and places finer than a pixel.

use std::fmt::Write;
use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::ReportError;
use super::curve::{Point, thin};
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
    /// points without a line
    Dots,
    /// an upright line from each point to the next, two by two
    Whiskers,
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
    /// names of the whole numbers from 1 on, in their place
    pub names: Vec<String>,
    /// a logarithmic x axis that begins here; what lies before it is left out
    pub log_from: Option<f64>,
    /// width and height \[pixel\]
    pub size: (u32, u32),
}

/// Width of the page \[pixel\].
const PAGE: u32 = 1160;
/// Room between charts of a row \[pixel\].
const GAP: u32 = 24;
/// Least span of an axis: what would be drawn finer than this is a number without a meaning, and ticks could not be found for it.
const LEAST_SPAN: f64 = 1e-100;

/// Room above a chart by itself for its title and its legend \[pixel\].
const HEAD: u32 = 42;

/// Size of a chart in a row of `count` \[pixel\].
pub fn size_in_row(count: usize) -> (u32, u32) {
    let count = count.max(1) as u32;
    ((PAGE - (count - 1) * GAP) / count, if count > 2 { 230 } else { 300 })
}

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

    /// The chart by itself: its title and legend above the marks, in an SVG element without a name space, and its size \[pixel\].
    ///
    /// # Errors
    /// If plotters fails.
    pub fn alone(&self) -> Result<(String, [u32; 2]), ReportError> {
        let failed =
            |e: Box<dyn std::error::Error>| ReportError::Chart { title: self.title.clone(), reason: e.to_string() };
        let svg = self.svg().map_err(failed)?;
        let (width, height) = self.size;
        let mut head = html! { text x="8" y="17" font-size="13" font-weight="600" { (self.title) } }.into_string();
        let entries = self.legend.clone().unwrap_or_else(|| {
            let drawn = self.series.iter().filter(|series| !series.points.is_empty());
            drawn.map(|series| (series.name.clone(), series.colour.clone())).collect()
        });
        let mut place = 8;
        for (name, colour) in entries.iter().filter(|_| entries.len() > 1 || self.legend.is_some()) {
            let (class, style) = match colour.starts_with('#') {
                true => ("bar".to_string(), format!("fill:{colour}")),
                false => (format!("bar {colour}"), String::new()),
            };
            let mark = html! {
                rect class=(class) style=(style) x=(place) y="25" width="10" height="10" {}
                text x=(place + 14) y="34" font-size="11" { (name) }
            };
            head.push_str(&mark.into_string());
            // letters of this size are 6 pixels wide on the whole
            place += 14 + 6 * name.chars().count() as u32 + 10;
        }
        let placed = svg.replacen("<svg ", &format!("<svg y=\"{HEAD}\" width=\"{width}\" height=\"{height}\" "), 1);
        Ok((format!("{head}{placed}"), [width, height + HEAD]))
    }

    /// Ranges of both axes, and whether that along x is logarithmic.
    fn ranges(&self) -> (Range<f64>, Range<f64>, bool) {
        let drawn = || self.series.iter().filter(|series| !series.points.is_empty());
        let x = extent(drawn().flat_map(|series| series.points.iter().map(|p| p.0)));
        // where nothing lies beyond its beginning a logarithmic axis has nothing to show
        let log_from = self.log_from.filter(|&from| from > LEAST_SPAN && x.end > from);
        let x = match log_from {
            Some(from) => from..x.end * 1.05,
            _ if self.whole => x.start - 0.5..x.end + 0.5,
            _ => padded(x, 0.02),
        };
        let bars = drawn().any(|series| series.shape == Shape::Bars);
        let tops = stacked(&self.series).into_iter().flatten().map(|(_, _, top)| top);
        let tops: Vec<f64> = if bars { tops.chain([0.0]).collect() } else { Vec::new() };
        let heights = drawn().filter(|series| series.shape != Shape::Bars).flat_map(|s| s.points.iter().map(|p| p.1));
        let y = extent(heights.chain(tops).chain(self.with.iter().copied()));
        let y = self.range.clone().map_or_else(|| padded(y, 0.06), |range| padded(range, 0.0));
        (x, y, log_from.is_some())
    }

    fn svg(&self) -> Result<String, Box<dyn std::error::Error>> {
        let (x, y, is_log) = self.ranges();
        let mut drawn = String::new();
        let (left, top) = {
            let root = SVGBackend::with_string(&mut drawn, self.size).into_drawing_area();
            let mut builder = ChartBuilder::on(&root);
            builder.margin_top(6).margin_right(14).x_label_area_size(42).y_label_area_size(56);
            let pixels = match is_log {
                true => {
                    let mut chart = builder.build_cartesian_2d(x.clone().log_scale(), y.clone())?;
                    self.axes(&mut chart, &x, &y, is_log)?;
                    chart.plotting_area().get_pixel_range()
                }
                false => {
                    let mut chart = builder.build_cartesian_2d(x.clone(), y.clone())?;
                    self.axes(&mut chart, &x, &y, is_log)?;
                    chart.plotting_area().get_pixel_range()
                }
            };
            root.present()?;
            pixels
        };
        let place = |(px, py): Point| {
            let share = |v: f64, range: &Range<f64>| (v - range.start) / (range.end - range.start);
            let along = match is_log {
                true => (px / x.start).ln() / (x.end / x.start).ln(),
                false => share(px, &x),
            };
            let across = f64::from(left.start) + along * f64::from(left.end - left.start);
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

    /// Frame, grid, ticks and what stands along the axes.
    fn axes<X: Ranged<ValueType = f64> + ValueFormatter<f64>>(
        &self,
        chart: &mut ChartContext<SVGBackend, Cartesian2d<X, RangedCoordf64>>,
        x: &Range<f64>,
        y: &Range<f64>,
        is_log: bool,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let span = x.end - x.start;
        let labels = match self.size.0 {
            _ if self.whole => (span.round() as usize).clamp(1, 10) + 1,
            700.. => 12,
            450.. => 8,
            _ => 5,
        };
        let along = |v: &f64| match (self.whole, is_log) {
            (true, _) if (v - v.round()).abs() > 1e-6 => String::new(),
            (true, _) if !self.names.is_empty() => {
                let place = (v.round() as usize).checked_sub(1);
                place.and_then(|place| self.names.get(place)).cloned().unwrap_or_default()
            }
            (_, true) => significant(*v, 3),
            _ => significant(clean(*v, span), 4),
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
            .x_label_formatter(&along)
            .y_label_formatter(&|v| significant(clean(*v, y.end - y.start), 4))
            .draw()?;
        Ok(())
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
    let (class, style) = class(&series.colour, if series.shape == Shape::Dots { "fill" } else { "stroke" });
    if series.shape == Shape::Whiskers {
        for ends in series.points.chunks_exact(2) {
            let ((x, top), (_, bottom)) = (place(ends[0]), place(ends[1]));
            write!(
                svg,
                "<polyline class=\"curve{class}\"{style} points=\"{x:.1},{top:.1} {x:.1},{bottom:.1}\"><title>{name}</title></polyline>"
            )?;
        }
        return Ok(());
    }
    if series.shape == Shape::Dots {
        return dots(svg, &series.points, (&name, &class, &style), place);
    }
    let points = thin(&series.points, |x| place((x, 0.0)).0.floor() as i64);
    let dashed = if series.shape == Shape::Dashed { " dashed" } else { "" };
    write!(svg, "<polyline class=\"curve{class}{dashed}\"{style} points=\"")?;
    for point in &points {
        let (x, y) = place(*point);
        write!(svg, "{x:.1},{y:.1} ")?;
    }
    write!(svg, "\"><title>{name}</title></polyline>")?;
    if series.shape == Shape::Points || points.len() == 1 {
        dots(svg, &points, (&name, &class, &style), place)?;
    }
    Ok(())
}

/// A spot at each point of a series, with its name, class and style.
fn dots(
    svg: &mut String,
    points: &[Point],
    (name, class, style): (&str, &str, &str),
    place: &impl Fn(Point) -> Point,
) -> std::fmt::Result {
    let radius = if points.len() > 60 { 1.6 } else { 3.5 };
    for point in points {
        let (x, y) = place(*point);
        write!(
            svg,
            "<circle class=\"point{class}\"{style} cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" data-value=\"{:?}\"><title>{name}, {}: {}</title></circle>",
            point.1,
            significant(point.0, 6),
            significant(point.1, 6)
        )?;
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
    let room = match span > (1e-6 * size).max(LEAST_SPAN) {
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
        Chart { title: "a <b> [V]".into(), x: "t [s]".into(), series, size: size_in_row(3), ..Chart::default() }
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

    #[test]
    fn any_numbers_have_a_chart() {
        let cruel = [0.0, -0.0, 1e-320, -1e-320, 5e-324, 1e-101, 1.0, 1.0 + f64::EPSILON, 1e99, -1e99];
        for &a in &cruel {
            for &b in &cruel {
                for log_from in [None, Some(1e-320), Some(1e-5), Some(1e9)] {
                    let series = vec![Series::new("a", 0, Shape::Line, vec![(a, b), (b, a)])];
                    let text = Chart { log_from, ..chart(series) }.draw().unwrap().into_string();
                    assert!(text.contains("<svg"), "{a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn a_logarithmic_axis_gives_each_decade_the_same_room() {
        let points = vec![(1e-4, 1.0), (1e-3, 1.0), (1e-2, 2.0), (1e-1, 2.0)];
        let chart = Chart { log_from: Some(1e-4), ..chart(vec![Series::new("a", 0, Shape::Points, points)]) };
        let text = chart.draw().unwrap().into_string();
        let at: Vec<f64> =
            text.split("cx=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect();
        assert_eq!(at.len(), 4);
        assert!((at[1] - at[0] - (at[3] - at[2])).abs() < 0.3 && at[1] - at[0] > 50.0, "{at:?}");
    }
}
