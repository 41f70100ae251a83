//! What a command hands to the command line.

/// What a command has to say.
#[derive(Debug)]
pub struct Answer {
    /// For people; ends in a line break.
    pub text: String,
    /// The same for programs.
    pub json: serde_json::Value,
    /// Whether all that was checked held.
    pub passed: bool,
}

impl Answer {
    /// An outcome that can say itself both ways.
    pub(crate) fn of(outcome: &(impl std::fmt::Display + serde::Serialize), passed: bool) -> Self {
        let json = serde_json::to_value(outcome).expect("outcomes have string keys only");
        let text = outcome.to_string();
        Self { text: format!("{}\n", text.trim_end()), json, passed }
    }
}

/// A whole number with its thousands set apart.
pub(super) fn grouped(n: impl std::fmt::Display) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(",")
}

/// What `--pad` did to a junction, where it did something.
pub(super) fn padding(junction: &str, added: usize, edges: usize) -> Option<String> {
    let share = 100.0 * added as f64 / edges as f64;
    (added > 0).then(|| {
        format!("{junction}: {added} of {edges} edges ({share:.1} %) have weight 0 and were added by --pad")
    })
}
