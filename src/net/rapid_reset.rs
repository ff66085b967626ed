//! Limit of stream resets (RST_STREAM). A reset stream does not count towards a connection's concurrent streams, so
//! nothing else bounds the requests that a client can start (CVE-2023-44487).
//!
//! A client above the limit is read more slowly, on that connection alone: cancelled requests are no attack, and the
//! connection stays.

use std::time::Duration;

use tokio::time::Instant;

use crate::net::limits::{MAX_RESET_STREAMS, RESETS_AHEAD, TIME_FOR_A_RESET};

/// Reset limiter of one connection.
#[derive(Debug)]
pub(crate) struct ResetLimiter {
    frames: Frames,
    /// ResetLimiter since the last pause.
    unpaused: usize,
    /// Theoretical arrival time of the next reset.
    next_at: Instant,
}

impl ResetLimiter {
    pub fn new(now: Instant) -> Self {
        Self { frames: Frames::default(), unpaused: 0, next_at: now }
    }

    /// Counts the resets in bytes that were read; returns the time for which reading is suspended, if any.
    pub fn pause_after(&mut self, read: &[u8], now: Instant) -> Option<Duration> {
        let resets = self.frames.resets(read);
        if resets == 0 {
            return None;
        }
        self.next_at = self.next_at.max(now).checked_add(TIME_FOR_A_RESET.saturating_mul(resets))?;
        self.unpaused = self.unpaused.saturating_add(usize::try_from(resets).ok()?);
        let pause = self.next_at.saturating_duration_since(now).saturating_sub(RESETS_AHEAD);
        // Requests that were read are not processed while there is more to read.
        let pause = if self.unpaused >= MAX_RESET_STREAMS / 4 { pause.max(TIME_FOR_A_RESET) } else { pause };
        if pause.is_zero() {
            return None;
        }
        self.unpaused = 0;
        Some(pause)
    }
}

const RST_STREAM: u8 = 3;

/// Position of a connection in its HTTP/2 frames (RFC 9113, 4.1).
#[derive(Debug, Default)]
struct Frames {
    /// Length of the payload (24 bits), kind, flags, stream.
    head: [u8; 9],
    /// Bytes of the head that were read.
    head_read: usize,
    /// Remaining bytes of the payload.
    payload_left: usize,
}

impl Frames {
    /// Counts the resets that begin in these bytes.
    fn resets(&mut self, mut bytes: &[u8]) -> u32 {
        let mut resets = 0_u32;
        while !bytes.is_empty() {
            let (payload, rest) = bytes.split_at(self.payload_left.min(bytes.len()));
            self.payload_left = self.payload_left.saturating_sub(payload.len());
            let missing = self.head.iter_mut().skip(self.head_read);
            let known = missing.zip(rest).map(|(head, byte)| *head = *byte).count();
            self.head_read = self.head_read.saturating_add(known);
            bytes = rest.get(known..).unwrap_or_default();
            if self.head_read == self.head.len() {
                let [high, middle, low, kind, ..] = self.head;
                self.head_read = 0;
                self.payload_left = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
                resets = resets.saturating_add(u32::from(kind == RST_STREAM));
            }
        }
        resets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, length: u8) -> Vec<u8> {
        // A payload of bytes that would be resets if they were taken for frames.
        [vec![0, 0, length, kind, 0, 0, 0, 0, 1], vec![RST_STREAM; length.into()]].concat()
    }

    fn resets(count: usize) -> Vec<u8> {
        frame(RST_STREAM, 4).repeat(count)
    }

    #[test]
    fn resets_are_counted_however_they_are_cut() {
        let all = [frame(4, 0), frame(1, 200), resets(2), frame(0, 255), resets(1), frame(6, 8)].concat();
        for size in 1..all.len() {
            let mut frames = Frames::default();
            assert_eq!(all.chunks(size).map(|chunk| frames.resets(chunk)).sum::<u32>(), 3, "{size} at once");
        }
    }

    #[test]
    fn resets_above_the_limit_are_read_at_the_allowed_rate() {
        let mut now = Instant::now();
        let mut connection = ResetLimiter::new(now);
        let allowed = usize::try_from(RESETS_AHEAD.as_millis() / TIME_FOR_A_RESET.as_millis()).unwrap();
        for _ in 0..allowed / 100 {
            let pause = connection.pause_after(&resets(100), now);
            assert!(pause.is_none_or(|pause| pause == TIME_FOR_A_RESET), "no more than to look at them: {pause:?}");
        }
        for _ in 0..10 {
            let pause = connection.pause_after(&resets(100), now).unwrap();
            assert_eq!(pause, TIME_FOR_A_RESET * 100);
            now += pause;
        }
        // What asks for something costs nothing, and neither does what is long ago.
        assert_eq!(connection.pause_after(&frame(1, 200).repeat(1_000), now), None);
        now += RESETS_AHEAD;
        assert_eq!(connection.pause_after(&resets(100), now), None);
    }
}
