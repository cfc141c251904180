//! Frames as they travel.

use std::{
    io::Write,
    net::{Shutdown, TcpListener, TcpStream},
    sync::OnceLock,
    time::Duration,
};

use fusion::channel::{Channel, ChannelError, Emulated, MAX_FRAME, Network, TcpChannel};

use crate::{Ended, MIB, peer::PeerChannel, script::Script, within};

const WAIT: Duration = Duration::from_secs(5);

/// Frames out of a socket.
pub(crate) fn tcp(script: &mut Script<'_>) -> Ended {
    static LISTENER: OnceLock<TcpListener> = OnceLock::new();
    let listener = LISTENER.get_or_init(|| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let address = listener.local_addr().expect("its address");
    let mut peer = TcpStream::connect(address).expect("a listener");
    let (stream, _) = listener.accept().expect("a peer");
    // A peer may say a part, and the rest after that was read.
    let bytes = script.rest();
    peer.write_all(bytes).expect("a socket with room");
    peer.shutdown(Shutdown::Write).expect("open");
    let mut channel = TcpChannel::new(stream, WAIT).expect("a socket");
    loop {
        match within(2 * MIB, || channel.recv(WAIT)) {
            Ok(frame) => assert!(frame.len() <= MAX_FRAME && frame.len() < bytes.len()),
            Err(ChannelError::Closed) => return Ended::Well,
            Err(ChannelError::Truncated | ChannelError::TooLong(_)) => return Ended::Refused,
            Err(other) => panic!("not what a bad frame is: {other:?}"),
        }
    }
}

/// Frames with a time of arrival.
pub(crate) fn emulated(script: &mut Script<'_>) -> Ended {
    let network = Network { bits_per_second: 1e12, round_trip: Duration::ZERO };
    let mut frames = vec![vec![0; 8], vec![1; 20]];
    script.spoil(&mut frames);
    let mut channel = Emulated::new(PeerChannel::new(frames), network);
    loop {
        match within(MIB, || channel.recv(Duration::ZERO)) {
            Ok(_) => {}
            // A frame that says it comes later.
            Err(ChannelError::Closed | ChannelError::Silent(_)) => return Ended::Well,
            Err(ChannelError::NotEmulated) => return Ended::Refused,
            Err(other) => panic!("not what a bad frame is: {other:?}"),
        }
    }
}
