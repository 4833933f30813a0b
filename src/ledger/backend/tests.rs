use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::{
    CopyOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMultipartOptions,
    PutResult, Result,
};

use super::*;

/// A store in memory with a flaw.
#[derive(Debug)]
struct Flawed {
    inner: InMemory,
    /// Writes, then loses the answer, as long as this is set.
    loses: AtomicBool,
    /// Writes whatever the condition is.
    ignores: bool,
}

impl fmt::Display for Flawed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flawed")
    }
}

type Pinned<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl ObjectStore for Flawed {
    fn put_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        mut opts: PutOptions,
    ) -> Pinned<'t, PutResult>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        if self.ignores {
            opts.mode = PutMode::Overwrite;
        }
        Box::pin(async move {
            let put = self.inner.put_opts(location, payload, opts).await?;
            if self.loses.load(Ordering::Relaxed) {
                return Err(object_store::Error::Generic {
                    store: "S3",
                    source: "connection reset".into(),
                });
            }
            Ok(put)
        })
    }

    fn put_multipart_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        opts: PutMultipartOptions,
    ) -> Pinned<'t, Box<dyn MultipartUpload>>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        self.inner.put_multipart_opts(location, opts)
    }

    fn get_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        options: GetOptions,
    ) -> Pinned<'t, GetResult>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        self.inner.get_opts(location, options)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    fn list_with_delimiter<'a, 'b, 't>(&'a self, prefix: Option<&'b Path>) -> Pinned<'t, ListResult>
    where
        'a: 't,
        'b: 't,
        Self: 't,
    {
        self.inner.list_with_delimiter(prefix)
    }

    fn copy_opts<'a, 'b, 'c, 't>(
        &'a self,
        from: &'b Path,
        to: &'c Path,
        options: CopyOptions,
    ) -> Pinned<'t, ()>
    where
        'a: 't,
        'b: 't,
        'c: 't,
        Self: 't,
    {
        self.inner.copy_opts(from, to, options)
    }
}

fn flawed(loses: bool, ignores: bool) -> (Arc<Flawed>, Backend) {
    let store = Arc::new(Flawed {
        inner: InMemory::new(),
        loses: AtomicBool::new(loses),
        ignores,
    });
    let backend = Backend::Objects {
        store: Arc::clone(&store) as Arc<dyn ObjectStore>,
        prefix: Path::from("a"),
        shown: "s3://bucket".to_owned(),
    };
    (store, backend)
}

#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    let (store, backend) = flawed(true, false);
    let one = Bytes::from_static(b"one");
    let Put::Done(tag) = backend.put("x", one, Condition::Absent).await.unwrap() else {
        panic!("it was written")
    };
    let two = Bytes::from_static(b"two");
    let put = backend.put("x", two.clone(), Condition::Is(tag.clone()));
    assert!(matches!(put.await.unwrap(), Put::Done(_)));
    // What somebody else wrote is not taken for ours.
    let three = Bytes::from_static(b"three");
    for condition in [Condition::Absent, Condition::Is(tag)] {
        let put = backend.put("x", three.clone(), condition).await.unwrap();
        assert_eq!(put, Put::Changed);
    }
    store.loses.store(false, Ordering::Relaxed);
    let (found, _) = backend.get("x", 100).await.unwrap().unwrap();
    assert_eq!(found, two);
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_found_out() {
    let bytes = Bytes::from_static(b"one");
    for (ignores, expected) in [(false, None), (true, Some("If-None-Match"))] {
        let (_, backend) = flawed(false, ignores);
        let put = backend.put("x", bytes.clone(), Condition::Absent).await;
        assert!(matches!(put.unwrap(), Put::Done(_)));
        let ignored = backend.ignored_condition("x", &bytes).await.unwrap();
        assert_eq!(ignored, expected);
    }
}

#[tokio::test]
async fn what_is_too_large_is_not_read() {
    let (_, objects) = flawed(false, false);
    let folder = tempfile::tempdir().unwrap();
    let files = Backend::Files {
        folder: folder.path().to_path_buf(),
        guard: folder.path().join("x.guard"),
    };
    for backend in [objects, files] {
        let bytes = Bytes::from_static(b"12345");
        backend.put("x", bytes, Condition::Any).await.unwrap();
        assert!(backend.get("x", 5).await.unwrap().is_some());
        let error = backend.get("x", 4).await.unwrap_err();
        assert!(
            matches!(error, StoreError::TooLarge { limit: 4, .. }),
            "{error}"
        );
    }
}

#[test]
fn the_words_of_a_store_are_short_and_hold_no_address() {
    let generic = |text: &str| object_store::Error::Generic {
        store: "S3",
        source: text.to_owned().into(),
    };
    for (text, expected) in [
        (
            "x <Error><Code>NoSuchBucket</Code><Message>The bucket\n is gone</Message></Error>",
            "NoSuchBucket: The bucket is gone",
        ),
        ("a\n  b", "Generic S3 error: a b"),
        (
            "Error performing PUT http://169.254.169.254/latest/api/token in 1s",
            "no credentials were found",
        ),
    ] {
        assert_eq!(words(&generic(text)), expected);
    }
    assert!(words(&generic(&"é".repeat(1000))).chars().count() <= MAX_WORDS + 1);
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_their_owners_and_links_are_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("new/.deskform");
    let backend = Backend::Files {
        guard: folder.join("x.guard"),
        folder: folder.clone(),
    };
    let bytes = Bytes::from_static(b"one");
    backend
        .put("x.json", bytes.clone(), Condition::Absent)
        .await
        .unwrap();
    backend.create_appendable("runs/x").await.unwrap().unwrap();
    let mode = |name: &str| {
        let found = std::fs::metadata(folder.join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    let modes = ["", "x.json", "x.guard", "runs", "runs/x"].map(mode);
    assert_eq!(modes, [0o700, 0o600, 0o600, 0o700, 0o600]);
    // Nothing temporary is left.
    let names = backend.list(".").await.unwrap();
    assert_eq!(names, ["./runs", "./x.guard", "./x.json"]);

    symlink(folder.join("x.json"), folder.join("y.json")).unwrap();
    symlink(folder.join("nowhere"), folder.join("z.json")).unwrap();
    for name in ["y.json", "z.json", "runs"] {
        let read = backend.get(name, 100).await.unwrap_err();
        assert!(read.to_string().ends_with("no regular file"), "{read}");
        let put = backend.put(name, bytes.clone(), Condition::Any).await;
        assert!(put.unwrap_err().to_string().ends_with("no regular file"));
    }
}
