use super::*;
use crate::api::request::Method;
use crate::api::testing::{Scripted, answer, client, ok, token};
use proptest::prelude::*;
use serde_json::json;
use std::sync::{Arc, Mutex};

/// A server that pages; `change` may alter its objects before the n-th page is answered.
fn server(
    base: usize,
    mut ids: Vec<usize>,
    mut change: impl FnMut(usize, &mut Vec<usize>) + Send + 'static,
) -> Arc<Scripted> {
    let mut pages = 0;
    Scripted::new(move |sent| {
        if sent.is_token_request() {
            return token(1);
        }
        pages += 1;
        change(pages, &mut ids);
        let from = sent.query("from").unwrap_or(base);
        let limit = sent.query("limit").unwrap_or(10);
        let page: Vec<_> = ids
            .iter()
            .skip(from.saturating_sub(base))
            .take(limit)
            .map(|id| json!({"id": id.to_string()}))
            .collect();
        if page.is_empty() {
            answer(204, &[], "")
        } else {
            ok(&json!({"data": page}).to_string())
        }
    })
}

fn request() -> Request {
    Request::new(Method::Get, "/agents")
        .query("from", "5")
        .query("status", "ACTIVE")
}

async fn list(transport: &Arc<Scripted>, paging: Paging) -> Result<Vec<usize>, ApiError> {
    let objects = client(transport).reader().list(&request(), paging).await?;
    Ok(objects
        .iter()
        .map(|object| key(object, "id").parse().unwrap())
        .collect())
}

async fn list_known(
    transport: &Arc<Scripted>,
    paging: Paging,
    known: Option<Known>,
) -> Result<Listed, ApiError> {
    let reader = client(transport).reader();
    reader.list_known(&request(), paging, known).await
}

#[tokio::test(start_paused = true)]
async fn every_object_is_listed_once_under_either_base() {
    for base in [0, 1] {
        for size in [
            0, 1, 2, 99, 100, 101, 102, 197, 198, 199, 200, 250, 297, 298, 1000, 3000,
        ] {
            let what = format!("{size} from {base}");
            let all: Vec<_> = (0..size).collect();
            let transport = server(base, all.clone(), |_, _| {});
            let first = list_known(&transport, Paging::default(), None)
                .await
                .unwrap();
            let found = |listed: &Listed| -> Vec<usize> {
                let keys = listed.objects.iter().map(|one| key(one, "id"));
                keys.map(|key| key.parse().unwrap()).collect()
            };
            assert_eq!(found(&first), all, "{what}");
            let calls = transport.calls();
            assert_eq!(calls[0].line, "GET /api/v1/agents?status=ACTIVE&limit=100");
            assert_eq!(size < 100, calls.len() == 1, "{what}");
            let told = (size >= 100).then_some([Base::Zero, Base::One][base]);
            assert_eq!(first.known.base, told, "{what}");
            // Nobody knew how many there are: at most a window less one too much.
            let needed = Paging::default().calls_from(size, told.unwrap_or(Base::Zero));
            assert!(
                (needed..needed + MAX_WINDOW).contains(&calls.len()),
                "{what}: {} calls, {needed} needed",
                calls.len()
            );
            assert!(needed <= Paging::default().calls(size), "{what}");
            // The next time it is known, and no page too much goes out.
            let transport = server(base, all.clone(), |_, _| {});
            let next = list_known(&transport, Paging::default(), Some(first.known))
                .await
                .unwrap();
            assert_eq!(next, first, "{what}");
            assert_eq!(transport.calls().len(), needed, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn pages_go_out_together() {
    for (known, windows) in [(true, 1), (false, 6)] {
        let transport = server(0, (0..3000).collect(), |_, _| {});
        let client = client(&transport);
        client.set_concurrency(100);
        let reader = client.reader();
        let _ = reader.get(&Request::new(Method::Get, "/warm")).await;
        let known = known.then_some(Known {
            objects: 3000,
            base: Some(Base::Zero),
            unpaged: false,
        });
        let begun = tokio::time::Instant::now();
        reader
            .list_known(&request(), Paging::default(), known)
            .await
            .unwrap();
        // Every answer takes a tenth of a second here.
        assert_eq!(begun.elapsed().as_millis() / 100, windows);
        assert_eq!(transport.calls().len(), 1 + 31);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_not_gone_out_stays_here_once_a_page_is_short() {
    let transport = server(0, (0..150).collect(), |_, _| {});
    let client = client(&transport);
    client.set_concurrency(3);
    let known = Known {
        objects: 3000,
        base: Some(Base::Zero),
        unpaged: false,
    };
    let listed = client
        .reader()
        .list_known(&request(), Paging::default(), Some(known))
        .await
        .unwrap();
    assert_eq!(listed.known.objects, 150);
    assert!(transport.calls().len() <= 4, "{}", transport.calls().len());
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_cannot_be_paged_to_its_end_is_refused() {
    for (size, fits) in [(1000, true), (1089, true), (1090, false), (2000, false)] {
        let transport = server(0, (0..size).collect(), |_, _| {});
        let paging = Paging::default().up_to(1000);
        let listed = list(&transport, paging).await;
        match listed {
            Ok(found) => assert!(fits && found.len() == size, "{size}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ListingTooLong);
                assert!(!fits, "{size}");
                assert!(error.to_string().contains("/agents"), "{error}");
            }
        }
        let calls = transport.calls();
        let most = calls.iter().filter_map(|sent| sent.query("from"));
        assert!(most.max().unwrap() <= 1000, "{size}");
    }
}

#[tokio::test(start_paused = true)]
async fn small_pages_work_as_well() {
    for base in [0, 1] {
        for limit in [0, 1, 2, 3, 4, 50] {
            for size in 0..20 {
                let transport = server(base, (0..size).collect(), |_, _| {});
                let found = list(&transport, Paging::pages_of(limit)).await.unwrap();
                assert_eq!(
                    found,
                    (0..size).collect::<Vec<_>>(),
                    "{size} by {limit} from {base}"
                );
            }
        }
    }
}

/// Whatever one change between two pages does, no object that was there all the time is
/// missing, and none is there twice.
#[tokio::test(start_paused = true)]
async fn nothing_is_missed_when_objects_come_and_go() {
    for base in [0, 1] {
        for limit in [3, 5] {
            for before_page in [2, 3] {
                for size in 5_usize..14 {
                    for place in 0..size {
                        for change in 0..5_usize {
                            let transport = server(base, (0..size).collect(), move |page, ids| {
                                if page != before_page {
                                    return;
                                }
                                let end = (place + change).min(ids.len());
                                match change {
                                    0 => ids.insert(place, 900),
                                    4 => {
                                        ids.splice(place..place, [900, 901, 902]);
                                    }
                                    _ => {
                                        ids.drain(place..end);
                                    }
                                }
                            });
                            let mut found =
                                list(&transport, Paging::pages_of(limit)).await.unwrap();
                            let what = format!(
                                "base {base}, limit {limit}, {size} objects, change {change} at {place} \
                                     before page {before_page}: {found:?}"
                            );
                            let removed = match change {
                                1..=3 => place..place + change,
                                _ => 0..0,
                            };
                            for id in (0..size).filter(|id| !removed.contains(id)) {
                                assert!(found.contains(&id), "{id} is missing: {what}");
                            }
                            let count = found.len();
                            found.sort_unstable();
                            found.dedup();
                            assert_eq!(found.len(), count, "{what}");
                        }
                    }
                }
            }
        }
    }
}

/// How a server answers a request for a page.
#[derive(Debug, Clone, Copy)]
enum Habit {
    /// As it is asked.
    Asked,
    /// With pages of its own length, shorter or longer.
    Own(usize),
    /// With everything from the place on.
    NoLimit,
    /// With everything.
    NoPages,
}

/// One change of the objects, before the n-th answer.
#[derive(Debug, Clone, Copy)]
struct Change {
    before: usize,
    place: usize,
    removed: usize,
    added: usize,
}

#[derive(Debug, Clone)]
struct Story {
    base: usize,
    size: usize,
    limit: u32,
    habit: Habit,
    counts: bool,
    changes: Vec<Change>,
    known: Option<Known>,
    concurrency: usize,
    /// Milliseconds that answers take, in turn: they come in any order.
    pauses: Vec<u64>,
}

fn stories() -> impl Strategy<Value = Story> {
    let habit = prop_oneof![
        4 => Just(Habit::Asked),
        1 => (3_usize..12).prop_map(Habit::Own),
        1 => Just(Habit::NoLimit),
        1 => Just(Habit::NoPages),
    ];
    let change = (1_usize..14, 0_usize..60, 0_usize..4, 0_usize..4);
    let change = change.prop_map(|(before, place, removed, added)| Change {
        before,
        place,
        removed,
        added,
    });
    let base = prop_oneof![Just(None), Just(Some(Base::Zero)), Just(Some(Base::One))];
    let known = (0_usize..70, base, any::<bool>()).prop_map(|(objects, base, unpaged)| Known {
        objects,
        base,
        unpaged,
    });
    (
        (0_usize..2, 0_usize..60, 3_u32..9, habit, any::<bool>()),
        prop::collection::vec(change, 0..4),
        prop::option::of(known),
        1_usize..26,
        prop::collection::vec(1_u64..200, 1..8),
    )
        .prop_map(|(first, changes, known, concurrency, pauses)| Story {
            base: first.0,
            size: first.1,
            limit: first.2,
            habit: first.3,
            counts: first.4,
            changes,
            known,
            concurrency,
            pauses,
        })
}

/// Plays a story: what was listed, and what was there all the time.
fn play(story: &Story) -> (Result<Listed, ApiError>, Vec<usize>) {
    let ids = Arc::new(Mutex::new((0..story.size).collect::<Vec<_>>()));
    let stayed = Arc::new(Mutex::new((0..story.size).collect::<Vec<_>>()));
    let mut answers = 0;
    let mut fresh = 1000;
    let (told, ids, kept) = (story.clone(), Arc::clone(&ids), Arc::clone(&stayed));
    let transport = Scripted::paced(story.pauses.clone(), move |sent| {
        if sent.is_token_request() {
            return token(1);
        }
        answers += 1;
        let mut ids = ids.lock().unwrap();
        for change in told.changes.iter().filter(|one| one.before == answers) {
            let from = change.place.min(ids.len());
            let to = (from + change.removed).min(ids.len());
            let added: Vec<_> = (fresh..fresh + change.added).collect();
            fresh += change.added;
            for gone in ids.splice(from..to, added) {
                kept.lock().unwrap().retain(|id| *id != gone);
            }
        }
        let from = sent.query("from").unwrap_or(told.base);
        let limit = sent.query("limit").unwrap();
        let (skip, take) = match told.habit {
            Habit::Asked => (from.saturating_sub(told.base), limit),
            Habit::Own(own) => (from.saturating_sub(told.base), own),
            Habit::NoLimit => (from.saturating_sub(told.base), usize::MAX),
            Habit::NoPages => (0, usize::MAX),
        };
        let page = ids.iter().skip(skip).take(take);
        let page: Vec<_> = page.map(|id| json!({"id": id.to_string()})).collect();
        let mut body = json!({"data": page});
        if told.counts {
            body["count"] = json!(ids.len());
        }
        ok(&body.to_string())
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let listed = runtime.block_on(async {
        let client = client(&transport);
        client.set_concurrency(story.concurrency);
        let paging = Paging::pages_of(story.limit);
        let reader = client.reader();
        reader.list_known(&request(), paging, story.known).await
    });
    assert!(
        transport.peak() <= story.concurrency,
        "{}",
        transport.peak()
    );
    let stayed = stayed.lock().unwrap().clone();
    (listed, stayed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Listings that shift, grow and shrink, from servers that keep to `limit` or do not, count
    /// from 0 or 1 and answer out of order, are read right or told to be unstable, never short.
    #[test]
    fn a_listing_is_right_or_unstable(story in stories()) {
        let (listed, stayed) = play(&story);
        // A cap is seen where a count promises more, or where more is known to be there.
        let hides = match story.habit {
            Habit::Own(own) => {
                let limit = story.limit as usize;
                let known = story.known.is_some_and(|known| known.objects >= limit);
                own < limit && !story.counts && !known
            }
            _ => false,
        };
        match listed {
            Ok(_) if hides => {}
            Ok(listed) => {
                let mut found: Vec<usize> =
                    listed.objects.iter().map(|one| key(one, "id").parse().unwrap()).collect();
                for id in &stayed {
                    prop_assert!(found.contains(id), "{id} is missing: {found:?}");
                }
                let count = found.len();
                if story.changes.is_empty() {
                    prop_assert_eq!(&found, &stayed);
                }
                found.sort_unstable();
                found.dedup();
                prop_assert_eq!(found.len(), count, "one is there twice");
            }
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Unstable);
                // A full page that comes again whatever is asked: nobody knows what lies behind.
                let repeats = matches!(story.habit, Habit::NoPages)
                    && story.size == story.limit as usize;
                prop_assert!(repeats || !story.changes.is_empty(), "nothing changed");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_never_settles_is_an_error() {
    // Two objects vanish from the front before every page.
    let transport = server(0, (0..1000).collect(), |page, ids| {
        if page > 1 {
            ids.drain(0..2);
        }
    });
    let error = list(&transport, Paging::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unstable);
    // Once is made good, wherever the reading is at the time.
    for at in 2..=12 {
        let transport = server(0, (0..1000).collect(), move |page, ids| {
            if page == at {
                ids.drain(0..2);
            }
        });
        let found = list(&transport, Paging::default()).await.unwrap();
        // What has vanished may still be there; everything else is.
        assert!(found.ends_with(&(2..1000).collect::<Vec<_>>()), "at {at}");
        assert!(found.len() == 998 || at == 12, "at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_page_is_noticed() {
    // It ignores `from` and `limit`: all is there with the first answer.
    let all = |count: usize| {
        let data: Vec<_> = (0..count).map(|id| json!({"id": id})).collect();
        Scripted::new(move |sent| {
            if sent.is_token_request() {
                token(1)
            } else {
                ok(&json!({"data": data}).to_string())
            }
        })
    };
    let transport = all(150);
    let first = list_known(&transport, Paging::default(), None)
        .await
        .unwrap();
    assert_eq!((first.objects.len(), first.known.unpaged), (150, true));
    assert_eq!(transport.calls().len(), 2);
    // The next time one page goes out, and one from the last object on.
    let transport = all(150);
    let next = list_known(&transport, Paging::default(), Some(first.known))
        .await
        .unwrap();
    assert_eq!((next, transport.calls().len()), (first, 2));
    // It ignores only `from`: nobody knows what lies behind.
    let error = list(&all(100), Paging::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unstable);
    // Where no paging is declared, nothing is asked and all is taken.
    let transport = all(150);
    assert_eq!(list(&transport, Paging::whole()).await.unwrap().len(), 150);
    assert_eq!(
        transport.calls()[0].line,
        "GET /api/v1/agents?from=5&status=ACTIVE"
    );
}

#[tokio::test(start_paused = true)]
async fn answers_come_in_several_forms() {
    for (body, expected) in [
        (r#"{"data":[{"id":"1"},{"id":2}]}"#, Some(2)),
        (r#"[{"id":"1"}]"#, Some(1)),
        (r#"{"data":null}"#, Some(0)),
        (r#"{"data":[{"id":"1"},{"id":"1"}]}"#, Some(1)),
        (r#"{"data":[{"name":"a"},{"name":"b"}]}"#, Some(2)),
        (r#"{"data":[{"id":"1"}],"count":1}"#, Some(1)),
        (r#"{"data":[]}"#, Some(0)),
        // Nothing of this says that there are none.
        ("null", None),
        ("[]", None),
        ("[7]", None),
        (r#"{"data":["a"]}"#, None),
        ("{}", None),
        (r#""none""#, None),
        (r#"{"data":7}"#, None),
        (r#"{"data":{"id":"1"}}"#, None),
        ("7", None),
    ] {
        let transport = Scripted::queue(vec![ok(body)]);
        let found = client(&transport)
            .reader()
            .list(&request(), Paging::default())
            .await;
        match expected {
            Some(count) => assert_eq!(found.unwrap().len(), count, "{body}"),
            None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Malformed, "{body}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bare_list_may_be_empty() {
    for (body, expected) in [
        (ok("[]"), Some(0)),
        (ok("null"), Some(0)),
        (answer(204, &[], ""), Some(0)),
        (ok(r#"[{"id":"1"},{"id":"2"}]"#), Some(2)),
        (ok("[7]"), None),
        (ok("{}"), None),
        (ok(r#"{"data":[]}"#), None),
    ] {
        let told = format!("{body:?}");
        let transport = Scripted::queue(vec![body]);
        let found = list(&transport, Paging::default().under(BARE)).await;
        assert_eq!(found.ok().map(|found| found.len()), expected, "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_content_is_an_empty_listing() {
    for paging in [Paging::default(), Paging::whole().under("teams")] {
        let transport = Scripted::queue(vec![answer(204, &[], "")]);
        let found = list(&transport, paging).await.unwrap();
        assert_eq!(found.len(), 0);
    }
}

/// What would be made is not concluded from one answer that did not come whole.
#[tokio::test(start_paused = true)]
async fn a_success_without_a_body_is_asked_for_once_more() {
    let one = r#"{"data":[{"id":"1"}],"teams":[{"id":"1"}]}"#;
    for (second, expected) in [
        (ok(one), Some(1)),
        (ok(""), Some(0)),
        (answer(204, &[], ""), Some(0)),
        (ok("null"), None),
    ] {
        let told = format!("{second:?}");
        let transport = Scripted::queue(vec![ok(" "), second]);
        let found = list(&transport, Paging::default()).await;
        assert_eq!(found.ok().map(|found| found.len()), expected, "{told}");
        assert_eq!(transport.calls().len(), 2, "{told}");
    }
    // What was empty twice is not asked for a fourth time.
    let transport = Scripted::queue(vec![ok(""), ok(""), ok(""), ok(one)]);
    let client_of_both = client(&transport);
    let reader = client_of_both.reader();
    for calls in [2, 3] {
        let found = reader.list(&request(), Paging::default()).await;
        assert_eq!(found.unwrap().len(), 0);
        assert_eq!(transport.calls().len(), calls);
    }
    let transport = Scripted::queue(vec![ok(""), ok(one)]);
    let found = list(&transport, Paging::whole().under("teams")).await;
    assert_eq!(found.unwrap().len(), 1);
    let transport = Scripted::queue(vec![ok(""), ok(one)]);
    let client = client(&transport);
    let reader = client.reader();
    let first = reader.first_page(&request(), Paging::default()).await;
    assert_eq!(first.unwrap().whole().objects.len(), 1);
}

/// A first page that was read is not read again, whatever it turns out to be.
#[tokio::test(start_paused = true)]
async fn a_listing_goes_on_from_its_first_page() {
    for count in [0, 7, 99, 100, 101, 250, 700] {
        for base in [0, 1] {
            let transport = server(base, (0..count).collect(), |_, _| {});
            let client = client(&transport);
            let reader = client.reader();
            // What the path says of places does not count.
            let request = request().query("from", "7").query("limit", "3");
            let first = reader
                .first_page(&request, Paging::default())
                .await
                .unwrap();
            assert_eq!(first.is_all(), count < 100);
            let listed = reader.list_on(first, None).await.unwrap();
            assert_eq!(listed.objects.len(), count, "{count} from {base}");
            let calls = transport.calls();
            let firsts = calls.iter().filter(|call| !call.line.contains("from="));
            assert_eq!(firsts.count(), 1, "{calls:?}");
            let last = reader.reaches(&request, Paging::default(), count + 5).await;
            assert!(!last.unwrap());
        }
    }
    // One that is longer than it was asked for is the end of it, or goes on.
    let all: Vec<_> = (0..150).map(|id| json!({"id": id})).collect();
    let all = move || ok(&json!({"data": all}).to_string());
    let transport = Scripted::queue(vec![all(), all()]);
    let client = client(&transport);
    let reader = client.reader();
    let first = reader.first_page(&request(), Paging::default()).await;
    let listed = reader.list_on(first.unwrap(), None).await.unwrap();
    assert_eq!((listed.objects.len(), listed.known.unpaged), (150, true));
    assert_eq!(transport.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_operation_may_hold_its_objects_under_another_key() {
    let paging = Paging::default().under("teams");
    for (body, expected) in [
        (r#"{"teams":[{"id":"1"},{"id":2}]}"#, Some(2)),
        (r#"{"teams":[]}"#, Some(0)),
        (r#"{"teams":null}"#, Some(0)),
        ("null", None),
        (r#"{"data":[{"id":"1"}]}"#, None),
    ] {
        for paging in [paging, Paging::whole().under("teams")] {
            let transport = Scripted::queue(vec![ok(body)]);
            let found = client(&transport).reader().list(&request(), paging).await;
            match expected {
                Some(count) => assert_eq!(found.unwrap().len(), count, "{body}"),
                None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Malformed, "{body}"),
            }
        }
    }
    // A server that pages otherwise than it was asked to is read under the same key.
    let all: Vec<_> = (0..150).map(|id| json!({"id": id})).collect();
    let all = move || ok(&json!({"teams": all}).to_string());
    let transport = Scripted::queue(vec![all(), all()]);
    assert_eq!(list(&transport, paging).await.unwrap().len(), 150);
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_be_the_only_object() {
    let paging = Paging::whole().under("");
    for (body, expected) in [
        (r#"{"tickets":"private"}"#, Some(1)),
        // What holds a list, too, is an object like any other.
        (r#"{"data":[{"id":"1"},{"id":"2"}]}"#, Some(1)),
        ("null", Some(0)),
        ("{}", None),
        ("[]", None),
        (r#"[{"id":"1"}]"#, None),
        (r#""private""#, None),
    ] {
        let transport = Scripted::queue(vec![ok(body)]);
        let found = client(&transport).reader().list(&request(), paging).await;
        match expected {
            Some(count) => assert_eq!(found.unwrap().len(), count, "{body}"),
            None => assert_eq!(found.unwrap_err().kind(), ErrorKind::Malformed, "{body}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_that_promises_more_is_followed_over_a_short_page() {
    let page = |ids: std::ops::Range<usize>, count: &str| {
        let data: Vec<_> = ids.map(|id| json!({"id": id})).collect();
        ok(&json!({"data": data, "count": count}).to_string())
    };
    let transport = Scripted::queue(vec![page(0..40, "70"), page(39..70, "70")]);
    assert_eq!(list(&transport, Paging::default()).await.unwrap().len(), 70);
    // A count of objects that nobody may see ends after one more page.
    let transport = Scripted::queue(vec![page(0..40, "70"), page(39..40, "70")]);
    assert_eq!(list(&transport, Paging::default()).await.unwrap().len(), 40);
}
