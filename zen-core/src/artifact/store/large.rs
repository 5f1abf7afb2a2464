//! Large objects: written in parts and read in ranges, several at once.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, Result};

/// Objects of more bytes than this are written in parts and read in ranges when the store is behind a network.
pub(super) const LARGE: u64 = 16 << 20;

/// The size of a part. All but the last are of one size, as some stores demand, and none of them is below the 5 MiB that S3 demands.
const PART: u64 = 8 << 20;

/// S3 takes 10 000 parts an object; very large objects have larger parts.
const MOST_PARTS: u64 = 9_000;

/// How many requests are under way for one object.
pub(super) const AT_ONCE: usize = 4;

/// How large the parts of an object of this size are.
pub(super) fn part_of(size: u64) -> u64 {
    PART.max(size.div_ceil(MOST_PARTS))
}

/// Writes an object in parts. It becomes visible when all are there, as a whole; when one fails, the upload is given up, and the store
/// forgets its parts. (Those of a process that is killed midway stay invisible until a lifecycle rule of the bucket removes them.)
pub(super) async fn put(objects: &dyn ObjectStore, path: &Path, bytes: Bytes) -> Result<()> {
    let mut upload = objects.put_multipart(path).await?;
    let sent = send(&mut *upload, bytes).await;
    if sent.is_err() {
        // What matters is why it failed, not whether the store could also be tidied up.
        let _ = upload.abort().await;
    }
    sent
}

async fn send(upload: &mut dyn MultipartUpload, bytes: Bytes) -> Result<()> {
    let size = bytes.len() as u64;
    stream::iter(ranges(size, part_of(size)))
        .map(|range| upload.put_part(bytes.slice(range.start as usize..range.end as usize).into()))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    upload.complete().await?;
    Ok(())
}

/// Reads an object, in ranges when it is large.
pub(super) async fn get(objects: &dyn ObjectStore, path: &Path) -> Result<Bytes> {
    // How large it is, is only known from the answer; the body of a large one is left unread.
    let whole = objects.get(path).await?;
    let size = whole.meta.size;
    if size <= LARGE {
        return whole.bytes().await;
    }
    drop(whole);
    let no_room = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
        store: "artifact store",
        source,
    };
    let mut bytes = Vec::new();
    let wanted = usize::try_from(size).map_err(|error| no_room(error.into()))?;
    bytes
        .try_reserve_exact(wanted)
        .map_err(|error| no_room(error.into()))?;
    let mut parts = stream::iter(ranges(size, PART))
        .map(|range| objects.get_range(path, range))
        .buffered(AT_ONCE);
    while let Some(part) = parts.try_next().await? {
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

fn ranges(size: u64, part: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (0..size.div_ceil(part)).map(move |i| i * part..((i + 1) * part).min(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_everything_once() {
        for size in [1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7] {
            let mut end = 0;
            for range in ranges(size, PART) {
                assert_eq!(range.start, end);
                assert!(range.end > range.start && range.end - range.start <= PART);
                end = range.end;
            }
            assert_eq!(end, size);
        }
    }

    #[test]
    fn no_object_has_too_many_parts() {
        let size = 5 << 40;
        assert!(ranges(size, part_of(size)).count() <= 10_000);
    }
}
