//! The headers in which answers speak of limits.

use std::time::Duration;

use http::HeaderMap;

use crate::dialect::Dialect;

/// Longest wait that a minute's limit can ask for.
const MINUTE: Duration = Duration::from_secs(61);

/// The least calls a day that any edition has; a minute has 100 at most.
///
/// Source: the guide's rate limits, 2,000 to 50,000 a day and 10 to 100 a minute.
const LEAST_DAY_LIMIT: u64 = 1_000;

/// The most credits that one call costs.
///
/// Source: the published prices; a listing deeper than 100,000 records is the dearest.
const DEAREST_CALL: u64 = 100;

/// A reset that is at least so far away is no minute's.
const FAR_MS: i64 = 120_000;

/// A reset that is further away is no day's either: one of the clocks is wrong.
const LONGEST_DAY_MS: i64 = 25 * 3_600_000;

/// The limit headers of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitHeaders {
    /// What the call cost, in credits: `X-Rate-Limit-Request-Weight-v3`.
    pub weight: Option<u64>,
    /// Credits left today: `X-Rate-Limit-Remaining-v3`.
    pub credits_remaining: Option<u64>,
    /// Calls allowed in a minute: `X-RateLimit-Limit`.
    pub minute_limit: Option<u64>,
    /// Calls left in this minute: `X-RateLimit-Remaining`.
    pub minute_remaining: Option<u64>,
    /// When the minute ends, in milliseconds since the Unix epoch: `X-RateLimit-Reset`.
    pub minute_reset_ms: Option<i64>,
    /// Calls allowed in a day, when the same headers speak of the day.
    pub day_limit: Option<u64>,
    /// Calls left today, when the same headers speak of the day.
    pub day_remaining: Option<u64>,
    /// When the day ends, in milliseconds since the Unix epoch, when the same headers speak of it.
    pub day_reset_ms: Option<i64>,
    /// The reset that was told, whatever it is the end of; none where one of the clocks is wrong.
    pub reset_ms: Option<i64>,
}

impl LimitHeaders {
    /// Reads the headers of an answer that came at `now_ms`.
    ///
    /// The guide has one set of headers for two limits. They speak of the day when they allow
    /// more calls than any edition has a minute, or when nothing is left until a reset that is
    /// further away than a minute. The reset is reckoned by the server's clock (`Date`), where
    /// that clearly differs from ours.
    #[must_use]
    pub fn read(headers: &HeaderMap, now_ms: i64) -> Self {
        let number = |name: &str| text(headers, name).and_then(|text| text.parse::<u64>().ok());
        let limit = number("x-ratelimit-limit");
        let remaining = number("x-ratelimit-remaining");
        let reset_ms = number("x-ratelimit-reset")
            .map(|number| epoch_ms(number, now_ms, clock_ahead_ms(headers, now_ms)));
        let found = Self {
            weight: number("x-rate-limit-request-weight-v3"),
            credits_remaining: number("x-rate-limit-remaining-v3"),
            reset_ms: reset_ms.filter(|reset| reset.saturating_sub(now_ms) <= LONGEST_DAY_MS),
            ..Self::default()
        };
        let tells_day = limit.is_some_and(|limit| limit >= LEAST_DAY_LIMIT);
        let is_far = reset_ms
            .is_some_and(|reset| (FAR_MS..=LONGEST_DAY_MS).contains(&reset.saturating_sub(now_ms)));
        if tells_day || (remaining == Some(0) && is_far) {
            return Self {
                minute_limit: limit.filter(|_| !tells_day),
                day_limit: limit.filter(|_| tells_day),
                day_remaining: remaining,
                day_reset_ms: reset_ms
                    .map(|reset| reset.min(now_ms.saturating_add(LONGEST_DAY_MS))),
                ..found
            };
        }
        Self {
            minute_limit: limit,
            minute_remaining: remaining,
            minute_reset_ms: reset_ms.map(|reset| reset.min(now_ms.saturating_add(millis(MINUTE)))),
            ..found
        }
    }

    /// The dialect that the headers give away, if any is there.
    #[must_use]
    pub const fn dialect(&self) -> Option<Dialect> {
        if self.weight.is_some() || self.credits_remaining.is_some() {
            Some(Dialect::Openapi)
        } else if self.minute_limit.is_some() || self.day_limit.is_some() {
            Some(Dialect::Guide)
        } else {
            None
        }
    }

    /// How long the minute's limit asks to wait, if it is used up.
    #[must_use]
    pub fn minute_wait(&self, now_ms: i64) -> Option<Duration> {
        match (self.minute_remaining, self.minute_reset_ms) {
            (Some(0), Some(reset)) if reset > now_ms => Some(from_millis(reset - now_ms)),
            _ => None,
        }
    }

    /// How long it is until the reset that was told, if it lies ahead.
    #[must_use]
    pub fn reset_wait(&self, now_ms: i64) -> Option<Duration> {
        let reset_ms = self.reset_ms.filter(|reset| *reset > now_ms)?;
        Some(from_millis(reset_ms - now_ms))
    }

    /// The calls that are left, of the minute or of the day, if either is told.
    #[must_use]
    pub fn calls_left(&self) -> Option<u64> {
        self.minute_remaining.or(self.day_remaining)
    }

    /// Whether the figures say that the call would still have fitted into the day.
    ///
    /// Where the price of the call is not told, the dearest is taken; a refused call may cost nothing,
    /// which tells nothing.
    #[must_use]
    pub fn leaves_room_today(&self) -> bool {
        let price = self.weight.filter(|price| *price > 0);
        let price = price.unwrap_or(DEAREST_CALL);
        self.credits_remaining.is_some_and(|left| left >= price)
            || self.day_remaining.is_some_and(|left| left > 0)
    }

    /// Whether nothing is left of the day's calls.
    #[must_use]
    pub fn is_day_over(&self, now_ms: i64) -> bool {
        self.day_remaining == Some(0) && self.day_reset_ms.is_none_or(|reset| reset > now_ms)
    }
}

/// The wait that `Retry-After` asks for: seconds or an HTTP date.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = text(headers, "retry-after")?;
    if let Ok(seconds) = text.parse::<u64>() {
        // A week is beyond every limit of Desk and keeps sums from overflowing.
        return Some(Duration::from_secs(seconds.min(7 * 24 * 3600)));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(from_millis(date.timestamp().as_millisecond() - now_ms))
}

/// Milliseconds of a duration.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration of so many milliseconds; none below zero.
pub(super) fn from_millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// An epoch in seconds; milliseconds and seconds from now are told apart by their size.
fn epoch_ms(number: u64, now_ms: i64, ahead_ms: i64) -> i64 {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    match number {
        0..100_000_000 => now_ms.saturating_add(number * 1000),
        100_000_000..100_000_000_000 => (number * 1000).saturating_sub(ahead_ms),
        _ => number.saturating_sub(ahead_ms),
    }
}

/// How far the server's clock is ahead of ours; a few seconds are the answer's way and rounding.
fn clock_ahead_ms(headers: &HeaderMap, now_ms: i64) -> i64 {
    let Some(date) = text(headers, "date").and_then(|text| jiff::fmt::rfc2822::parse(text).ok())
    else {
        return 0;
    };
    let ahead = date.timestamp().as_millisecond().saturating_sub(now_ms);
    if ahead.abs() < 10_000 { 0 } else { ahead }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_225_600_000;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn headers_tell_the_dialect_and_the_limits() {
        let read = |pairs: &[(&'static str, &str)]| LimitHeaders::read(&headers(pairs), NOW);
        let openapi = read(&[
            ("x-rate-limit-request-weight-v3", "3"),
            ("x-rate-limit-remaining-v3", "49000"),
        ]);
        assert_eq!(openapi.dialect(), Some(Dialect::Openapi));
        assert_eq!(
            (openapi.weight, openapi.credits_remaining),
            (Some(3), Some(49_000))
        );
        let guide = read(&[
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1767225630"),
        ]);
        assert_eq!(guide.dialect(), Some(Dialect::Guide));
        assert_eq!(guide.minute_wait(NOW), Some(Duration::from_secs(30)));
        assert_eq!(guide.minute_wait(NOW + 30_000), None);
        assert_eq!(
            read(&[("x-ratelimit-limit", "many")]),
            LimitHeaders::default()
        );
        // Milliseconds, seconds from now, and a clock that is far off.
        for (text, expected) in [
            ("1767225630000", NOW + 30_000),
            ("30", NOW + 30_000),
            ("1767229999", NOW + 61_000),
            ("9767229999", NOW + 61_000),
            ("18446744073709551615", NOW + 61_000),
            ("1600000000", 1_600_000_000_000),
        ] {
            assert_eq!(
                read(&[("x-ratelimit-reset", text)]).minute_reset_ms,
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (text, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            ("99999999999", Some(7 * 24 * 3600)),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
            ("Wed, 31 Dec 2025 00:01:00 GMT", Some(0)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(
                retry_after(&headers(&[("retry-after", text)]), NOW),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
    }

    #[test]
    fn the_same_headers_speak_of_the_minute_or_of_the_day() {
        let read = |limit: &str, remaining: &str, reset: &str, date: Option<&str>| {
            let mut pairs = vec![
                ("x-ratelimit-limit", limit),
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
            ];
            pairs.extend(date.map(|date| ("date", date)));
            LimitHeaders::read(&headers(&pairs), NOW)
        };
        // Five hours from now.
        let far = "1767243600";
        let day = read("5000", "12", far, None);
        assert_eq!(
            (day.day_limit, day.day_remaining, day.day_reset_ms),
            (Some(5_000), Some(12), Some(NOW + 18_000_000))
        );
        assert_eq!((day.minute_limit, day.minute_remaining), (None, None));
        assert_eq!(day.dialect(), Some(Dialect::Guide));
        assert!(!day.is_day_over(NOW));
        let over = read("20", "0", far, None);
        assert_eq!((over.minute_limit, over.day_limit), (Some(20), None));
        assert!(over.is_day_over(NOW) && !over.is_day_over(NOW + 18_000_000));
        assert_eq!(over.minute_wait(NOW), None);
        // With calls left, or a year from now, it is a wrong clock.
        for (remaining, reset) in [("3", far), ("0", "1798761600")] {
            let minute = read("20", remaining, reset, None);
            assert_eq!(minute.minute_reset_ms, Some(NOW + 61_000));
            assert_eq!(minute.day_remaining, None);
        }
        // The server's clock tells what its reset means: here it is five hours less 30 s ahead.
        let ahead = read("20", "0", far, Some("Thu, 01 Jan 2026 04:59:30 GMT"));
        assert_eq!(ahead.minute_wait(NOW), Some(Duration::from_secs(30)));
        let same = read(
            "20",
            "0",
            "1767225630",
            Some("Thu, 01 Jan 2026 00:00:02 GMT"),
        );
        assert_eq!(same.minute_wait(NOW), Some(Duration::from_secs(30)));
    }
}
