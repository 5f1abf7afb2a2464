//! What becomes of reads and of writes in parts.

use bytes::Bytes;
use futures::StreamExt;
use object_store::{GetResult, GetResultPayload, MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::{FaultyStore, Harm, Operation};

/// A read whose bytes, or whose size, may not be what they should.
pub(super) async fn read(harm: Option<Harm>, mut result: GetResult) -> Result<GetResult> {
    match harm {
        Some(Harm::WrongSize) => {
            result.meta.size += 1;
            return Ok(result);
        }
        Some(Harm::Truncate | Harm::WrongBytes) if !result.range.is_empty() => {}
        _ => return Ok(result),
    }
    let (meta, range, attributes) = (
        result.meta.clone(),
        result.range.clone(),
        result.attributes.clone(),
    );
    let extensions = result.extensions.clone();
    let mut bytes = result.bytes().await?.to_vec();
    match harm {
        Some(Harm::Truncate) => bytes.truncate(bytes.len() / 2),
        _ => bytes.iter_mut().take(1).for_each(|byte| *byte ^= 0xff),
    }
    let payload = GetResultPayload::Stream(futures::stream::once(async { Ok(Bytes::from(bytes)) }).boxed());
    Ok(GetResult {
        payload,
        meta,
        range,
        attributes,
        extensions,
    })
}

/// A write in parts: each part and the end count as writes.
pub(super) fn upload(store: FaultyStore, inner: Box<dyn MultipartUpload>) -> Box<dyn MultipartUpload> {
    Box::new(Upload { store, inner })
}

#[derive(Debug)]
struct Upload {
    store: FaultyStore,
    inner: Box<dyn MultipartUpload>,
}

#[async_trait::async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let harm = match self.store.call(Operation::Put) {
            Ok(harm) => harm,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let data = match harm {
            Some(Harm::ShortWrite) => {
                let bytes = Bytes::from(data);
                bytes.slice(..bytes.len() / 2).into()
            }
            _ => data,
        };
        let (store, part) = (self.store.clone(), self.inner.put_part(data));
        Box::pin(async move { store.answer(harm, part.await) })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let harm = self.store.call(Operation::Put)?;
        let result = self.inner.complete().await;
        self.store.answer(harm, result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}
