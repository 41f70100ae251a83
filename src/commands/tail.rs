//! `tail`: what is behind a split, as files that run elsewhere.

use super::answer::Answer;
use crate::error::Error;
use crate::load;
use crate::quantise::quantise;
use crate::save;
use crate::tail::{Destination, Width, tail_examples, tail_files};
use serde_json::json;
use std::path::PathBuf;

/// Write what is behind a head's split as ONNX and as a head of its own.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
FOLDER gets tail.onnx (integers exactly as the reference has them), head.toml and head.safetensors (the
same, for `clashfree infer`) and a README.md that says what the tensors mean. With --inputs come
examples to try a runtime with.

Examples:
  clashfree tail HEAD -o tail
  clashfree tail HEAD --after 1 -o tail --inputs images.gz")]
pub struct Args {
    /// A head.toml, or the folder that holds one.
    head: PathBuf,

    /// Split after this trunk junction, counted from 0, and not where the head says.
    #[arg(long, value_name = "K")]
    after: Option<usize>,

    /// Frames whose codes at the split are written, too, as codes.npy, int32 [frames, neurons], and
    /// what the tail makes of them, as logits.npy, int64 [frames, classes].
    #[arg(long, value_name = "FILE")]
    inputs: Option<String>,

    /// Folder for the files; only a tail is replaced.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
}

/// Makes and writes the tail.
///
/// # Errors
/// If the head has no split or is wrong, or the folder cannot be written; nothing is written then.
pub fn run(args: &Args) -> Result<Answer, Error> {
    let destination = Destination::check(&args.output)?;
    let head = load::head(&args.head)?;
    let head = match args.after {
        Some(after) => head.split_after(after)?,
        None => head,
    };
    let head = quantise(&head)?;
    let mut files = tail_files(&head)?;
    if let Some(spec) = &args.inputs {
        let frames = load::inputs(spec, head.inputs, head.input_format)?;
        files.extend(tail_examples(&head, frames.codes.view()));
    }
    destination.write(&files)?;

    let tail = head.tail();
    let first = &tail[0];
    let (neurons, classes) = (first.pattern.left(), tail[tail.len() - 1].pattern.right());
    let (width, identity) = (Width::of(tail)?.name(), save::identity(&head));
    let after = head.edge().len() - 1;
    let text = format!(
        "{}: tail of {} junctions behind junction {after} in {}\n\
         {neurons} codes {} to {classes} logits, exact in {width}\nidentity {identity}\n",
        head.name,
        tail.len(),
        args.output.display(),
        first.input_format,
    );
    let names: Vec<&str> = files.into_keys().collect();
    let json = json!({
        "name": head.name,
        "output": args.output,
        "files": names,
        "after": after,
        "junctions": tail.len(),
        "neurons": neurons,
        "format": first.input_format,
        "classes": classes,
        "floats": width,
        "identity": identity,
    });
    Ok(Answer { text, json, passed: true })
}
