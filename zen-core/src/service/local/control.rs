//! How one version's process speaks to another's: over a Unix socket that only the same user may use.
//!
//! The new version asks the running one for its listening socket, so that no connection is refused while one replaces the other, and later
//! tells it to retire.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use uuid::Uuid;

use super::lifetime::Life;
use crate::artifact::Digest;

/// Long enough for a busy machine; both ends are on it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a version that is to retire may go on accepting connections.
const LEFT: Duration = Duration::from_secs(3);

const LISTENER: u8 = b'l';
const RETIRE: u8 = b'r';
const DONE: u8 = b'k';

/// Names the socket. Not a file where that can be helped: a path may be too long for a socket's address, and the folder may be
/// removed while the service runs.
fn address(home: &Path, service: Uuid, version: u32) -> io::Result<SocketAddr> {
    let home = Digest::of(home.as_os_str().as_encoded_bytes());
    let name = format!("zen-{}-{service}-{version}", home.short());
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::net::SocketAddrExt;
        SocketAddr::from_abstract_name(name)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let short = Digest::of(name.as_bytes());
        SocketAddr::from_pathname(std::env::temp_dir().join(format!("zen-{}.sock", short.short())))
    }
}

/// Whether the other end belongs to the user this process runs as.
#[cfg(target_os = "linux")]
fn is_ours(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream).is_ok_and(|peer| peer.uid == rustix::process::geteuid())
}

/// There the socket is a file, which the system protects.
#[cfg(not(target_os = "linux"))]
fn is_ours(_: &UnixStream) -> bool {
    true
}

/// Answers requests in a thread of its own, for as long as the process lives; `retire` is what is done when another version asks for it.
pub(super) fn answer(home: &Path, service: Uuid, version: u32, life: Life) -> io::Result<()> {
    let address = address(home, service, version)?;
    #[cfg(not(target_os = "linux"))]
    if let Some(path) = address.as_pathname() {
        let _ = std::fs::remove_file(path);
    }
    let socket = UnixListener::bind_addr(&address)?;
    let serve = move || {
        for stream in socket.incoming() {
            match stream {
                // Whoever asked has gone: no failure of this process.
                Ok(stream) if is_ours(&stream) => drop(handle(&stream, &life)),
                Ok(_) => {}
                // No descriptor is free: the next moment may have one.
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    };
    std::thread::Builder::new()
        .name("zen-control".into())
        .spawn(serve)?;
    Ok(())
}

fn handle(mut stream: &UnixStream, life: &Life) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut request = [0];
    stream.read_exact(&mut request)?;
    match request[0] {
        LISTENER => {
            let listener = life.listener();
            let Some(listener) = listener.as_ref() else {
                return Err(io::Error::new(
                    io::ErrorKind::NotConnected,
                    "it is ending, and listens no more",
                ));
            };
            let descriptors = [listener.as_fd()];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            control.push(SendAncillaryMessage::ScmRights(&descriptors));
            rustix::net::sendmsg(stream, &[IoSlice::new(&[DONE])], &mut control, SendFlags::empty())?;
            Ok(())
        }
        RETIRE => {
            // Before the answer: whoever has it may rely on it.
            life.retire();
            life.left().wait(LEFT);
            stream.write_all(&[DONE])
        }
        other => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("unknown request {other}"),
        )),
    }
}

fn ask(home: &Path, service: Uuid, version: u32, request: u8) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect_addr(&address(home, service, version)?)?;
    if !is_ours(&stream) {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the socket belongs to another user",
        ));
    }
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&[request])?;
    Ok(stream)
}

/// Takes a second handle of a running version's listening socket.
pub(super) fn take_listener(home: &Path, service: Uuid, version: u32) -> io::Result<TcpListener> {
    let stream = ask(home, service, version, LISTENER)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut answer = [0];
    let flags = RecvFlags::CMSG_CLOEXEC;
    #[cfg(not(target_os = "linux"))]
    let flags = RecvFlags::empty();
    rustix::net::recvmsg(&stream, &mut [IoSliceMut::new(&mut answer)], &mut control, flags)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(mut descriptors) = message
            && let Some(descriptor) = descriptors.next()
        {
            return Ok(TcpListener::from(descriptor));
        }
    }
    Err(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the running version did not give its listening socket",
    ))
}

/// Tells a running version to retire.
pub(super) fn retire(home: &Path, service: Uuid, version: u32) -> io::Result<()> {
    let mut stream = ask(home, service, version, RETIRE)?;
    stream.read_exact(&mut [0])
}
