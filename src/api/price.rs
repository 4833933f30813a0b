//! What a read costs, where the answer does not tell it.

use super::request::Request;

/// The depth beyond which the two published price tables differ, in records.
pub const CERTAIN_DEPTH: usize = 2_000;

/// Paths that show one object although they end with no id.
const SINGLE: [&str; 2] = ["/myinfo", "/personalRole"];

/// The price of a GET in the `openapi` dialect, in credits.
///
/// One record costs 1. A page of a list costs the more the deeper it lies. Two tables of these
/// prices are in circulation: up to 10,000 records 5 or 10, up to 50,000 records 10 or 50. The
/// dearer one is taken, so that a budget never turns out to be too small.
///
/// Source: the price table of API credits, in both readings.
#[must_use]
pub fn of_read(request: &Request) -> u64 {
    if is_single(&request.path) {
        return 1;
    }
    match depth(request) {
        0..=CERTAIN_DEPTH => 3,
        2_001..=10_000 => 10,
        10_001..=100_000 => 50,
        _ => 100,
    }
}

/// Whether the published tables name two prices for this GET.
#[must_use]
pub fn is_uncertain(request: &Request) -> bool {
    !is_single(&request.path) && (CERTAIN_DEPTH + 1..=50_000).contains(&depth(request))
}

fn is_single(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    SINGLE.contains(&path)
        || path.starts_with("/agents/email/")
        || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The last record that a page reaches.
fn depth(request: &Request) -> usize {
    let number = |wanted: &str| {
        request
            .query
            .iter()
            .find(|(name, _)| name == wanted)
            .and_then(|(_, value)| value.parse::<usize>().ok())
            .unwrap_or(0)
    };
    number("from").saturating_add(number("limit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Method;

    #[test]
    fn one_record_costs_one_and_a_page_costs_by_its_depth() {
        for path in [
            "/contacts/7000",
            "/myinfo",
            "/agents/email/jane%40example.com",
        ] {
            let request = Request::new(Method::Get, path);
            assert_eq!(
                (of_read(&request), is_uncertain(&request)),
                (1, false),
                "{path}"
            );
        }
        for (from, credits, uncertain) in [
            ("", 3, false),
            ("0", 3, false),
            ("1900", 3, false),
            ("1901", 10, true),
            ("9900", 10, true),
            ("9901", 50, true),
            ("49900", 50, true),
            ("49901", 50, false),
            ("99900", 50, false),
            ("99901", 100, false),
            ("18446744073709551615", 100, false),
        ] {
            let request = Request::new(Method::Get, "/contacts")
                .query("from", from)
                .query("limit", "100");
            assert_eq!(
                (of_read(&request), is_uncertain(&request)),
                (credits, uncertain),
                "{from}"
            );
        }
        let rules = Request::new(Method::Get, "/businessHours/7000/relatedRules");
        assert_eq!(of_read(&rules), 3);
    }
}
