//! The pictures, read back by an XML parser that knows nothing of plotters.

use super::*;
use crate::ids::Neuron;
use crate::pattern::Pattern;
use std::collections::{BTreeMap, BTreeSet};

/// Right neuron `r` reads the `d_in` left neurons from `3·r·d_in` on, around the layer.
fn structured(left: usize, right: usize, d_in: usize) -> Pattern {
    let row = |r: usize| (0..d_in).map(|k| Neuron::new((r * d_in + k) * 3 % left)).collect();
    Pattern::new(left, &(0..right).map(row).collect::<Vec<_>>()).expect("3 and `left` are coprime")
}

/// A rectangle, polygon or text of a picture.
struct Shape {
    tag: String,
    fill: String,
    stroke: String,
    points: Vec<(i64, i64)>,
    text: String,
}

/// All shapes; panics unless the picture is one well-formed document.
fn shapes(svg: &str) -> Vec<Shape> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    assert_eq!(document.root_element().tag_name().name(), "svg");
    let read = |node: roxmltree::Node<'_, '_>| {
        let text = |name: &str| node.attribute(name).unwrap_or_default().to_owned();
        let number = |name: &str| text(name).parse::<i64>().unwrap_or_default();
        let points = if node.has_attribute("points") {
            let pairs = node.attribute("points").unwrap_or_default().split_whitespace();
            pairs
                .map(|pair| pair.split_once(',').expect("x,y"))
                .map(|(x, y)| (x.parse().expect("x"), y.parse().expect("y")))
                .collect()
        } else {
            let (x, y) = (number("x"), number("y"));
            vec![(x, y), (x + number("width"), y + number("height"))]
        };
        Shape {
            tag: node.tag_name().name().to_owned(),
            fill: text("fill"),
            stroke: text("stroke"),
            points,
            text: node.text().unwrap_or_default().trim().to_owned(),
        }
    };
    document.descendants().filter(roxmltree::Node::is_element).map(read).collect()
}

fn texts(svg: &str) -> Vec<String> {
    shapes(svg).into_iter().filter(|s| s.tag == "text").map(|s| s.text).collect()
}

/// Corners of the plot: its frame is the only black outline.
fn frame(shapes: &[Shape]) -> [(i64, i64); 2] {
    let frame = |s: &&Shape| s.tag == "rect" && s.fill == "none" && s.stroke == "#000000";
    let found: Vec<_> = shapes.iter().filter(frame).collect();
    assert_eq!(found.len(), 1);
    [found[0].points[0], found[0].points[1]]
}

/// The colour of each (column, row) of a grid, found by what the polygons cover.
fn decode(shapes: &[Shape], columns: i64, rows: i64) -> BTreeMap<(i64, i64), String> {
    let [(left, top), (right, bottom)] = frame(shapes);
    assert_eq!(((right - left) % columns, (bottom - top) % rows), (0, 0), "whole pixels a cell");
    let (cell_x, cell_y) = ((right - left) / columns, (bottom - top) / rows);
    let mut cells = BTreeMap::new();
    for polygon in shapes.iter().filter(|s| s.tag == "polygon") {
        // Teeth: bottom left, top left, top right, bottom right.
        assert_eq!(polygon.points.len() % 4, 0);
        for tooth in polygon.points.chunks(4) {
            assert_eq!((tooth[0].0, tooth[1].1), (tooth[1].0, tooth[2].1));
            assert_eq!((tooth[2].0, tooth[3].1), (tooth[3].0, tooth[0].1));
            assert_eq!(tooth[0].1 - tooth[1].1, cell_y);
            let row = (tooth[1].1 - top) / cell_y;
            for x in (tooth[0].0..tooth[2].0).step_by(cell_x as usize) {
                let earlier = cells.insert(((x - left) / cell_x, row), polygon.fill.clone());
                assert_eq!(earlier, None, "a cell drawn twice");
            }
        }
    }
    cells
}

#[test]
fn every_edge_is_drawn_where_it_is_and_no_other() {
    for (left, right, d_in) in [(4, 4, 1), (40, 40, 9), (800, 40, 40), (20, 700, 2), (10, 10, 10)] {
        let graph = structured(left, right, d_in);
        let drawn = decode(&shapes(&pattern(&graph, "a title")), left as i64, right as i64);
        let cells: BTreeSet<(i64, i64)> = drawn.into_keys().collect();
        let expected: BTreeSet<(i64, i64)> = (0..right)
            .flat_map(|r| (0..d_in).map(move |k| (((r * d_in + k) * 3 % left) as i64, r as i64)))
            .collect();
        assert_eq!(expected.len(), right * d_in);
        assert_eq!(cells, expected);
    }
}

#[test]
fn neighbouring_edges_are_one_run() {
    let full = structured(10, 10, 10);
    let points: usize = shapes(&pattern(&full, ""))
        .iter()
        .filter(|s| s.tag == "polygon")
        .map(|s| s.points.len())
        .sum();
    assert_eq!(points, 10 * 4, "one tooth a row");
}

#[test]
fn a_huge_pattern_is_drawn_as_densities() {
    // The left half feeds the upper half of the right layer only, and completely: two quarters are
    // full, two empty. 2 · 1000 · 1000 edges.
    let row = |r: usize| {
        let first = if r < 1000 { 0 } else { 1000 };
        (first..first + 1000).map(Neuron::new).collect()
    };
    let graph = Pattern::new(2000, &(0..2000).map(row).collect::<Vec<_>>()).expect("regular");
    let svg = pattern(&graph, "quarters");
    let cells = decode(&shapes(&svg), 128, 128);
    let darkest = &cells[&(0, 0)];
    for column in 0..128 {
        for row in 0..128 {
            let full = (column < 64) == (row < 64);
            assert_eq!(cells.get(&(column, row)) == Some(darkest), full, "{column}, {row}");
        }
    }
    assert!(texts(&svg).iter().any(|t| t.contains("2000000 edges")));
    assert!(texts(&svg).iter().any(|t| t == "100.0 %"), "the densest tile");
}

#[test]
fn the_costliest_pattern_drawn_edge_by_edge_is_bounded() {
    // No two edges touch, and coordinates have as many digits as they can.
    let (left, right) = (1599, 1600);
    let d_in = 1599 / 27; // 59
    let rows: Vec<Vec<Neuron>> =
        (0..right).map(|r| (0..d_in).map(|k| Neuron::new((r + 27 * k) % left)).collect()).collect();
    // One row is one too many for equal out-degrees.
    let graph = Pattern::new(left, &rows[..left]).expect("circulant");
    assert!(graph.edges() > 94_000 && graph.edges() <= MAX_EDGES);
    let svg = pattern(&graph, "");
    assert_eq!(decode(&shapes(&svg), 1599, 1599).len(), graph.edges());
    assert!(svg.len() > MAX_BYTES / 2, "a weak case: {} bytes", svg.len());
    // The remaining edges up to the limit cost as much each.
    assert!(svg.len() as f64 * MAX_EDGES as f64 / (graph.edges() as f64) < MAX_BYTES as f64);
}

/// A cell unless lane and cycle agree modulo 5.
fn reads(cycles: usize, lanes: usize) -> Vec<BankCell> {
    let cells = (0..cycles).flat_map(|cycle| (0..lanes).map(move |lane| (cycle, lane)));
    cells
        .filter(|(cycle, lane)| (cycle + lane) % 5 != 0)
        .map(|(cycle, lane)| BankCell { cycle, bank: (lane + 3 * cycle) % lanes, lane })
        .collect()
}

#[test]
fn every_read_has_the_colour_that_the_legend_gives_its_lane() {
    let cells = reads(25, 8);
    let shapes = shapes(&banks(&cells, 25, 8, 8, "reads"));
    let [_, (right, _)] = frame(&shapes);
    let beside: Vec<&Shape> = shapes.iter().filter(|s| s.points[0].0 > right).collect();
    let legend: BTreeMap<&str, &str> = beside
        .iter()
        .filter(|s| s.tag == "rect")
        .map(|swatch| {
            let middle = (swatch.points[0].1 + swatch.points[1].1) / 2;
            let name = beside.iter().find(|s| s.tag == "text" && s.points[0].1 == middle);
            (name.expect("a name beside it").text.as_str(), swatch.fill.as_str())
        })
        .collect();
    assert_eq!(legend.values().collect::<BTreeSet<_>>().len(), 8, "eight different colours");
    let expected: BTreeMap<(i64, i64), String> = cells
        .iter()
        .map(|c| ((c.cycle as i64, c.bank as i64), legend[c.lane.to_string().as_str()].to_owned()))
        .collect();
    assert_eq!(decode(&shapes, 25, 8), expected);
}

#[test]
fn many_lanes_have_a_colour_bar_and_idle_cells_stay_white() {
    let cells = reads(50, 32);
    let svg = banks(&cells, 50, 32, 32, "reads");
    let drawn = decode(&shapes(&svg), 50, 32);
    assert_eq!(drawn.len(), cells.len());
    let colours: BTreeSet<_> = drawn.values().collect();
    assert_eq!(colours.len(), 32, "a colour a lane");
    assert!(!drawn.values().any(|colour| colour == "#FFFFFF"));
    assert!(texts(&svg).iter().any(|t| t == "31"), "the last lane, at the bar's end");
    // 32 of 160 combinations modulo 5 are idle: 1600 / 5 = 320 cells.
    assert!(texts(&svg).iter().any(|t| t.contains("80.0 % of bank-cycles read")));
}

#[test]
fn shared_cells_and_cells_outside_are_told() {
    let cell = |cycle, bank, lane| BankCell { cycle, bank, lane };
    let cells = [cell(0, 0, 1), cell(0, 0, 0), cell(2, 0, 0), cell(0, 2, 0), cell(1, 1, 2)];
    let svg = banks(&cells, 2, 2, 2, "");
    let drawn = decode(&shapes(&svg), 2, 2);
    let only_lane_0 = decode(&shapes(&banks(&[cell(0, 0, 0)], 2, 2, 2, "")), 2, 2);
    assert_eq!(drawn, only_lane_0, "the lowest lane's colour");
    let summary = texts(&svg).join("\n");
    assert!(summary.contains("1 cell read by several lanes"), "{summary}");
    assert!(summary.contains("3 cells outside, not drawn"), "{summary}");
}

#[test]
fn huge_banks_are_drawn_as_shares() {
    // Each side could be told apart; 1000·64·4/5 reads are too many.
    let cells = reads(1000, 64);
    let svg = banks(&cells, 1000, 64, 64, "");
    assert!(svg.len() < MAX_BYTES / 4, "{}", svg.len());
    assert_eq!(decode(&shapes(&svg), 128, 64).len(), 128 * 64, "no tile without a read");
    // Sizes that no memory holds.
    let far = BankCell { cycle: usize::MAX - 1, bank: usize::MAX - 1, lane: 0 };
    let svg = banks(&[far], usize::MAX, usize::MAX, usize::MAX, "");
    let only: Vec<_> = decode(&shapes(&svg), 128, 128).into_keys().collect();
    assert_eq!(only, [(127, 127)]);
}

#[test]
fn the_costliest_banks_drawn_read_by_read_are_bounded() {
    // Each read has a colour of its own in its row, so each is a polygon.
    let side = 158;
    let cells: Vec<BankCell> = (0..side * side)
        .map(|i| BankCell { cycle: 1400 + i % side, bank: 1400 + i / side, lane: i })
        .collect();
    assert!(cells.len() <= MAX_CELLS);
    let svg = banks(&cells, 1600, 1600, side * side, "");
    assert!(svg.len() > MAX_BYTES / 2 && svg.len() < MAX_BYTES, "{}", svg.len());
    assert_eq!(decode(&shapes(&svg), 1600, 1600).len(), side * side);
}

fn span(name: &str, start: u64, end: u64, frame: usize) -> StageSpan {
    StageSpan { name: name.to_owned(), start, end, frame }
}

/// `frames` frames through three stages, a frame every 50 cycles.
fn frames(frames: usize) -> Vec<StageSpan> {
    let stages = [("bus in", 0, 50), ("junction 0", 50, 100), ("result", 110, 120)];
    (0..frames)
        .flat_map(|f| {
            stages.map(|(name, a, b)| span(name, f as u64 * 50 + a, f as u64 * 50 + b, f))
        })
        .collect()
}

/// Filled rectangles within the plot.
fn bars(shapes: &[Shape]) -> Vec<&Shape> {
    let filled = |s: &&Shape| s.tag == "rect" && s.fill != "none" && s.fill != "#FFFFFF";
    shapes.iter().filter(filled).collect()
}

#[test]
fn bars_stand_in_their_rows_at_their_times() {
    // 8 frames last until 7·50 + 120 = 470; 1000 pixels.
    let svg = timeline(&frames(8), "a title", 50);
    let shapes = shapes(&svg);
    let [(left, top), (right, bottom)] = frame(&shapes);
    assert_eq!(right - left, 1000);
    let at = |cycle: i64| (cycle * 1000 + 235) / 470;
    let row = (bottom - top) / 3;
    let mut drawn: Vec<(i64, i64, i64)> = bars(&shapes)
        .iter()
        .map(|bar| {
            let [from, to] = [bar.points[0], bar.points[1]];
            assert_eq!((from.1 - top) / row, (to.1 - top) / row, "within a row");
            (from.0 - left, to.0 - left, (from.1 - top) / row)
        })
        .collect();
    drawn.sort_unstable();
    let mut expected: Vec<(i64, i64, i64)> = (0..8)
        .map(|f| 50 * f)
        .flat_map(|t| [(t, t + 50, 0), (t + 50, t + 100, 1), (t + 110, t + 120, 2)])
        .map(|(from, to, row)| (at(from), at(to), row))
        .collect();
    expected.sort_unstable();
    assert_eq!(drawn, expected);
    let texts = texts(&svg);
    for text in ["a title", "time (clock cycles)", "bus in", "junction 0", "result"] {
        assert!(texts.iter().any(|t| t == text), "{text} in {texts:?}");
    }
    assert!(texts.iter().any(|t| t.contains("initiation interval in cycles: 50")));
    // Bars of 50 and of 10 cycles hold the number of their frame.
    assert_eq!(texts.iter().filter(|t| *t == "7").count(), 3);
    // A line a frame, from the top of the plot to its bottom.
    let marks: BTreeSet<i64> = shapes
        .iter()
        .filter(|s| s.tag == "polyline" && s.points.len() == 2)
        .filter(|s| s.points[0].1 == top && s.points[1].1 == bottom)
        .map(|s| s.points[0].0 - left)
        .filter(|&x| x > 0)
        .collect();
    assert_eq!(marks, (1..8).map(|f| at(50 * f)).collect());
}

#[test]
fn bars_of_a_stage_that_overlap_stand_beside_each_other() {
    let svg = timeline(&[span("s", 0, 100, 0), span("s", 50, 150, 1)], "", 50);
    let shapes = shapes(&svg);
    let bars = bars(&shapes);
    assert_eq!(bars.len(), 2);
    assert!(bars[0].points[1].1 <= bars[1].points[0].1, "one below the other");
}

#[test]
fn huge_timelines_are_bounded_and_say_so() {
    let svg = timeline(&frames(5000), "", 50);
    assert!(svg.len() < MAX_BYTES, "{}", svg.len());
    assert_eq!(bars(&shapes(&svg)).len(), MAX_SPANS);
    assert!(texts(&svg).iter().any(|t| t.contains("the earliest 10000 of 15000 spans")));
    let stages: Vec<StageSpan> =
        (0..50_000).map(|i| span(&format!("{i:0>400}"), u64::MAX - 9, u64::MAX, i)).collect();
    let svg = timeline(&stages, &"long ".repeat(100_000), u64::MAX);
    assert!(svg.len() < MAX_BYTES / 4, "{}", svg.len());
    assert_eq!(bars(&shapes(&svg)).len(), MAX_STAGES);
    assert!(texts(&svg).iter().any(|t| t == "18446744073709551610"), "a tick, exactly");
}

#[test]
fn hostile_texts_are_shown_as_they_are() {
    let hostile = "</text><script>alert(1)</script> & \"q\" 'a' ]]> <!-- é 中";
    let graph = structured(4, 4, 1);
    let stage = [span("a<b>&\u{0}\u{1b}\u{FFFF}\n", 9, 3, usize::MAX)];
    for svg in [
        pattern(&graph, hostile),
        banks(&reads(4, 4), 4, 4, 4, hostile),
        timeline(&stage, hostile, 0),
    ] {
        assert!(texts(&svg).iter().any(|t| t == hostile), "{svg}");
        assert!(!svg.contains("<script"));
    }
    let svg = timeline(&stage, "", 0);
    assert!(texts(&svg).iter().any(|t| t == "a<b>&\u{FFFD}\u{FFFD}\u{FFFD}"), "{svg}");
}

#[test]
fn nothing_at_all_is_a_picture_too() {
    for svg in [
        banks(&[], 0, 0, 0, ""),
        banks(&[], 10, 0, 3, ""),
        banks(&reads(4, 4), 0, 0, 0, ""),
        timeline(&[], "", 0),
        timeline(&[span("", 0, 0, 0)], "", 0),
    ] {
        assert!(!shapes(&svg).iter().any(|s| s.tag == "polygon"));
    }
}

#[test]
fn same_input_same_bytes_and_no_font_but_the_viewers() {
    let draw = || {
        pattern(&structured(40, 40, 9), "t")
            + &banks(&reads(9, 9), 9, 9, 9, "t")
            + &timeline(&frames(3), "t", 50)
    };
    let svg = draw();
    assert_eq!(svg, draw());
    let fonts: BTreeSet<&str> =
        svg.split("font-family=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(fonts, BTreeSet::from(["sans-serif"]));
}

/// Corners of the plot of a picture, and its shapes.
fn plot_of(svg: &str) -> ([(i64, i64); 2], Vec<Shape>) {
    let shapes = shapes(svg);
    (frame(&shapes), shapes)
}

#[test]
fn bars_are_as_high_as_codes_are_frequent() {
    // Of 10 edges 5, 3 and 2, and one code outside.
    let codes = [vec![-2; 5], vec![0; 3], vec![1; 2], vec![7]].concat();
    let svg = histogram(&codes[..10], (-2, 1), 0.5, "w");
    let ([(left, _), (right, bottom)], all) = plot_of(&svg);
    let colour = "#0072B2";
    let bars: Vec<&Shape> = all.iter().filter(|s| s.tag == "rect" && s.fill == colour).collect();
    let quarter = (right - left) / 4;
    let near = |a: i64, b: i64| (a - b).abs() <= 1;
    let height = |bar: &Shape| bar.points[1].1 - bar.points[0].1;
    assert_eq!(bars.len(), 3, "the code -1 does not occur");
    let places: Vec<i64> =
        bars.iter().map(|bar| (bar.points[0].0 - left) / (quarter - 1)).collect();
    assert_eq!(places, [0, 2, 3]);
    assert!(bars.iter().all(|bar| near(bar.points[1].1, bottom)));
    assert!((height(bars[0]) * 3 - height(bars[1]) * 5).abs() <= 8, "5 to 3");
    assert!((height(bars[0]) * 2 - height(bars[2]) * 5).abs() <= 7, "5 to 2");
    assert!(
        texts(&svg).iter().any(|t| t.starts_with("10 edges; 30.0 % are 0, 70.0 % the largest"))
    );
    let svg = histogram(&codes, (-2, 1), 0.5, "w");
    assert!(texts(&svg).iter().any(|t| t.ends_with("1 code outside, not drawn")), "{svg}");
    let many: Vec<i32> = (-32_768..32_768).collect();
    let svg = histogram(&many, (-32_768, 32_767), 1.0, "w");
    assert!(texts(&svg).iter().any(|t| t.ends_with("256 codes a bar")));
    let (_, all) = plot_of(&svg);
    assert_eq!(all.iter().filter(|s| s.fill == colour).count(), 256);
}

#[test]
fn dots_lie_where_they_belong_on_a_logarithmic_axis() {
    let point = |x: f64, y: f64| Point { x, y, spread: 0.0, reference: None };
    let curve =
        |name: &str, points: Vec<Point>| Curve { name: name.into(), points, connected: true };
    let points = vec![point(100.0, 90.0), point(1000.0, 95.0), point(10_000.0, 92.5)];
    let other = vec![Point { spread: 1.0, reference: Some(93.0), ..point(1000.0, 91.0) }];
    let svg = scatter(&[curve("a", points), curve("b", other)], &[], "bits", "t");
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let dots: Vec<(i64, i64)> = document
        .descendants()
        .filter(|n| n.tag_name().name() == "circle")
        .map(|n| ["cx", "cy"].map(|a| n.attribute(a).expect("a place").parse().expect("a number")))
        .map(|[x, y]| (x, y))
        .collect();
    assert_eq!(dots.len(), 4);
    let near = |a: i64, b: i64| (a - b).abs() <= 1;
    assert!(near(dots[1].0 - dots[0].0, dots[2].0 - dots[1].0), "decades are as long: {dots:?}");
    assert_eq!(dots[3].0, dots[1].0);
    assert!(near(dots[0].1 + dots[1].1, 2 * dots[2].1), "92.5 is half way: {dots:?}");
    let said = texts(&svg);
    let summary = "4 points; bars: sample standard deviation; crosses: published";
    assert!(said.iter().any(|t| t == summary), "{said:?}");
    assert!(["100", "1000", "10000"].iter().all(|t| said.contains(&(*t).to_owned())), "{said:?}");
    // Values that have no place are not drawn, and there may be none at all.
    let odd = vec![point(0.0, 1.0), point(f64::NAN, 1.0), point(10.0, f64::INFINITY)];
    for svg in [scatter(&[curve("a", odd)], &[], "bits", "t"), scatter(&[], &[], "bits", "t")] {
        assert!(!svg.contains("<circle"));
        shapes(&svg);
    }
}
