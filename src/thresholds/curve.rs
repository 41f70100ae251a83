//! The trade-off as a table, for spreadsheets and as a picture.

use super::{Observed, Point};
use crate::report::{self, Curve as Line, Point as Dot};
use serde_json::{Value, json};

/// What thresholds can do, by rising shares of frames that exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// Never empty.
    pub points: Vec<Point>,
}

/// What points of a curve are compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Yardstick {
    /// Bytes of a frame as it is given, one a value: what sending the image takes.
    pub image: usize,
    /// Bytes of its codes in the head's input format, bit-packed.
    pub codes: usize,
    /// Bytes of the packet that leaves if no frame exits and nothing is compressed.
    pub packed: usize,
    /// Accuracy without exits, in parts of 1.
    pub accuracy: f64,
}

impl Yardstick {
    /// For frames of `width` values, as codes of `bits`.
    pub fn new(observed: &Observed, width: usize, bits: u32) -> Self {
        Self {
            image: width,
            codes: (width * bits as usize).div_ceil(8),
            packed: observed.packed_bytes(),
            accuracy: observed.reference_right() as f64 / observed.frames() as f64,
        }
    }

    /// Percentage points that a choice of thresholds loses.
    pub fn lost(&self, point: &Point) -> f64 {
        100.0 * (self.accuracy - point.accuracy())
    }

    /// A point in JSON; accuracies and shares are in parts of 1.
    pub fn json(&self, point: &Point) -> Value {
        let exited = point.exited();
        let exit = |exit: &super::Answered| {
            json!({
                "share": exit.frames as f64 / point.frames as f64,
                "accuracy": exit.accuracy(),
            })
        };
        json!({
            "thresholds": point.thresholds,
            "exit_rate": point.exit_rate(),
            "exit_accuracy": exited.accuracy(),
            "exits": point.exits.iter().map(exit).collect::<Vec<_>>(),
            "accuracy": point.accuracy(),
            "points_lost": self.lost(point),
            "bytes_per_frame": point.mean_bytes(),
            "times_fewer_than_image": self.image as f64 / point.mean_bytes(),
            "times_fewer_than_input_codes": self.codes as f64 / point.mean_bytes(),
            "times_fewer_than_packed_activations": self.packed as f64 / point.mean_bytes(),
            "products_per_frame": point.mean_products(),
        })
    }
}

impl Curve {
    /// For spreadsheets: a line a point; accuracies and shares in parts of 1, empty where no frame
    /// exits.
    pub fn csv(&self, yardstick: &Yardstick) -> String {
        let exits = self.points.first().map_or(0, |point| point.exits.len());
        let mut header: Vec<String> = (0..exits).map(|e| format!("threshold_{e}")).collect();
        header.extend((0..exits).flat_map(|e| [format!("share_{e}"), format!("accuracy_{e}")]));
        let rest = [
            "exit_rate",
            "exit_accuracy",
            "accuracy",
            "points_lost",
            "bytes_per_frame",
            "times_fewer_than_image",
            "times_fewer_than_input_codes",
            "times_fewer_than_packed_activations",
            "products_per_frame",
        ];
        header.extend(rest.map(str::to_owned));
        let mut text = header.join(",") + "\n";
        let number =
            |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
        for point in &self.points {
            let json = yardstick.json(point);
            let mut cells: Vec<String> = point.thresholds.iter().map(i64::to_string).collect();
            for exit in json["exits"].as_array().into_iter().flatten() {
                cells.extend([number(&exit["share"]), number(&exit["accuracy"])]);
            }
            cells.extend(rest.map(|key| number(&json[key])));
            text += &(cells.join(",") + "\n");
        }
        text
    }

    /// Accuracies against bytes a frame, or against products on the edge where no split makes bytes
    /// differ, as SVG: of the system, of what exits answer, of what was chosen, and what there is
    /// without exits.
    pub fn svg(&self, name: &str, chosen: &Point, yardstick: &Yardstick, split: bool) -> String {
        let cost = |p: &Point| if split { p.mean_bytes() } else { p.mean_products() };
        let dot = |x: f64, y: f64| Dot { x, y: 100.0 * y, spread: 0.0, reference: None };
        let line =
            |name: &str, points: Vec<Dot>| Line { name: name.to_owned(), points, connected: false };
        let by_cost = |of: &dyn Fn(&Point) -> Option<f64>| {
            let all = self.points.iter().filter_map(|p| Some(dot(cost(p), of(p)?)));
            let mut all: Vec<Dot> = all.collect();
            all.sort_by(|a, b| a.x.total_cmp(&b.x));
            all
        };
        let mut lines = vec![
            line("system", by_cost(&|p| Some(p.accuracy()))),
            line("exits' answers", by_cost(&|p| p.exited().accuracy())),
            line("chosen", vec![dot(cost(chosen), chosen.accuracy())]),
        ];
        if split {
            lines.push(line("no exit", vec![dot(yardstick.packed as f64, yardstick.accuracy)]));
            lines.push(line("image sent", vec![dot(yardstick.image as f64, yardstick.accuracy)]));
        }
        let (axis, against) = if split {
            ("bytes a frame that leave the edge, headers included", "bytes")
        } else {
            ("products a frame on the edge", "products")
        };
        report::scatter(&lines, &[], axis, &format!("{name}: accuracy against {against}"))
    }
}
