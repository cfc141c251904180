//! What is booted: a CD with a kernel and the files that it starts with.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::folder;
use crate::run::Result;

/// Boots from a CD; the second is its library.
const ISOLINUX: &str = "/usr/lib/ISOLINUX/isolinux.bin";
const LIBRARY: &str = "/usr/lib/syslinux/modules/bios/ldlinux.c32";

/// The shell that starts the tests.
const BUSYBOX: &str = "/bin/busybox";

/// The package that depends on the newest kernel, and the name that such a kernel has.
const KERNELS: (&str, &str) = ("linux-image-cloud-amd64", "linux-image-");

/// Refuses if a program or file is missing, with the names of all Debian packages that have them.
pub(super) fn check_tools() -> Result {
    let on_path = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    };
    let plugin = "/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so";
    let tools = [
        ("bochs", on_path("bochs")),
        ("bochs-term", Path::new(plugin).exists()),
        ("busybox-static", Path::new(BUSYBOX).exists()),
        ("isolinux", Path::new(ISOLINUX).exists()),
        ("syslinux-common", Path::new(LIBRARY).exists()),
        ("xorriso", on_path("xorriso")),
    ];
    let missing: Vec<_> =
        tools.iter().filter_map(|(name, there)| (!there).then_some(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("Debian packages are missing: apt-get install {}", missing.join(" ")))
}

/// Debian's kernel for clouds, which is small; fetched, not installed, and kept.
pub(super) fn fetch_kernel() -> Result<PathBuf> {
    let folder = folder().join("kernel");
    let kernel = folder.join("vmlinuz");
    if kernel.exists() {
        return Ok(kernel);
    }
    make(&folder)?;
    let told = output(Command::new("apt-cache").args(["depends", KERNELS.0]))?;
    let name =
        told.split_whitespace().find(|word| word.starts_with(KERNELS.1) && *word != KERNELS.0);
    let name = name.ok_or_else(|| format!("apt knows no package {}", KERNELS.0))?;
    println!("fetching {name}");
    output(Command::new("apt-get").args(["download", name]).current_dir(&folder))?;
    let package = only(&folder, |name| name.ends_with(".deb"))?;
    output(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&folder))?;
    let found = only(&folder.join("boot"), |name| name.starts_with("vmlinuz-"))?;
    copy(&found, &kernel)?;
    Ok(kernel)
}

/// Makes the CD. The kernel takes `words`; `script` is run first, and finds `program` as `/tests`.
pub(super) fn make_cd(
    cd: &Path,
    kernel: &Path,
    words: &str,
    script: &str,
    program: &Path,
) -> Result {
    let folder = folder().join("cd");
    make(&folder)?;
    copy(Path::new(ISOLINUX), &folder.join("isolinux.bin"))?;
    copy(Path::new(LIBRARY), &folder.join("ldlinux.c32"))?;
    copy(kernel, &folder.join("vmlinuz"))?;
    let (shell, tests) = (read(Path::new(BUSYBOX))?, read(program)?);
    let files = [("init", script.as_bytes()), ("busybox", &shell), ("tests", &tests)];
    write(&folder.join("initrd"), &archive(&files))?;
    let menu = format!("DEFAULT run\nLABEL run\nKERNEL vmlinuz\nINITRD initrd\nAPPEND {words}\n");
    write(&folder.join("isolinux.cfg"), menu.as_bytes())?;
    let boot = ["-b", "isolinux.bin", "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4"];
    let mut command = Command::new("xorriso");
    command.args(["-as", "mkisofs", "-quiet"]).args(boot).args(["-boot-info-table", "-o"]);
    output(command.arg(cd).arg(&folder)).map(drop)
}

/// A cpio archive of programs, in the format that the kernel reads.
fn archive(programs: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Vec::new();
    let end: (&str, &[u8]) = ("TRAILER!!!", &[]);
    for (name, contents) in programs.iter().copied().chain([end]) {
        // Serial number, mode, owner, group, links, time, size, four numbers of devices, length of the
        // name with the zero at its end, checksum.
        let (size, length) = (contents.len(), name.len() + 1);
        archive.extend(b"070701");
        for field in [1, 0o100_755, 0, 0, 1, 0, size, 0, 0, 0, 0, length, 0] {
            archive.extend(format!("{field:08x}").bytes());
        }
        // Both the name, with its zero, and the contents end at a multiple of four bytes.
        archive.extend(name.bytes());
        archive.resize((archive.len() + 1).next_multiple_of(4), 0);
        archive.extend(contents);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
}

fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let told = command.stdin(Stdio::null()).output();
    let told = told.map_err(|error| format!("`{name}` could not be run: {error}"))?;
    if told.status.success() {
        Ok(String::from_utf8_lossy(&told.stdout).into_owned())
    } else {
        Err(format!("`{name}` failed: {}", String::from_utf8_lossy(&told.stderr)))
    }
}

fn only(folder: &Path, suits: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut suiting =
        entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(&suits));
    let found = suiting.next().map(|entry| entry.path());
    found.ok_or_else(|| format!("nothing suits in {}", folder.display()))
}

pub(super) fn make(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

pub(super) fn write(file: &Path, contents: &[u8]) -> Result {
    fs::write(file, contents).map_err(|error| format!("{}: {error}", file.display()))
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to).map(drop).map_err(|error| format!("{}: {error}", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_have_the_lengths_that_they_tell() {
        let archive = archive(&[("init", b"12345")]);
        // A header has 110 bytes.
        let (name, contents) = (110 + "init".len(), 116);
        assert_eq!(&archive[110..name], b"init");
        assert_eq!(&archive[contents..contents + 8], b"12345\0\0\0");
        assert_eq!(&archive[54..62], b"00000005");
        assert_eq!(&archive[94..102], b"00000005");
        assert_eq!(&archive[contents + 8..][..6], b"070701");
        assert_eq!(archive.len() % 4, 0);
    }
}
