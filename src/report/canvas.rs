//! What all pictures share: the sheet with its title, axes, texts, colours and legends.

use plotters::coord::Shift;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// No picture is larger than this, in bytes.
pub const MAX_BYTES: usize = 4 << 20;

/// Pixels above the plot: title and summary.
const TOP: u32 = 64;
/// Pixels below the plot: tick labels and the name of the axis.
const BOTTOM: u32 = 54;
/// Pixels around the names of the axes.
const EDGE: u32 = 10;
/// Pixels right of the plot where there is no legend: half of the last tick label.
const MARGIN: u32 = 40;
/// Pixels between the plot and its legend.
const LEGEND_GAP: u32 = 18;
/// Pixels of the legend, gap included.
const LEGEND: u32 = 150;
/// Pixels of a line of the legend.
const LEGEND_LINE: u32 = 20;
/// Pixels of the colour bar's height.
const BAR: u32 = 160;
/// Steps of a colour bar, and of the colours that go with it.
pub(super) const SHADES: usize = 20;

/// Font sizes in plotters' unit, 1.24 of an SVG pixel.
const TITLE_SIZE: f64 = 21.7;
const TEXT_SIZE: f64 = 15.5;
/// Widest share of a font's size that a character takes on average, for reserving room.
const CHARACTER: f64 = 0.5;
/// Longest title kept, in characters.
const MAX_TITLE: usize = 100;

/// The sheet, in pixels.
pub(super) type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The plot, in units of its axes.
pub(super) type Plot<'a, 'b, X = Axis, Y = Axis> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;
/// Drawing into a string fails only if plotters does.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Eight colours for things without an order (Okabe and Ito 2008); used again from the start.
pub(super) fn distinct(i: usize) -> RGBColor {
    const COLOURS: [RGBColor; 8] = [
        RGBColor(0x00, 0x72, 0xB2),
        RGBColor(0xE6, 0x9F, 0x00),
        RGBColor(0x00, 0x9E, 0x73),
        RGBColor(0xD5, 0x5E, 0x00),
        RGBColor(0x56, 0xB4, 0xE9),
        RGBColor(0xCC, 0x79, 0xA7),
        RGBColor(0xF0, 0xE4, 0x42),
        RGBColor(0x55, 0x55, 0x55),
    ];
    COLOURS[i % COLOURS.len()]
}

/// Colours that [`distinct`] has.
pub(super) const DISTINCT: usize = 8;

/// A shade from white (nothing) to dark blue (most).
pub(super) fn shade(level: usize) -> RGBColor {
    let ends = [WHITE, RGBColor(0x56, 0xB4, 0xE9), RGBColor(0x00, 0x38, 0x6B)];
    DerivedColorMap::new(&ends).get_color(level as f64 / SHADES as f64)
}

/// The level of a share of the greatest, from 1 (any at all) to [`SHADES`].
pub(super) fn level(share: f64) -> usize {
    ((share * SHADES as f64).ceil() as usize).clamp(1, SHADES)
}

/// A colour on the way from the first of an ordered row to the last.
pub(super) fn ordered(i: usize, count: usize) -> RGBColor {
    ViridisRGB::get_color(i as f64 / count.saturating_sub(1).max(1) as f64)
}

/// A text that is safe to draw: one line, no characters that XML forbids, at most `longest`.
pub(super) fn clean(text: &str, longest: usize) -> String {
    let allowed = |c: char| match c {
        '\t' | '\n' | '\r' => ' ',
        '\u{FFFE}' | '\u{FFFF}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    let mut chars = text.chars().map(allowed);
    let mut kept: String = chars.by_ref().take(longest).collect();
    if chars.next().is_some() {
        kept.pop();
        kept.push('…');
    }
    kept
}

/// A text's width in pixels, generously.
pub(super) fn width(text: &str) -> u32 {
    pixels(text, TEXT_SIZE)
}

fn pixels(text: &str, size: f64) -> u32 {
    (text.chars().count() as f64 * size * CHARACTER).ceil() as u32
}

/// `n` things, with the plural.
pub(super) fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// A share in per cent, with the digits that a reader can use.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// An axis that knows the room for its labels.
pub(super) trait Labelled: Ranged<ValueType = f64> + ValueFormatter<f64> {
    /// Width of its widest label in pixels.
    fn label(&self) -> u32;
}

/// An axis of things that can be counted: neurons, banks, cycles. Places on it are counted from the
/// first one shown, so that they stay exact however large its number is.
pub(super) struct Axis {
    /// Number of the first one shown.
    pub first: u64,
    /// How many are shown, more than 0.
    pub len: f64,
    /// Labels stand at the middle of a thing (true) or where it begins.
    pub centred: bool,
    /// Pixels run against the plot's own direction: rows are counted from the top.
    pub downwards: bool,
}

impl Axis {
    /// The number at a place.
    fn number(&self, at: f64) -> u64 {
        self.first.saturating_add(at.floor() as u64)
    }
}

impl Labelled for Axis {
    fn label(&self) -> u32 {
        width(&self.number(self.len).to_string())
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let along = value / self.len;
        let along = if self.downwards { 1.0 - along } else { along };
        (f64::from(limit.0) + along * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let most = hint.max_num_points().max(1) as f64;
        let mut steps =
            (0..).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10f64.powi(power)));
        let step = steps.find(|step| self.len / step <= most).expect("steps grow without end");
        // The first label is a multiple of the step.
        let whole = step as u64;
        let offset = ((whole - self.first % whole) % whole) as f64;
        let shift = if self.centred { 0.5 } else { 0.0 };
        (0u32..)
            .map(|k| offset + f64::from(k) * step + shift)
            .take_while(|&at| at <= self.len)
            .collect()
    }

    fn range(&self) -> Range<f64> {
        0.0..self.len
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.number(*value).to_string()
    }
}

/// What the colours mean.
pub(super) enum Legend {
    /// The picture needs none.
    None,
    /// A few things by name.
    Names(&'static str, Vec<(RGBColor, String)>),
    /// Many, from the first (bottom) to the last (top); name, colour of a step, labels of the ends.
    Bar(&'static str, fn(usize) -> RGBColor, [String; 2]),
}

/// A picture before anything is drawn in its plot.
pub(super) struct Picture<'a, X = Axis, Y = Axis> {
    pub title: &'a str,
    /// The line below the title: figures with their units.
    pub summary: String,
    pub axes: (X, Y),
    /// Names of the axes, with units.
    pub names: (&'static str, &'static str),
    /// Size of the plot in pixels.
    pub size: (u32, u32),
    /// Names of the rows from the top, in place of numbers.
    pub rows: Option<&'a [String]>,
    pub legend: Legend,
}

impl<X: Labelled, Y: Labelled> Picture<'_, X, Y> {
    /// Draws the sheet, and has `fill` draw what is in the plot.
    pub fn draw(self, fill: impl FnOnce(&mut Plot<'_, '_, X, Y>) -> Drawn) -> String {
        let mut svg = String::new();
        self.try_draw(&mut svg, fill).expect("drawing into a string does not fail");
        svg
    }

    fn try_draw(
        self,
        svg: &mut String,
        fill: impl FnOnce(&mut Plot<'_, '_, X, Y>) -> Drawn,
    ) -> Drawn {
        let title = clean(self.title, MAX_TITLE);
        let longest = |rows: &[String]| rows.iter().map(|row| width(row)).max().unwrap_or(0);
        // Tick labels, then the axis' name turned by a quarter.
        let left = EDGE + 44 + self.rows.map_or_else(|| self.axes.1.label(), longest);
        let (right, legend_height) = match &self.legend {
            Legend::None => (MARGIN, 0),
            Legend::Names(_, names) => (LEGEND, LEGEND_LINE * (names.len() as u32 + 1)),
            Legend::Bar(..) => (LEGEND, LEGEND_LINE + BAR),
        };
        let texts = pixels(&title, TITLE_SIZE).max(width(&self.summary)) + left + MARGIN;
        let (across, down) = (self.size.0 + 1, self.size.1 + 1);
        let sheet_size =
            ((left + across + right).max(texts), TOP + down.max(legend_height) + BOTTOM + EDGE);
        let sheet = SVGBackend::with_string(svg, sheet_size).into_drawing_area();
        sheet.fill(&WHITE)?;
        let place = |x: u32, y: u32| (x as i32, y as i32);
        sheet.draw(&Text::new(title, place(left, 12), font(TITLE_SIZE)))?;
        sheet.draw(&Text::new(self.summary, place(left, 38), font(TEXT_SIZE)))?;
        draw_legend(&sheet, place(left + across + LEGEND_GAP, TOP), &self.legend)?;

        let beside = (sheet_size.0 - left - across, sheet_size.1 - TOP - down - BOTTOM);
        let across_labels = self.size.0 / (self.axes.0.label() + 16);
        let down_labels = self.rows.map_or(self.size.1 / 22, |rows| rows.len() as u32);
        let mut plot = ChartBuilder::on(&sheet)
            .margin_top(TOP)
            .margin_right(beside.0)
            .margin_bottom(beside.1)
            .x_label_area_size(BOTTOM)
            .margin_left(EDGE)
            .y_label_area_size(left - EDGE)
            .build_cartesian_2d(self.axes.0, self.axes.1)?;
        fill(&mut plot)?;
        let row_name = |at: &f64| {
            let row = self.rows.and_then(|rows| rows.get(at.floor() as usize));
            row.cloned().unwrap_or_default()
        };
        let mut mesh = plot.configure_mesh();
        if self.rows.is_some() {
            mesh.y_label_formatter(&row_name);
        }
        mesh.disable_mesh()
            .x_labels(across_labels.max(1) as usize)
            .y_labels(down_labels.max(1) as usize)
            .x_desc(self.names.0)
            .y_desc(self.names.1)
            .label_style(font(TEXT_SIZE))
            .axis_desc_style(font(TEXT_SIZE))
            .draw()?;
        let (x, y) = (plot.x_range(), plot.y_range());
        let corners = [(x.start, y.start), (x.end, y.end)];
        plot.plotting_area().draw(&Rectangle::new(corners, BLACK))?;
        sheet.present()
    }
}

/// The viewer's own sans-serif font, in dark grey.
pub(super) fn font(size: f64) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&RGBColor(0x22, 0x22, 0x22))
}

/// A text of normal size, centred on its place.
pub(super) fn centred(colour: RGBColor) -> TextStyle<'static> {
    let style = font(TEXT_SIZE).pos(Pos::new(HPos::Center, VPos::Center));
    TextStyle { color: colour.to_backend_color(), ..style }
}

fn draw_legend(sheet: &Sheet<'_>, (x, y): (i32, i32), legend: &Legend) -> Drawn {
    let line = LEGEND_LINE as i32;
    let text = |text: &str, x, y| {
        let style = font(TEXT_SIZE).pos(Pos::new(HPos::Left, VPos::Center));
        sheet.draw(&Text::new(text.to_owned(), (x, y), style))
    };
    let box_ = |y0: i32, y1: i32, colour: RGBColor| {
        sheet.draw(&Rectangle::new([(x, y0), (x + 14, y1)], colour.filled()))
    };
    match legend {
        Legend::None => {}
        Legend::Names(name, names) => {
            text(name, x, y + line / 2)?;
            for ((colour, name), i) in names.iter().zip(1..) {
                let middle = y + i * line + line / 2;
                box_(middle - 7, middle + 7, *colour)?;
                text(name, x + 22, middle)?;
            }
        }
        Legend::Bar(name, colour, [first, last]) => {
            text(name, x, y + line / 2)?;
            let step = BAR as i32 / SHADES as i32;
            let bottom = y + line + BAR as i32;
            for (i, at) in (0..SHADES).zip(0..) {
                box_(bottom - (at + 1) * step, bottom - at * step, colour(i))?;
            }
            text(last, x + 22, y + line + 6)?;
            text(first, x + 22, bottom - 6)?;
        }
    }
    Ok(())
}
