//! The other parties' processes: this executable again, in another role.

use std::{
    env,
    ffi::OsString,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use crate::Result;

/// How long a process may take to start, and a listener waits for a call.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a process may take to end once the client is done.
const GRACE: Duration = Duration::from_secs(5);
const NAP: Duration = Duration::from_millis(2);

/// A child that listens. It does not outlive this value.
pub(crate) struct Process {
    name: &'static str,
    child: Killed,
    address: SocketAddr,
    output: Receiver<String>,
    complaint: Receiver<String>,
}

impl Process {
    /// Starts this executable in the role `name`, with the options of this process and `extra`
    /// ones, and waits until it listens.
    pub(crate) fn start(name: &'static str, extra: &[OsString]) -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg(name)
            .args(env::args_os().skip(1))
            .args(extra)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map(Killed)?;
        let output = collect(child.0.stdout.take(), true);
        let complaint = collect(child.0.stderr.take(), false);
        let first_line = output.recv_timeout(PATIENCE).unwrap_or_default();
        let Ok(address) = first_line.trim().parse() else {
            child.kill();
            return Err(failure(name, "did not start", &complaint).into());
        };
        Ok(Self { name, child, address, output, complaint })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends, and gives what it printed.
    ///
    /// # Errors
    ///
    /// What it complained about, if it failed.
    pub(crate) fn finish(mut self) -> Result<String> {
        let deadline = Instant::now() + GRACE;
        let what = match self.child.wait_until(deadline)? {
            Some(status) if status.success() => return Ok(self.output.recv()?),
            Some(_) => "stopped",
            None => "did not end and was stopped",
        };
        self.child.kill();
        Err(failure(self.name, what, &self.complaint).into())
    }
}

/// A child that is killed when this is dropped.
struct Killed(Child);

impl Killed {
    fn wait_until(&mut self, deadline: Instant) -> io::Result<Option<ExitStatus>> {
        loop {
            let status = self.0.try_wait()?;
            if status.is_some() || Instant::now() >= deadline {
                return Ok(status);
            }
            thread::sleep(NAP);
        }
    }

    fn kill(&mut self) {
        // Both fail only if the child is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads to the end on a thread of its own, so that the child never waits for us: gives the first
/// line as soon as it is there, if asked for, and then the rest.
fn collect(from: Option<impl Read + Send + 'static>, first_line: bool) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let Some(from) = from else { return };
        let mut from = BufReader::new(from);
        let mut line = String::new();
        // A child that is cut off says no more; whoever listens gets what there is. Nobody may
        // listen any more.
        if first_line && from.read_line(&mut line).is_ok() {
            let _ = sender.send(line);
        }
        let mut rest = String::new();
        let _ = from.read_to_string(&mut rest);
        let _ = sender.send(rest);
    });
    receiver
}

fn failure(name: &str, what: &str, complaint: &Receiver<String>) -> String {
    let complaint = complaint.recv().unwrap_or_default();
    match complaint.trim() {
        "" => format!("the {name} {what}"),
        reason => format!("the {name} {what}: {}", reason.trim_start_matches("error: ")),
    }
}

/// In a child: listens, and tells the parent where.
pub(crate) fn announce() -> Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut out = io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    Ok(listener)
}

/// In a child: takes one call, or gives up. A parent that died does not keep it waiting.
pub(crate) fn accept(listener: &TcpListener) -> Result<TcpStream> {
    let deadline = Instant::now() + PATIENCE;
    listener.set_nonblocking(true)?;
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error.into()),
            Err(_) if Instant::now() >= deadline => {
                return Err(format!("nobody called within {} s", PATIENCE.as_secs()).into());
            }
            Err(_) => thread::sleep(NAP),
        }
    }
}
