//! Files and folders that appear whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes a file that appears whole or not at all, with the permissions of an ordinary file. A
/// device or a pipe is written to, not replaced.
///
/// # Errors
/// Whatever the system or `write` says; a file that was there before is still there then.
pub fn whole_file(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<&mut std::fs::File>) -> io::Result<()>,
) -> io::Result<()> {
    let folder = parent(path);
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        let mut device = fs::OpenOptions::new().write(true).open(path)?;
        let mut writer = io::BufWriter::new(&mut device);
        write(&mut writer)?;
        return writer.flush();
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(".clashfree-");
    #[cfg(unix)]
    {
        // A temporary file is private by default; the system's umask still applies to this one.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    let mut writer = io::BufWriter::new(file.as_file_mut());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Puts a folder of files in place of `folder`, which then holds these files and nothing else.
///
/// Everything is written beside it first. Two renames follow, since std has no exchange: a kill
/// between them leaves the old folder complete under a name that begins with a dot and its own.
///
/// # Errors
/// Whatever the system says; the folder is then as it was.
pub fn whole_folder<'a>(
    folder: &Path,
    files: impl IntoIterator<Item = (&'a Path, &'a [u8])>,
) -> io::Result<()> {
    let parent = parent(folder);
    fs::create_dir_all(parent)?;
    let new = beside(folder, ".new", parent)?;
    for (name, bytes) in files {
        let path = new.path().join(name);
        if let Some(inner) = path.parent() {
            fs::create_dir_all(inner)?;
        }
        fs::write(path, bytes)?;
    }
    readable(new.path())?;
    let old = beside(folder, ".old", parent)?;
    let aside = old.path().join("output");
    let replaces = folder.exists();
    if replaces {
        fs::rename(folder, &aside)?;
    }
    if let Err(error) = fs::rename(new.path(), folder) {
        if replaces && fs::rename(&aside, folder).is_err() {
            let _ = old.keep(); // better out of place than gone
        }
        return Err(error);
    }
    let _ = new.keep(); // it has moved
    Ok(())
}

/// Why a folder may not be replaced.
#[derive(Debug)]
pub enum Taken {
    /// There is something else; what.
    NotOurs(String),
    /// The system refuses.
    System(io::Error),
}

impl From<io::Error> for Taken {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// A folder that can be made or may be replaced.
#[derive(Debug)]
pub struct Replaceable {
    /// Its path without links and names such as `.`, since folders are renamed.
    pub folder: PathBuf,
    /// Whether it holds nothing, or is not there yet.
    pub empty: bool,
}

/// Checks, before any work is done, that `folder` can be made, or holds only files that are `ours`,
/// by their paths.
///
/// # Errors
/// If there is something else in it, or its parent cannot be written to.
pub fn replaceable(folder: &Path, ours: impl Fn(&Path) -> bool) -> Result<Replaceable, Taken> {
    let folder = fs::canonicalize(folder).or_else(|_| std::path::absolute(folder))?;
    let mut empty = true;
    if folder.symlink_metadata().is_ok() {
        let entries = folder
            .read_dir()
            .map_err(|_| Taken::NotOurs("it is not a folder that can be read".to_owned()))?;
        for entry in entries {
            let path = entry?.path();
            if !path.is_file() || !ours(&path) {
                let name = path.file_name().unwrap_or_default().display();
                return Err(Taken::NotOurs(format!("{name} stands there")));
            }
            empty = false;
        }
    }
    can_write_beside(&folder)?;
    Ok(Replaceable { folder, empty })
}

/// Checks, before any work is done, that something can be written where `folder` is to be.
///
/// # Errors
/// If not.
pub fn can_write_beside(folder: &Path) -> io::Result<()> {
    let nearest = parent(folder).ancestors().find(|folder| folder.exists());
    beside(folder, ".probe", nearest.unwrap_or(Path::new("."))).map(drop)
}

/// Paths of all files below a folder, with slashes.
///
/// # Errors
/// Whatever the system says.
pub fn below(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = folders.pop() {
        for entry in path.read_dir()? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else {
                found.push(name);
            }
        }
    }
    Ok(found)
}

/// The folder that holds `path`.
fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A folder in `parent`, named after `folder`, that vanishes when dropped.
fn beside(folder: &Path, why: &str, parent: &Path) -> io::Result<tempfile::TempDir> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new().prefix(&format!(".{name}{why}-")).tempdir_in(parent)
}

/// Gives a folder the permissions of any new one; temporary ones are for their owner only.
fn readable(folder: &Path) -> io::Result<()> {
    let model = folder.join("permissions");
    fs::create_dir(&model)?;
    fs::set_permissions(folder, fs::metadata(&model)?.permissions())?;
    fs::remove_dir(model)
}
