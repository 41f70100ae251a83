//! Opening and reading files within limits.

use super::array::Found;
use flate2::read::MultiGzDecoder;
use miette::Diagnostic;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Why a file could not be opened or read.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[allow(missing_docs, reason = "the message of each variant says what its fields are")]
pub enum DataError {
    #[error("cannot open {path}: {source}", path = .path.display())]
    #[diagnostic(code(clashfree::file::open))]
    Open { path: PathBuf, source: io::Error },

    #[error("{path} is not a regular file", path = .path.display())]
    #[diagnostic(
        code(clashfree::file::not_a_file),
        help("pipes and folders cannot be read here, write a file first")
    )]
    NotAFile { path: PathBuf },

    #[error("cannot read {path}: {source}", path = .path.display())]
    #[diagnostic(code(clashfree::file::read))]
    Read { path: PathBuf, source: io::Error },
}

impl DataError {
    /// Wraps what reading `path` answered.
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.into(), source }
    }
}

/// Opens a regular file and tells its size in bytes. A pipe would block for ever, or lie.
pub(super) fn regular(path: &Path) -> Result<(File, u64), DataError> {
    let open = |source| DataError::Open { path: path.into(), source };
    if !std::fs::metadata(path).map_err(open)?.is_file() {
        return Err(DataError::NotAFile { path: path.into() });
    }
    let file = File::open(path).map_err(open)?;
    let size = file.metadata().map_err(open)?.len();
    Ok((file, size))
}

/// A file's bytes, gzipped or not; what it is is told from its first bytes, not from its name.
pub(super) struct Bytes<'a> {
    reader: Box<dyn Read + 'a>,
    /// Length of what the reader yields, where that is known before it is read.
    known: Option<u64>,
}

impl<'a> Bytes<'a> {
    /// Opens a plain or gzipped file.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let (mut file, size) = regular(path)?;
        let gzipped = starts_with(&mut file, &[0x1f, 0x8b]);
        let gzipped = gzipped.map_err(|e| DataError::read(path, e))?;
        let reader = BufReader::with_capacity(1 << 18, file);
        Ok(if gzipped {
            Self { reader: Box::new(MultiGzDecoder::new(reader)), known: None }
        } else {
            Self { reader: Box::new(reader), known: Some(size) }
        })
    }

    /// Wraps a reader of unknown length.
    pub fn from_reader(reader: impl Read + 'a) -> Self {
        Self { reader: Box::new(reader), known: None }
    }

    /// Up to `n` bytes from where the reader stands; fewer only at the end.
    pub fn up_to(&mut self, n: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(n as u64).read_to_end(&mut bytes)?;
        self.known = self.known.map(|k| k - (bytes.len() as u64).min(k));
        Ok(bytes)
    }

    /// Exactly the `n` bytes that have to be left. Where the length is known nothing is read before
    /// it is compared; otherwise memory grows with what arrives, and stops at `n`.
    ///
    /// # Errors
    /// The outer one if reading fails; the inner one tells how many bytes there are.
    pub fn exactly(mut self, n: u64) -> io::Result<Result<Vec<u8>, Found>> {
        if let Some(known) = self.known.filter(|&k| k != n) {
            return Ok(Err(Found::all(known)));
        }
        let mut bytes = Vec::new();
        if self.known.is_some() {
            // The file really is this long; if memory is short, say so instead of aborting.
            bytes.try_reserve_exact(n as usize).map_err(|_| io::ErrorKind::OutOfMemory)?;
        }
        self.reader.by_ref().take(n).read_to_end(&mut bytes)?;
        let found = bytes.len() as u64;
        if found < n {
            return Ok(Err(Found::all(found)));
        }
        let more = self.reader.read(&mut [0])? > 0;
        Ok(if more { Err(Found::at_least(n + 1)) } else { Ok(bytes) })
    }
}

/// Whether a file begins with some bytes; leaves it at its beginning.
pub(super) fn starts_with(file: &mut File, magic: &[u8]) -> io::Result<bool> {
    let mut found = Vec::new();
    file.by_ref().take(magic.len() as u64).read_to_end(&mut found)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(found == magic)
}
