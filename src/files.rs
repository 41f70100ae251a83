//! Files that appear whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes a file that appears whole or not at all, with the permissions of an ordinary file.
///
/// # Errors
/// Whatever the system or `write` says; a file that was there before is still there then.
pub fn whole_file(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<&mut std::fs::File>) -> io::Result<()>,
) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
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
