//! One run of the emulator.

use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Boot, TOLD, folder, image};
use crate::run::Result;

/// XSAVES and PKU are left aside, which Bochs 2.7 describes wrongly. The kernel restarts by a triple
/// fault, which ends the emulator.
const KERNEL: &str = "console=ttyS0 quiet panic=-1 reboot=triple nokaslr mitigations=off tsc=reliable \
                      clearcpuid=pku,xsaves,xsavec rdinit=/init";

/// IA32_MISC_ENABLE, with fast string operations: the kernel hangs where it copies without them.
const REGISTERS: &str = "1a0 0 00000000 00000001 00000000 00000000 00000000 00000000\n";

pub(crate) fn boot(boot: &Boot) -> Result {
    let folder = folder();
    image::make(&folder)?;
    let script = script(&boot.arguments.join(" "));
    image::make_cd(&folder.join("cd.iso"), &boot.kernel, KERNEL, &script, &boot.program)?;
    image::write(&folder.join("registers"), REGISTERS.as_bytes())?;
    image::write(&folder.join("bochsrc"), settings(&boot.cpu).as_bytes())?;
    // Debian's Bochs has a debugger, which waits for a command at the start.
    image::write(&folder.join("commands"), b"continue\n")?;
    let console = folder.join("console");
    image::write(&console, b"")?;

    println!("booting a {} with {}", boot.cpu, boot.arguments.join(" "));
    let start = Instant::now();
    let lost = |error| format!("`bochs` could not be run: {error}");
    let screen = File::create(folder.join("screen")).map_err(lost)?;
    let mut emulator = Command::new("bochs")
        .args(["-q", "-f", "bochsrc", "-rc", "commands"])
        .current_dir(&folder)
        // The screen of the emulated machine is drawn in a terminal.
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(screen.try_clone().map_err(lost)?)
        .stderr(screen)
        .spawn()
        .map_err(lost)?;
    let limit = Duration::from_secs(60 * boot.minutes);
    let ended = wait(&mut emulator, limit, &console);
    println!("\nemulated for {:.0} s", start.elapsed().as_secs_f64());
    ended?;
    judge(&read(&console))
}

/// Passes on what comes on the console until the emulator ends.
fn wait(emulator: &mut Child, limit: Duration, console: &Path) -> Result {
    let (start, mut shown) = (Instant::now(), 0);
    loop {
        let ended = emulator.try_wait().map_err(|error| format!("`bochs` is lost: {error}"))?;
        let told = read(console);
        print!("{}", told.get(shown..).unwrap_or_default());
        shown = told.len();
        if ended.is_some() {
            return Ok(());
        }
        if start.elapsed() > limit {
            let killed = emulator.kill().and_then(|()| emulator.wait());
            return Err(match killed {
                Ok(_) => format!("no end after {} s", limit.as_secs()),
                Err(error) => format!("no end, and `bochs` cannot be stopped: {error}"),
            });
        }
        thread::sleep(Duration::from_secs(1));
    }
}

/// Nothing else is said in other than ASCII.
fn read(console: &Path) -> String {
    let told = fs::read(console).unwrap_or_default();
    told.into_iter().filter(u8::is_ascii).map(char::from).collect()
}

/// The script tells with what status the tests ended, and the tests which levels they compared.
fn judge(console: &str) -> Result {
    let levels = console.lines().find(|line| line.contains("levels of the transform: "));
    if !levels.is_some_and(|levels| levels.contains(TOLD.1)) {
        return Err(format!("the tests did not say that they found {}", TOLD.1));
    }
    match console.lines().find_map(|line| line.trim().strip_prefix(STATUS)) {
        Some(" 0") => Ok(()),
        Some(status) => Err(format!("the tests failed with status{status}")),
        None => Err("the tests did not end".into()),
    }
}

/// What comes before the status.
const STATUS: &str = "the tests ended with status";

fn script(arguments: &str) -> String {
    format!(
        "#!/busybox sh
/busybox mount -t devtmpfs none /dev
# Few random cases, since each takes a hundred times as long.
PROPTEST_CASES=16 FUSION_LEVEL={} /tests {arguments}
echo {STATUS} $?
# So that the console has all of it.
/busybox sleep 1
/busybox reboot -f
",
        TOLD.1
    )
}

fn settings(cpu: &str) -> String {
    format!(
        "config_interface: textconfig
display_library: term
cpu: model={cpu}, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=1, msrs=registers
memory: guest=512, host=512
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path=cd.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=console
plugin_ctrl: speaker=0, e1000=0
log: log
panic: action=fatal
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consoles_are_judged() {
        let console =
            |levels, status| format!("levels of the transform: {levels}\r\n{STATUS}{status}\r\n");
        assert_eq!(judge(&console("[Portable, Avx512]", " 0")), Ok(()));
        assert!(judge(&console("[Portable, Avx512]", " 101")).is_err());
        assert!(judge(&console("[Portable]", " 0")).is_err());
        assert!(judge("levels of the transform: [Portable, Avx512]\n").is_err());
    }
}
